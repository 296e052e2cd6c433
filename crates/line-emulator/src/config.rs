//! What a caller says about the emulator: where to listen, where to keep its journals, whom it knows.

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// Where the emulator listens, keeps its journals, and what it knows at first.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub bind: IpAddr,
    /// Port of the phone, of the access host and of the control addresses; 0 takes any free one.
    pub phone_port: u16,
    /// Port that stands for `api.line.me`; 0 takes any free one.
    pub api_port: u16,
    /// Port that stands for `api-data.line.me`; 0 takes any free one.
    pub data_port: u16,
    /// Folder of the journals; `None` keeps everything in memory.
    pub data_dir: Option<PathBuf>,
    /// Origin under which browsers reach the phone, e.g. `http://line.demo.localhost:8090`.
    pub public_phone_host: Option<String>,
    /// Used where the journal does not yet have them.
    pub seed: Seed,
    /// Origins that may frame the phone and the consent pages.
    pub frame_ancestors: Vec<String>,
    /// How far the emulator's clock is ahead of the machine.
    pub clock_offset_ms: i64,
    /// A sentence at the top of every page for people, e.g. that this is a demo.
    pub banner: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            phone_port: 0,
            api_port: 0,
            data_port: 0,
            data_dir: None,
            public_phone_host: None,
            seed: Seed::demo(),
            frame_ancestors: Vec::new(),
            clock_offset_ms: 0,
            banner: None,
        }
    }
}

/// Providers and people that exist from the first start.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Seed {
    /// Service providers: one a municipality.
    pub providers: Vec<Provider>,
    /// People with a phone.
    pub personas: Vec<Persona>,
}

/// A service provider with one Login channel linked to one Messaging API channel.
/// LINE docs: best-practices-for-provider-and-channel-management, link-a-bot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// Name; user ids are derived from it, so they differ per provider.
    pub name: String,
    /// Certified providers get a badge and a pre-ticked add-friend box.
    #[serde(default)]
    pub certified: bool,
    /// The LINE Login channel.
    pub login: LoginChannel,
    /// The Messaging API channel (official account).
    pub messaging: MessagingChannel,
}

/// How a Login channel's id tokens are signed. LINE docs: id token header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdTokenAlg {
    /// By the channel secret: web logins.
    #[default]
    #[serde(rename = "HS256")]
    Hs256,
    /// By a key that `GET /oauth2/v2.1/certs` publishes: native and LIFF logins.
    #[serde(rename = "ES256")]
    Es256,
}

/// A LINE Login channel.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoginChannel {
    /// Channel id (`client_id`).
    pub id: String,
    /// Name on the consent sheet.
    pub name: String,
    /// Channel secret: signs id tokens.
    pub secret: String,
    /// Registered callback addresses.
    #[serde(default)]
    pub callbacks: Vec<String>,
    /// How id tokens are signed.
    #[serde(default)]
    pub id_token: IdTokenAlg,
}

/// A Messaging API channel with its official account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MessagingChannel {
    /// Channel id.
    pub id: String,
    /// Name of the official account.
    pub name: String,
    /// Channel secret: signs webhooks.
    pub secret: String,
    /// Long-lived channel access token.
    pub token: String,
    /// Basic id with its `@`.
    pub bot_basic_id: String,
    /// Webhook address; plain http to this machine is allowed here.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Monthly limit; `None` is a plan without one (LINE docs: get-quota, `type: none`).
    #[serde(default)]
    pub quota: Option<u64>,
    /// Unverified accounts may not list their followers (LINE docs: get-follower-ids).
    #[serde(default)]
    pub unverified: bool,
}

/// What LINE believes to know of a person: for narrowcasts and demographics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traits {
    /// `male` or `female`; absent: unknown.
    pub gender: Option<String>,
    /// Full years.
    pub age: Option<u8>,
    /// LINE's code of an area, e.g. `jp_23`.
    pub area: Option<String>,
    /// `ios` or `android`.
    pub app: Option<String>,
}

/// A person with a phone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Persona {
    /// Short id in addresses, `[A-Za-z0-9_-]`.
    pub id: String,
    /// Display name.
    pub name: String,
    /// What LINE believes to know.
    #[serde(default)]
    pub traits: Option<Traits>,
}

impl Persona {
    fn of(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), traits: None }
    }
}

impl Seed {
    /// One made-up city and three people, for the standalone binary.
    pub fn demo() -> Self {
        let login = LoginChannel {
            id: "1650000001".into(),
            name: "見本市".into(),
            secret: "0123456789abcdef0123456789abcdef".into(),
            callbacks: vec!["http://127.0.0.1:8080/line/mihon/callback".into()],
            ..LoginChannel::default()
        };
        let messaging = MessagingChannel {
            id: "1650000002".into(),
            name: "見本市".into(),
            secret: "fedcba9876543210fedcba9876543210".into(),
            token: "emulator-long-lived-token".into(),
            bot_basic_id: "@000mihon".into(),
            ..MessagingChannel::default()
        };
        Self {
            providers: vec![Provider { name: "見本市".into(), certified: true, login, messaging }],
            personas: vec![
                Persona::of("hanako", "西尾 花子"),
                Persona::of("taro", "三河 太郎"),
                Persona::of("maria", "Maria Silva"),
            ],
        }
    }
}
