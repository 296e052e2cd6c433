//! The official account as LINE knows it: itself, this month's messages, its webhook address.

use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{NoAnswer, ask};
use crate::channel::Channel;

/// No answer to a question about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BotFault {
    /// LINE says no, with this status.
    Refused(u16),
    /// LINE was not reached or did not answer.
    Unavailable,
}

/// `GET /v2/bot/info`, as much of it as is shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    pub(crate) basic_id: String,
}

/// `GET /v2/bot/message/quota`
#[derive(Deserialize)]
pub(crate) struct Quota {
    pub(crate) r#type: String,
    pub(crate) value: Option<i64>,
}

/// `GET /v2/bot/message/quota/consumption`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Consumption {
    pub(crate) total_usage: i64,
}

/// `GET /v2/bot/channel/webhook/endpoint`
#[derive(Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) endpoint: String,
    pub(crate) active: bool,
}

/// `POST /v2/bot/channel/webhook/test`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tested {
    pub(crate) success: bool,
    #[serde(default)]
    pub(crate) status_code: i64,
    #[serde(default)]
    pub(crate) reason: String,
}

/// A client with a channel and its token.
pub(crate) struct Bot<'a> {
    pub(crate) client: &'a Client,
    pub(crate) channel: &'a Channel,
    pub(crate) token: &'a str,
}

impl Bot<'_> {
    async fn done<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, BotFault> {
        let answer = ask(request.bearer_auth(self.token)).await;
        let answer = answer.map_err(|_: NoAnswer| BotFault::Unavailable)?;
        if !answer.status.is_success() {
            return Err(BotFault::Refused(answer.status.as_u16()));
        }
        serde_json::from_slice(&answer.body).map_err(|_| BotFault::Unavailable)
    }

    fn api(&self, path: &str) -> String {
        format!("{}{path}", self.channel.api_base)
    }

    pub(crate) async fn info(&self) -> Result<Info, BotFault> {
        self.done(self.client.get(self.api("/v2/bot/info"))).await
    }

    pub(crate) async fn quota(&self) -> Result<Quota, BotFault> {
        self.done(self.client.get(self.api("/v2/bot/message/quota"))).await
    }

    pub(crate) async fn consumption(&self) -> Result<Consumption, BotFault> {
        self.done(self.client.get(self.api("/v2/bot/message/quota/consumption"))).await
    }

    pub(crate) async fn endpoint(&self) -> Result<Option<Endpoint>, BotFault> {
        match self.done(self.client.get(self.api("/v2/bot/channel/webhook/endpoint"))).await {
            Ok(endpoint) => Ok(Some(endpoint)),
            Err(BotFault::Refused(404)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// LINE calls the registered address.
    pub(crate) async fn test(&self) -> Result<Tested, BotFault> {
        let request = self.client.post(self.api("/v2/bot/channel/webhook/test"));
        self.done(request.header("content-type", "application/json").body("{}")).await
    }
}
