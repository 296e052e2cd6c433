//! Procedure files: parsing with findings, their samples, and the ready-made ones that are compiled in.

use std::collections::BTreeMap;
use std::path::Path;

use madoguchi_base::Day;
use serde::{Deserialize, Serialize};

use super::compile::{self, Report};
use super::definition::{
    Blocks, Choice, FieldType, Item, Procedure, SampleDefinition, SampleValue, WrongDefinition,
};
use super::finding::yaml_finding;
use super::types::{Asks, ReadContext};
use super::{Finding, FormVersion, Input, Municipality, calendar, expand};

/// A procedure file, read and checked, with its samples.
#[derive(Clone)]
pub struct Source {
    form: FormVersion,
    samples: Vec<SampleDefinition>,
    wrong: Vec<WrongDefinition>,
}

/// A complete sample answer.
pub struct Sample {
    /// What it shows.
    pub name: String,
    /// What the browser would send.
    pub input: Input,
}

/// A wrong answer and where the form has to complain.
pub struct Wrong {
    /// What it shows.
    pub name: String,
    /// What the browser would send.
    pub input: Input,
    /// Field ids.
    pub fields: Vec<String>,
}

impl Source {
    /// Reads a procedure file; `blocks` are the shared fields it may use.
    pub fn parse(file: &str, text: &str, blocks: &Blocks) -> Result<Self, Vec<Finding>> {
        let procedure: Procedure = serde_saphyr::from_str(text).map_err(|e| vec![yaml_finding(file, &e)])?;
        let mut report = Report::new(file, text);
        Self::make(procedure, blocks, &mut report).ok_or(report.found)
    }

    fn make(mut procedure: Procedure, blocks: &Blocks, report: &mut Report<'_>) -> Option<Self> {
        procedure.fields = expand::expand(std::mem::take(&mut procedure.fields), blocks, report);
        let samples = std::mem::take(&mut procedure.samples);
        let wrong = std::mem::take(&mut procedure.wrong);
        let sections = compile::sections(&procedure, report);
        let form = FormVersion { procedure, version: 0, sections };
        for (id, sample) in samples.iter().flat_map(|s| s.answers.keys().map(move |id| (id, &s.name))) {
            if form.field(id).is_none() {
                report.at(
                    id,
                    format!("見本「{sample}」の項目がありません"),
                    "samples の id を確認してください",
                );
            }
        }
        report.found.is_empty().then_some(Self { form, samples, wrong })
    }

    /// The form, not published yet.
    pub fn form(&self) -> &FormVersion {
        &self.form
    }

    /// What is public of the procedure.
    pub fn procedure(&self) -> &Procedure {
        self.form.procedure()
    }

    /// What is stored when this is published: complete, without blocks and samples.
    pub fn definition(&self) -> String {
        serde_json::to_string(self.form.procedure()).unwrap_or_default()
    }

    /// Its samples on a day.
    pub fn samples(&self, today: Day) -> Vec<Sample> {
        self.samples
            .iter()
            .map(|s| Sample { name: s.name.clone(), input: self.input(&s.answers, today, None) })
            .collect()
    }

    /// Its wrong samples on a day.
    pub fn wrong(&self, today: Day) -> Vec<Wrong> {
        let Some(first) = self.samples.first() else { return Vec::new() };
        let make = |w: &WrongDefinition| Wrong {
            name: w.name.clone(),
            input: self.input(&first.answers, today, Some(&w.change)),
            fields: w.fields.clone(),
        };
        self.wrong.iter().map(make).collect()
    }

    fn input(
        &self,
        answers: &BTreeMap<String, SampleValue>,
        today: Day,
        change: Option<&BTreeMap<String, SampleValue>>,
    ) -> Input {
        let mut out = Input::new();
        for (id, value) in answers {
            self.put(id, value, today, &mut out);
        }
        for (id, value) in change.into_iter().flatten() {
            for name in std::iter::once(id.clone()).chain(["era", "y", "m", "d"].map(|p| format!("{id}.{p}")))
            {
                out.remove(&name);
            }
            self.put(id, value, today, &mut out);
        }
        out
    }

    fn put(&self, id: &str, value: &SampleValue, today: Day, out: &mut Input) {
        let values = match value {
            SampleValue::One(one) => std::slice::from_ref(one),
            SampleValue::Many(many) => many.as_slice(),
        };
        for value in values.iter().filter(|v| !v.is_empty()) {
            if self.form.field(id).is_some_and(|f| matches!(f.asks, Asks::Files(_))) {
                out.push(id, super::canary::sample_file(value));
                continue;
            }
            let field = self.form.field(id).filter(|f| matches!(f.asks, Asks::Date(_)));
            match (field, day(value, today)) {
                (Some(field), Some(day)) => field.put_back(&day.to_string(), out),
                _ => out.push(id, value.as_str()),
            }
        }
    }

    /// The procedure as it reads in a municipality with these settings: items that depend on others are dropped.
    #[must_use]
    pub fn for_city(&self, settings: &[String]) -> Self {
        let has = |setting: &String| settings.contains(setting);
        self.changed(|items| {
            items
                .retain(|i| i.city_has.as_ref().is_none_or(has) && !i.city_has_not.as_ref().is_some_and(has));
        })
    }

    fn changed(&self, change: impl FnOnce(&mut Vec<Item>)) -> Self {
        let mut procedure = self.form.procedure.clone();
        change(&mut procedure.fields);
        let sections = compile::sections(&procedure, &mut Report::new("", ""));
        let form = FormVersion { procedure, version: 0, sections };
        Self { form, samples: self.samples.clone(), wrong: self.wrong.clone() }
    }

    /// The same procedure with one more choice in every list of choices: `make` gives its id and label for a field.
    /// For tests that follow every answer through the program.
    #[must_use]
    pub fn with_test_choices(&self, make: &mut impl FnMut(&str) -> (String, String)) -> Self {
        fn add(items: &mut [Item], make: &mut impl FnMut(&str) -> (String, String)) {
            for item in items {
                let has_choices =
                    matches!(item.kind, Some(FieldType::Radio | FieldType::Select | FieldType::Checkbox));
                if has_choices && !item.choices.is_empty() {
                    let (id, label) = make(item.id.as_deref().unwrap_or_default());
                    item.choices.push(Choice { id, label });
                }
                add(&mut item.fields, make);
            }
        }
        self.changed(|items| add(items, make))
    }
}

/// `1987-03-12`, `today`, `today+10`, `today-3`, `open+5`.
fn day(text: &str, today: Day) -> Option<Day> {
    if let Some(n) = text.strip_prefix("open+") {
        return n.parse().ok().map(|n| calendar::business_days_after(today, n));
    }
    match text.strip_prefix("today") {
        Some("") => Some(today),
        Some(offset) => offset.parse().ok().map(|n| today.plus_days(n)),
        None => text.parse().ok(),
    }
}

/// A file of `procedures/`, compiled in.
macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../procedures/", $name)))
    };
}

pub(super) const BLOCKS: &str = file!("blocks.yaml").1;
const NISHIO: &str = file!("municipalities/nishio.yaml").1;
const LISTS: [(&str, &str); 3] =
    [file!("lists/dog_breeds.txt"), file!("lists/dog_colors.txt"), file!("lists/sodai_items.txt")];
const FILES: [(&str, &str); 11] = [
    file!("suido-start.yaml"),
    file!("suido-stop.yaml"),
    file!("suido-name.yaml"),
    file!("dog-register.yaml"),
    file!("dog-vaccine.yaml"),
    file!("dog-reissue.yaml"),
    file!("dog-change.yaml"),
    file!("dog-death.yaml"),
    file!("kokuho-join.yaml"),
    file!("kokuho-leave.yaml"),
    file!("kokuho-reissue.yaml"),
];

/// The shared blocks with the built-in lists.
pub(super) fn blocks(file: &str, text: &str) -> Result<Blocks, Vec<Finding>> {
    let mut blocks: Blocks = serde_saphyr::from_str(text).map_err(|e| vec![yaml_finding(file, &e)])?;
    for (path, text) in LISTS {
        let name = path.trim_start_matches("lists/").trim_end_matches(".txt");
        blocks.lists.insert(name.to_owned(), entries(text));
    }
    Ok(blocks)
}

/// One entry a line; `#` begins a remark.
fn entries(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect()
}

/// The ready-made procedures.
///
/// # Panics
/// Never: they are compiled in, and a test reads each of them.
#[expect(clippy::expect_used, reason = "compiled in, and read by every test run")]
pub fn builtin() -> Vec<Source> {
    let blocks = blocks("blocks.yaml", BLOCKS).expect("procedures/blocks.yaml is right");
    let read = |(file, text): &(&str, &str)| {
        Source::parse(file, text, &blocks).expect("procedures/*.yaml are right")
    };
    FILES.iter().map(read).collect()
}

/// 西尾市 of the demo.
///
/// # Panics
/// Never: it is compiled in, and a test reads it.
#[expect(clippy::expect_used, reason = "compiled in, and read by every test run")]
pub fn builtin_municipality() -> Municipality {
    Municipality::parse("municipalities/nishio.yaml", NISHIO).expect("nishio.yaml is right")
}

/// A procedure file with what it is read beside, as it goes to another process.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Its name, for findings.
    pub file: String,
    text: String,
    /// A `blocks.yaml` beside it: its name and text.
    blocks: Option<(String, String)>,
    /// Lists beside it.
    lists: BTreeMap<String, String>,
}

/// Reads and checks a procedure file with its samples; no findings: it can be published.
pub fn validate(path: &Path) -> Vec<Finding> {
    read_file(path).and_then(|texts| texts.source()).err().unwrap_or_default()
}

/// Reads a procedure file. A `blocks.yaml` and lists beside it are used in the place of the built-in ones.
pub fn read_file(path: &Path) -> Result<Texts, Vec<Finding>> {
    let file = path.display().to_string();
    let unreadable = |e: std::io::Error| {
        vec![Finding {
            file: file.clone(),
            line: None,
            field: String::new(),
            what: format!("ファイルを読めません（{}）", e.kind()),
            todo: "ファイルの名前と権限を確認してください".to_owned(),
        }]
    };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let beside = path.with_file_name("blocks.yaml");
    let blocks = std::fs::read_to_string(&beside).ok().map(|text| (beside.display().to_string(), text));
    let mut lists = BTreeMap::new();
    for entry in std::fs::read_dir(path.with_file_name("lists")).into_iter().flatten().flatten() {
        let list = entry.path();
        if list.extension().is_some_and(|e| e == "txt")
            && let (Some(name), Ok(text)) = (list.file_stem(), std::fs::read_to_string(&list))
        {
            lists.insert(name.to_string_lossy().into_owned(), text);
        }
    }
    Ok(Texts { file, text, blocks, lists })
}

impl Texts {
    /// The procedure, where it may be published: it reads, and its samples do what they say.
    pub fn source(&self) -> Result<Source, Vec<Finding>> {
        let (file, text) = self.blocks.as_ref().map_or(("blocks.yaml", BLOCKS), |(f, t)| (f, t));
        let mut blocks = blocks(file, text)?;
        // Lists beside the file come before the built-in ones of the same name.
        for (name, text) in &self.lists {
            blocks.lists.insert(name.clone(), entries(text));
        }
        let source = Source::parse(&self.file, &self.text, &blocks)?;
        let found = check_samples(&source, &self.file, &self.text);
        if found.is_empty() { Ok(source) } else { Err(found) }
    }
}

fn check_samples(source: &Source, file: &str, text: &str) -> Vec<Finding> {
    // Any day serves: the samples count from it.
    let Some(today) = Day::new(2026, 11, 22) else { return Vec::new() };
    let municipality = builtin_municipality();
    let (source, city) = (&source.for_city(&municipality.settings), municipality.city());
    let ctx = ReadContext { today, city: &city };
    let mut report = Report::new(file, text);
    if source.samples.len() < 2 {
        report.at("samples", "見本の回答が二つありません", "通るはずの回答を二つ以上書いてください");
    }
    for sample in source.samples(today) {
        if let Err(problems) = source.form.read(&sample.input, &ctx) {
            for p in problems.0 {
                report.at(
                    &p.field,
                    format!("見本「{}」が通りません（{}）", sample.name, p.message.trim_end_matches('。')),
                    "見本か項目を直してください",
                );
            }
        }
    }
    for wrong in source.wrong(today) {
        let problems = source.form.read(&wrong.input, &ctx).err().unwrap_or_default();
        for field in wrong.fields.iter().filter(|f| problems.at(f).is_none()) {
            report.at(
                field,
                format!("間違いの見本「{}」が通ってしまいます", wrong.name),
                "wrong か項目を直してください",
            );
        }
    }
    report.found
}
