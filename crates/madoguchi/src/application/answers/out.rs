//! Every way out of `Answers`. A test lists these functions: a new one is a decision about privacy.
//!
//! LINE is not a purpose. Whoever opens answers of somebody else's writes the audit row in the same step.

use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::{Answers, Inner, Value};
use crate::attachment::{self, Shown};
use crate::procedure::{FormVersion, Input};

/// What the answers leave for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A page that the person or a clerk in charge reads.
    Page,
    /// To be encrypted, or compared by a keyed hash.
    Seal,
    /// A printed form.
    Print,
    /// A file for the city's own systems.
    Export,
    /// The city's own program interface.
    Api,
}

static LEFT: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

/// How often answers have left for `purpose` since the start of the process.
pub fn count(purpose: Purpose) -> u64 {
    LEFT[purpose as usize].load(Ordering::Relaxed)
}

fn counted(purpose: Purpose) {
    LEFT[purpose as usize].fetch_add(1, Ordering::Relaxed);
}

/// One answer in words, for reading.
pub struct Row {
    /// Heading of the part of the form.
    pub section: String,
    /// The field's id.
    pub field: String,
    /// The field's label.
    pub label: String,
    /// The answer as a reader wants it: 令和8年11月22日(日), the label of a choice.
    pub value: String,
}

/// The canonical form: one JSON object, fields in the order of the form, no spaces. The same answers give the same bytes.
pub fn canonical(answers: &Answers, purpose: Purpose) -> Zeroizing<Vec<u8>> {
    counted(purpose);
    // Room for all of it: a buffer that grows would leave pieces behind in freed memory.
    let size: usize = answers.0.iter().map(|(field, value)| field.len() + size_of(value) + 8).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(size * 2 + 2));
    out.push(b'{');
    for (at, (field, value)) in answers.0.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        text(&mut out, field);
        out.push(b':');
        match &value.0 {
            Inner::One(one) => text(&mut out, one),
            Inner::Many(all) => {
                out.push(b'[');
                for (n, one) in all.iter().enumerate() {
                    if n > 0 {
                        out.push(b',');
                    }
                    text(&mut out, one);
                }
                out.push(b']');
            }
        }
    }
    out.push(b'}');
    out
}

fn size_of(value: &Value) -> usize {
    match &value.0 {
        Inner::One(one) => one.len(),
        Inner::Many(all) => all.iter().map(|v| v.len() + 3).sum(),
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    // Writing to memory and escaping a string cannot fail.
    drop(serde_json::to_writer(out, text));
}

/// The answers in words, in the order of the form. Fields without an answer are left out.
pub fn rows(answers: &Answers, form: &FormVersion, purpose: Purpose) -> Vec<Row> {
    counted(purpose);
    let mut out = Vec::with_capacity(answers.0.len());
    for section in form.sections() {
        let leaves = section.fields.iter().flat_map(|f| f.leaves().map(move |leaf| (f, leaf)));
        for (parent, field) in leaves {
            let Some((_, value)) = answers.0.iter().find(|(id, _)| *id == field.id) else { continue };
            let value = match &value.0 {
                Inner::One(one) => field.display(one),
                Inner::Many(all) => all.iter().map(|v| field.display(v)).collect::<Vec<_>>().join("、"),
            };
            out.push(Row {
                section: parent.row_heading(&field.id).unwrap_or(&section.heading).to_owned(),
                field: field.id.clone(),
                label: field.label.clone(),
                value,
            });
        }
    }
    out
}

/// The answers as they stand in the form, so that the person can mend them.
pub fn input(answers: &Answers, form: &FormVersion, purpose: Purpose) -> Input {
    counted(purpose);
    let mut out = Input::new();
    for field in form.fields().flat_map(crate::procedure::Field::leaves) {
        if let Some((_, value)) = answers.0.iter().find(|(id, _)| *id == field.id) {
            match &value.0 {
                Inner::One(one) => field.put_back(one, &mut out),
                Inner::Many(all) => all.iter().for_each(|v| field.put_back(v, &mut out)),
            }
        }
    }
    out
}

/// The files that the answers name: their names are what a person wrote, too.
pub fn files(answers: &Answers, form: &FormVersion, purpose: Purpose) -> Vec<Shown> {
    counted(purpose);
    let mut out = Vec::new();
    for field in attachment::acts::fields(form) {
        if let Some((_, value)) = answers.0.iter().find(|(id, _)| *id == field.id) {
            match &value.0 {
                Inner::One(one) => out.extend(Shown::of_value(one)),
                Inner::Many(all) => out.extend(all.iter().filter_map(|v| Shown::of_value(v))),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn these_are_all_ways_out_of_answers() {
        let source = include_str!("out.rs");
        let found: Vec<&str> = source
            .lines()
            .filter_map(|l| l.strip_prefix("pub fn "))
            .filter_map(|l| l.split(['(', '<']).next())
            .collect();
        assert_eq!(found, ["count", "canonical", "rows", "input", "files"]);
        let of = |name: &str| source.split(&format!("pub fn {name}(")).nth(1).expect("the function");
        for name in &found[1..] {
            assert!(of(name).lines().next().expect("a line").contains("purpose: Purpose"), "{name}");
        }
    }
}
