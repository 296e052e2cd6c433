//! The hosts that programs call: `api.line.me` and `api-data.line.me`.

mod account;
mod audience;
mod body;
mod bot;
mod chat;
mod coupon;
mod delivery;
mod fields;
mod insight;
mod liff;
mod menu;
mod messages;
mod multipart;
mod operations;
mod paging;
mod routes;
mod send;
mod units;

pub(crate) use menu::menu_with_picture;
pub(crate) use routes::knows;

use crate::app::App;
use crate::faults::Order;
use crate::wire::{Host, Reply, Req};
use http::StatusCode;
use routes::{Auth, Handler, Route};
use uuid::Uuid;

/// A request to LINE with what is known of it before it is answered.
pub(crate) struct Call<'a> {
    pub(crate) app: &'a App,
    pub(crate) req: &'a Req,
    /// Goes out as `x-line-request-id`.
    pub(crate) id: Uuid,
    /// Values of `{…}` in the route's path.
    pub(crate) params: Vec<&'a str>,
    route: Option<&'static Route>,
    /// Tenant by the bearer token, and whether that is of the Messaging API channel.
    caller: Option<(usize, bool)>,
    channel: Option<String>,
}

impl<'a> Call<'a> {
    /// Finds the route and the caller.
    pub(crate) fn find(app: &'a App, req: &'a Req, id: Uuid) -> Self {
        let found = routes::find(req);
        let (route, params) = found.map_or((None, Vec::new()), |(r, p)| (Some(r), p));
        let mut call = Self { app, req, id, params, route, caller: None, channel: None };
        if let (Some(token), true) = (req.bearer(), req.host != Host::Access) {
            let mut world = app.store.lock();
            world.settle(app.now());
            if let Some(token) = world.channel_token(token, app.now()) {
                call.caller = Some((token.tenant, token.messaging));
                let provider = &world.tenants[token.tenant].provider;
                let channel = if token.messaging { &provider.messaging.id } else { &provider.login.id };
                call.channel = Some(channel.clone());
            }
        }
        call
    }

    /// The ordered fault that is due for this request.
    pub(crate) fn fault(&self) -> Option<Order> {
        let literal = format!("{} {}", self.req.method, self.req.path);
        let documented = self.route.map_or("", |r| r.name);
        let client = if self.channel.is_some() { None } else { self.client_id() };
        let channel = self.channel.as_deref().or(client.as_deref());
        self.app.faults.take(&[&literal, documented], channel, |kind| !kind.is_of_login(), self.app.now())
    }

    fn client_id(&self) -> Option<String> {
        let given = if self.req.query.is_empty() { self.req.form() } else { self.req.query() };
        given.get("client_id").map(str::to_owned)
    }

    /// Index of the tenant whose Messaging API channel calls, if one does.
    pub(crate) fn caller(&self) -> Option<usize> {
        self.caller.filter(|(_, messaging)| *messaging).map(|(tenant, _)| tenant)
    }

    /// Index of the calling channel's tenant. Routes that use it are not `Auth::Own`.
    pub(crate) fn tenant(&self) -> usize {
        self.caller.map_or(0, |(tenant, _)| tenant)
    }

    /// Answers as LINE does: who are you, may you so often, then the operation itself.
    pub(crate) async fn answer(&self) -> Reply {
        let Some(route) = self.route else { return Reply::not_found() };
        if let Some(refusal) = self.refusal(route) {
            return refusal;
        }
        match route.handler {
            Handler::Now(handler) => handler(self),
            Handler::Later(handler) => handler(self).await,
        }
    }

    fn refusal(&self, route: &'static Route) -> Option<Reply> {
        let tenant = match (route.auth, self.caller) {
            (Auth::Messaging, Some((tenant, true))) | (Auth::Login, Some((tenant, false))) => tenant,
            (Auth::Own, _) => {
                route.limit?;
                let client = self.client_id()?;
                self.app.store.lock().channel(&client).map(|(tenant, _)| tenant)?
            }
            _ => return Some(unauthorized()),
        };
        if route.limit.is_some_and(|limit| !self.app.rates.take(tenant, route.name, limit, self.app.now())) {
            return Some(rate_limited());
        }
        // LINE docs: retrying-api-request: a key on an endpoint that takes none is an error.
        let keyed = self.req.header("x-line-retry-key").is_some();
        (keyed && !route.retry_key && route.auth == Auth::Messaging)
            .then(|| Reply::bad("The retry key is not supported for this endpoint"))
    }
}

/// LINE docs: error messages; the text is the one seen in the wild.
pub(crate) fn unauthorized() -> Reply {
    Reply::error(
        StatusCode::UNAUTHORIZED,
        "Authentication failed. Confirm that the access token in the authorization header is valid.",
    )
}

pub(crate) fn forbidden(message: &str) -> Reply {
    Reply::error(StatusCode::FORBIDDEN, message)
}

pub(crate) fn rate_limited() -> Reply {
    Reply::error(StatusCode::TOO_MANY_REQUESTS, "The API rate limit has been exceeded. Try again later.")
}

pub(crate) fn over_quota() -> Reply {
    Reply::error(StatusCode::TOO_MANY_REQUESTS, "You have reached your monthly limit.")
}
