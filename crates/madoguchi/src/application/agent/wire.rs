//! What the two sides of the key agent's socket say to each other.
//!
//! One question, one answer, then the conversation is over. Only citizens' proofs travel: a staff session that
//! somebody brought into the public process opens nothing there.

use std::io;

use madoguchi_base::seal::ApplicationKey;
use madoguchi_base::{ApplicationId, TenantId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{AgentError, Opened};

/// Longest question.
pub(super) const QUESTION: usize = 1_024;
/// Longest answer: what a person may send in one form, with room.
pub(super) const ANSWER: usize = 4 << 20;

/// What the public process asks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub(super) tenant: String,
    pub(super) application: String,
    /// For the audit record: `citizen-…`.
    pub(super) purpose: String,
    /// The citizen's session token.
    pub(super) token: String,
}

impl Drop for Question {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

impl Question {
    /// Municipality and application, where the question is one that a citizen's page asks.
    pub(super) fn read(&self) -> Option<(TenantId, ApplicationId)> {
        let is_citizens = self.purpose.strip_prefix("citizen-").is_some_and(|rest| {
            (1..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        });
        if !is_citizens || self.token.len() > 64 {
            return None;
        }
        Some((self.tenant.parse().ok()?, self.application.parse().ok()?))
    }
}

const CODES: [(u8, AgentError); 5] = [
    (1, AgentError::NotAllowed),
    (2, AgentError::Budget),
    (3, AgentError::Sealed),
    (4, AgentError::Unavailable),
    (5, AgentError::Destroyed),
];

/// 0 with key, answers and, where there is one, the reason; or the code of a refusal.
pub(super) fn encode(said: &Result<Opened, AgentError>) -> Zeroizing<Vec<u8>> {
    let opened = match said {
        Ok(opened) => opened,
        Err(e) => {
            let code = CODES.iter().find(|(_, other)| other == e).map_or(4, |(code, _)| *code);
            return Zeroizing::new(vec![code]);
        }
    };
    let key = opened.key.to_bytes();
    let reason = opened.reason.as_deref().map(Vec::as_slice);
    let parts = [Some(key.as_slice()), Some(opened.answers.as_slice()), reason];
    let size: usize = parts.iter().flatten().map(|p| p.len() + 4).sum();
    // Room for all of it: a buffer that grows would leave pieces behind in freed memory.
    let mut out = Zeroizing::new(Vec::with_capacity(size + 1));
    out.push(0);
    for part in parts.into_iter().flatten() {
        out.extend_from_slice(&(part.len() as u32).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> io::Result<Result<Opened, AgentError>> {
    let wrong = || io::Error::from(io::ErrorKind::InvalidData);
    let (code, mut rest) = bytes.split_first().ok_or_else(wrong)?;
    if *code != 0 {
        let found = CODES.iter().find(|(known, _)| known == code);
        return found.map(|(_, e)| Err(*e)).ok_or_else(wrong);
    }
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (len, after) = rest.split_at_checked(4).ok_or_else(wrong)?;
        let len = u32::from_be_bytes(len.try_into().map_err(|_| wrong())?) as usize;
        let (part, after) = after.split_at_checked(len).ok_or_else(wrong)?;
        parts.push(part);
        rest = after;
    }
    let (key, answers, reason) = match parts.as_slice() {
        [key, answers] => (key, answers, None),
        [key, answers, reason] => (key, answers, Some(Zeroizing::new(reason.to_vec()))),
        _ => return Err(wrong()),
    };
    let key = ApplicationKey::from_bytes(key).map_err(|_| wrong())?;
    Ok(Ok(Opened { answers: Zeroizing::new(answers.to_vec()), reason, key }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(reason: Option<&str>) -> Opened {
        let reason = reason.map(|r| Zeroizing::new(r.as_bytes().to_vec()));
        Opened { answers: Zeroizing::new(b"{}".to_vec()), reason, key: ApplicationKey::random() }
    }

    #[test]
    fn an_answer_comes_back_as_it_was_said() {
        for reason in [None, Some("書類が足りません")] {
            let said = opened(reason);
            let key = said.key.to_bytes();
            let wire = encode(&Ok(said));
            let back = decode(&wire).expect("whole").expect("opened");
            assert_eq!(back.answers.as_slice(), b"{}");
            assert_eq!(back.reason.as_deref().map(Vec::as_slice), reason.map(str::as_bytes));
            assert_eq!(back.key.to_bytes().as_slice(), key.as_slice());
            for cut in 1..wire.len() {
                assert!(decode(&wire[..cut]).is_err() || reason.is_some(), "{cut}");
            }
        }
        for (_, e) in CODES {
            assert_eq!(decode(&encode(&Err(e))).expect("whole").err(), Some(e));
        }
        assert!(decode(&[]).is_err() && decode(&[9]).is_err() && decode(&[0]).is_err());
    }

    #[test]
    fn only_a_citizens_question_is_read() {
        let ask = |purpose: &str, token: &str| {
            let application = "019a0000-0000-7000-8000-000000000000".into();
            let (purpose, token) = (purpose.into(), token.into());
            Question { tenant: "232131".into(), application, purpose, token }.read().is_some()
        };
        assert!(ask("citizen-page", "token"));
        for purpose in
            ["staff-page", "citizen-", "citizen-A", "citizen-x\n", "", &format!("citizen-{}", "a".repeat(33))]
        {
            assert!(!ask(purpose, "token"), "{purpose:?}");
        }
        assert!(!ask("citizen-page", &"a".repeat(65)));
    }
}
