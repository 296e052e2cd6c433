//! Pages of the access host, all drawn here.

use crate::app::App;
use crate::config::Provider;
use crate::wire::Reply;
use askama::Template;
use http::StatusCode;
use std::any::Any;

/// What the sheet says about the official account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FriendOption {
    None,
    Add,
    Unblock,
    Added,
}

impl FriendOption {
    fn is_added(self) -> bool {
        self == Self::Added
    }

    fn is_unblock(self) -> bool {
        self == Self::Unblock
    }

    fn is_offered(self) -> bool {
        matches!(self, Self::Add | Self::Unblock)
    }
}

/// What stands on the consent sheet.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct Sheet {
    pub(super) txn: String,
    pub(super) name: String,
    pub(super) provider: Provider,
    pub(super) scopes: Vec<String>,
    pub(super) option: FriendOption,
}

#[derive(Template)]
#[template(path = "friend.html")]
struct Friend {
    txn: String,
    provider: Provider,
    option: FriendOption,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose<'a> {
    txn: &'a str,
    people: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    to: &'a str,
    fields: &'a [(&'a str, &'a str)],
}

/// Draws a page; all of them show the banner, if there is one.
pub(crate) fn page(app: &App, status: StatusCode, template: &impl Template) -> Reply {
    let values = app.banner.as_ref().map(|text| ("banner", text as &dyn Any));
    match template.render_with_values(&values) {
        Ok(html) => Reply::html(status, html).with(http::header::CACHE_CONTROL, "no-store"),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            Reply::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

pub(super) fn consent(app: &App, sheet: &Sheet) -> Reply {
    page(app, StatusCode::OK, sheet)
}

pub(super) fn friend(app: &App, txn: String, provider: Provider, option: FriendOption) -> Reply {
    page(app, StatusCode::OK, &Friend { txn, provider, option })
}

pub(super) fn choose(app: &App, txn: &str, people: Vec<(String, String)>) -> Reply {
    page(app, StatusCode::OK, &Choose { txn, people })
}

pub(crate) fn message(app: &App, status: StatusCode, title: &str, text: &str) -> Reply {
    page(app, status, &Message { title, text })
}

/// LINE is down, as people see it.
pub(crate) fn unavailable(app: &App, status: StatusCode) -> Reply {
    message(app, status, "ただいまLINEを利用できません。", "時間をおいて、もう一度お試しください。")
}

pub(super) fn expired(app: &App) -> Reply {
    let text = "もう一度、元のページからやり直してください。";
    message(app, StatusCode::BAD_REQUEST, "この画面の期限が切れました", text)
}

#[derive(Template)]
#[template(path = "elsewhere.html")]
struct Elsewhere<'a> {
    to: &'a str,
}

/// The callback is to be opened in another browser by hand.
pub(super) fn elsewhere(app: &App, to: &str) -> Reply {
    page(app, StatusCode::OK, &Elsewhere { to })
}

pub(super) fn form_post(app: &App, to: &str, fields: &[(&str, &str)]) -> Reply {
    page(app, StatusCode::OK, &FormPost { to, fields })
}
