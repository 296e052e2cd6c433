//! What LINE says of a municipality's channel, for `madoguchi doctor`: asked by a person, never by a job.

use madoguchi_base::TenantId;

use crate::api::bot::{Bot, BotFault};
use crate::api::token::NoToken;
use crate::line::Line;
use crate::mode::LineMode;

/// Why LINE did not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// The municipality has no channel, or its secret does not open.
    #[error("no LINE channel is set")]
    NoChannel,
    /// LINE gives no token for the channel's id and secret, or key.
    #[error("LINE gives no access token")]
    NoToken,
    /// LINE says no, with this status.
    #[error("LINE refused with status {0}")]
    Refused(u16),
    /// LINE was not reached or did not answer.
    #[error("LINE does not answer")]
    Unavailable,
}

impl From<BotFault> for InspectError {
    fn from(fault: BotFault) -> Self {
        match fault {
            BotFault::Refused(status) => Self::Refused(status),
            BotFault::Unavailable => Self::Unavailable,
        }
    }
}

/// This month's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The plan's limit; `None` on a plan without one.
    pub limit: Option<i64>,
    /// So many were sent (LINE: an approximation).
    pub used: i64,
}

/// The webhook address as LINE has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAtLine {
    /// Registered address.
    pub endpoint: String,
    /// 「Webhookの利用」 is on.
    pub active: bool,
}

/// LINE has called the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTest {
    /// It answered with 2xx in time.
    pub success: bool,
    /// Its status, where it answered.
    pub status: i64,
    /// LINE's code: `OK`, `COULD_NOT_CONNECT`, `REQUEST_TIMEOUT`, `ERROR_STATUS_CODE`, `UNCLASSIFIED`.
    pub reason: String,
}

/// Everything at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// How much of LINE is used.
    pub mode: LineMode,
    /// The address that LINE should have.
    pub own_webhook: String,
    /// The account's basic id (`@…`).
    pub account: Result<String, InspectError>,
    /// This month's messages.
    pub quota: Result<Quota, InspectError>,
    /// The address that LINE has; `None` where it has none.
    pub webhook: Result<Option<WebhookAtLine>, InspectError>,
    /// What came of a call, where LINE has our address.
    pub test: Option<Result<WebhookTest, InspectError>>,
}

impl Line {
    /// Asks LINE about a municipality's channel. The webhook is tested only where it is ours and in use.
    pub async fn inspect(&self, tenant: TenantId) -> Result<Inspection, InspectError> {
        let channel = self.inner.channel(tenant).ok_or(InspectError::NoChannel)?;
        let token = self.inner.tokens.get(&self.inner, &channel, None).await.map_err(|why| match why {
            NoToken::Refused => InspectError::NoToken,
            NoToken::Unavailable => InspectError::Unavailable,
        })?;
        let bot = Bot { client: &self.inner.http, channel: &channel, token: &token.value };
        let own_webhook = format!("{}/line/{tenant}/webhook", channel.callback_base);
        let webhook = bot.endpoint().await;
        let is_ours = webhook.as_ref().is_ok_and(|w| w.as_ref().is_some_and(|w| w.endpoint == own_webhook));
        let test = if channel.mode == LineMode::Full && is_ours {
            let tested = bot.test().await.map_err(InspectError::from);
            Some(tested.map(|t| WebhookTest { success: t.success, status: t.status_code, reason: t.reason }))
        } else {
            None
        };
        Ok(Inspection {
            mode: channel.mode,
            own_webhook,
            account: bot.info().await.map(|i| i.basic_id).map_err(InspectError::from),
            quota: quota(&bot).await.map_err(InspectError::from),
            webhook: webhook
                .map(|w| w.map(|w| WebhookAtLine { endpoint: w.endpoint, active: w.active }))
                .map_err(InspectError::from),
            test,
        })
    }
}

async fn quota(bot: &Bot<'_>) -> Result<Quota, BotFault> {
    let plan = bot.quota().await?;
    let used = bot.consumption().await?.total_usage;
    Ok(Quota { limit: plan.value.filter(|_| plan.r#type == "limited"), used })
}
