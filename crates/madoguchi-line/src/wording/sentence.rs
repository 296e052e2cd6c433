//! A sentence as a municipality has reworded it, checked when it is made.

use unicode_segmentation::UnicodeSegmentation as _;

use super::TITLE_MAX;
use super::render::{NUMBER, TEXT_MAX};

/// The variables and the most graphemes that each can become.
pub(super) const VARIABLES: [(&str, usize); 4] =
    [("{手続}", TITLE_MAX), ("{受付番号}", NUMBER), ("{期限}", 16), ("{日数}", 5)];

/// Why a sentence was not accepted. The messages are for staff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SentenceError {
    /// Something in braces that is none of the four variables.
    #[error("使える項目は{{手続}}・{{受付番号}}・{{期限}}・{{日数}}だけです：{0}")]
    Variable(String),
    /// A brace without its partner.
    #[error("「{{」または「}}」が対になっていません")]
    Brace,
    /// Nothing, or a first line without words.
    #[error("1行目に文を入力してください")]
    Empty,
    /// More than 160 characters once the variables are filled in.
    #[error("長すぎます。項目を入れたとき{0}文字になります（160文字まで）")]
    TooLong(usize),
    /// Control characters.
    #[error("使えない文字（制御文字）が含まれています")]
    Control,
}

/// A checked sentence: text and the four variables, at most 160 graphemes whatever is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence(String);

impl Sentence {
    /// Checks a sentence. Line breaks may be `\n` or `\r\n`.
    pub fn parse(text: &str) -> Result<Self, SentenceError> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim_matches('\n');
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(SentenceError::Control);
        }
        if text.lines().next().is_none_or(|l| l.trim().is_empty()) {
            return Err(SentenceError::Empty);
        }
        let longest = longest(text)?;
        if longest > TEXT_MAX {
            return Err(SentenceError::TooLong(longest));
        }
        Ok(Self(text.to_owned()))
    }

    /// The sentence with its variables.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Graphemes when every variable is as long as it can be; refuses foreign variables.
fn longest(text: &str) -> Result<usize, SentenceError> {
    let mut rest = text;
    let mut count = 0;
    while let Some(at) = rest.find(['{', '}']) {
        count += rest[..at].graphemes(true).count();
        rest = &rest[at..];
        if let Some((name, max)) = VARIABLES.iter().find(|(name, _)| rest.starts_with(name)) {
            count += max;
            rest = &rest[name.len()..];
            continue;
        }
        let end = rest.find('}').filter(|_| rest.starts_with('{')).ok_or(SentenceError::Brace)?;
        return Err(SentenceError::Variable(rest[..=end].chars().take(24).collect()));
    }
    Ok(count + rest.graphemes(true).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_four_variables_can_be_put_in() {
        assert!(Sentence::parse("{手続}を受け付けました。\r\n受付番号 {受付番号}").is_ok());
        let refused = |s: &str| Sentence::parse(s).expect_err(s);
        assert_eq!(refused("{氏名}様"), SentenceError::Variable("{氏名}".into()));
        assert_eq!(refused("{{name}}様"), SentenceError::Variable("{{name}".into()));
        assert_eq!(refused("{手続"), SentenceError::Brace);
        assert_eq!(refused("手続}"), SentenceError::Brace);
        assert_eq!(refused("\n\n"), SentenceError::Empty);
        assert_eq!(refused("a\u{7}"), SentenceError::Control);
        assert_eq!(refused(&"長".repeat(161)), SentenceError::TooLong(161));
        assert_eq!(refused(&"{手続}".repeat(5)), SentenceError::TooLong(200));
        let told = refused("{{name}}様").to_string();
        assert!(told.contains("{手続}・{受付番号}・{期限}・{日数}だけ"), "{told}");
    }
}
