//! 手続: what a city offers, with its form.
//!
//! It is: the format of `procedures/*.yaml`, the versions of a form, reading and checking what a person typed, the
//! catalogue in memory, and the pages from the catalogue to the confirm page.
//! It is not: an application somebody has made (`application`), nor anything that LINE may see.
//! This file and the types below are pure; SQL is in `store.rs`, publishing in `acts.rs`.

pub mod acts;
mod buttons;
pub mod calendar;
mod canary;
mod carry;
mod catalogue;
pub mod citizen;
mod compile;
mod condition;
mod control;
pub mod definition;
mod expand;
mod field;
mod finding;
mod input;
mod item;
mod look;
pub mod municipality;
pub mod my_number;
mod normalise;
pub mod postal;
mod rare;
mod read;
mod search;
mod source;
pub mod store;
mod types;
mod view;
pub mod views;
pub mod wareki;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use buttons::{At, press};
pub use canary::Canary;
pub use catalogue::{Catalogue, CatalogueError, Published, Shelf, Site};
pub use definition::{Assurance, Link, Offered, Procedure};
pub use field::{Field, Section, Stop, StopTest, When};
pub use finding::Finding;
pub use input::{Input, InputError, MAX_BODY, MAX_FIELDS, MAX_VALUE};
pub use municipality::{City, Municipality};
pub use read::{Problem, Problems};
pub use source::{Sample, Source, Texts, Wrong, builtin, builtin_municipality, read_file, validate};
pub use types::{
    Address, Asks, Choices, Combobox, Date, Digits, DigitsOf, Files, Kana, Month, Number, ReadContext,
    Repeat, Row, Style, Text, Tick,
};
pub use view::Draw;

/// What a procedure is in the city's language; it decides words and which states exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
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

impl Kind {
    /// Its name in files and the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Request => "request",
            Self::Notification => "notification",
            Self::Contract => "contract",
            Self::Report => "report",
        }
    }

    /// 申請, 請求, 届出, 申込み, 通報.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Application => "申請",
            Self::Request => "請求",
            Self::Notification => "届出",
            Self::Contract => "申込み",
            Self::Report => "通報",
        }
    }

    /// The button that sends it.
    pub fn submit_button(self) -> &'static str {
        match self {
            Self::Application => "申請する",
            Self::Request => "請求する",
            Self::Notification => "届け出る",
            Self::Contract => "申し込む",
            Self::Report => "通報する",
        }
    }

    /// The button that opens its form.
    pub fn start_button(self) -> &'static str {
        match self {
            Self::Application => "申請をはじめる",
            Self::Request => "請求をはじめる",
            Self::Notification => "届出をはじめる",
            Self::Contract => "申込みをはじめる",
            Self::Report => "通報をはじめる",
        }
    }
}

/// One published version of a procedure, ready to read forms. Reading is pure and takes microseconds.
#[derive(Clone)]
pub struct FormVersion {
    procedure: Procedure,
    version: u32,
    sections: Vec<Section>,
}

impl FormVersion {
    /// Makes a form of a definition whose blocks are in place (as it stands in the database).
    pub fn new(procedure: Procedure, version: u32) -> Result<Self, Vec<Finding>> {
        let file = format!("{}.yaml", procedure.id);
        let mut report = compile::Report::new(&file, "");
        let sections = compile::sections(&procedure, &mut report);
        if report.found.is_empty() { Ok(Self { procedure, version, sections }) } else { Err(report.found) }
    }

    /// The same form under another version number.
    #[must_use]
    pub fn at_version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// What is public of the procedure.
    pub fn procedure(&self) -> &Procedure {
        &self.procedure
    }

    /// Its number, from 1; 0 is not published yet.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The parts of the form with their headings.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Every field, groups as one.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|s| s.fields.iter())
    }

    /// The field of that id; `group.field` in groups.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().flat_map(|f| std::iter::once(f).chain(f.leaves())).find(|f| f.id == id)
    }
}

impl fmt::Debug for FormVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormVersion({} v{})", self.procedure.id, self.version)
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;
