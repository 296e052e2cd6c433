//! What a field is drawn as: a line, a list, three lines and an era, rows.

use super::definition;
use super::field::Field;
use super::postal;
use super::types::{Asks, Date, Digits, DigitsOf, Files, Repeat, Style, Tick};
use super::view::{Draw, FieldView, Mark};
use super::wareki::Era;
use crate::attachment::Shown;

pub(super) struct ChoiceView<'a> {
    pub(super) value: &'a str,
    pub(super) label: &'a str,
    pub(super) on: bool,
    pub(super) anchor: String,
}

/// A file that is kept already: a tick that can be taken away.
pub(super) struct KeptView<'a> {
    pub(super) value: &'a str,
    pub(super) id: String,
    pub(super) words: String,
}

pub(super) struct RowView<'a> {
    pub(super) n: usize,
    pub(super) heading: &'a str,
    pub(super) fields: Vec<FieldView<'a>>,
}

pub(super) enum Control<'a> {
    Line {
        kind: &'static str,
        mode: &'static str,
        short: bool,
        value: &'a str,
        autocomplete: Option<&'a str>,
        unit: &'a str,
    },
    Lines {
        value: &'a str,
    },
    /// A postal code with its button, and the addresses it can mean once that was pressed.
    Postal {
        value: &'a str,
        autocomplete: Option<&'a str>,
        fills: String,
        data: String,
        candidates: Option<&'a [String]>,
    },
    /// A line with suggestions; the list is written once, beside the first row.
    Suggest {
        value: &'a str,
        list: String,
        entries: &'a [String],
    },
    Date {
        eras: Vec<ChoiceView<'a>>,
        y: &'a str,
        m: &'a str,
        /// `None` for a month.
        d: Option<&'a str>,
        /// The day in words, with its day of the week.
        said: String,
        first: String,
        last: String,
    },
    One {
        choices: Vec<ChoiceView<'a>>,
        kind: &'static str,
        row: bool,
    },
    Select {
        choices: Vec<ChoiceView<'a>>,
    },
    Tick {
        on: bool,
        terms: Vec<&'a str>,
    },
    Files {
        kept: Vec<KeptView<'a>>,
        accept: String,
        pictures: &'static str,
        camera: bool,
        most: usize,
        /// What can be chosen, in words.
        limits: String,
        /// Where kept files can be looked at.
        base: String,
    },
    Static(&'a str),
    Group(Vec<FieldView<'a>>),
    Rows {
        rows: Vec<RowView<'a>>,
        count: &'a str,
        most: usize,
        /// 5頭 of 頭目, 5件 of 件目.
        most_words: String,
        /// More rows than there must be: each can be taken out.
        can_remove: bool,
    },
}

pub(super) fn control<'a>(field: &'a Field, draw: &Draw<'a>, anchor: &str) -> Control<'a> {
    let value = draw.input.and_then(|i| i.get(&field.id)).unwrap_or_default();
    let autocomplete = field.autocomplete.as_deref();
    let line = |kind, mode, short, unit| Control::Line { kind, mode, short, value, autocomplete, unit };
    match &field.asks {
        Asks::Text(t) if t.lines => Control::Lines { value },
        Asks::Text(t) => line("text", "text", t.max <= 30, ""),
        Asks::Kana(_) | Asks::Address(_) => line("text", "text", false, ""),
        Asks::Digits(d) if d.of == DigitsOf::Tel => line("tel", "tel", true, ""),
        Asks::Digits(Digits { fills: Some(target), .. }) => {
            let at = draw.at.and_then(|at| at.candidates.as_ref()).filter(|(id, _)| *id == field.id);
            Control::Postal {
                value,
                autocomplete,
                fills: super::view::anchor(target),
                data: postal::path(),
                candidates: at.map(|(_, all)| all.as_slice()),
            }
        }
        Asks::Digits(_) => line("text", "numeric", true, ""),
        Asks::Number(n) => line("text", "numeric", true, n.unit.as_deref().unwrap_or_default()),
        Asks::Combobox(c) => suggest(field, value, &c.entries),
        Asks::Date(date) => day(field, date, draw),
        Asks::Month(_) => three(field, &Era::ALL, None, draw),
        Asks::Choices(c) => {
            let on = |id: &str| draw.input.is_some_and(|i| i.all(&field.id).any(|v| v == id));
            let one = |(n, c): (usize, &'a definition::Choice)| ChoiceView {
                value: &c.id,
                label: &c.label,
                on: on(&c.id),
                anchor: if n == 0 { anchor.to_owned() } else { format!("{anchor}-{n}") },
            };
            let choices: Vec<_> = c.choices.iter().enumerate().map(one).collect();
            let row = c.choices.iter().all(|c| c.label.chars().count() <= 10);
            match c.style {
                Style::Select => Control::Select { choices },
                Style::Radio => Control::One { choices, kind: "radio", row },
                Style::Checkbox => Control::One { choices, kind: "checkbox", row },
            }
        }
        Asks::Tick(Tick { terms, .. }) => {
            let terms = terms.as_deref().map(|t| t.lines().collect()).unwrap_or_default();
            Control::Tick { on: !value.trim().is_empty(), terms }
        }
        Asks::Files(f) => files(field, f, draw),
        Asks::Static(text) => Control::Static(text),
        Asks::Group(inner) => {
            let marks = if field.required { Mark::Told } else { Mark::OnlyOptional };
            Control::Group(inner.iter().map(|f| FieldView::new(f, draw, marks)).collect())
        }
        Asks::Repeat(repeat) => rows(field, repeat, draw),
    }
}

fn files<'a>(field: &'a Field, asks: &Files, draw: &Draw<'a>) -> Control<'a> {
    let kept = |value: &'a str| {
        let shown = Shown::of_value(value)?;
        Some(KeptView { value, id: shown.id.to_string(), words: shown.words() })
    };
    let all = draw.input.into_iter().flat_map(|i| i.all(&field.id));
    Control::Files {
        kept: all.filter_map(kept).collect(),
        accept: asks.accept(),
        pictures: "image/jpeg,image/png",
        camera: asks.camera,
        most: asks.most,
        limits: asks.words(),
        base: format!("{}/files", draw.base),
    }
}

fn suggest<'a>(field: &'a Field, value: &'a str, entries: &'a [String]) -> Control<'a> {
    let parts = || field.id.split('.');
    let is_row = |p: &&str| p.bytes().all(|b| b.is_ascii_digit());
    let list = format!("l-{}", parts().filter(|p| !is_row(p)).collect::<Vec<_>>().join("-"));
    let first = parts().find(is_row).is_none_or(|n| n == "1");
    Control::Suggest { value, list, entries: if first { entries } else { &[] } }
}

fn day<'a>(field: &'a Field, date: &Date, draw: &Draw<'a>) -> Control<'a> {
    let mut control = three(field, &date.eras(&draw.ctx), date.preset(), draw);
    if let Control::Date { d, said, first, last, .. } = &mut control {
        *d = Some(draw.input.and_then(|i| i.get_part(&field.id, "d")).unwrap_or_default());
        *said = draw.input.and_then(|i| Date::typed_words(&field.id, i)).unwrap_or_default();
        let (from, until) = date.range(&draw.ctx);
        (*first, *last) = (
            from.map(|f| f.to_string()).unwrap_or_default(),
            until.map(|l| l.to_string()).unwrap_or_default(),
        );
    }
    control
}

fn three<'a>(field: &'a Field, eras: &[Era], preset: Option<Era>, draw: &Draw<'a>) -> Control<'a> {
    let part = |p: &str| draw.input.and_then(|i| i.get_part(&field.id, p)).unwrap_or_default();
    let chosen = Era::read(part("era")).or(preset.filter(|_| part("era").is_empty()));
    let one = |e: Era| ChoiceView {
        value: e.code(),
        label: e.name(),
        on: chosen == Some(e),
        anchor: String::new(),
    };
    // What somebody chose stays, also where a program sent what the page does not offer.
    let shown = Era::ALL.into_iter().filter(|e| eras.contains(e) || chosen == Some(*e));
    Control::Date {
        eras: shown.map(one).collect(),
        y: part("y"),
        m: part("m"),
        d: None,
        said: String::new(),
        first: String::new(),
        last: String::new(),
    }
}

fn rows<'a>(field: &'a Field, repeat: &'a Repeat, draw: &Draw<'a>) -> Control<'a> {
    let shown = repeat.shown(&field.id, draw.input);
    let row = |(at, row): (usize, &'a super::types::Row)| RowView {
        n: at + 1,
        heading: &row.heading,
        fields: row.fields.iter().map(|f| FieldView::new(f, draw, Mark::Told)).collect(),
    };
    Control::Rows {
        rows: repeat.rows.iter().take(shown).enumerate().map(row).collect(),
        count: &repeat.count,
        most: repeat.rows.len(),
        most_words: format!("{}{}", repeat.rows.len(), repeat.count.trim_end_matches('目')),
        can_remove: shown > repeat.least.max(1),
    }
}
