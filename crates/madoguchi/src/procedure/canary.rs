//! Made-up answers in which every value is a word that stands nowhere else: what the canary test looks for.

use madoguchi_base::AttachmentId;

use super::field::Field;
use super::types::{Asks, Date, DigitsOf, ReadContext, Style, YES};
use super::{FormVersion, Input, wareki::Era};
use crate::attachment::{Kind, Shown};

/// A valid input full of unique words, and the words.
pub struct Canary {
    /// What the browser would send.
    pub input: Input,
    /// Field id → the word planted there, as it is stored.
    pub planted: Vec<(String, String)>,
}

impl FormVersion {
    /// A valid input in which every text is unique. Another `seed` (< 100,000) gives other words.
    /// The last choice of every list is taken: `Source::with_test_choices` puts a unique one there.
    pub fn canary_input(&self, ctx: &ReadContext<'_>, seed: u64) -> Canary {
        let mut canary = Canary { input: Input::new(), planted: Vec::new() };
        let mut n = seed * 1_000;
        for field in self.fields().flat_map(Field::leaves) {
            n += 1;
            // Mixed so that neighbours share no long piece; 10 digits.
            let unique = 1_000_000_000 + n.wrapping_mul(2_654_435_761) % 8_999_999_999;
            canary.plant(field, unique, ctx);
        }
        canary
    }
}

impl Canary {
    fn plant(&mut self, field: &Field, unique: u64, ctx: &ReadContext<'_>) {
        match &field.asks {
            Asks::Text(text) => {
                let mut words = vec![
                    format!("かなりあ{}", kana(unique, 'あ')),
                    format!("Canary {}", latin(unique)),
                    format!("{unique}"),
                ];
                words.retain(|w| {
                    w.chars().count() <= text.max && text.pattern.as_ref().is_none_or(|p| p.is_match(w))
                });
                if let Some(word) = words.into_iter().next() {
                    self.put(field, word);
                }
            }
            Asks::Combobox(c) if !c.free => self.put(field, c.entries.first().cloned().unwrap_or_default()),
            Asks::Combobox(_) => self.put(field, format!("かなりあ{}", kana(unique, 'あ'))),
            Asks::Kana(_) => self.put(field, format!("カナリア{}", kana(unique, 'ア'))),
            Asks::Address(_) => self.put(field, format!("{}かなりあ町{}", ctx.city.name, kana(unique, 'あ'))),
            Asks::Digits(d) if d.of == DigitsOf::Tel => self.put(field, format!("0{unique}")),
            Asks::Digits(_) => self.put(field, ctx.city.a_postal(unique)),
            Asks::Number(number) => {
                let span = u64::try_from(number.most - number.least).unwrap_or(0) + 1;
                let value = number.least + i64::try_from(unique % span).unwrap_or(0);
                self.input.push(field.id.clone(), value.to_string());
            }
            Asks::Date(date) => self.date(field, date, unique, ctx),
            Asks::Choices(choices) => {
                if let Some(last) = choices.choices.last() {
                    self.put(field, last.id.clone());
                    if choices.style != Style::Checkbox {
                        self.planted.push((field.id.clone(), last.label.clone()));
                    }
                }
            }
            Asks::Tick(_) => self.input.push(field.id.clone(), YES),
            Asks::Month(_) => {
                for (part, value) in [("era", "heisei"), ("y", "20"), ("m", "4")] {
                    self.input.push(format!("{}.{part}", field.id), value);
                }
            }
            Asks::Files(files) => {
                let name = format!("かなりあ{}", kana(unique, 'あ'));
                let value = sample_file(&format!("{name}.{}", files.kinds[0].endings()[0]));
                self.input.push(field.id.clone(), value);
                self.planted.push((field.id.clone(), name));
            }
            Asks::Static(_) | Asks::Group(_) | Asks::Repeat(_) => {}
        }
    }

    fn put(&mut self, field: &Field, word: String) {
        self.input.push(field.id.clone(), word.clone());
        self.planted.push((field.id.clone(), word));
    }

    fn date(&mut self, field: &Field, date: &Date, unique: u64, ctx: &ReadContext<'_>) {
        let day = match date.range(ctx) {
            (Some(first), _) if date.rule.is_some() || date.future => ctx.city.business_days_after(first, 1),
            // Long enough ago for every field that asks how old something is.
            (Some(first), last) => {
                let last = last.unwrap_or(ctx.today);
                let span = (last.date() - first.date()).get_days().clamp(2, 9_000);
                first.plus_days(1 + i32::try_from(unique % u64::from(span.unsigned_abs() - 1)).unwrap_or(0))
            }
            _ => ctx.today.plus_days(-9_000 - i32::try_from(unique % 9_000).unwrap_or(0)),
        };
        let civil = day.date();
        for (part, value) in [
            ("era", Era::Seireki.code().to_owned()),
            ("y", civil.year().to_string()),
            ("m", civil.month().to_string()),
            ("d", civil.day().to_string()),
        ] {
            self.input.push(format!("{}.{part}", field.id), value);
        }
        if date.rule.is_none() {
            self.planted.push((field.id.clone(), day.to_string()));
        }
    }
}

/// A file that nobody has attached yet, as samples name one: a browser of ours attaches it first.
pub(super) fn sample_file(name: &str) -> String {
    let ending = name.rsplit('.').next().unwrap_or_default();
    let kind = Kind::ALL.into_iter().find(|k| k.endings().contains(&ending)).unwrap_or(Kind::Jpeg);
    let id = AttachmentId::from_uuid(uuid::Uuid::nil());
    Shown { id, kind, bytes: 1, name: name.to_owned() }.to_value()
}

/// Ten digits as ten kana, so that no digit string betrays or fakes a hit.
fn kana(unique: u64, first: char) -> String {
    let row = ['あ', 'き', 'す', 'て', 'の', 'は', 'み', 'ゆ', 'れ', 'わ'];
    let shift = if first == 'ア' { 0x60 } else { 0 };
    unique
        .to_string()
        .bytes()
        .filter_map(|b| char::from_u32(u32::from(row[usize::from(b - b'0')]) + shift))
        .collect()
}

fn latin(unique: u64) -> String {
    unique.to_string().bytes().map(|b| char::from(b - b'0' + b'k')).collect()
}
