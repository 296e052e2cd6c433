//! From a notice and the published wording to the bytes that LINE gets: a buttons template.

use madoguchi_base::{Day, TenantId};
use serde::{Deserialize, Serialize};

use super::{DISCREET_TITLE, ProcedureKind, defaults};
use crate::notice::NoticeKind;

/// Most graphemes of a buttons template's text (LINE, 2026).
pub(crate) const TEXT_MAX: usize = 160;
/// Graphemes of a receipt number with its hyphens.
pub(crate) const NUMBER: usize = 14;
/// The one button. At most 20 graphemes.
const BUTTON: &str = "状況を確認する";
/// Most UTF-16 units of `altText`.
const ALT_MAX: usize = 1_500;

/// All that a message is made of.
pub(crate) struct Parts<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) kind: NoticeKind,
    pub(crate) receipt: &'a str,
    pub(crate) due: Option<Day>,
    pub(crate) days: Option<i64>,
    pub(crate) page: &'a str,
    pub(crate) title: &'a str,
    pub(crate) discreet: bool,
    pub(crate) procedure: ProcedureKind,
    pub(crate) base_url: &'a str,
    pub(crate) sentence: Option<&'a str>,
}

/// The `messages` of a push, ready to be frozen.
#[derive(Debug)]
pub(crate) struct Rendered(pub(crate) String);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    r#type: &'static str,
    alt_text: String,
    template: Template<'a>,
}

#[derive(Serialize)]
struct Template<'a> {
    r#type: &'static str,
    text: &'a str,
    actions: [Action; 1],
}

#[derive(Serialize)]
struct Action {
    r#type: &'static str,
    label: &'static str,
    uri: String,
}

/// Renders the messages of one notice.
pub(crate) fn render(parts: &Parts<'_>) -> Rendered {
    let text = text(parts);
    let first = text.lines().next().unwrap_or_default();
    let uri = format!("{}/{}/n/{}", parts.base_url, parts.tenant, parts.page);
    let message = Message {
        r#type: "template",
        alt_text: cut(&format!("{first}受付番号 {}", parts.receipt)),
        template: Template {
            r#type: "buttons",
            text: &text,
            actions: [Action { r#type: "uri", label: BUTTON, uri }],
        },
    };
    // A struct of strings cannot fail to serialise.
    Rendered(serde_json::to_string(&[message]).unwrap_or_default())
}

fn text(p: &Parts<'_>) -> String {
    let sentence = p.sentence.unwrap_or_else(|| defaults::sentence(p.kind, p.procedure));
    let title = if p.discreet { DISCREET_TITLE } else { p.title };
    let due = p.due.map(Day::japanese);
    let days = p.days.map(|d| d.to_string());
    let lines: Vec<String> = sentence
        .lines()
        .filter(|line| {
            (due.is_some() || !line.contains("{期限}")) && (days.is_some() || !line.contains("{日数}"))
        })
        .map(|line| fill(line, title, p.receipt, due.as_deref(), days.as_deref()))
        .collect();
    lines.join("\n")
}

/// One pass, so that a title that looks like a variable stays what it is.
fn fill(line: &str, title: &str, receipt: &str, due: Option<&str>, days: Option<&str>) -> String {
    let values = [
        ("{手続}", title),
        ("{受付番号}", receipt),
        ("{期限}", due.unwrap_or_default()),
        ("{日数}", days.unwrap_or_default()),
    ];
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (name, value) = values.iter().find(|(n, _)| rest.starts_with(n)).copied().unwrap_or(("{", "{"));
        out.push_str(value);
        rest = &rest[name.len()..];
    }
    out + rest
}

fn cut(alt: &str) -> String {
    let mut units = 0;
    alt.chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= ALT_MAX
        })
        .collect()
}

/// The sentence with an example number and day.
pub(super) fn preview(
    title: &str,
    discreet: bool,
    procedure: ProcedureKind,
    kind: NoticeKind,
    sentence: Option<&str>,
) -> String {
    let sentence = sentence.unwrap_or_else(|| defaults::sentence(kind, procedure));
    let title = if discreet { DISCREET_TITLE } else { title };
    let due = Day::new(2026, 12, 4).map(Day::japanese);
    let lines: Vec<String> =
        sentence.lines().map(|l| fill(l, title, "4821-0937-5512", due.as_deref(), Some("10"))).collect();
    lines.join("\n")
}

/// The text in frozen messages, for people who ask what LINE was told.
pub(crate) fn text_of(frozen: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Frozen {
        template: Text,
    }
    #[derive(Deserialize)]
    struct Text {
        text: String,
    }
    let messages: Vec<Frozen> = serde_json::from_str(frozen).ok()?;
    messages.into_iter().next().map(|m| m.template.text)
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;
    use crate::wording::Sentence;

    fn parts(kind: NoticeKind, procedure: ProcedureKind) -> Parts<'static> {
        Parts {
            tenant: "232131".parse().expect("Nishio"),
            kind,
            receipt: "4821-0937-5512",
            due: Day::new(2026, 11, 22),
            days: Some(10),
            page: "AAAAAAAAAAAAAAAAAAAAAA",
            title: "水道の使用開始",
            discreet: false,
            procedure,
            base_url: "https://apply.example",
            sentence: None,
        }
    }

    #[test]
    fn the_message_is_a_buttons_template_byte_for_byte() {
        let made = render(&parts(NoticeKind::Submitted, ProcedureKind::Contract));
        assert_eq!(
            made.0,
            "[{\"type\":\"template\",\
             \"altText\":\"水道の使用開始のお申し込みが届きました。受付番号 4821-0937-5512\",\
             \"template\":{\"type\":\"buttons\",\
             \"text\":\"水道の使用開始のお申し込みが届きました。\\n受付番号 4821-0937-5512\\n担当課が内容を確認します。\",\
             \"actions\":[{\"type\":\"uri\",\"label\":\"状況を確認する\",\
             \"uri\":\"https://apply.example/232131/n/AAAAAAAAAAAAAAAAAAAAAA\"}]}}]"
        );
        assert!(text_of(&made.0).expect("text").starts_with("水道の使用開始のお申し込み"));
    }

    #[test]
    fn a_discreet_procedure_is_not_named() {
        let p = Parts { discreet: true, ..parts(NoticeKind::Submitted, ProcedureKind::Application) };
        assert_eq!(
            text(&p),
            "お手続きの申請が届きました。\n受付番号 4821-0937-5512\n担当課が内容を確認します。"
        );
        assert!(!render(&p).0.contains("水道"));
    }

    #[test]
    fn a_line_without_its_value_is_left_out() {
        let p = Parts { days: None, ..parts(NoticeKind::Accepted, ProcedureKind::Application) };
        assert_eq!(text(&p), "水道の使用開始を受け付けました。\n受付番号 4821-0937-5512");
        let p = parts(NoticeKind::Accepted, ProcedureKind::Application);
        assert!(text(&p).ends_with("結果のお知らせの目安は10日です。"));
    }

    #[test]
    fn a_day_is_told_in_words() {
        let p = parts(NoticeKind::Correction, ProcedureKind::Request);
        assert!(text(&p).ends_with("令和8年11月22日(日)までに確認してください。"), "{}", text(&p));
    }

    #[test]
    fn a_title_is_never_read_as_a_variable() {
        let p = Parts { title: "受付番号", ..parts(NoticeKind::Withdrawn, ProcedureKind::Request) };
        assert_eq!(text(&p), "受付番号を取り下げました。\n受付番号 4821-0937-5512");
        assert_eq!(fill("{手続}", "{期限}", "n", Some("x"), None), "{期限}");
    }

    #[test]
    fn every_default_sentence_passes_the_check_that_rewording_passes() {
        for kind in NoticeKind::ALL {
            for procedure in ProcedureKind::ALL {
                let sentence = defaults::sentence(kind, procedure);
                Sentence::parse(sentence).expect(sentence);
                let title: &'static str =
                    "長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い";
                let p = Parts { title, ..parts(kind, procedure) };
                assert!(text(&p).graphemes(true).count() <= TEXT_MAX);
            }
        }
        assert!(BUTTON.graphemes(true).count() <= 20);
    }
}
