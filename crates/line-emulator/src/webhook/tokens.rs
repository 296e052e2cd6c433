//! Reply tokens. LINE docs: send-reply-message: once, within a minute; after a redelivery within a
//! minute of that, but at most twenty minutes after the event.

use crate::ids;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const LIFE_MS: i64 = 60_000;
const LONGEST_MS: i64 = 20 * 60_000;

#[derive(Debug)]
struct Token {
    tenant: usize,
    persona: String,
    made: i64,
    until: i64,
}

/// Reply tokens that can still be used.
#[derive(Debug, Default)]
pub(crate) struct ReplyTokens {
    all: Mutex<HashMap<String, Token>>,
}

impl ReplyTokens {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn make(&self, tenant: usize, persona: &str, now: i64) -> String {
        let token = ids::random_hex();
        let mut all = self.lock();
        // A redelivery may bring one back to life, so the dead are kept; only when many have come they are looked through.
        if all.len() == all.capacity() {
            all.retain(|_, t| now < t.made + LONGEST_MS);
        }
        let persona = persona.to_owned();
        all.insert(token.clone(), Token { tenant, persona, made: now, until: now + LIFE_MS });
        token
    }

    pub(crate) fn redeem(&self, token: &str, tenant: usize, now: i64) -> Option<String> {
        let mut all = self.lock();
        let found = all.get(token)?;
        if found.tenant != tenant || now >= found.until {
            return None;
        }
        all.remove(token).map(|t| t.persona)
    }

    /// Its event is delivered again.
    pub(crate) fn renew(&self, token: &str, now: i64) {
        if let Some(token) = self.lock().get_mut(token) {
            token.until = token.until.max(now + LIFE_MS).min(token.made + LONGEST_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_once_within_a_minute_or_a_minute_after_a_redelivery() {
        let tokens = ReplyTokens::default();
        let token = tokens.make(0, "hanako", 0);
        assert_eq!(tokens.redeem(&token, 1, 0), None, "another channel's");
        assert_eq!(tokens.redeem(&token, 0, 60_000), None);
        tokens.renew(&token, 120_000);
        assert_eq!(tokens.redeem(&token, 0, 179_999).as_deref(), Some("hanako"));
        assert_eq!(tokens.redeem(&token, 0, 120_000), None, "once only");
        let token = tokens.make(0, "hanako", 0);
        tokens.renew(&token, LONGEST_MS - 1);
        assert_eq!(tokens.redeem(&token, 0, LONGEST_MS), None, "twenty minutes after the event at most");
    }
}
