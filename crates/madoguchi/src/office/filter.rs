//! What the list shows: filters that stay with the session. They are choices of lists and days; nothing typed (pure).

use madoguchi_base::{Day, Millis, ProcedureId};
use serde::{Deserialize, Serialize};

use super::who::Clerk;
use crate::application::State;
use crate::application::state::STATES;
use crate::procedure::{Input, Shelf};

/// A filter by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Everything that still waits for somebody.
    Open,
    /// Everything.
    All,
    /// One state.
    Only(State),
}

impl Filter {
    /// Reads a code; what is not one is the first filter.
    pub(super) fn read(code: &str) -> Self {
        match code {
            "all" => Self::All,
            code => code.parse().map_or(Self::Open, Self::Only),
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::All => "all",
            Self::Only(state) => state.code(),
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Open => "未完了",
            Self::All => "すべて",
            Self::Only(state) => state.for_staff(),
        }
    }

    pub(super) fn states(self) -> Vec<State> {
        let all = STATES.iter().map(|(state, _)| *state);
        match self {
            Self::Open => all.filter(|state| !state.is_finished()).collect(),
            Self::All => all.collect(),
            Self::Only(state) => vec![state],
        }
    }
}

/// Where a clerk came from: where 「一覧へ戻る」 leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// 今日やること.
    Today,
    /// The list, as it is filtered.
    List,
}

impl From {
    pub(super) fn read(code: Option<&str>) -> Self {
        if code == Some("list") { Self::List } else { Self::Today }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::List => "list",
        }
    }

    /// The page, in the municipality.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Today => "",
            Self::List => "list",
        }
    }
}

/// All filters of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    /// Code of a [`Filter`].
    pub(super) state: String,
    /// Id of a section; empty: all that the clerk sees.
    pub(super) section: String,
    /// A procedure's name in addresses; empty: all.
    pub(super) procedure: String,
    /// First day of arrival; empty: no bound.
    pub(super) from: String,
    /// Last day of arrival; empty: no bound.
    pub(super) to: String,
}

impl Filters {
    /// As they lie in the session; what cannot be read is no filter.
    pub(super) fn stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From the form: only what the lists of the page hold, and days.
    pub(super) fn chosen(input: &Input, shelf: &Shelf) -> Self {
        let of = |name: &str| input.get(name).unwrap_or_default().trim();
        let day = |name: &str| of(name).parse::<Day>().map(|day| day.to_string()).unwrap_or_default();
        let section = of("section");
        let procedure = of("procedure");
        Self {
            state: Filter::read(of("state")).code().to_owned(),
            section: shelf.municipality().section(section).map(|s| s.id.clone()).unwrap_or_default(),
            procedure: shelf.current(procedure).map(|p| p.slug.clone()).unwrap_or_default(),
            from: day("from"),
            to: day("to"),
        }
    }

    pub(super) fn state(&self) -> Filter {
        Filter::read(&self.state)
    }

    /// Is anything but the state chosen?
    pub(super) fn is_narrow(&self) -> bool {
        [&self.section, &self.procedure, &self.from, &self.to].iter().any(|f| !f.is_empty())
    }

    /// Arrival from this moment, and before that one.
    pub(super) fn span(&self) -> (Millis, Millis) {
        let from = self.from.parse().map_or(Millis(0), Day::start);
        let to = self.to.parse().map_or(Millis(i64::MAX), |day: Day| day.plus_days(1).start());
        (from, to)
    }

    /// The procedures that are looked through; `None`: every one of the municipality.
    pub(super) fn scope(&self, of: &Shelf, clerk: &Clerk) -> Option<Vec<ProcedureId>> {
        let every = clerk.departments.covers(clerk.role, "");
        if every && self.section.is_empty() && self.procedure.is_empty() {
            return None;
        }
        let fits = |section: &str, slug: &str| {
            clerk.sees(section)
                && (self.section.is_empty() || self.section == section)
                && (self.procedure.is_empty() || self.procedure == slug)
        };
        let all = of.procedures().filter(|p| fits(&p.procedure().section, &p.slug));
        Some(all.map(|p| p.id).collect())
    }
}

/// The procedures that a clerk may see at all.
pub(super) fn visible(shelf: &Shelf, clerk: &Clerk) -> Vec<ProcedureId> {
    shelf.procedures().filter(|p| clerk.sees(&p.procedure().section)).map(|p| p.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_codes_only() {
        assert_eq!(Filter::read("accepted"), Filter::Only(State::Accepted));
        assert_eq!(Filter::read("西尾"), Filter::Open);
        assert_eq!(Filter::Open.states().iter().filter(|s| s.is_finished()).count(), 0);
        for (state, code) in STATES {
            assert_eq!(Filter::Only(state).code(), code);
        }
    }

    #[test]
    fn filters_come_back_from_the_session_and_a_period_holds_its_last_day() {
        let filters = Filters { from: "2026-11-01".into(), to: "2026-11-30".into(), ..Filters::default() };
        assert_eq!(Filters::stored(&filters.to_stored()), filters);
        let (from, to) = filters.span();
        assert_eq!(to.0 - from.0, 30 * 86_400_000);
        assert_eq!(Filters::stored("not json"), Filters::default());
        assert_eq!(Filters::default().span(), (Millis(0), Millis(i64::MAX)));
    }
}
