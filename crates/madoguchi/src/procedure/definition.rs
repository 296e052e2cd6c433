//! A procedure as its file says it: plain data, nothing checked yet (`compile.rs` does). Format: docs/procedure-format.md.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;
pub use super::item::{
    Bound, Change, Choice, Condition, DayRule, FieldType, Item, Link, OtherText, StopWhen,
};

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
    /// 保存期間 in full fiscal years after the one in which an application ended.
    #[serde(default = "kept", skip_serializing_if = "is_kept_as_usual")]
    pub keep_years: u16,
    /// Where it is done; most are done here.
    #[serde(default, skip_serializing_if = "Offered::is_here")]
    pub offered: Offered,
    /// The place where it is done, for `elsewhere`; more words for `window`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<OfferedAt>,
    /// What to have at hand.
    #[serde(default)]
    pub need: Vec<String>,
    /// Good to know before beginning.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Ready-made sentences that staff choose from when they ask for a correction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    /// The items of the form, in their order.
    pub fields: Vec<Item>,
    /// Complete sample answers; each must pass.
    #[serde(default, skip_serializing)]
    pub samples: Vec<SampleDefinition>,
    /// Wrong answers on top of the first sample; each must be refused at the fields it names.
    #[serde(default, skip_serializing)]
    pub wrong: Vec<WrongDefinition>,
}

fn kept() -> u16 {
    crate::retention::YEARS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_kept_as_usual(years: &u16) -> bool {
    *years == crate::retention::YEARS
}

fn yes() -> bool {
    true
}

/// Where a procedure is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offered {
    /// Here.
    #[default]
    Here,
    /// At the counter; it is listed so that people learn where to go.
    Window,
    /// In another service: 県の電子申請, マイナポータル.
    Elsewhere,
}

impl Offered {
    /// Is its form open?
    pub fn is_here(&self) -> bool {
        *self == Self::Here
    }
}

/// The place where a procedure is done that is not done here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedAt {
    /// マイナポータル, 市役所1階 保険年金課.
    pub name: String,
    /// Its address, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// What to know before going there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Fields that several procedures share: `procedures/blocks.yaml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// Version of the format: 1.
    pub format: u32,
    /// Name of a block → its items.
    pub blocks: BTreeMap<String, Vec<Item>>,
    /// Name of a list → its entries (`procedures/lists/*.txt`, one a line).
    #[serde(skip)]
    pub lists: BTreeMap<String, Vec<String>>,
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
