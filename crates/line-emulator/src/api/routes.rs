//! The table of operations. What is not here is 404, as is any superfluous character in a path
//! (LINE news 2026-08-17).

use super::{Call, bot, menu, push};
use crate::login::{channel_token, id_token_verify, token, token_check, user};
use crate::rate::Limit;
use crate::wire::{Host, Reply, Req};

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// A token of a Messaging API channel.
    Messaging,
    /// The handler sees to it itself.
    Own,
}

/// One operation.
pub(crate) struct Route {
    host: Host,
    /// `METHOD /path` as documented.
    pub(crate) name: &'static str,
    pub(crate) auth: Auth,
    pub(crate) limit: Limit,
    pub(crate) handler: fn(&Call<'_>) -> Reply,
}

type Handler = fn(&Call<'_>) -> Reply;

const fn bot(name: &'static str, limit: Limit, handler: Handler) -> Route {
    Route { host: Host::Api, name, auth: Auth::Messaging, limit, handler }
}

const fn data(name: &'static str, limit: Limit, handler: Handler) -> Route {
    Route { host: Host::Data, name, auth: Auth::Messaging, limit, handler }
}

const fn login(name: &'static str, handler: Handler) -> Route {
    Route { host: Host::Api, name, auth: Auth::Own, limit: USUAL, handler }
}

/// LINE docs: "2,000 requests per second" for everything without a limit of its own.
const USUAL: Limit = Limit::per_second(2000);

static ROUTES: &[Route] = &[
    bot("POST /v2/bot/message/push", USUAL, push::push),
    bot("POST /v2/bot/message/reply", USUAL, push::reply),
    bot("POST /v2/bot/message/validate/push", USUAL, push::validate_only),
    bot("POST /v2/bot/message/validate/reply", USUAL, push::validate_only),
    bot("GET /v2/bot/message/quota", USUAL, bot::quota),
    bot("GET /v2/bot/message/quota/consumption", USUAL, bot::consumption),
    bot("GET /v2/bot/profile/{userId}", USUAL, bot::profile),
    bot("GET /v2/bot/info", USUAL, bot::info),
    bot("PUT /v2/bot/channel/webhook/endpoint", Limit::per_second(17), bot::set_webhook),
    bot("GET /v2/bot/channel/webhook/endpoint", Limit::per_second(17), bot::webhook),
    bot("POST /v2/bot/richmenu", Limit::per_hour(100), menu::create),
    bot("POST /v2/bot/richmenu/validate", USUAL, menu::validate_only),
    bot("GET /v2/bot/richmenu/list", Limit::per_second(10), menu::list),
    bot("GET /v2/bot/richmenu/{richMenuId}", USUAL, menu::get),
    bot("DELETE /v2/bot/richmenu/{richMenuId}", Limit::per_hour(100), menu::delete),
    bot("POST /v2/bot/user/all/richmenu/{richMenuId}", USUAL, menu::set_default),
    bot("GET /v2/bot/user/all/richmenu", USUAL, menu::get_default),
    bot("DELETE /v2/bot/user/all/richmenu", USUAL, menu::cancel_default),
    data("POST /v2/bot/richmenu/{richMenuId}/content", USUAL, menu::upload),
    data("GET /v2/bot/richmenu/{richMenuId}/content", USUAL, menu::image),
    login("POST /oauth2/v2.1/token", token::issue),
    login("GET /oauth2/v2.1/verify", token_check::verify),
    login("POST /oauth2/v2.1/verify", id_token_verify::verify),
    login("POST /oauth2/v2.1/revoke", token_check::revoke),
    login("GET /oauth2/v2.1/userinfo", user::userinfo),
    login("POST /oauth2/v2.1/userinfo", user::userinfo),
    login("GET /oauth2/v2.1/certs", user::certs),
    login("GET /v2/profile", user::profile),
    login("GET /friendship/v1/status", user::friendship),
    login("POST /user/v1/deauthorize", user::deauthorize),
    login("POST /oauth2/v3/token", channel_token::stateless),
];

/// Whether that host has such an operation.
pub(crate) fn knows(host: Host, method: &http::Method, path: &str) -> bool {
    ROUTES.iter().filter(|r| r.host == host).any(|route| {
        let named = route.name.split_once(' ');
        named.is_some_and(|(m, template)| m == method.as_str() && matched(template, path).is_some())
    })
}

/// The route of a request with the values of its `{…}`.
pub(crate) fn find(req: &Req) -> Option<(&'static Route, Vec<&str>)> {
    ROUTES.iter().filter(|r| r.host == req.host).find_map(|route| {
        let (method, template) = route.name.split_once(' ')?;
        if method != req.method.as_str() {
            return None;
        }
        matched(template, &req.path).map(|params| (route, params))
    })
}

fn matched<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut params = Vec::new();
    let mut given = path.split('/');
    for wanted in template.split('/') {
        let part = given.next()?;
        if wanted.starts_with('{') {
            if part.is_empty() {
                return None;
            }
            params.push(part);
        } else if wanted != part {
            return None;
        }
    }
    given.next().is_none().then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operation_stands_on_two_hosts_so_one_port_can_answer_for_all() {
        for route in ROUTES.iter().filter(|r| r.host == Host::Data) {
            let (method, path) = route.name.split_once(' ').unwrap_or_default();
            let method = method.parse().unwrap_or_default();
            assert!(!knows(Host::Api, &method, path), "{}", route.name);
        }
    }
}
