//! Channel access tokens: stateless ones, kept until a minute before their end, fetched once for all who wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use madoguchi_base::TenantId;
use serde::Deserialize;

use super::{NoAnswer, ask};
use crate::assertion::Signer;
use crate::channel::Channel;
use crate::line::Inner;

/// A token is not used in its last minute.
const MARGIN: Duration = Duration::from_mins(1);
/// After a failure nobody asks again for this long.
const PAUSE: Duration = Duration::from_secs(1);

/// A bearer token of a messaging channel.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) value: Arc<str>,
    /// Which fetch it came from; a 401 names the one it was refused with.
    pub(crate) generation: u64,
}

/// No token could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoToken {
    /// LINE refuses id or secret.
    Refused,
    /// LINE was not reached or did not answer.
    Unavailable,
}

#[derive(Default)]
struct Slot {
    token: Option<Token>,
    /// Channel and secret (or the name of the key pair) that the token was fetched with.
    of: (String, String),
    until: Duration,
    generation: u64,
    failed: Option<(Duration, NoToken)>,
}

/// The tokens of all channels.
#[derive(Default)]
pub(crate) struct Tokens {
    slots: Mutex<HashMap<TenantId, Arc<tokio::sync::Mutex<Slot>>>>,
}

impl Tokens {
    /// Forgets every token: the next call asks for a new one.
    pub(crate) fn forget(&self) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A token that is good for now. `refused` is the generation that LINE answered 401 to: whoever comes
    /// first fetches a new one, the others get that.
    pub(crate) async fn get(
        &self,
        inner: &Inner,
        channel: &Channel,
        refused: Option<u64>,
    ) -> Result<Token, NoToken> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(channel.tenant).or_default())
        };
        let mut slot = slot.lock().await;
        let now = inner.clock.mono();
        let proof = Proof::of(channel);
        let of = (channel.messaging_id.clone(), proof.name().to_owned());
        let same = slot.of == of;
        if let Some(token) =
            slot.token.as_ref().filter(|t| same && now < slot.until && refused != Some(t.generation))
        {
            return Ok(token.clone());
        }
        if let Some((at, why)) = slot.failed
            && same
            && now < at + PAUSE
        {
            return Err(why);
        }
        slot.of = of;
        match fetch(inner, channel, (&channel.messaging_id, &proof)).await {
            Ok((value, life)) => {
                slot.generation += 1;
                let token = Token { value: value.into(), generation: slot.generation };
                slot.until = inner.clock.mono() + life.saturating_sub(MARGIN).max(Duration::from_secs(1));
                slot.token = Some(token.clone());
                slot.failed = None;
                Ok(token)
            }
            Err(why) => {
                slot.token = None;
                slot.failed = Some((inner.clock.mono(), why));
                Err(why)
            }
        }
    }
}

#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: u64,
}

/// How a channel proves to be itself.
pub(crate) enum Proof<'a> {
    Secret(&'a str),
    Key(&'a Signer),
}

impl<'a> Proof<'a> {
    fn of(channel: &'a Channel) -> Self {
        channel.signer.as_ref().map_or(Self::Secret(&channel.messaging_secret), Self::Key)
    }

    /// Differs where another token is to be asked for.
    fn name(&self) -> &str {
        match self {
            Self::Secret(secret) => secret,
            Self::Key(signer) => &signer.kid,
        }
    }

    fn form<'b>(&'b self, id: &'b str, assertion: &'b str) -> Vec<(&'static str, &'b str)> {
        let mut form = vec![("grant_type", "client_credentials")];
        match self {
            Self::Secret(secret) => form.extend([("client_id", id), ("client_secret", *secret)]),
            Self::Key(_) => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form.extend([("client_assertion_type", kind), ("client_assertion", assertion)]);
            }
        }
        form
    }
}

/// A fresh stateless token and its life, for the channel `id` of a municipality.
pub(crate) async fn fetch(
    inner: &Inner,
    channel: &Channel,
    (id, proof): (&str, &Proof<'_>),
) -> Result<(String, Duration), NoToken> {
    let assertion = match proof {
        Proof::Secret(_) => String::new(),
        // LINE compares with the true time: ours, which people and law go by.
        Proof::Key(signer) => signer.assertion(id, inner.clock.wall()).ok_or(NoToken::Refused)?,
    };
    let form = proof.form(id, &assertion);
    let request = inner.http.post(format!("{}/oauth2/v3/token", channel.api_base)).form(&form);
    let answer = ask(request).await.map_err(|_: NoAnswer| NoToken::Unavailable)?;
    if !answer.status.is_success() {
        let refused = answer.status.is_client_error() && answer.status.as_u16() != 429;
        tracing::warn!(
            tenant = %channel.tenant,
            status = answer.status.as_u16(),
            request_id = answer.request_id,
            next = "check the channel's id and its secret or registered key if this stays",
            "LINE gave no channel access token"
        );
        return Err(if refused { NoToken::Refused } else { NoToken::Unavailable });
    }
    let issued: Issued = serde_json::from_slice(&answer.body).map_err(|_| NoToken::Unavailable)?;
    Ok((issued.access_token, Duration::from_secs(issued.expires_in)))
}
