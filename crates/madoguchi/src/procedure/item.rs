//! One line of a form as its file says it: a heading, a block or a field, with its rules.
//!
//! One flat type instead of one type a field: so the parser can say in which line a word is unknown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a field asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each word is explained in docs/procedure-format.md")]
pub enum FieldType {
    Text,
    Textarea,
    Kana,
    Latin,
    Date,
    Month,
    Postal,
    Address,
    Tel,
    Number,
    Money,
    Radio,
    Select,
    Combobox,
    Checkbox,
    File,
    Consent,
    Static,
    Group,
    Repeat,
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value in the form and in the answers.
    pub id: String,
    /// What people read.
    pub label: String,
}

/// A condition on an earlier choice or tick box (its value is `yes`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The earlier field.
    pub field: String,
    /// It has this value …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// … or one of these …
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// … or another one than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_not: Option<String>,
}

/// A choice that opens a line of text: 「その他」.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherText {
    /// The choice.
    pub choice: String,
    /// What people read above the line.
    pub label: String,
}

/// An answer with which this procedure cannot go on: an explanation and where to go instead.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopWhen {
    /// The field has this value …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// … or one of these …
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// … or is a day fewer than so many days ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub younger_than_days: Option<u16>,
    /// Why, and what to do instead.
    pub text: String,
    /// Where to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A link in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// `https://…`, `tel:…`, or the `id` of another procedure of the city.
    pub href: String,
}

/// Which days can be chosen.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRule {
    /// Open days that the city needs before the day.
    #[serde(default)]
    pub business_days_before: u16,
    /// The furthest day from today, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon_days: Option<u16>,
    /// Only days on which the city hall is open.
    #[serde(default)]
    pub open_days_only: bool,
}

/// A bound of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The day on which the form is sent.
    Today,
}

/// One line of `fields`: a heading, a block (`use`) or a field.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each word is explained in docs/procedure-format.md")]
pub struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub change: BTreeMap<String, Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FieldType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional_when: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_when: Option<Condition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<StopWhen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fills: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_to: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub carry: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    #[serde(skip_serializing)]
    pub other: Option<OtherText>,
    #[serde(skip_serializing)]
    pub list: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub years_back: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    #[serde(skip_serializing)]
    pub city_has: Option<String>,
    #[serde(skip_serializing)]
    pub city_has_not: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<crate::attachment::Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_city: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<DayRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Bound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Bound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Item>,
}

/// What a procedure changes in a field of a block that it uses.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the words of `Item`")]
pub struct Change {
    pub label: Option<String>,
    pub required: Option<bool>,
    pub hint: Option<String>,
    pub msg: Option<String>,
    pub when: Option<Condition>,
}
