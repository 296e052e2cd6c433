//! Everything that changes what the emulator knows, as lines of its journal.

use crate::config::Provider;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How a person stands to an official account; absent means never added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Friendship {
    Friend,
    Blocked,
    Deleted,
}

/// An authorization code and what it stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) channel: String,
    pub(crate) persona: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) amr: String,
    /// Set when `max_age` was sent.
    pub(crate) auth_time: Option<i64>,
    pub(crate) at: i64,
}

/// A person's access token with its refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UserToken {
    pub(crate) channel: String,
    pub(crate) persona: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) refresh: String,
    pub(crate) expires_at: i64,
    pub(crate) refresh_until: i64,
    #[serde(default)]
    pub(crate) revoked: bool,
}

/// An accepted push.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Push {
    pub(crate) at: i64,
    pub(crate) channel: String,
    pub(crate) persona: String,
    pub(crate) key: Option<Uuid>,
    pub(crate) request: Uuid,
    pub(crate) first_id: u64,
    pub(crate) messages: Vec<Value>,
    /// False when the person had blocked or never added the account: accepted, not delivered.
    pub(crate) delivered: bool,
    /// Replies are free of the quota.
    pub(crate) counted: bool,
}

/// One change. Names are kept short: there is a line for every push.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "snake_case")]
pub(crate) enum Event {
    Provider { provider: Box<Provider> },
    Callbacks { channel: String, callbacks: Vec<String> },
    Webhook { channel: String, url: Option<String> },
    Persona { id: String, name: String },
    Crowd { count: u32, friend_of: Option<String> },
    Friend { channel: String, persona: String, is: Friendship },
    Grant { channel: String, persona: String, scopes: Vec<String> },
    Ungrant { channel: String, persona: String },
    Code { code: String, data: Box<Code> },
    CodeUsed { code: String },
    UserToken { token: String, data: Box<UserToken> },
    UserTokenRevoked { token: String },
    ChannelToken { token: String, channel: String, expires_at: i64 },
    ChannelTokenRevoked { token: String },
    AssertionKey { channel: String, kid: String, jwk: Value },
    Push(Box<Push>),
    Said { at: i64, channel: String, persona: String, message: Value },
    MenuMade { channel: String, id: String, menu: Value },
    MenuImage { id: String, media_type: String, base64: String },
    MenuGone { id: String },
    MenuDefault { channel: String, id: Option<String> },
    ClockAdvanced { by_ms: i64 },
}
