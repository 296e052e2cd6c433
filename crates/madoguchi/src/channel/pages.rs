//! The pages as their templates need them.

use askama::Template;

use crate::office::pages::{Banner, Desk};

/// Webhooks passed on, in words.
pub(super) struct Relay {
    pub(super) typed: String,
    pub(super) oops: Option<&'static str>,
    pub(super) counts: Option<String>,
    pub(super) failure: Option<String>,
}

/// A key pair.
pub(super) struct Key {
    /// Our name for it.
    pub(super) name: String,
    pub(super) kid: String,
    pub(super) jwk: String,
    pub(super) made: String,
}

/// The rich menu.
pub(super) struct Menu {
    /// Ours is what people see, since.
    pub(super) since: Option<String>,
    /// Address of the picture of the one that is ready.
    pub(super) picture: Option<String>,
    pub(super) areas: Vec<(String, String)>,
    pub(super) changed: String,
}

/// 「公式アカウント」.
#[derive(Template)]
#[template(path = "channel/pages/line.html")]
pub(super) struct LinePage {
    pub(super) desk: Desk,
    pub(super) banner: Option<Banner>,
    pub(super) is_full: bool,
    pub(super) webhook: String,
    pub(super) callback: String,
    pub(super) relay: Relay,
    pub(super) active: Option<Key>,
    pub(super) made: Option<Key>,
    pub(super) key_oops: Option<&'static str>,
    pub(super) menu: Menu,
}

/// One line of 「メニューに貼るURL一覧」.
pub(super) struct Address {
    pub(super) title: String,
    pub(super) url: String,
    pub(super) qr: String,
}

/// 「メニューに貼るURL一覧」.
#[derive(Template)]
#[template(path = "channel/pages/addresses.html")]
pub(super) struct AddressesPage {
    pub(super) desk: Desk,
    pub(super) lines: Vec<Address>,
}
