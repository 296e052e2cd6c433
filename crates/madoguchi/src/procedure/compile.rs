//! From plain data (written out by `expand.rs`) to a form that can be read: rules are checked, patterns are compiled once.

use regex::Regex;

use super::condition::{self, Known};
use super::definition::{Assurance, FieldType, Item, Offered, Procedure};
use super::field::{Field, Section};
use super::finding::Finding;
use super::types::{
    Address, Asks, Choices, Combobox, Date, Digits, DigitsOf, Files, Kana, Month, Number, Repeat, Row, Style,
    Text, Tick,
};
use crate::attachment::Kind;

/// Names that a form uses itself.
const RESERVED: [&str; 6] = ["answers", "submission_key", "version", "next", "rows", "from"];

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

    /// As [`Self::at`], where the line is the first that has `needle`.
    pub(super) fn near(
        &mut self,
        needle: &str,
        field: &str,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) {
        self.at(field, what, todo);
        let line = self.text.lines().position(|l| l.contains(needle));
        if let (Some(found), Some(line)) = (self.found.last_mut(), line) {
            found.line = u32::try_from(line + 1).ok();
        }
    }
}

/// The sections of a form whose blocks are already in place.
pub(super) fn sections(procedure: &Procedure, report: &mut Report<'_>) -> Vec<Section> {
    facts(procedure, report);
    let mut known = Known::default();
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
    targets(&out, report);
    out
}

/// A postal code that fills something fills an address of the form.
fn targets(sections: &[Section], report: &mut Report<'_>) {
    let leaves = || sections.iter().flat_map(|s| &s.fields).flat_map(Field::leaves);
    for field in leaves() {
        let Asks::Digits(Digits { fills: Some(target), .. }) = &field.asks else { continue };
        if !leaves().any(|f| f.id == *target && matches!(f.asks, Asks::Address(_))) {
            report.at(
                &field.id,
                format!("fills の項目「{target}」が住所（address）の項目にありません"),
                "住所の項目の id を書いてください",
            );
        }
    }
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
    if procedure.offered.is_here() {
        if procedure.assurance == Assurance::L3 {
            report.at(
                "assurance",
                "L3（署名）の手続は、まだここで受け付けられません",
                "offered: window（窓口）か offered: elsewhere（ほかのサービス）と書いてください",
            );
        }
        if procedure.fields.is_empty() {
            report.at("fields", "項目がありません", "項目を書くか、offered を書いてください");
        }
    }
    let known_place =
        procedure.place.as_ref().is_some_and(|p| p.href.as_ref().is_none_or(|h| h.starts_with("https://")));
    if !known_place && (procedure.offered == Offered::Elsewhere || procedure.place.is_some()) {
        report.at(
            "place",
            "手続をする場所がわかりません",
            "place に name と、https: の href を書いてください",
        );
    }
}

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
    if item.city_has_not.is_none() && known.has(&id) {
        report.at(own, "同じ id の項目が二つあります", "別の id にしてください");
    }
    let (Some(label), Some(kind)) = (item.label.clone(), item.kind) else {
        report.at(own, "label か type がありません", "label と type を書いてください");
        return None;
    };
    let mut condition =
        |c: &Option<_>| c.as_ref().and_then(|c| condition::when((own, prefix), c, known, report));
    let (when, optional_when, required_when) =
        (condition(&item.when), condition(&item.optional_when), condition(&item.required_when));
    let asks = asks(item, kind, &id, known, report)?;
    let stops = condition::stops(own, &asks, &item.stop, report);
    known.add(&id, &label, &asks);
    Some(Field {
        id,
        label,
        hint: item.hint.clone(),
        msg: item.msg.clone(),
        required: item.required.unwrap_or(true) && kind != FieldType::Static,
        when,
        optional_when,
        required_when,
        stops,
        chain_to: item.chain_to.clone(),
        carry: item.carry.clone(),
        shared: item.shared.unwrap_or(false) && kind != FieldType::Consent,
        autocomplete: item.autocomplete.clone(),
        asks,
    })
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
        FieldType::Postal => {
            // The address beside it, in the same row or group.
            let beside =
                |own: &String| id.rsplit_once('.').map_or(own.clone(), |(p, _)| format!("{p}.{own}"));
            let fills = item.fills.as_ref().map(beside);
            Asks::Digits(Digits { of: DigitsOf::Postal, in_city, fills })
        }
        FieldType::Tel => Asks::Digits(Digits { of: DigitsOf::Tel, in_city: false, fills: None }),
        FieldType::Latin => Asks::Text(Text {
            max: item.max.unwrap_or(100),
            lines: false,
            half_width: true,
            pattern: Regex::new(item.pattern.as_deref().unwrap_or(LATIN)).ok(),
        }),
        FieldType::Number | FieldType::Money => number(item, kind, own, report),
        FieldType::Date => Asks::Date(Date {
            past: item.not_after.is_some(),
            future: item.not_before.is_some(),
            years_back: item.years_back,
            rule: item.rule,
        }),
        FieldType::Month => {
            Asks::Month(Month { past: item.not_after.is_some(), future: item.not_before.is_some() })
        }
        FieldType::Combobox => combobox(item, own, report),
        FieldType::Repeat => repeat(item, id, known, report)?,
        FieldType::Radio => choices(item, own, Style::Radio, report),
        FieldType::Select => choices(item, own, Style::Select, report),
        FieldType::Checkbox if !item.choices.is_empty() => choices(item, own, Style::Checkbox, report),
        FieldType::Checkbox => Asks::Tick(Tick { terms: None, version: None }),
        FieldType::File => files(item, own, report),
        FieldType::Consent => Asks::Tick(Tick { terms: item.terms.clone(), version: item.version.clone() }),
        FieldType::Static => Asks::Static(item.text.clone().unwrap_or_default()),
        FieldType::Group => {
            let inner: Vec<Field> = item.fields.iter().filter_map(|i| field(i, id, known, report)).collect();
            is_flat(own, &inner, report).then_some(Asks::Group(inner))?
        }
    })
}

/// Letters as they stand in a passport or a residence card.
const LATIN: &str = "^[A-Za-z ,.'-]*$";

fn is_flat(own: &str, inner: &[Field], report: &mut Report<'_>) -> bool {
    let flat = !inner.is_empty() && !inner.iter().any(|f| matches!(f.asks, Asks::Group(_) | Asks::Repeat(_)));
    if !flat {
        report.at(
            own,
            "まとまり（group・repeat）の中身がないか、二重になっています",
            "fields に項目を書いてください",
        );
    }
    flat
}

fn number(item: &Item, kind: FieldType, own: &str, report: &mut Report<'_>) -> Asks {
    let money = kind == FieldType::Money;
    let most = if money { 99_999_999 } else { 9_999 };
    let (least, most) = (item.least.unwrap_or(0), item.most.unwrap_or(most));
    if least > most {
        report.at(own, "least が most より大きくなっています", "least を most より小さくしてください");
    }
    let unit = item.unit.clone().or_else(|| money.then(|| "円".to_owned()));
    Asks::Number(Number { least, most, unit, money })
}

fn combobox(item: &Item, own: &str, report: &mut Report<'_>) -> Asks {
    if item.entries.is_empty() {
        report.at(own, "候補がありません", "list にリストの名前を書いてください");
    }
    Asks::Combobox(Combobox {
        max: item.max.unwrap_or(60),
        free: item.free.unwrap_or(true),
        entries: item.entries.clone(),
    })
}

/// Files of one field: the page, the row and the person's patience hold no more.
const MOST_FILES: i64 = 10;

fn files(item: &Item, own: &str, report: &mut Report<'_>) -> Asks {
    let (least, most) = (item.least.unwrap_or(1), item.most.unwrap_or(1));
    if !(0..=most).contains(&least) || !(1..=MOST_FILES).contains(&most) {
        report.at(
            own,
            "ファイルの least か most が合いません",
            "least は most 以下に、most は10までにしてください",
        );
    }
    let kinds = if item.kinds.is_empty() { Kind::ALL.to_vec() } else { item.kinds.clone() };
    Asks::Files(Files {
        camera: item.camera.unwrap_or(true) && kinds.contains(&Kind::Jpeg),
        least: usize::try_from(least).unwrap_or(0),
        most: usize::try_from(most).unwrap_or(1),
        kinds,
    })
}

/// Rows that a repetition can have at most: the limits of a form's body hold for it, too.
const MOST_ROWS: i64 = 20;

fn repeat(item: &Item, id: &str, known: &mut Known, report: &mut Report<'_>) -> Option<Asks> {
    let own = item.id.as_deref().unwrap_or(id);
    let (least, most) = (item.least.unwrap_or(1), item.most.unwrap_or(5));
    if !(0..=most).contains(&least) || !(1..=MOST_ROWS).contains(&most) {
        report.at(
            own,
            "繰り返しの least か most が合いません",
            "least は most 以下に、most は20までにしてください",
        );
        return None;
    }
    let count = item.row.clone().unwrap_or_else(|| "件目".to_owned());
    let label = item.label.as_deref().unwrap_or_default();
    let mut rows = Vec::new();
    for n in 1..=most {
        let mut ignored = Report::new("", "");
        // A mistake stands in the file once, not once a row.
        let report = if n == 1 { &mut *report } else { &mut ignored };
        let prefix = format!("{id}.{n}");
        let fields: Vec<Field> =
            item.fields.iter().filter_map(|i| field(i, &prefix, known, report)).collect();
        if !is_flat(own, &fields, report) {
            return None;
        }
        rows.push(Row { heading: format!("{label}（{n}{count}）"), fields });
    }
    Some(Asks::Repeat(Repeat { least: usize::try_from(least).unwrap_or(0), count, rows }))
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
