//! A municipality's channels at LINE: ids, secrets, base addresses. Secrets lie sealed in `line_channel`.

use std::fmt;

use madoguchi_base::db::Tx;
use madoguchi_base::keys::{Aad, Keys};
use madoguchi_base::{Millis, TenantId};

use crate::assertion::Signer;
use crate::mode::LineMode;
use crate::store;
use crate::store::channel::{ChannelRow, ListedRow};
use crate::wording::origin;

/// How the consent screen offers to add the official account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum BotPrompt {
    /// Not at all.
    None,
    /// An option on the consent screen.
    #[default]
    Normal,
    /// A screen of its own after it.
    Aggressive,
}

impl BotPrompt {
    /// The value of LINE's parameter; `none` leaves it out.
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Normal => "normal",
            Self::Aggressive => "aggressive",
        }
    }

    /// From its name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::None, Self::Normal, Self::Aggressive].into_iter().find(|b| b.code() == code)
    }
}

/// The channels of one municipality as an administrator enters them.
#[derive(Clone)]
pub struct ChannelSettings {
    /// LINE Login channel id.
    pub login_id: String,
    /// LINE Login channel secret.
    pub login_secret: String,
    /// Messaging API channel id.
    pub messaging_id: String,
    /// Messaging API channel secret.
    pub messaging_secret: String,
    /// Where browsers sign in; LINE's is `https://access.line.me`.
    pub access_base: String,
    /// LINE's is `https://api.line.me`.
    pub api_base: String,
    /// LINE's is `https://api-data.line.me`.
    pub data_base: String,
    /// Our own public origin; the callback is `{callback_base}/line/{tenant}/callback`.
    pub callback_base: String,
    /// How adding the official account is offered.
    pub bot_prompt: BotPrompt,
}

impl fmt::Debug for ChannelSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelSettings(login {}, messaging {})", self.login_id, self.messaging_id)
    }
}

/// Why channel settings were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// An id or secret is empty or holds more than letters and digits.
    #[error("channel ids and secrets consist of letters and digits")]
    Id,
    /// A base address is not an http(s) origin.
    #[error("{0} must be an http or https origin without a path")]
    Base(&'static str),
    /// Could not be stored; try again.
    #[error("the settings could not be stored")]
    Store,
}

/// Settings that were checked and whose secrets are sealed: ready for [`set`].
#[derive(Clone)]
pub struct SealedChannel(ChannelRow);

impl fmt::Debug for SealedChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedChannel")
    }
}

fn aad(tenant: TenantId, column: &str) -> Aad<'_> {
    Aad { tenant, table: "line_channel", column, row: "", round: 0 }
}

/// Checks and seals; before the transaction, as all sealing.
pub(crate) fn seal(
    keys: &Keys,
    tenant: TenantId,
    settings: &ChannelSettings,
) -> Result<SealedChannel, ChannelError> {
    let ids =
        [&settings.login_id, &settings.login_secret, &settings.messaging_id, &settings.messaging_secret];
    if ids.iter().any(|s| s.is_empty() || s.len() > 128 || !s.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err(ChannelError::Id);
    }
    let base = |name: &'static str, value: &str| origin(value).ok_or(ChannelError::Base(name));
    Ok(SealedChannel(ChannelRow {
        tenant_id: tenant.to_string(),
        login_id: settings.login_id.clone(),
        login_secret_sealed: keys.seal(&aad(tenant, "login_secret_sealed"), settings.login_secret.as_bytes()),
        messaging_id: settings.messaging_id.clone(),
        messaging_secret_sealed: keys
            .seal(&aad(tenant, "messaging_secret_sealed"), settings.messaging_secret.as_bytes()),
        access_base: base("access_base", &settings.access_base)?,
        api_base: base("api_base", &settings.api_base)?,
        data_base: base("data_base", &settings.data_base)?,
        callback_base: base("callback_base", &settings.callback_base)?,
        bot_prompt: settings.bot_prompt.code().to_owned(),
    }))
}

/// Replaces a municipality's channels. Call [`crate::Line::reload_channels`] after the commit.
pub async fn set(
    tx: &mut Tx,
    tenant: TenantId,
    sealed: &SealedChannel,
    at: Millis,
) -> Result<(), sqlx::Error> {
    store::channel::set(tx, tenant, &sealed.0, at).await
}

/// The channels of one municipality, opened, in memory.
pub(crate) struct Channel {
    pub(crate) tenant: TenantId,
    pub(crate) login_id: String,
    pub(crate) login_secret: String,
    pub(crate) messaging_id: String,
    pub(crate) messaging_secret: String,
    pub(crate) access_base: String,
    pub(crate) api_base: String,
    pub(crate) data_base: String,
    pub(crate) callback_base: String,
    pub(crate) bot_prompt: BotPrompt,
    pub(crate) mode: LineMode,
    /// Where webhooks are passed on to.
    pub(crate) relay_to: Option<String>,
    /// What stands in for the messaging channel's secret.
    pub(crate) signer: Option<Signer>,
}

impl Channel {
    /// The redirect address of sign-in, the same string in both calls.
    pub(crate) fn redirect_uri(&self, origin: Option<&str>) -> String {
        format!("{}/line/{}/callback", origin.unwrap_or(&self.callback_base), self.tenant)
    }
}

/// Opens a row; `None` where it does not open (another key file) or is no row of ours.
pub(crate) fn open(keys: &Keys, listed: ListedRow) -> Option<Channel> {
    let row = listed.channel;
    let tenant: TenantId = row.tenant_id.parse().ok()?;
    let secret = |column: &'static str, sealed: &[u8]| {
        let plain = keys.open(&aad(tenant, column), sealed).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    };
    let signer = match (listed.key_id, listed.kid, listed.private_sealed) {
        (Some(id), Some(kid), Some(sealed)) => Some(Signer::open(keys, tenant, (&id, kid), &sealed)?),
        _ => None,
    };
    Some(Channel {
        tenant,
        mode: listed.mode.and_then(|m| m.parse().ok()).unwrap_or_default(),
        relay_to: listed.relay_to,
        signer,
        login_secret: secret("login_secret_sealed", &row.login_secret_sealed)?,
        messaging_secret: secret("messaging_secret_sealed", &row.messaging_secret_sealed)?,
        bot_prompt: BotPrompt::from_code(&row.bot_prompt)?,
        login_id: row.login_id,
        messaging_id: row.messaging_id,
        access_base: row.access_base,
        api_base: row.api_base,
        data_base: row.data_base,
        callback_base: row.callback_base,
    })
}
