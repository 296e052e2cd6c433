//! 案内: what a municipality says about its window: terms, privacy, what LINE learns, accessibility, whom to ask,
//! announcements and planned stops, and the survey after a receipt.
//! Is: texts that staff write, every version kept, and choices that citizens tick. Is not: pages of procedures, and
//! nothing that leads to a person: a survey's answer knows a day and no more.

pub mod acts;
pub mod citizen;
mod forms;
pub mod staff;
pub mod store;
pub mod text;
pub mod views;

use std::fmt::Write as _;
use std::str::FromStr;

use madoguchi_base::Millis;

use crate::procedure::Municipality;

/// A page that every municipality has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// 利用規約
    Terms,
    /// プライバシーポリシー
    Privacy,
    /// LINEに渡る情報・渡らない情報
    Line,
    /// アクセシビリティ方針
    Accessibility,
    /// お問い合わせ
    Contact,
}

impl Topic {
    /// In the order of the footer.
    pub const ALL: [Self; 5] = [Self::Terms, Self::Privacy, Self::Line, Self::Accessibility, Self::Contact];

    /// Its name in addresses and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Line => "line",
            Self::Accessibility => "accessibility",
            Self::Contact => "contact",
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Terms => "利用規約",
            Self::Privacy => "プライバシーポリシー",
            Self::Line => "LINEに渡る情報・渡らない情報",
            Self::Accessibility => "アクセシビリティ方針",
            Self::Contact => "お問い合わせ",
        }
    }

    /// What a new municipality begins with.
    pub fn default_text(self) -> &'static str {
        match self {
            Self::Terms => include_str!("defaults/terms.md"),
            Self::Privacy => include_str!("defaults/privacy.md"),
            Self::Line => include_str!("defaults/line.md"),
            Self::Accessibility => include_str!("defaults/accessibility.md"),
            Self::Contact => include_str!("defaults/contact.md"),
        }
    }
}

impl FromStr for Topic {
    type Err = ();
    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|t| t.code() == code).ok_or(())
    }
}

/// Puts a municipality's facts into a text. Other words in braces stay as they are.
pub fn fill(text: &str, m: &Municipality) -> String {
    let facts = [
        ("{自治体}", m.name.as_str()),
        ("{問い合わせ先}", m.contact.section.as_str()),
        ("{電話}", m.contact.telephone.as_str()),
        ("{受付時間}", m.contact.hours.as_str()),
    ];
    facts.iter().fold(text.to_owned(), |text, (name, fact)| text.replace(name, fact))
}

/// Kinds of announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnouncementKind {
    /// お知らせ
    News,
    /// The window will be closed for a while.
    Stop,
}

impl AnnouncementKind {
    /// Stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Stop => "stop",
        }
    }
}

/// An announcement as it stands on pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its id.
    pub id: String,
    /// News or stop.
    pub kind: AnnouncementKind,
    /// One line.
    pub title: String,
    /// The rest, as staff wrote it.
    pub body: String,
    /// Shown from (unix milliseconds) …
    pub shown_from: Millis,
    /// … until before.
    pub shown_until: Millis,
    /// From when until when the window is closed.
    pub stop: Option<(Millis, Millis)>,
    /// For the staff's page: which version they saw.
    pub version: i64,
}

impl Announcement {
    /// The time of a planned stop in words: 令和8年12月1日(火) 午前0時 から 令和8年12月1日(火) 午前5時 まで.
    pub fn stop_words(&self) -> Option<String> {
        let (from, until) = self.stop?;
        let mut words = from.japanese();
        // Writing to a String cannot fail.
        let _ok = write!(words, " から {} まで", until.japanese());
        Some(words)
    }
}

/// One choice of the survey: stored code and words.
pub type Choice = (&'static str, &'static str);

/// 「この申請をどこで知りましたか」
pub const HEARD: [Choice; 6] = [
    ("line", "市のLINE"),
    ("site", "市のホームページ"),
    ("paper", "広報紙・チラシ"),
    ("desk", "窓口や電話で聞いた"),
    ("people", "家族や知り合い"),
    ("other", "そのほか"),
];

/// 「使いやすかったですか」
pub const EASE: [Choice; 5] = [
    ("5", "とても使いやすかった"),
    ("4", "使いやすかった"),
    ("3", "どちらともいえない"),
    ("2", "使いにくかった"),
    ("1", "とても使いにくかった"),
];

/// Whether a form names one of the choices.
pub fn is_choice(choices: &[Choice], code: &str) -> bool {
    choices.iter().any(|(c, _)| *c == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure;

    #[test]
    fn every_default_text_is_complete_and_names_the_municipality() {
        let city = procedure::builtin_municipality();
        for topic in Topic::ALL {
            assert_eq!(topic.code().parse(), Ok(topic));
            let text = fill(topic.default_text(), &city);
            assert!(!text.contains('{') && !text.contains('}'), "{topic:?}");
            assert!(text.contains(&city.name) || topic == Topic::Contact, "{topic:?}");
            assert!(!text::html(&text).contains("<script"), "{topic:?}");
        }
    }

    #[test]
    fn choices_are_told_apart() {
        assert!(is_choice(&HEARD, "line") && !is_choice(&HEARD, "5") && is_choice(&EASE, "5"));
    }
}
