//! What staff type: reasons and notes. Read, checked, kept for the page that asks again.

use madoguchi_base::receipt::ReceiptError;
use madoguchi_base::{Day, Receipt, random};
use zeroize::Zeroizing;

use super::filter::From;
use super::{is_command, is_disposition};
use crate::application::deadline;
use crate::procedure::{Input, Kind};

/// Characters of a reason or a note.
const LONGEST: usize = 2_000;

/// The hidden part of every form: which version the page showed, which command this is, where one came from.
pub(super) struct Hidden {
    pub(super) seen: i64,
    pub(super) command: String,
    pub(super) from: From,
}

impl Hidden {
    /// `None` where a form did not come from one of our pages.
    pub(super) fn read(input: &Input) -> Option<Self> {
        let seen = input.get("seen")?.parse().ok()?;
        let command = input.get("command").filter(|code| is_command(code))?.to_owned();
        Some(Self { seen, command, from: From::read(input.get("from")) })
    }
}

/// A new command id, one per form and page.
pub(super) fn new_command() -> String {
    random::alnum(22)
}

/// Text of several lines: line ends made one, no control characters.
fn text(input: &Input, name: &str) -> String {
    input.get(name).unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

fn problem(text: &str, ask: &'static str) -> Option<&'static str> {
    if text.is_empty() {
        Some(ask)
    } else if text.chars().count() > LONGEST {
        Some("2,000字以内で書いてください。")
    } else if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        Some("画面に表示されない文字が入っています。書き直してください。")
    } else {
        None
    }
}

/// Why an application is refused.
#[derive(Default)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) law: String,
    /// 教示; `None`: not written yet, the page proposes the usual text.
    pub(super) remedy: Option<String>,
    pub(super) problems: RefusalProblems,
}

/// What to mend, beside the fields.
#[derive(Default)]
pub(super) struct RefusalProblems {
    pub(super) reason: Option<&'static str>,
    pub(super) law: Option<&'static str>,
    pub(super) remedy: Option<&'static str>,
}

impl RefusalProblems {
    pub(super) fn any(&self) -> bool {
        self.reason.is_some() || self.law.is_some() || self.remedy.is_some()
    }
}

impl Refusal {
    pub(super) fn read(input: &Input, kind: Kind) -> Self {
        let (reason, law, remedy) = (text(input, "reason"), text(input, "law"), text(input, "remedy"));
        let mut problems = RefusalProblems {
            reason: problem(&reason, "理由を書いてください。"),
            ..RefusalProblems::default()
        };
        if is_disposition(kind) {
            problems.law = problem(&law, "根拠となる法令や条例の条項を書いてください。");
            problems.remedy = problem(&remedy, "不服申立ての方法（教示）を書いてください。");
        }
        Self { reason, law, remedy: Some(remedy), problems }
    }

    /// The text that is sealed and shown to the applicant.
    pub(super) fn text(&self, kind: Kind) -> Zeroizing<String> {
        if !is_disposition(kind) {
            return Zeroizing::new(self.reason.clone());
        }
        let remedy = self.remedy.as_deref().unwrap_or_default();
        Zeroizing::new(format!("{}\n\n根拠：{}\n\n教示：{remedy}", self.reason, self.law))
    }
}

/// The usual 教示 (行政不服審査法 18条・82条, 行政事件訴訟法 14条・46条) of a decision by the mayor of `city`.
pub(super) fn usual_remedy(city: &str) -> String {
    format!(
        "この決定に不服があるときは、決定を知った日の翌日から起算して3か月以内に、{city}長に審査請求をすることができます。\n\
         また、決定を知った日の翌日から起算して6か月以内に、{city}を被告として（訴訟で{city}を代表する者は{city}長です。）、\
         決定の取消しの訴えを提起することができます。"
    )
}

/// One text that a move needs: why it is reopened, which application goes on.
pub(super) struct Answered {
    pub(super) text: String,
    pub(super) problem: Option<&'static str>,
}

impl Answered {
    /// Why an application is taken up again.
    pub(super) fn reopening(input: &Input) -> Self {
        let text = text(input, "reason");
        let problem = problem(&text, "再開する理由を書いてください。");
        Self { text, problem }
    }

    /// The receipt number of the application that goes on in the place of a duplicate.
    pub(super) fn survivor(input: &Input) -> (Self, Option<Receipt>) {
        let text: String = input.get("number").unwrap_or_default().trim().chars().take(64).collect();
        let (receipt, problem) = match text.parse::<Receipt>() {
            Ok(receipt) => (Some(receipt), None),
            Err(ReceiptError::CheckDigit) => {
                (None, Some("受付番号をもう一度確認してください（数字が1つ違うようです）"))
            }
            Err(ReceiptError::Shape) => (None, Some("続きがある申請の受付番号（12桁）を書いてください。")),
        };
        (Self { text, problem }, receipt)
    }
}

/// What staff ask the citizen to mend, as it was typed.
pub(super) struct Marked {
    pub(super) fields: Vec<String>,
    pub(super) phrases: Vec<usize>,
    pub(super) text: String,
    pub(super) day: String,
}

/// What to mend in it, beside the fields.
#[derive(Default)]
pub(super) struct MarkedProblems {
    pub(super) fields: Option<&'static str>,
    pub(super) reason: Option<&'static str>,
    pub(super) day: Option<&'static str>,
}

impl Marked {
    pub(super) fn read(input: &Input) -> Self {
        Self {
            fields: input.all("field").map(str::to_owned).collect(),
            phrases: input.all("phrase").filter_map(|n| n.parse().ok()).collect(),
            text: text(input, "reason"),
            day: input.get("due").unwrap_or_default().trim().chars().take(10).collect(),
        }
    }

    /// Ready-made phrases, then the clerk's own words.
    pub(super) fn reason(&self, phrases: &[&str]) -> String {
        let chosen = self.phrases.iter().filter_map(|n| phrases.get(*n).copied());
        chosen.chain([self.text.as_str()]).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// What cannot be sent yet; the day where it can be taken.
    pub(super) fn problems(&self, reason: &str, today: Day) -> (Option<Day>, MarkedProblems) {
        let day = self.day.parse().ok().filter(|day| deadline::is_reply_day(*day, today));
        let mut found = MarkedProblems::default();
        if self.fields.is_empty() {
            found.fields = Some("修正してほしい項目に、印をつけてください。");
        }
        found.reason = problem(reason, "理由を書くか、定型文を選んでください。");
        if day.is_none() {
            found.day = Some("明日から半年以内の、市役所が開いている日を選んでください。");
        }
        (day, found)
    }
}

impl MarkedProblems {
    pub(super) fn any(&self) -> bool {
        self.fields.is_some() || self.reason.is_some() || self.day.is_some()
    }
}

/// An internal note.
#[derive(Default)]
pub(super) struct NoteText {
    pub(super) text: String,
    pub(super) problem: Option<&'static str>,
}

impl NoteText {
    pub(super) fn read(input: &Input) -> Self {
        let text = text(input, "note");
        let problem = problem(&text, "メモを書いてください。");
        Self { text, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(pairs: &[(&str, &str)]) -> Input {
        let mut input = Input::new();
        for (name, value) in pairs {
            input.push(*name, *value);
        }
        input
    }

    #[test]
    fn a_disposition_needs_reason_law_and_remedy_a_contract_only_a_reason() {
        let bare = input(&[("reason", "書類が足りません。")]);
        let asked = Refusal::read(&bare, Kind::Application).problems;
        assert!(asked.reason.is_none() && asked.law.is_some() && asked.remedy.is_some());
        assert!(!Refusal::read(&bare, Kind::Contract).problems.any());
        assert!(Refusal::read(&Input::new(), Kind::Contract).problems.any());
        let whole = input(&[("reason", "理由。\r\n二行目"), ("law", "条例3条"), ("remedy", "審査請求")]);
        let whole = Refusal::read(&whole, Kind::Request);
        assert!(!whole.problems.any());
        assert_eq!(whole.text(Kind::Request).as_str(), "理由。\n二行目\n\n根拠：条例3条\n\n教示：審査請求");
    }

    #[test]
    fn unseen_characters_and_novels_are_asked_to_be_rewritten() {
        assert!(NoteText::read(&input(&[("note", "a\u{0}b")])).problem.is_some());
        assert!(NoteText::read(&input(&[("note", &"長".repeat(2_001))])).problem.is_some());
        assert!(NoteText::read(&input(&[("note", &"長".repeat(2_000))])).problem.is_none());
    }

    #[test]
    fn a_form_that_is_not_ours_is_noticed() {
        let command = new_command();
        assert!(Hidden::read(&input(&[("seen", "1"), ("command", &command)])).is_some());
        for wrong in [vec![("seen", "1")], vec![("seen", "x"), ("command", command.as_str())]] {
            assert!(Hidden::read(&input(&wrong)).is_none());
        }
    }
}
