//! What somebody holds in their hand, and what LINE's login does there.

use serde::{Deserialize, Serialize};

/// A device with its browser. LINE FAQ: how-does-auto-login-work: on iOS LINE's own browser and Safari, on
/// Android LINE's own browser and Chrome; never on a PC, and not in private windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Device {
    /// LINE's own browser on iOS.
    #[default]
    LineIos,
    /// LINE's own browser on Android.
    LineAndroid,
    /// Safari on iOS.
    Safari,
    /// Chrome on Android.
    Chrome,
    /// Chrome on iOS.
    ChromeIos,
    /// LINE for PC and a browser there: no rich menus.
    Pc,
    /// A private window on a phone.
    Private,
}

impl Device {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LineIos => "line-ios",
            Self::LineAndroid => "line-android",
            Self::Safari => "safari",
            Self::Chrome => "chrome",
            Self::ChromeIos => "chrome-ios",
            Self::Pc => "pc",
            Self::Private => "private",
        }
    }

    /// LINE opens and logs its person in.
    pub(crate) fn logs_in_by_itself(self) -> bool {
        matches!(self, Self::LineIos | Self::LineAndroid | Self::Safari | Self::Chrome)
    }

    /// LINE's own browser has a session from the beginning, others from their first login.
    pub(crate) fn is_lines_own(self) -> bool {
        matches!(self, Self::LineIos | Self::LineAndroid)
    }

    /// A login is remembered for the next time.
    pub(crate) fn keeps_sessions(self) -> bool {
        self != Self::Private
    }

    pub(crate) fn is_ios(self) -> bool {
        matches!(self, Self::LineIos | Self::Safari | Self::ChromeIos)
    }
}
