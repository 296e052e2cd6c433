//! Conditions between fields and answers that stop a procedure, checked against the fields before them.

use super::compile::Report;
use super::definition::{Condition, StopWhen};
use super::field::{Stop, StopTest, When};
use super::types::Asks;

/// The fields so far, with the values that a condition can name and their words: a condition can only look back.
#[derive(Default)]
pub(super) struct Known(Vec<(String, Vec<(String, String)>)>);

impl Known {
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|(k, _)| k == id)
    }

    pub(super) fn add(&mut self, id: &str, label: &str, asks: &Asks) {
        self.0.push((id.to_owned(), values(asks, label)));
    }

    /// The field of that name beside the asking one (in its row or group), or of the whole form.
    fn find(&self, prefix: &str, name: &str) -> Option<&(String, Vec<(String, String)>)> {
        let near = format!("{prefix}.{name}");
        let of = |wanted: &str| self.0.iter().find(|(id, values)| id == wanted && !values.is_empty());
        of(&near).or_else(|| of(name))
    }
}

/// The values that a condition can name, with their words.
fn values(asks: &Asks, label: &str) -> Vec<(String, String)> {
    match asks {
        Asks::Choices(c) => c.choices.iter().map(|c| (c.id.clone(), c.label.clone())).collect(),
        Asks::Tick(_) => vec![(super::types::YES.to_owned(), label.to_owned())],
        _ => Vec::new(),
    }
}

/// A condition of the field `own`, which stands in the row or group `prefix`.
pub(super) fn when(
    (own, prefix): (&str, &str),
    c: &Condition,
    known: &Known,
    report: &mut Report<'_>,
) -> Option<When> {
    let Some((field, values)) = known.find(prefix, &c.field) else {
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
    Some(When { field: field.clone(), any_of, words: words.join("・") })
}

/// Where the field `own` stops the procedure.
pub(super) fn stops(own: &str, asks: &Asks, wanted: &[StopWhen], report: &mut Report<'_>) -> Vec<Stop> {
    wanted.iter().filter_map(|s| stop(own, asks, s, report)).collect()
}

fn stop(own: &str, asks: &Asks, s: &StopWhen, report: &mut Report<'_>) -> Option<Stop> {
    let named: Vec<&String> = s.is.iter().chain(&s.one_of).collect();
    let (test, words) = match (s.younger_than_days, asks) {
        (Some(days), Asks::Date(_)) if named.is_empty() => {
            (StopTest::YoungerThan(days), format!("{days}日前より後の日"))
        }
        (None, Asks::Choices(_) | Asks::Tick(_)) if !named.is_empty() => {
            let values = values(asks, "");
            if let Some(unknown) = named.iter().find(|n| !values.iter().any(|(v, _)| v == **n)) {
                report.at(
                    own,
                    format!("stop の値「{unknown}」は選択肢にありません"),
                    "選択肢の id を書いてください",
                );
                return None;
            }
            let (ids, words): (Vec<String>, Vec<String>) =
                values.into_iter().filter(|(id, _)| named.contains(&id)).unzip();
            (StopTest::AnyOf(ids), words.join("・"))
        }
        _ => {
            report.at(
                own,
                "stop の条件が項目の種類に合いません",
                "選択肢には is か in、日付には younger_than_days を、どちらか一つ書いてください",
            );
            return None;
        }
    };
    let link_ok = s.link.as_ref().is_none_or(|l| {
        let slug = l.href.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        !l.label.trim().is_empty() && (slug || l.href.starts_with("https://") || l.href.starts_with("tel:"))
    });
    if s.text.trim().is_empty() || !link_ok {
        report.at(
            own,
            "stop の説明かリンクが足りません",
            "text を書き、link には label と、https:・tel: のアドレスか手続の id を書いてください",
        );
        return None;
    }
    Some(Stop { test, words, text: s.text.clone(), link: s.link.clone() })
}
