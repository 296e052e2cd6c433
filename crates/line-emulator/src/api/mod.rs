//! The hosts that programs call: `api.line.me` and `api-data.line.me`.

mod bot;
mod fields;
mod image;
mod menu;
mod menu_shape;
mod push;
mod routes;
mod validate;

pub(crate) use menu::menu_with_picture;
pub(crate) use routes::knows;

use crate::app::App;
use crate::faults::Order;
use crate::wire::{Host, Reply, Req};
use http::StatusCode;
use routes::{Auth, Route};
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
    /// Tenant by the bearer token, where the route needs one of a Messaging API channel.
    tenant: Option<usize>,
    channel: Option<String>,
}

impl<'a> Call<'a> {
    /// Finds the route and the caller.
    pub(crate) fn find(app: &'a App, req: &'a Req, id: Uuid) -> Self {
        let found = routes::find(req);
        let (route, params) = found.map_or((None, Vec::new()), |(r, p)| (Some(r), p));
        let mut call = Self { app, req, id, params, route, tenant: None, channel: None };
        if let (Some(token), true) = (req.bearer(), req.host != Host::Access) {
            let world = app.store.lock();
            if let Some(token) = world.channel_token(token, app.now()) {
                call.tenant = token.messaging.then_some(token.tenant);
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
        self.tenant
    }

    /// Index of the calling channel's tenant. Routes that use it are behind `Auth::Messaging`.
    pub(crate) fn tenant(&self) -> usize {
        self.tenant.unwrap_or_default()
    }

    /// Answers as LINE does: who are you, may you so often, then the operation itself.
    pub(crate) fn answer(&self) -> Reply {
        let Some(route) = self.route else { return Reply::not_found() };
        if route.auth == Auth::Messaging {
            let Some(tenant) = self.tenant else { return unauthorized() };
            if !self.app.rates.take(tenant, route.name, route.limit, self.app.now()) {
                return rate_limited();
            }
        }
        (route.handler)(self)
    }
}

/// LINE docs: error messages; the text is the one seen in the wild.
pub(crate) fn unauthorized() -> Reply {
    Reply::error(
        StatusCode::UNAUTHORIZED,
        "Authentication failed. Confirm that the access token in the authorization header is valid.",
    )
}

pub(crate) fn rate_limited() -> Reply {
    Reply::error(StatusCode::TOO_MANY_REQUESTS, "The API rate limit has been exceeded. Try again later.")
}

pub(crate) fn over_quota() -> Reply {
    Reply::error(StatusCode::TOO_MANY_REQUESTS, "You have reached your monthly limit.")
}
