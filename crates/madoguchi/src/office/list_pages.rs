//! Pages of the office that are lists, as their templates need them: what to do today, the list, search, accounts, paper,
//! the log.

use askama::Template;

use super::pages::{Banner, Choice, Desk, Part};

/// A button above the list: one state.
pub(super) struct FilterButton {
    pub(super) code: &'static str,
    pub(super) label: &'static str,
    pub(super) count: String,
    pub(super) is_current: bool,
}

/// The other filters.
pub(super) struct Narrow {
    pub(super) sections: Vec<Choice>,
    pub(super) procedures: Vec<Choice>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) is_set: bool,
    pub(super) state: &'static str,
}

/// A line of a list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) receipt: String,
    pub(super) title: String,
    pub(super) code: String,
    pub(super) word: &'static str,
    pub(super) is_finished: bool,
    pub(super) arrived: String,
    pub(super) iso: String,
    pub(super) age: String,
    pub(super) due: Option<String>,
    pub(super) is_late: bool,
    /// A notice did not arrive, and nobody has told the person otherwise.
    pub(super) is_untold: bool,
}

/// What was searched for, and what to mend.
#[derive(Default)]
pub(super) struct Search {
    pub(super) number: String,
    pub(super) day: String,
    pub(super) problem: Option<&'static str>,
}

/// The list.
#[derive(Template)]
#[template(path = "office/pages/inbox.html")]
pub(super) struct InboxPage {
    pub(super) desk: Desk,
    pub(super) filters: Vec<FilterButton>,
    pub(super) narrow: Narrow,
    pub(super) search: Search,
    pub(super) lines: Vec<Line>,
    pub(super) empty: &'static str,
    pub(super) older: Option<String>,
    pub(super) newest: Option<String>,
    /// Tag of what is shown: on the first page of a filter the script asks whether it is still the same.
    pub(super) live: Option<String>,
}

/// What a search found.
#[derive(Template)]
#[template(path = "office/pages/found.html")]
pub(super) struct FoundPage {
    pub(super) desk: Desk,
    pub(super) search: Search,
    pub(super) lines: Vec<Line>,
    pub(super) empty: &'static str,
}

/// One list of 「今日やること」.
pub(super) struct TodayList {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) count: String,
    pub(super) is_empty: bool,
    pub(super) lines: Vec<Line>,
    /// Where the whole of it is, where there is more.
    pub(super) all: Option<String>,
}

/// 今日やること, or one list of it.
#[derive(Template)]
#[template(path = "office/pages/today.html")]
pub(super) struct TodayPage {
    pub(super) desk: Desk,
    pub(super) lists: Vec<TodayList>,
    pub(super) live: Option<String>,
    pub(super) search: Search,
    /// One list only, with a way back.
    pub(super) back: bool,
}

/// One application on paper.
pub(super) struct Sheet {
    pub(super) receipt: String,
    pub(super) title: String,
    pub(super) section: String,
    pub(super) word: &'static str,
    pub(super) arrived: String,
    pub(super) more: Option<String>,
    pub(super) parts: Vec<Part>,
}

/// Applications for the printer.
#[derive(Template)]
#[template(path = "office/pages/print.html")]
pub(super) struct PrintPage {
    pub(super) desk: Desk,
    pub(super) sheets: Vec<Sheet>,
    pub(super) back: String,
}

/// An account.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) action: String,
    pub(super) roles: Vec<Choice>,
    pub(super) sections: Vec<Choice>,
    pub(super) is_closed: bool,
    pub(super) is_self: bool,
}

/// Accounts, roles, departments.
#[derive(Template)]
#[template(path = "office/pages/accounts.html")]
pub(super) struct AccountsPage {
    pub(super) desk: Desk,
    pub(super) banner: Option<Banner>,
    /// Login name and password, shown once.
    pub(super) shown: Option<(String, String)>,
    pub(super) people: Vec<Person>,
    pub(super) roles: Vec<Choice>,
    pub(super) sections: Vec<Choice>,
    pub(super) typed_login: String,
    pub(super) typed_name: String,
}

/// A line of the audit page.
pub(super) struct AuditLine {
    pub(super) when: String,
    pub(super) iso: String,
    pub(super) who: String,
    pub(super) what: String,
    /// Address and receipt number.
    pub(super) application: Option<(String, String)>,
}

/// The audit page.
#[derive(Template)]
#[template(path = "office/pages/audit.html")]
pub(super) struct AuditPage {
    pub(super) desk: Desk,
    pub(super) lines: Vec<AuditLine>,
    pub(super) older: Option<String>,
    pub(super) newest: Option<String>,
}
