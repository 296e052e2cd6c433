//! The table of operations. What is not here is 404, as is any superfluous character in a path
//! (LINE news 2026-08-17). Limits and retry keys stand in `operations.tsv`.

use super::{
    Call, account, audience, bot, chat, coupon, delivery, insight, liff, menu, operations, send, units,
};
use crate::login::{channel_token, id_token_verify, kids, short_token, token, token_check, user};
use crate::rate::Limit;
use crate::wire::{Host, Reply, Req};
use std::pin::Pin;
use std::sync::LazyLock;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// A token of a Messaging API channel.
    Messaging,
    /// A token of a LINE Login channel.
    Login,
    /// The handler sees to it itself.
    Own,
}

/// An answer that waits for somebody else.
pub(crate) type Later<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Now(fn(&Call<'_>) -> Reply),
    Later(for<'a> fn(&'a Call<'a>) -> Later<'a>),
}

/// One operation.
pub(crate) struct Route {
    pub(super) host: Host,
    /// `METHOD /path` as documented.
    pub(crate) name: &'static str,
    pub(crate) auth: Auth,
    pub(crate) limit: Option<Limit>,
    pub(crate) retry_key: bool,
    pub(crate) handler: Handler,
}

type Row = (Host, Auth, &'static str, Handler);
type Now = fn(&Call<'_>) -> Reply;

const fn bot(name: &'static str, handler: Now) -> Row {
    (Host::Api, Auth::Messaging, name, Handler::Now(handler))
}

const fn data(name: &'static str, handler: Now) -> Row {
    (Host::Data, Auth::Messaging, name, Handler::Now(handler))
}

const fn login(name: &'static str, handler: Now) -> Row {
    (Host::Api, Auth::Own, name, Handler::Now(handler))
}

const fn liff(name: &'static str, handler: Now) -> Row {
    (Host::Api, Auth::Login, name, Handler::Now(handler))
}

/// The busiest first; a fixed word before a `{…}` at the same place.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    bot("POST /v2/bot/message/push", send::push::push),
    bot("POST /v2/bot/message/multicast", send::multicast::multicast),
    bot("POST /v2/bot/message/broadcast", send::broadcast::broadcast),
    bot("POST /v2/bot/message/narrowcast", send::narrowcast::narrowcast),
    bot("GET /v2/bot/message/progress/narrowcast", send::narrowcast::progress),
    bot("POST /v2/bot/message/reply", send::reply::reply),
    bot("POST /v2/bot/message/validate/reply", send::validate_only),
    bot("POST /v2/bot/message/validate/push", send::validate_only),
    bot("POST /v2/bot/message/validate/multicast", send::validate_only),
    bot("POST /v2/bot/message/validate/narrowcast", send::validate_only),
    bot("POST /v2/bot/message/validate/broadcast", send::validate_only),
    bot("GET /v2/bot/message/quota", delivery::quota),
    bot("GET /v2/bot/message/quota/consumption", delivery::consumption),
    bot("GET /v2/bot/message/delivery/reply", delivery::count),
    bot("GET /v2/bot/message/delivery/push", delivery::count),
    bot("GET /v2/bot/message/delivery/multicast", delivery::count),
    bot("GET /v2/bot/message/delivery/broadcast", delivery::count),
    bot("GET /v2/bot/message/aggregation/info", units::info),
    bot("GET /v2/bot/message/aggregation/list", units::list),
    bot("POST /v2/bot/message/markAsRead", chat::mark_as_read),
    bot("POST /v2/bot/chat/markAsRead", chat::mark_as_read_by_token),
    bot("POST /v2/bot/chat/loading/start", chat::loading),
    data("GET /v2/bot/message/{messageId}/content", chat::content),
    data("GET /v2/bot/message/{messageId}/content/preview", chat::content),
    data("GET /v2/bot/message/{messageId}/content/transcoding", chat::transcoding),
    bot("GET /v2/bot/profile/{userId}", bot::profile),
    bot("GET /v2/bot/followers/ids", bot::followers),
    bot("GET /v2/bot/info", bot::info),
    bot("POST /v2/bot/user/{userId}/linkToken", bot::link_token),
    bot("PUT /v2/bot/channel/webhook/endpoint", account::set_webhook),
    bot("GET /v2/bot/channel/webhook/endpoint", account::webhook),
    (Host::Api, Auth::Messaging, "POST /v2/bot/channel/webhook/test", Handler::Later(account::test_webhook)),
    bot("POST /v2/bot/richmenu", menu::create),
    bot("POST /v2/bot/richmenu/validate", menu::validate_only),
    bot("GET /v2/bot/richmenu/list", menu::list),
    bot("POST /v2/bot/richmenu/alias", menu::alias::create),
    bot("GET /v2/bot/richmenu/alias/list", menu::alias::list),
    bot("GET /v2/bot/richmenu/alias/{richMenuAliasId}", menu::alias::get),
    bot("POST /v2/bot/richmenu/alias/{richMenuAliasId}", menu::alias::update),
    bot("DELETE /v2/bot/richmenu/alias/{richMenuAliasId}", menu::alias::delete),
    bot("POST /v2/bot/richmenu/bulk/link", menu::bulk::link),
    bot("POST /v2/bot/richmenu/bulk/unlink", menu::bulk::unlink),
    bot("POST /v2/bot/richmenu/batch", menu::batch::start),
    bot("POST /v2/bot/richmenu/validate/batch", menu::batch::validate_only),
    bot("GET /v2/bot/richmenu/progress/batch", menu::batch::progress),
    bot("GET /v2/bot/richmenu/{richMenuId}", menu::get),
    bot("DELETE /v2/bot/richmenu/{richMenuId}", menu::delete),
    data("POST /v2/bot/richmenu/{richMenuId}/content", menu::upload),
    data("GET /v2/bot/richmenu/{richMenuId}/content", menu::image),
    bot("POST /v2/bot/user/all/richmenu/{richMenuId}", menu::set_default),
    bot("GET /v2/bot/user/all/richmenu", menu::get_default),
    bot("DELETE /v2/bot/user/all/richmenu", menu::cancel_default),
    bot("GET /v2/bot/user/{userId}/richmenu", menu::user::get),
    bot("DELETE /v2/bot/user/{userId}/richmenu", menu::user::unlink),
    bot("POST /v2/bot/user/{userId}/richmenu/{richMenuId}", menu::user::link),
    bot("GET /v2/bot/insight/followers", insight::followers),
    bot("GET /v2/bot/insight/demographic", insight::demographic),
    bot("GET /v2/bot/insight/message/delivery", insight::delivery),
    bot("GET /v2/bot/insight/message/event", insight::by_request),
    bot("GET /v2/bot/insight/message/event/aggregation", insight::by_unit),
    bot("GET /v2/bot/insight/richmenu/{richMenuId}/summary", insight::menu::summary),
    bot("GET /v2/bot/insight/richmenu/{richMenuId}/daily", insight::menu::daily),
    bot("POST /v2/bot/audienceGroup/upload", audience::upload::create),
    bot("PUT /v2/bot/audienceGroup/upload", audience::upload::extend),
    data("POST /v2/bot/audienceGroup/upload/byFile", audience::upload::create_by_file),
    data("PUT /v2/bot/audienceGroup/upload/byFile", audience::upload::extend_by_file),
    bot("POST /v2/bot/audienceGroup/click", audience::make::click),
    bot("POST /v2/bot/audienceGroup/imp", audience::make::impression),
    bot("PUT /v2/bot/audienceGroup/{audienceGroupId}/updateDescription", audience::make::rename),
    bot("GET /v2/bot/audienceGroup/list", audience::view::list),
    bot("GET /v2/bot/audienceGroup/{audienceGroupId}", audience::view::one),
    bot("DELETE /v2/bot/audienceGroup/{audienceGroupId}", audience::make::delete),
    bot("GET /v2/bot/coupon", coupon::list),
    bot("POST /v2/bot/coupon", coupon::create),
    bot("GET /v2/bot/coupon/{couponId}", coupon::get),
    bot("PUT /v2/bot/coupon/{couponId}/close", coupon::close),
    liff("POST /liff/v1/apps", liff::add),
    liff("GET /liff/v1/apps", liff::list),
    liff("PUT /liff/v1/apps/{liffId}", liff::update),
    liff("DELETE /liff/v1/apps/{liffId}", liff::delete),
    login("POST /oauth2/v2.1/token", token::issue),
    login("GET /oauth2/v2.1/verify", token_check::verify),
    login("POST /oauth2/v2.1/verify", id_token_verify::verify),
    login("POST /oauth2/v2.1/revoke", token_check::revoke),
    login("GET /oauth2/v2.1/tokens/kid", kids::list),
    login("GET /oauth2/v2.1/userinfo", user::userinfo),
    login("POST /oauth2/v2.1/userinfo", user::userinfo),
    login("GET /oauth2/v2.1/certs", user::certs),
    login("GET /v2/profile", user::profile),
    login("GET /friendship/v1/status", user::friendship),
    login("POST /user/v1/deauthorize", user::deauthorize),
    login("POST /oauth2/v3/token", channel_token::stateless),
    login("POST /v2/oauth/accessToken", short_token::issue),
    login("POST /v2/oauth/verify", short_token::verify),
    login("POST /v2/oauth/revoke", short_token::revoke),
];

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let route = |(host, auth, name, handler): &Row| {
        let documented = operations::find(*host, name);
        Route {
            host: *host,
            name,
            auth: *auth,
            limit: documented.and_then(|op| op.limit),
            retry_key: documented.is_some_and(|op| op.retry_key),
            handler: *handler,
        }
    };
    ROWS.iter().map(route).collect()
});

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
