//! A procedure as its file says it: plain data, nothing checked yet (`compile.rs` does). Format: docs/procedure-format.md.
//!
//! One flat item type instead of one type a field: so the parser can say in which line a word is unknown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;

/// Who the city must know the person to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Assurance {
    /// Anonymous.
    L0,
    /// Signed in with LINE.
    L1,
    /// Photographs of documents, looked at by a clerk.
    L2,
    /// Signature with the My Number card.
    L3,
}

/// When the fee is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pay {
    /// Never.
    None,
    /// With the application.
    AtSubmit,
    /// After staff have fixed the amount.
    AfterReview,
    /// At the counter.
    Window,
}

/// How the result reaches the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deliver {
    /// By post.
    Post,
    /// At the counter.
    Pickup,
    /// As a file.
    Download,
}

/// A procedure: its public facts and the items of its form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Version of the format: 1.
    pub format: u32,
    /// Its name in addresses: `suido-start`.
    pub id: String,
    /// What it is in the city's language.
    pub kind: Kind,
    /// Public title.
    pub title: String,
    /// One sentence: for whom and what for.
    pub short: String,
    /// Category of the municipality's catalogue.
    pub category: String,
    /// Place in its category; lower comes first.
    #[serde(default)]
    pub order: u16,
    /// Words by which it is found besides its title.
    #[serde(default)]
    pub words: Vec<String>,
    /// Section of the municipality that is in charge.
    pub section: String,
    /// What it costs, in words.
    pub fee: String,
    /// Minutes that filling in takes.
    pub time_needed: u16,
    /// 標準処理期間 in business days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_days: Option<u16>,
    /// Until when, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// LINE is told 「お手続き」 instead of the title.
    #[serde(default = "yes")]
    pub discreet: bool,
    /// Level of identification.
    pub assurance: Assurance,
    /// When the fee is paid.
    pub pay: Pay,
    /// How the result is handed over; empty: nothing is.
    #[serde(default)]
    pub deliver: Vec<Deliver>,
    /// May the citizen withdraw after the city has accepted it?
    pub withdraw: bool,
    /// What to have at hand.
    #[serde(default)]
    pub need: Vec<String>,
    /// Good to know before beginning.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The items of the form, in their order.
    pub fields: Vec<Item>,
    /// Complete sample answers; each must pass.
    #[serde(default, skip_serializing)]
    pub samples: Vec<SampleDefinition>,
    /// Wrong answers on top of the first sample; each must be refused at the fields it names.
    #[serde(default, skip_serializing)]
    pub wrong: Vec<WrongDefinition>,
}

fn yes() -> bool {
    true
}

/// What a field asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each word is explained in docs/procedure-format.md")]
pub enum FieldType {
    Text,
    Textarea,
    Kana,
    Date,
    Postal,
    Address,
    Tel,
    Number,
    Radio,
    Select,
    Checkbox,
    Consent,
    Static,
    Group,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Fields that several procedures share: `procedures/blocks.yaml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// Version of the format: 1.
    pub format: u32,
    /// Name of a block → its items.
    pub blocks: BTreeMap<String, Vec<Item>>,
}

/// An answer in a sample: one value, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the words say it")]
pub enum SampleValue {
    One(String),
    Many(Vec<String>),
}

/// A complete sample.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleDefinition {
    /// What it shows.
    pub name: String,
    /// Field id → value; a date is `1987-03-12`, `today`, `today+10`, `today-3` or `open+5` (the fifth open day).
    pub answers: BTreeMap<String, SampleValue>,
}

/// A mistake on top of the first sample.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongDefinition {
    /// What it shows.
    pub name: String,
    /// Field id → value in its place; an empty value takes it away. `birth.y` changes one part of a date.
    pub change: BTreeMap<String, SampleValue>,
    /// The fields at which the form must complain.
    pub fields: Vec<String>,
}
