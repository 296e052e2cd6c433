//! What a field can ask for: one small file a type. A new type is a new file and a line in each `match` here.

mod address;
mod choice;
mod combobox;
mod date;
mod digits;
mod file;
mod kana;
mod month;
mod number;
mod repeat;
mod text;
mod tick;

use madoguchi_base::Day;

use super::municipality::City;
use super::{Input, field::Field};
use crate::application::answers::Value;

pub use address::Address;
pub use choice::{Choices, Style};
pub use combobox::Combobox;
pub use date::Date;
pub use digits::{Digits, DigitsOf};
pub use file::Files;
pub use kana::Kana;
pub use month::Month;
pub use number::Number;
pub use repeat::{Repeat, Row};
pub use text::Text;
pub use tick::Tick;
pub(super) use tick::YES;

/// What the answers are read against.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    /// The day on which they arrive, in Japan.
    pub today: Day,
    /// The municipality.
    pub city: &'a City,
}

/// The type of a field, with its own rules.
#[derive(Debug, Clone)]
pub enum Asks {
    /// A line or several lines of text.
    Text(Text),
    /// Katakana.
    Kana(Kana),
    /// A day.
    Date(Date),
    /// A month.
    Month(Month),
    /// A postal code or a telephone number.
    Digits(Digits),
    /// An address.
    Address(Address),
    /// A whole number.
    Number(Number),
    /// One or several of some choices.
    Choices(Choices),
    /// A line of text with suggestions.
    Combobox(Combobox),
    /// A tick box, or a consent to a text.
    Tick(Tick),
    /// Photographs and documents.
    Files(Files),
    /// Nothing: a text to read.
    Static(String),
    /// Several fields that belong together.
    Group(Vec<Field>),
    /// The same fields several times.
    Repeat(Repeat),
}

/// Why a value cannot be taken.
pub(super) enum Fault {
    /// It does not have the form asked for; the field's own `msg` says it better.
    Form(&'static str),
    /// A special reason, in the words for the page.
    Say(String),
}

/// What one field gave: nothing typed, a value, or a fault.
pub(super) type Got = Result<Option<Value>, Fault>;

impl Asks {
    /// Reads the value of the field `name`.
    pub(super) fn read(&self, name: &str, input: &Input, ctx: &ReadContext<'_>) -> Got {
        match self {
            Self::Text(t) => typed(name, input, |raw| t.read(raw)),
            Self::Kana(t) => typed(name, input, |raw| t.read(raw)),
            Self::Digits(t) => typed(name, input, |raw| t.read(raw, ctx)),
            Self::Address(t) => typed(name, input, |raw| t.read(raw, ctx)),
            Self::Number(t) => typed(name, input, |raw| t.read(raw)),
            Self::Combobox(t) => typed(name, input, |raw| t.read(raw)),
            Self::Date(t) => t.read(name, input, ctx),
            Self::Month(t) => t.read(name, input, ctx),
            Self::Choices(t) => t.read(name, input),
            Self::Tick(t) => Ok(t.read(name, input)),
            Self::Files(t) => t.read(name, input),
            Self::Static(_) | Self::Group(_) | Self::Repeat(_) => Ok(None),
        }
    }

    /// A stored value in the words for a reader.
    pub(super) fn display(&self, value: &str) -> String {
        match self {
            Self::Date(_) => Date::display(value),
            Self::Month(_) => Month::display(value),
            Self::Digits(t) => t.display(value),
            Self::Number(t) => t.display(value),
            Self::Choices(t) => t.label(value).to_owned(),
            Self::Tick(t) => t.display(),
            Self::Files(_) => Files::display(value),
            _ => value.to_owned(),
        }
    }

    /// The values under which a stored value stands in the form.
    pub(super) fn put_back(&self, name: &str, value: &str, input: &mut Input) {
        match self {
            Self::Date(_) => Date::put_back(name, value, input),
            Self::Month(_) => Month::put_back(name, value, input),
            Self::Digits(t) => input.push(name, t.display(value)),
            Self::Tick(_) => input.push(name, YES),
            _ => input.push(name, value),
        }
    }

    /// What to do when nothing was given: 〜を入力してください。
    pub(super) fn missing(&self, label: &str) -> String {
        match self {
            Self::Choices(_) | Self::Files(_) => format!("{label}を選んでください。"),
            Self::Tick(_) => "内容を確認して、チェックを入れてください。".to_owned(),
            _ => format!("{label}を入力してください。"),
        }
    }
}

/// Was anything typed at this field? The era of a date is preselected and does not count.
pub(super) fn is_given(field: &Field, input: &Input) -> bool {
    let part_of = |name: &str| {
        name.strip_prefix(field.id.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && rest != ".era")
    };
    input.pairs().any(|(name, value)| part_of(name) && !value.trim().is_empty())
}

/// Reads a field of one value: nothing but spaces is nothing.
fn typed(name: &str, input: &Input, read: impl Fn(&str) -> Result<String, Fault>) -> Got {
    match input.get(name) {
        Some(raw) if !raw.trim().is_empty() => read(raw).map(|text| Some(Value::text(text))),
        _ => Ok(None),
    }
}

/// Refuses what no field takes: control characters and too much of it.
fn bounded(text: &str, max: usize, lines: bool) -> Result<(), Fault> {
    if super::normalise::has_control(text, lines) {
        return Err(Fault::Say(
            "表示できない文字が入っています。その文字を消して、入力し直してください。".to_owned(),
        ));
    }
    if super::normalise::longer_than(text, max) {
        return Err(Fault::Say(format!("{max}文字までで入力してください。")));
    }
    Ok(())
}
