//! How much of LINE a municipality uses.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId};

use crate::store;

/// How much of LINE a municipality uses. Its account at LINE may belong to others too (a section for public
/// relations with a bot or menus of its own): the smaller mode touches nothing of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum LineMode {
    /// Sign-in and notices. No webhook, no menu of ours: who can be reached is known from sign-ins, and asked
    /// for where that is long ago.
    #[default]
    NotifyOnly,
    /// That, and rich menus and webhooks.
    Full,
}

/// Not a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mode is notify_only or full")]
pub struct UnknownMode;

impl LineMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::NotifyOnly, Self::Full];

    /// The stored name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotifyOnly => "notify_only",
            Self::Full => "full",
        }
    }
}

impl std::str::FromStr for LineMode {
    type Err = UnknownMode;
    /// Accepts `notify-only` too, as it is typed on a command line.
    fn from_str(s: &str) -> Result<Self, UnknownMode> {
        let s = s.replace('-', "_");
        Self::ALL.into_iter().find(|m| m.code() == s).ok_or(UnknownMode)
    }
}

/// The mode of a municipality; [`LineMode::NotifyOnly`] where nobody chose.
pub async fn of(x: &mut impl Exec, tenant: TenantId) -> Result<LineMode, sqlx::Error> {
    let stored = store::setting::find(x, tenant).await?;
    Ok(stored.and_then(|s| s.mode.parse().ok()).unwrap_or_default())
}

/// Switches. Call [`crate::Line::reload_channels`] after the commit; other processes see it within seconds.
pub async fn set(tx: &mut Tx, tenant: TenantId, mode: LineMode, at: Millis) -> Result<(), sqlx::Error> {
    store::setting::ensure(tx, tenant, at).await?;
    store::setting::set_mode(tx, tenant, mode.code(), at).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_read_as_it_is_stored_and_as_it_is_typed() {
        for mode in LineMode::ALL {
            assert_eq!(mode.code().parse(), Ok(mode));
            assert_eq!(mode.code().replace('_', "-").parse(), Ok(mode));
        }
        assert_eq!("all".parse::<LineMode>(), Err(UnknownMode));
        assert_eq!(LineMode::default(), LineMode::NotifyOnly);
    }
}
