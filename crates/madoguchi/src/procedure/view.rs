//! A field as its template needs it: what is drawn, what was typed, what has to be mended.

use askama::Template;

use super::field::{Field, Section, When};
use super::types::{Asks, DigitsOf, Style, Tick};
use super::wareki::Era;
use super::{Input, Problems};

/// The id in the page of the first control of a field.
pub(super) fn anchor(field: &str) -> String {
    format!("f-{}", field.replace('.', "-"))
}

/// One part of a form.
pub(super) struct PartView<'a> {
    pub(super) heading: &'a str,
    pub(super) fields: Vec<FieldView<'a>>,
}

impl<'a> PartView<'a> {
    pub(super) fn new(
        section: &'a Section,
        input: Option<&'a Input>,
        problems: Option<&'a Problems>,
    ) -> Self {
        let fields = section.fields.iter().map(|f| FieldView::new(f, input, problems, Mark::Told)).collect();
        Self { heading: &section.heading, fields }
    }
}

/// Are 「※必須」 and 「任意」 written?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Told,
    /// Inside a group that is optional as a whole.
    OnlyOptional,
}

/// A field, ready to draw. It is a template of its own, so that groups can hold others.
#[derive(Template)]
#[template(path = "procedure/pages/field.html")]
pub(super) struct FieldView<'a> {
    name: &'a str,
    anchor: String,
    label: &'a str,
    hint: Option<&'a str>,
    mark: &'static str,
    error: Option<&'a str>,
    when: Option<&'a When>,
    when_values: String,
    described: String,
    control: Control<'a>,
}

struct ChoiceView<'a> {
    value: &'a str,
    label: &'a str,
    on: bool,
    anchor: String,
}

enum Control<'a> {
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
    Date {
        eras: Vec<ChoiceView<'a>>,
        y: &'a str,
        m: &'a str,
        d: &'a str,
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
    Static(&'a str),
    Group(Vec<FieldView<'a>>),
}

impl<'a> FieldView<'a> {
    fn new(field: &'a Field, input: Option<&'a Input>, problems: Option<&'a Problems>, marks: Mark) -> Self {
        let anchor = anchor(&field.id);
        let error = problems.and_then(|p| p.at(&field.id));
        let mark = match (&field.asks, field.required, marks) {
            (Asks::Static(_), ..) | (_, true, Mark::OnlyOptional) => "",
            (_, true, Mark::Told) => "must",
            (_, false, _) => "may",
        };
        let mut described = Vec::new();
        if field.hint.is_some() {
            described.push(format!("{anchor}-hint"));
        }
        if error.is_some() {
            described.push(format!("{anchor}-oops"));
        }
        Self {
            name: &field.id,
            label: &field.label,
            hint: field.hint.as_deref(),
            mark,
            error,
            when: field.when.as_ref(),
            when_values: field.when.as_ref().map(|w| w.any_of.join(" ")).unwrap_or_default(),
            described: described.join(" "),
            control: control(field, input, problems, &anchor),
            anchor,
        }
    }

    /// Controls that are one element have a label, the others a legend.
    fn is_single(&self) -> bool {
        matches!(self.control, Control::Line { .. } | Control::Lines { .. } | Control::Select { .. })
    }

    fn is_radio(&self) -> bool {
        matches!(self.control, Control::One { kind: "radio", .. })
    }

    fn is_tick(&self) -> bool {
        matches!(self.control, Control::Tick { .. })
    }
}

fn control<'a>(
    field: &'a Field,
    input: Option<&'a Input>,
    problems: Option<&'a Problems>,
    anchor: &str,
) -> Control<'a> {
    let value = input.and_then(|i| i.get(&field.id)).unwrap_or_default();
    let part = |p: &str| input.and_then(|i| i.get_part(&field.id, p)).unwrap_or_default();
    let autocomplete = field.autocomplete.as_deref();
    let line = |kind, mode, short, unit| Control::Line { kind, mode, short, value, autocomplete, unit };
    match &field.asks {
        Asks::Text(t) if t.lines => Control::Lines { value },
        Asks::Text(t) => line("text", "text", t.max <= 30, ""),
        Asks::Kana(_) | Asks::Address(_) => line("text", "text", false, ""),
        Asks::Digits(d) if d.of == DigitsOf::Tel => line("tel", "tel", true, ""),
        Asks::Digits(_) => line("text", "numeric", true, ""),
        Asks::Number(n) => line("text", "numeric", true, n.unit.as_deref().unwrap_or_default()),
        Asks::Date(date) => {
            let preset = if date.rule.is_some() || date.future { Era::Reiwa.code() } else { "" };
            let chosen = Some(part("era")).filter(|e| !e.is_empty()).unwrap_or(preset);
            let shown =
                |e: &Era| !(date.rule.is_some() || date.future) || matches!(e, Era::Reiwa | Era::Seireki);
            let one = |e: Era| ChoiceView {
                value: e.code(),
                label: e.name(),
                on: Era::read(chosen) == Some(e),
                anchor: String::new(),
            };
            Control::Date {
                eras: Era::ALL.into_iter().filter(shown).map(one).collect(),
                y: part("y"),
                m: part("m"),
                d: part("d"),
            }
        }
        Asks::Choices(c) => {
            let on = |id: &str| input.is_some_and(|i| i.all(&field.id).any(|v| v == id));
            let one = |(n, c): (usize, &'a super::definition::Choice)| ChoiceView {
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
        Asks::Static(text) => Control::Static(text),
        Asks::Group(inner) => {
            let marks = if field.required { Mark::Told } else { Mark::OnlyOptional };
            Control::Group(inner.iter().map(|f| FieldView::new(f, input, problems, marks)).collect())
        }
    }
}
