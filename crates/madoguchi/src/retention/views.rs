//! The pages of retention as their templates need them.

use askama::Template;

use super::ListState;
use crate::office::{Banner, Desk};

/// A list in the overview.
pub(super) struct ListLine {
    pub(super) href: String,
    pub(super) made: String,
    pub(super) until: String,
    pub(super) words: &'static str,
    pub(super) count: i64,
}

/// Something that is kept beyond its time.
pub(super) struct HoldLine {
    pub(super) application: String,
    pub(super) href: String,
    pub(super) reason: &'static str,
}

/// Lists and holds.
#[derive(Template)]
#[template(path = "retention/pages/overview.html")]
pub(super) struct OverviewPage {
    pub(super) desk: Desk,
    pub(super) banner: Option<Banner>,
    pub(super) id: String,
    pub(super) today: String,
    pub(super) lists: Vec<ListLine>,
    pub(super) holds: Vec<HoldLine>,
}

/// One item.
pub(super) struct ItemLine {
    pub(super) application: String,
    pub(super) href: String,
    pub(super) receipt: String,
    pub(super) title: String,
    pub(super) ended: String,
    pub(super) due: String,
    pub(super) words: &'static str,
    pub(super) is_listed: bool,
}

/// One list: to be looked at, approved, printed.
#[derive(Template)]
#[template(path = "retention/pages/list.html")]
pub(super) struct ListPage {
    pub(super) desk: Desk,
    pub(super) banner: Option<Banner>,
    pub(super) base: String,
    pub(super) state: ListState,
    pub(super) made: String,
    pub(super) made_by: String,
    pub(super) decided: Option<(String, String)>,
    pub(super) finished: Option<String>,
    pub(super) listed: i64,
    pub(super) held: i64,
    pub(super) gone: i64,
    /// May this person approve it?
    pub(super) may_approve: bool,
    pub(super) items: Vec<ItemLine>,
    pub(super) more: Option<String>,
}

impl ListPage {
    fn waits(&self) -> bool {
        self.state == ListState::Proposed
    }

    fn works(&self) -> bool {
        matches!(self.state, ListState::Collecting | ListState::Approved)
    }
}
