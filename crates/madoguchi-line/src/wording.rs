//! The municipality's sentences. The window publishes title, discretion, kind and base address of a
//! procedure; the sentence is put together at delivery, from these and a [`Notice`](crate::notice::Notice)
//! only.
//!
//! Variables are {手続}, {受付番号}, {期限} and {日数}, and there is no other way to put anything in.

mod defaults;
mod render;
mod sentence;

use madoguchi_base::db::Tx;
use madoguchi_base::{Millis, ProcedureId, TenantId};
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use crate::notice::NoticeKind;
use crate::store;

pub(crate) use render::{Parts, render, text_of};
pub use sentence::{Sentence, SentenceError};

/// What {手続} reads where a procedure is discreet.
pub(crate) const DISCREET_TITLE: &str = "お手続き";
/// A title longer than this would not leave room for the rest (LINE allows 160 graphemes in all).
pub(crate) const TITLE_MAX: usize = 40;

/// The kind of a procedure; it decides what its arrival is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcedureKind {
    /// 申請
    Application,
    /// 請求
    Request,
    /// 届出
    Notification,
    /// 申込み
    Contract,
    /// 通報
    Report,
}

impl ProcedureKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Application, Self::Request, Self::Notification, Self::Contract, Self::Report];

    /// The name in the database and in procedure files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Request => "request",
            Self::Notification => "notification",
            Self::Contract => "contract",
            Self::Report => "report",
        }
    }

    /// From its name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// Why a wording was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordingError {
    /// Empty, longer than 40 characters, or with control characters, line breaks or braces.
    #[error("the title must have 1 to 40 characters and no line break or brace")]
    Title,
    /// Not an http(s) origin.
    #[error("the base address must be an http or https origin without path, query or user")]
    BaseUrl,
}

/// What LINE may be told of a procedure. Checked when made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    title: String,
    discreet: bool,
    kind: ProcedureKind,
    base_url: String,
}

impl Wording {
    /// `title` is the procedure's public title; where `discreet`, 「お手続き」 is told instead.
    /// `base_url` is our own public origin, such as `https://apply.example.lg.jp`.
    pub fn new(
        title: &str,
        discreet: bool,
        kind: ProcedureKind,
        base_url: &str,
    ) -> Result<Self, WordingError> {
        let graphemes = title.graphemes(true).count();
        let odd = |c: char| c.is_control() || matches!(c, '{' | '}' | '\u{2028}' | '\u{2029}');
        if title.trim().is_empty() || graphemes > TITLE_MAX || title.contains(odd) {
            return Err(WordingError::Title);
        }
        let base_url = origin(base_url).ok_or(WordingError::BaseUrl)?;
        Ok(Self { title: title.to_owned(), discreet, kind, base_url })
    }

    /// Our page behind a notice's button, for previews.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The text that LINE would be told, for a preview on staff pages; `None` for the default sentence.
    pub fn preview(&self, kind: NoticeKind, sentence: Option<&Sentence>) -> String {
        render::preview(&self.title, self.discreet, self.kind, kind, sentence.map(Sentence::as_str))
    }
}

/// An origin without a trailing slash, or `None` where `s` is anything else.
pub(crate) fn origin(s: &str) -> Option<String> {
    let url = Url::parse(s).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    plain.then(|| url.origin().ascii_serialization())
}

/// Publishes what LINE may be told of a procedure; notices not yet frozen use it from now on.
pub async fn publish(
    tx: &mut Tx,
    tenant: TenantId,
    procedure: ProcedureId,
    wording: &Wording,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let row = store::wording::Published {
        title: &wording.title,
        discreet: wording.discreet,
        kind: wording.kind.code(),
        base_url: &wording.base_url,
        at,
    };
    store::wording::publish(tx, tenant, procedure, &row).await
}

/// Replaces the sentence of one kind of notice of a procedure; `None` goes back to the default.
pub async fn reword(
    tx: &mut Tx,
    tenant: TenantId,
    procedure: ProcedureId,
    kind: NoticeKind,
    sentence: Option<&Sentence>,
) -> Result<(), sqlx::Error> {
    store::wording::reword(tx, tenant, procedure, kind.code(), sentence.map(Sentence::as_str)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_origin_is_a_base_address() {
        assert_eq!(origin("https://a.example/"), Some("https://a.example".into()));
        assert_eq!(
            origin("http://nishio.demo.localhost:8080"),
            Some("http://nishio.demo.localhost:8080".into())
        );
        for wrong in
            ["a.example", "ftp://a.example", "https://u@a.example", "https://a.example/x", "https://a?q"]
        {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_title_is_one_short_line() {
        let made = |t: &str| Wording::new(t, false, ProcedureKind::Contract, "https://a.example");
        assert!(made("水道の使用開始").is_ok());
        for wrong in ["", "　", "水道\nの", "{手続}", &"長".repeat(41)] {
            assert_eq!(made(wrong), Err(WordingError::Title), "{wrong}");
        }
    }
}
