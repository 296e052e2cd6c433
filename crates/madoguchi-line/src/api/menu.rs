//! Rich menus: create, picture, default, list, delete.

use http::StatusCode;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;

use super::{Answer, ask};
use crate::channel::Channel;

/// Why a call about menus failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MenuFault {
    /// LINE says no, with this status.
    Refused(u16),
    /// LINE was not reached or did not answer.
    Unavailable,
}

/// A menu at LINE.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    pub(crate) rich_menu_id: String,
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct List {
    richmenus: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Id {
    rich_menu_id: String,
}

/// A client with a channel and its token.
pub(crate) struct Menus<'a> {
    pub(crate) client: &'a Client,
    pub(crate) channel: &'a Channel,
    pub(crate) token: &'a str,
}

impl Menus<'_> {
    fn api(&self, path: &str) -> String {
        format!("{}{path}", self.channel.api_base)
    }

    async fn done(&self, request: RequestBuilder) -> Result<Answer, MenuFault> {
        let answer = ask(request.bearer_auth(self.token)).await.map_err(|_| MenuFault::Unavailable)?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let status = answer.status;
        tracing::warn!(
            tenant = %self.channel.tenant,
            status = status.as_u16(),
            request_id = answer.request_id,
            "LINE refused a call about rich menus"
        );
        let waits = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Err(if waits { MenuFault::Unavailable } else { MenuFault::Refused(status.as_u16()) })
    }

    /// Creates a menu and answers its id.
    pub(crate) async fn create(&self, body: Vec<u8>) -> Result<String, MenuFault> {
        let request = self.client.post(self.api("/v2/bot/richmenu"));
        let answer = self.done(request.header("content-type", "application/json").body(body)).await?;
        serde_json::from_slice::<Id>(&answer.body).map(|i| i.rich_menu_id).map_err(|_| MenuFault::Unavailable)
    }

    /// Uploads the picture, once per menu, to the data host.
    pub(crate) async fn upload(&self, id: &str, png: &[u8]) -> Result<(), MenuFault> {
        let request = self.client.post(format!("{}/v2/bot/richmenu/{id}/content", self.channel.data_base));
        self.done(request.header("content-type", "image/png").body(png.to_vec())).await.map(drop)
    }

    /// Shows a menu to everybody.
    pub(crate) async fn set_default(&self, id: &str) -> Result<(), MenuFault> {
        self.done(self.client.post(self.api(&format!("/v2/bot/user/all/richmenu/{id}")))).await.map(drop)
    }

    /// The menu that everybody sees, if one of this channel is set.
    pub(crate) async fn default(&self) -> Result<Option<String>, MenuFault> {
        let asked = self.done(self.client.get(self.api("/v2/bot/user/all/richmenu"))).await;
        match asked {
            Ok(answer) => Ok(serde_json::from_slice::<Id>(&answer.body).ok().map(|i| i.rich_menu_id)),
            Err(MenuFault::Refused(403 | 404)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Shows none of the API's menus to everybody: the Manager's comes back.
    pub(crate) async fn unset_default(&self) -> Result<(), MenuFault> {
        match self.done(self.client.delete(self.api("/v2/bot/user/all/richmenu"))).await {
            Ok(_) | Err(MenuFault::Refused(404)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// All menus of the channel.
    pub(crate) async fn list(&self) -> Result<Vec<Listed>, MenuFault> {
        let answer = self.done(self.client.get(self.api("/v2/bot/richmenu/list"))).await?;
        serde_json::from_slice::<List>(&answer.body).map(|l| l.richmenus).map_err(|_| MenuFault::Unavailable)
    }

    /// Deletes a menu; one that is gone already is fine.
    pub(crate) async fn delete(&self, id: &str) -> Result<(), MenuFault> {
        match self.done(self.client.delete(self.api(&format!("/v2/bot/richmenu/{id}")))).await {
            Ok(_) | Err(MenuFault::Refused(404)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}
