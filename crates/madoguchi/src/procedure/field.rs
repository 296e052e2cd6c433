//! A field of a form, checked and ready to read.

use madoguchi_base::Day;

use super::Input;
use super::definition::Link;
use super::types::Asks;

/// A field. Its id is its name in the form; a field of a group is `group.field`, one of a row is `dogs.1.name`.
#[derive(Debug, Clone)]
pub struct Field {
    /// `sei`, `notifier.tel`, `dogs.1.dog_name`.
    pub id: String,
    /// What people read above it.
    pub label: String,
    /// Support text under the label.
    pub hint: Option<String>,
    /// What to say instead of the type's own words when the value does not fit.
    pub msg: Option<String>,
    /// Must it be given?
    pub required: bool,
    /// It is asked only then.
    pub when: Option<When>,
    /// It may be left empty then.
    pub optional_when: Option<When>,
    /// It must be given then, though it is optional otherwise.
    pub required_when: Option<When>,
    /// Answers with which the procedure cannot go on.
    pub stops: Vec<Stop>,
    /// Another procedure of the city that this answer leads to.
    pub chain_to: Option<String>,
    /// Answers that stand in the next procedure's form already: field here → field there.
    pub carry: std::collections::BTreeMap<String, String>,
    /// Who one is, and so the same in every form that asks it.
    pub shared: bool,
    /// The browser's name for it.
    pub autocomplete: Option<String>,
    /// Its type.
    pub asks: Asks,
}

/// A condition on an earlier field.
#[derive(Debug, Clone)]
pub struct When {
    /// The earlier field.
    pub field: String,
    /// Its values that make the condition true (ids of choices, `yes` of a tick box).
    pub any_of: Vec<String>,
    /// 「個人」の場合, for pages without JavaScript.
    pub words: String,
}

/// An answer with which the procedure cannot go on.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Which answer.
    pub test: StopTest,
    /// The answer in words: はい.
    pub words: String,
    /// Why, and what to do instead.
    pub text: String,
    /// Where to go.
    pub link: Option<Link>,
}

/// Which answer stops.
#[derive(Debug, Clone)]
pub enum StopTest {
    /// One of these choices (`yes` of a tick box).
    AnyOf(Vec<String>),
    /// A day fewer than so many days ago.
    YoungerThan(u16),
}

impl StopTest {
    /// Does the answer stop? `has` tells whether a choice was made, `day` is the answer of a date.
    pub(super) fn holds(&self, has: impl Fn(&str) -> bool, day: Option<Day>, today: Day) -> bool {
        match self {
            Self::AnyOf(ids) => ids.iter().any(|id| has(id)),
            Self::YoungerThan(days) => day.is_some_and(|d| d.plus_days(i32::from(*days)) > today),
        }
    }
}

/// Fields under one heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

impl Field {
    /// The fields that hold answers: this one, those of a group, those of every row that a repetition can have.
    pub fn leaves(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.asks {
            Asks::Group(inner) => Box::new(inner.iter()),
            Asks::Repeat(repeat) => Box::new(repeat.rows.iter().flat_map(|r| r.fields.iter())),
            _ => Box::new(std::iter::once(self)),
        }
    }

    /// The heading of the row in which the leaf `id` stands: 犬（2頭目）.
    pub(crate) fn row_heading(&self, id: &str) -> Option<&str> {
        let Asks::Repeat(repeat) = &self.asks else { return None };
        repeat.rows.iter().find(|r| r.fields.iter().any(|f| f.id == id)).map(|r| r.heading.as_str())
    }

    /// Is this field, or the group or repetition it stands in, one of `marked`?
    pub(super) fn is_marked(&self, marked: &[String]) -> bool {
        let inside = |m: &String| {
            self.id.strip_prefix(m.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        marked.iter().any(inside)
    }

    /// A stored value in the words for a reader.
    pub(crate) fn display(&self, value: &str) -> String {
        self.asks.display(value)
    }

    /// Puts a stored value back under its names in the form.
    pub(crate) fn put_back(&self, value: &str, input: &mut Input) {
        self.asks.put_back(&self.id, value, input);
    }
}
