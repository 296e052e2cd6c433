//! Logins that wait for a person's tap.

use crate::ids;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const LIFE_MS: i64 = 30 * 60 * 1000;

/// How the add-friend option is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BotPrompt {
    Normal,
    Aggressive,
}

/// How the answer goes back. LINE docs: `response_mode`; `jwt` alone means `query.jwt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseMode {
    /// As a form instead of a query.
    pub(crate) form_post: bool,
    /// As one signed token (JARM).
    pub(crate) jwt: bool,
}

impl ResponseMode {
    pub(crate) fn read(text: Option<&str>) -> Option<Self> {
        let (form_post, jwt) = match text {
            None | Some("query") => (false, false),
            Some("form_post") => (true, false),
            Some("query.jwt" | "jwt") => (false, true),
            Some("form_post.jwt") => (true, true),
            Some(_) => return None,
        };
        Some(Self { form_post, jwt })
    }
}

/// `prompt`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Consent,
    None,
    Login,
}

/// A valid authorization request.
#[expect(clippy::struct_excessive_bools, reason = "one for each parameter of LINE's that is yes or no")]
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) tenant: usize,
    pub(crate) channel: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) max_age: bool,
    pub(crate) bot_prompt: Option<BotPrompt>,
    pub(crate) disable_auto_login: bool,
    /// The older parameter, for iOS only.
    pub(crate) disable_ios_auto_login: bool,
    /// `initial_amr_display=lineqr`
    pub(crate) qr_first: bool,
    /// False hides the other ways of signing in.
    pub(crate) switch_amr: bool,
    pub(crate) challenge: Option<String>,
    pub(crate) mode: ResponseMode,
}

/// A request on its way, with whose phone it is once that is known.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) asked: Asked,
    pub(crate) person: Option<usize>,
    /// Ways of signing in, joined by `+`.
    pub(crate) amr: String,
    /// The number that the person has to type on the phone first.
    pub(crate) pin: Option<String>,
    /// True when the add-friend option was on the consent sheet.
    pub(crate) option_shown: bool,
    at: i64,
}

impl Pending {
    pub(crate) fn new(asked: Asked, person: Option<usize>, amr: &str, at: i64) -> Self {
        Self { asked, person, amr: amr.to_owned(), pin: None, option_shown: false, at }
    }
}

/// All of them, by an unguessable number that the pages carry.
#[derive(Debug, Default)]
pub(crate) struct PendingLogins {
    all: Mutex<HashMap<String, Pending>>,
}

impl PendingLogins {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, pending: Pending) -> String {
        let number = ids::random_hex();
        let mut all = self.lock();
        if all.len() >= 1000 {
            let now = pending.at;
            all.retain(|_, p| now < p.at + LIFE_MS);
        }
        all.insert(number.clone(), pending);
        number
    }

    /// Takes one out: each page can be answered once.
    pub(crate) fn take(&self, number: &str, now: i64) -> Option<Pending> {
        self.lock().remove(number).filter(|p| now < p.at + LIFE_MS)
    }
}
