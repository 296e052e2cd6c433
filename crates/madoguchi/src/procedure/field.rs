//! A field of a form, checked and ready to read.

use super::Input;
use super::types::Asks;

/// A field. Its id is its name in the form; a field of a group is `group.field`.
#[derive(Debug, Clone)]
pub struct Field {
    /// `sei`, `notifier.tel`.
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

/// Fields under one heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

impl Field {
    /// This field and, in a group, those in it.
    pub fn leaves(&self) -> impl Iterator<Item = &Self> {
        match &self.asks {
            Asks::Group(inner) => inner.iter(),
            _ => std::slice::from_ref(self).iter(),
        }
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
