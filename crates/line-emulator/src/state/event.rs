//! Everything that changes what the emulator knows, as lines of its journal.

use super::TokenKind;
use super::audience::{Audience, Upload};
use super::device::Device;
use super::jobs::{Done, Job};
use crate::config::{Provider, Traits};
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

/// Sorts of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Push,
    Multicast,
    Broadcast,
    Narrowcast,
    Reply,
}

/// An accepted sending, to any number of people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cast {
    pub(crate) at: i64,
    pub(crate) channel: String,
    pub(crate) kind: Kind,
    pub(crate) key: Option<Uuid>,
    pub(crate) request: Uuid,
    pub(crate) first_id: u64,
    pub(crate) messages: Vec<Value>,
    /// Aggregation unit.
    #[serde(default)]
    pub(crate) unit: Option<String>,
    /// Numbers of those who received it: not who blocked or never added the account.
    pub(crate) people: Vec<u32>,
}

/// An accepted push or reply, as journals of earlier versions have it; now they are casts.
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
    #[serde(default)]
    pub(crate) unit: Option<String>,
}

/// A menu that was made in LINE's account manager instead of by the API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ManagerMenu {
    pub(crate) id: String,
    pub(crate) menu: Value,
    pub(crate) media_type: String,
    pub(crate) base64: String,
}

/// One change. Names are kept short: there is a line for every push.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "snake_case")]
pub(crate) enum Event {
    Provider {
        provider: Box<Provider>,
    },
    Callbacks {
        channel: String,
        callbacks: Vec<String>,
    },
    Webhook {
        channel: String,
        url: Option<String>,
    },
    Persona {
        id: String,
        name: String,
        #[serde(default)]
        traits: Option<Box<Traits>>,
    },
    Crowd {
        count: u32,
        friend_of: Option<String>,
        #[serde(default)]
        traits: Option<Box<Traits>>,
        #[serde(default)]
        at: i64,
    },
    Friend {
        channel: String,
        persona: String,
        is: Friendship,
        #[serde(default)]
        at: i64,
    },
    Grant {
        channel: String,
        persona: String,
        scopes: Vec<String>,
    },
    Ungrant {
        channel: String,
        persona: String,
    },
    Code {
        code: String,
        data: Box<Code>,
    },
    CodeUsed {
        code: String,
    },
    UserToken {
        token: String,
        data: Box<UserToken>,
    },
    UserTokenRevoked {
        token: String,
    },
    ChannelToken {
        token: String,
        channel: String,
        expires_at: i64,
        #[serde(default)]
        at: i64,
        #[serde(default)]
        kind: TokenKind,
    },
    ChannelTokenRevoked {
        token: String,
    },
    /// The key of ES256 id tokens and responses, PKCS #8 in base64: it guards nothing real.
    SigningKey {
        kid: String,
        pkcs8: String,
    },
    AssertionKey {
        channel: String,
        kid: String,
        jwk: Value,
    },
    Push(Box<Push>),
    Cast(Box<Cast>),
    Job(Box<Job>),
    JobDone {
        channel: String,
        request: Uuid,
        done: Done,
    },
    /// A person looked at a talk and its menu.
    Looked {
        at: i64,
        channel: String,
        persona: String,
    },
    /// A person opened an address that an official account had sent.
    Clicked {
        at: i64,
        channel: String,
        persona: String,
        url: String,
    },
    MenuTapped {
        at: i64,
        channel: String,
        persona: String,
        area: u8,
    },
    Audience {
        channel: String,
        id: u64,
        data: Box<Audience>,
    },
    AudienceAdded {
        channel: String,
        id: u64,
        upload: Upload,
        people: Vec<u32>,
    },
    AudienceNamed {
        channel: String,
        id: u64,
        description: String,
    },
    Coupon {
        at: i64,
        channel: String,
        id: String,
        coupon: Value,
    },
    CouponClosed {
        channel: String,
        id: String,
    },
    /// A LIFF app of a Login channel; `None` deletes it.
    Liff {
        channel: String,
        id: String,
        app: Option<Value>,
    },
    LinkToken {
        at: i64,
        channel: String,
        token: String,
        person: u32,
    },
    LinkTokenUsed {
        channel: String,
        token: String,
    },
    /// The account marked a person's messages as read.
    Read {
        at: i64,
        channel: String,
        person: u32,
    },
    /// What a person sent: a picture, a sound, a file.
    Content {
        channel: String,
        message: String,
        media_type: String,
        base64: String,
    },
    AudienceGone {
        channel: String,
        id: u64,
    },
    Said {
        at: i64,
        channel: String,
        persona: String,
        message: Value,
    },
    Unsent {
        channel: String,
        persona: String,
        message: String,
    },
    Edited {
        channel: String,
        persona: String,
        message: String,
        text: String,
    },
    /// What somebody holds in their hand from now on.
    Device {
        persona: String,
        device: Device,
    },
    /// Whether a Login channel wants a second factor.
    TwoFactor {
        channel: String,
        on: bool,
    },
    Redelivery {
        channel: String,
        on: bool,
    },
    MenuMade {
        channel: String,
        id: String,
        menu: Value,
    },
    MenuImage {
        id: String,
        media_type: String,
        base64: String,
    },
    MenuGone {
        id: String,
    },
    MenuDefault {
        channel: String,
        id: Option<String>,
    },
    /// A rich menu of single people, by their numbers; `None` unlinks.
    MenuUsers {
        channel: String,
        people: Vec<u32>,
        id: Option<String>,
    },
    /// What an alias means; `None` deletes it.
    MenuAlias {
        channel: String,
        alias: String,
        id: Option<String>,
    },
    /// The menu that was made in the "Manager", with its picture; `None` takes it away.
    ManagerMenu {
        channel: String,
        made: Option<Box<ManagerMenu>>,
    },
    ClockAdvanced {
        by_ms: i64,
    },
}
