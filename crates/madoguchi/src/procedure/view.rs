//! A field as its template needs it: what is drawn, what was typed, what has to be mended.

use std::borrow::Cow;

use askama::Template;

use super::control::{Control, control};
use super::field::{Field, Section, Stop, StopTest, When};
use super::types::{Asks, ReadContext};
use super::{At, Input, Problems};

/// The id in the page of the first control of a field.
pub(super) fn anchor(field: &str) -> String {
    format!("f-{}", field.replace('.', "-"))
}

/// What a form is drawn with.
#[derive(Clone, Copy)]
pub struct Draw<'a> {
    /// What was typed.
    pub input: Option<&'a Input>,
    /// What has to be mended.
    pub problems: Option<&'a Problems>,
    /// The day and the municipality: dates say the days that can be chosen.
    pub ctx: ReadContext<'a>,
    /// The municipality's place in addresses: `/nishio`.
    pub base: &'a str,
    /// Only these fields (a group or a repetition means all in it), and those that depend on them.
    pub marked: Option<&'a [String]>,
    /// Where the person goes on after a button inside the form.
    pub at: Option<&'a At>,
}

/// One part of a form.
pub(super) struct PartView<'a> {
    pub(super) heading: &'a str,
    pub(super) fields: Vec<FieldView<'a>>,
}

/// The parts of a form that have something to draw.
pub(super) fn parts<'a>(sections: &'a [Section], draw: &Draw<'a>) -> Vec<PartView<'a>> {
    let mut out = Vec::with_capacity(sections.len());
    let mut asked: Vec<String> = draw.marked.unwrap_or_default().to_vec();
    for section in sections {
        let mut part = PartView { heading: &section.heading, fields: Vec::new() };
        for field in &section.fields {
            let depends = field.when.as_ref().is_some_and(|w| asked.contains(&w.field));
            if draw.marked.is_none() || field.is_marked(&asked) || depends {
                // What depends on this one is asked again, too.
                asked.extend((draw.marked.is_some() && depends).then(|| field.id.clone()));
                part.fields.push(FieldView::new(field, draw, Mark::Told));
                continue;
            }
            for leaf in field.leaves().filter(|leaf| leaf.id != field.id && leaf.is_marked(&asked)) {
                let heading = field.row_heading(&leaf.id).unwrap_or(&field.label);
                out.push(PartView { heading, fields: vec![FieldView::new(leaf, draw, Mark::Told)] });
            }
        }
        if !part.fields.is_empty() {
            out.push(part);
        }
    }
    out
}

/// Exactly the leaves for which `only` says yes, in their parts; conditions on questions that are not among them are
/// decided already.
pub(super) fn exactly<'a>(
    sections: &'a [Section],
    draw: &Draw<'a>,
    only: &dyn Fn(&str) -> bool,
) -> Vec<PartView<'a>> {
    let mut out: Vec<PartView<'a>> = Vec::new();
    for section in sections {
        for field in &section.fields {
            for leaf in field.leaves().filter(|leaf| only(&leaf.id)) {
                let heading = field.row_heading(&leaf.id).unwrap_or(&section.heading);
                let mut view = FieldView::new(leaf, draw, Mark::Told);
                view.when = view.when.filter(|when| only(&when.field));
                view.required_when = view.required_when.filter(|when| only(&when.field));
                match out.last_mut() {
                    Some(part) if part.heading == heading => part.fields.push(view),
                    _ => out.push(PartView { heading, fields: vec![view] }),
                }
            }
        }
    }
    out
}

/// Are 「※必須」 and 「任意」 written?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
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
    hint: Option<Cow<'a, str>>,
    mark: &'static str,
    error: Option<&'a str>,
    when: Option<&'a When>,
    when_values: String,
    required_when: Option<&'a When>,
    stops: Vec<StopView<'a>>,
    described: String,
    focus: bool,
    control: Control<'a>,
}

struct StopView<'a> {
    values: String,
    words: &'a str,
    text: &'a str,
    link: Option<(String, &'a str)>,
}

impl<'a> StopView<'a> {
    /// A choice that stops is explained beside it, before anybody fills in the rest; a day after it was read.
    fn new(stop: &'a Stop, base: &str) -> Option<Self> {
        let StopTest::AnyOf(ids) = &stop.test else { return None };
        let link = stop.link.as_ref().map(|l| (href(&l.href, base), l.label.as_str()));
        Some(Self { values: ids.join(" "), words: &stop.words, text: &stop.text, link })
    }
}

/// Where a link of a procedure leads: another procedure of the city is named by its id.
pub(super) fn href(link: &str, base: &str) -> String {
    if link.contains(':') { link.to_owned() } else { format!("{base}/p/{link}") }
}

/// What stands under the label: the file's words, then the days that can be chosen.
fn hint<'a>(field: &'a Field, ctx: &ReadContext<'_>) -> Option<Cow<'a, str>> {
    let own = field.hint.as_deref();
    let Asks::Date(date) = &field.asks else { return own.map(Cow::Borrowed) };
    match (own, date.range_words(ctx)) {
        (Some(own), Some(range)) => Some(Cow::Owned(format!("{range}{own}"))),
        (None, Some(range)) => Some(Cow::Owned(range)),
        (own, None) => own.map(Cow::Borrowed),
    }
}

impl<'a> FieldView<'a> {
    pub(super) fn new(field: &'a Field, draw: &Draw<'a>, marks: Mark) -> Self {
        let anchor = anchor(&field.id);
        let error = draw.problems.and_then(|p| p.at(&field.id));
        let mark = match (&field.asks, field.required, marks) {
            (Asks::Static(_) | Asks::Repeat(_), ..) | (_, true, Mark::OnlyOptional) => "",
            (_, true, Mark::Told) => "must",
            (_, false, _) => "may",
        };
        let hint = hint(field, &draw.ctx);
        let mut described = Vec::new();
        if hint.is_some() {
            described.push(format!("{anchor}-hint"));
        }
        if error.is_some() {
            described.push(format!("{anchor}-oops"));
        }
        Self {
            name: &field.id,
            label: &field.label,
            hint,
            mark,
            error,
            when: field.when.as_ref(),
            when_values: field.when.as_ref().map(|w| w.any_of.join(" ")).unwrap_or_default(),
            required_when: field.required_when.as_ref(),
            stops: field.stops.iter().filter_map(|s| StopView::new(s, draw.base)).collect(),
            described: described.join(" "),
            focus: draw.at.is_some_and(|at| at.field.as_ref() == Some(&field.id)),
            control: control(field, draw, &anchor),
            anchor,
        }
    }

    /// Controls that are one element have a label, the others a legend.
    fn is_single(&self) -> bool {
        matches!(
            self.control,
            Control::Line { .. }
                | Control::Lines { .. }
                | Control::Select { .. }
                | Control::Suggest { .. }
                | Control::Postal { .. }
        )
    }

    fn is_radio(&self) -> bool {
        matches!(self.control, Control::One { kind: "radio", .. })
    }

    fn is_tick(&self) -> bool {
        matches!(self.control, Control::Tick { .. })
    }
}
