//! From plain data to a form that can be read: blocks are put in, rules are checked, patterns are compiled once.

use std::collections::BTreeMap;

use regex::Regex;

use super::definition::{Blocks, Change, Condition, FieldType, Item, Procedure};
use super::field::{Field, Section, When};
use super::finding::Finding;
use super::types::{Address, Asks, Choices, Date, Digits, DigitsOf, Kana, Number, Style, Text, Tick};

/// Names that a form uses itself.
const RESERVED: [&str; 4] = ["answers", "submission_key", "version", "next"];

/// Puts the blocks in the place of `use`.
pub(super) fn expand(items: Vec<Item>, blocks: &Blocks, report: &mut Report<'_>) -> Vec<Item> {
    let mut out = Vec::with_capacity(items.len() * 2);
    for item in items {
        let Some(name) = &item.block else {
            out.push(item);
            continue;
        };
        let Some(block) = blocks.blocks.get(name) else {
            report.at(
                "use",
                format!("ブロック「{name}」がありません"),
                "blocks.yaml にある名前にしてください",
            );
            continue;
        };
        for unknown in item.change.keys().filter(|id| !block.iter().any(|i| i.id.as_ref() == Some(id))) {
            report.at(
                unknown,
                format!("ブロック「{name}」にこの項目はありません"),
                "change の名前を確認してください",
            );
        }
        out.extend(block.iter().cloned().map(|i| changed(i, &item.change)));
    }
    out
}

fn changed(mut item: Item, changes: &BTreeMap<String, Change>) -> Item {
    if let Some(change) = item.id.as_ref().and_then(|id| changes.get(id)) {
        let take = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        take(&change.label, &mut item.label);
        take(&change.hint, &mut item.hint);
        take(&change.msg, &mut item.msg);
        item.required = change.required.or(item.required);
        if change.when.is_some() {
            item.when.clone_from(&change.when);
        }
    }
    item
}

/// Collects findings of one file.
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) found: Vec<Finding>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    pub(super) fn at(&mut self, field: &str, what: impl Into<String>, todo: impl Into<String>) {
        self.found.push(Finding::new(self.file, self.text, field, what, todo));
    }
}

/// The sections of a form whose blocks are already in place.
pub(super) fn sections(procedure: &Procedure, report: &mut Report<'_>) -> Vec<Section> {
    facts(procedure, report);
    let mut known: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut out: Vec<Section> = Vec::new();
    for item in &procedure.fields {
        if let Some(heading) = &item.heading {
            out.push(Section { heading: heading.clone(), fields: Vec::new() });
        }
        if item.id.is_none() {
            if item.heading.is_none() {
                report.at("fields", "id も heading もない項目があります", "id・label・type を書いてください");
            }
            continue;
        }
        if let Some(field) = field(item, "", &mut known, report) {
            if out.is_empty() {
                out.push(Section { heading: procedure.title.clone(), fields: Vec::new() });
            }
            if let Some(section) = out.last_mut() {
                section.fields.push(field);
            }
        }
    }
    out
}

fn facts(procedure: &Procedure, report: &mut Report<'_>) {
    let slug = |s: &str| {
        !s.is_empty()
            && s.len() <= 40
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if procedure.format != 1 {
        report.at("format", "この書式の版は読めません", "format: 1 と書いてください");
    }
    if !slug(&procedure.id) {
        report.at(
            "id",
            "手続の id に使えない文字があります",
            "英小文字・数字・ハイフンだけで40文字までにしてください",
        );
    }
    if procedure.title.trim().is_empty() {
        report.at("title", "手続の名前がありません", "title を書いてください");
    }
}

/// Choices of the fields seen so far: a condition can only look back.
type Known = Vec<(String, Vec<(String, String)>)>;

fn field(item: &Item, prefix: &str, known: &mut Known, report: &mut Report<'_>) -> Option<Field> {
    let own = item.id.as_deref()?;
    let id = if prefix.is_empty() { own.to_owned() } else { format!("{prefix}.{own}") };
    let ascii = own.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !ascii || !own.starts_with(|c: char| c.is_ascii_lowercase()) || RESERVED.contains(&own) {
        report.at(
            own,
            "項目の id に使えない名前です",
            "英小文字で始め、英小文字・数字・_ だけにしてください",
        );
    }
    // Of two texts for two settings of a city, one is dropped before publication.
    if item.city_has_not.is_none() && known.iter().any(|(k, _)| *k == id) {
        report.at(own, "同じ id の項目が二つあります", "別の id にしてください");
    }
    let (Some(label), Some(kind)) = (item.label.clone(), item.kind) else {
        report.at(own, "label か type がありません", "label と type を書いてください");
        return None;
    };
    let when = item.when.as_ref().and_then(|c| condition(own, c, known, report));
    let optional_when = item.optional_when.as_ref().and_then(|c| condition(own, c, known, report));
    let asks = asks(item, kind, &id, known, report)?;
    known.push((id.clone(), values(&asks, &label)));
    Some(Field {
        id,
        label,
        hint: item.hint.clone(),
        msg: item.msg.clone(),
        required: item.required.unwrap_or(true) && kind != FieldType::Static,
        when,
        optional_when,
        autocomplete: item.autocomplete.clone(),
        asks,
    })
}

/// The values that a condition can name, with their words.
fn values(asks: &Asks, label: &str) -> Vec<(String, String)> {
    match asks {
        Asks::Choices(c) => c.choices.iter().map(|c| (c.id.clone(), c.label.clone())).collect(),
        Asks::Tick(_) => vec![(super::types::YES.to_owned(), label.to_owned())],
        _ => Vec::new(),
    }
}

fn condition(own: &str, c: &Condition, known: &Known, report: &mut Report<'_>) -> Option<When> {
    let Some((_, values)) = known.iter().find(|(id, values)| *id == c.field && !values.is_empty()) else {
        report.at(
            own,
            format!("条件の項目「{}」が、この項目より前の選択肢にありません", c.field),
            "前にある radio・select・checkbox の id を書いてください",
        );
        return None;
    };
    let named: Vec<&String> = c.is.iter().chain(&c.one_of).chain(&c.is_not).collect();
    let modes =
        usize::from(c.is.is_some()) + usize::from(!c.one_of.is_empty()) + usize::from(c.is_not.is_some());
    if modes != 1 {
        report.at(own, "条件には is・in・is_not のうち一つが要ります", "一つだけ書いてください");
        return None;
    }
    if let Some(unknown) = named.iter().find(|n| !values.iter().any(|(v, _)| v == **n)) {
        report.at(
            own,
            format!("条件の値「{unknown}」は「{}」の選択肢にありません", c.field),
            "選択肢の id を書いてください",
        );
        return None;
    }
    let wanted = |id: &String| named.contains(&id) != c.is_not.is_some();
    let (any_of, words): (Vec<String>, Vec<String>) =
        values.iter().filter(|(id, _)| wanted(id)).cloned().unzip();
    Some(When { field: c.field.clone(), any_of, words: words.join("・") })
}

fn asks(item: &Item, kind: FieldType, id: &str, known: &mut Known, report: &mut Report<'_>) -> Option<Asks> {
    let own = item.id.as_deref().unwrap_or(id);
    let in_city = item.in_city.unwrap_or(false);
    let text = |max: usize, lines: bool, pattern| {
        let half_width = item.half_width.unwrap_or(false);
        Asks::Text(Text { max: item.max.unwrap_or(max), lines, half_width, pattern })
    };
    Some(match kind {
        FieldType::Text => text(100, false, pattern(item, own, report)),
        FieldType::Textarea => text(1_000, true, pattern(item, own, report)),
        FieldType::Kana => Asks::Kana(Kana { max: item.max.unwrap_or(60) }),
        FieldType::Address => Asks::Address(Address { max: item.max.unwrap_or(100), in_city }),
        FieldType::Postal => Asks::Digits(Digits { of: DigitsOf::Postal, in_city }),
        FieldType::Tel => Asks::Digits(Digits { of: DigitsOf::Tel, in_city: false }),
        FieldType::Number => Asks::Number(Number {
            least: item.least.unwrap_or(0),
            most: item.most.unwrap_or(9_999),
            unit: item.unit.clone(),
        }),
        FieldType::Date => Asks::Date(Date {
            past: item.not_after.is_some(),
            future: item.not_before.is_some(),
            rule: item.rule,
        }),
        FieldType::Radio => choices(item, own, Style::Radio, report),
        FieldType::Select => choices(item, own, Style::Select, report),
        FieldType::Checkbox if !item.choices.is_empty() => choices(item, own, Style::Checkbox, report),
        FieldType::Checkbox => Asks::Tick(Tick { terms: None, version: None }),
        FieldType::Consent => Asks::Tick(Tick { terms: item.terms.clone(), version: item.version.clone() }),
        FieldType::Static => Asks::Static(item.text.clone().unwrap_or_default()),
        FieldType::Group => {
            let inner: Vec<Field> = item.fields.iter().filter_map(|i| field(i, id, known, report)).collect();
            if inner.is_empty() || inner.iter().any(|f| matches!(f.asks, Asks::Group(_))) {
                report.at(
                    own,
                    "まとまり（group）の中身がないか、二重になっています",
                    "fields に項目を書いてください",
                );
                return None;
            }
            Asks::Group(inner)
        }
    })
}

fn pattern(item: &Item, own: &str, report: &mut Report<'_>) -> Option<Regex> {
    let pattern = item.pattern.as_deref()?;
    let compiled = Regex::new(pattern).ok();
    if compiled.is_none() {
        report.at(own, "pattern が正規表現として読めません", "書き方を確認してください");
    }
    compiled
}

fn choices(item: &Item, own: &str, style: Style, report: &mut Report<'_>) -> Asks {
    let mut ids: Vec<&String> = item.choices.iter().map(|c| &c.id).collect();
    ids.sort();
    ids.dedup();
    if ids.len() < item.choices.len() || item.choices.len() < 2 && style != Style::Checkbox {
        report.at(
            own,
            "選択肢が足りないか、同じ id があります",
            "choices に違う id の選択肢を二つ以上書いてください",
        );
    }
    Asks::Choices(Choices { style, choices: item.choices.clone() })
}
