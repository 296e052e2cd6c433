//! The life of a request: read whole, answered, written into the ledger, and spoiled where a fault was ordered.

use crate::app::App;
use crate::faults::{Kind, Order, When};
use crate::wire::{Host, Reply, Req};
use crate::{api, control, guard, login, phone};
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use std::sync::Arc;
use uuid::Uuid;

/// LINE docs: request-sizes: 2 MB on api.line.me; content uploads may be larger.
const API_BODY: usize = 2 * 1024 * 1024;
const DATA_BODY: usize = 10 * 1024 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-line-request-id");

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
pub(crate) struct Dropped;

/// Answers one request of a connection to `host`.
pub(crate) async fn answer(
    app: Arc<App>,
    host: Host,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let host = meant(host, &parts.method, parts.uri.path());
    let limit = if host == Host::Data { DATA_BODY } else { API_BODY };
    let (body, too_large) = match Limited::new(body, limit).collect().await {
        Ok(body) => (body.to_bytes(), false),
        Err(error) if error.is::<LengthLimitError>() => (Bytes::new(), true),
        Err(_) => return Err(Dropped),
    };
    let req = Req {
        host,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    if matches!(req.path.as_str(), "/healthz" | "/readyz") {
        return Ok(into_response(Reply::new(StatusCode::OK, "text/plain", "ok")));
    }
    if host == Host::Access && is_own(&req.path) {
        return Ok(into_response(own(&app, req).await));
    }
    recorded(&app, &req, too_large).await.map(into_response)
}

/// The emulator's own addresses: LINE has none of these, so the ledger has none of them.
fn is_own(path: &str) -> bool {
    path.starts_with("/_emulator/")
        || path.starts_with("/phone")
        || matches!(path, "/" | "/manager" | "/favicon.ico")
}

/// Which of LINE's hosts is meant. The phone's port answers for all of them, for programs that know one
/// base address only: no path stands on two hosts. The other ports are as strict as LINE's hosts are.
fn meant(listener: Host, method: &Method, path: &str) -> Host {
    if listener != Host::Access || is_own(path) {
        return listener;
    }
    let knows = |host: &Host| api::knows(*host, method, path);
    let called_by_programs = path.starts_with("/v2/") || path.starts_with("/bot/");
    let other = if called_by_programs { Host::Api } else { Host::Access };
    [Host::Api, Host::Data].into_iter().find(knows).unwrap_or(other)
}

async fn own(app: &Arc<App>, req: Req) -> Reply {
    if let Some(refusal) = guard::refuse(app, &req) {
        return refusal;
    }
    if !req.path.starts_with("/_emulator/") {
        let reply = phone::handle(app, &req).await;
        return with_policy(app, reply, "http: https:");
    }
    let reply = control::handle(app, &req).await;
    app.store.flush();
    reply
}

fn with_policy(app: &App, reply: Reply, images: &str) -> Reply {
    reply.with(CONTENT_SECURITY_POLICY, &app.policy(images)).with(REFERRER_POLICY, "same-origin")
}

/// A request to LINE.
async fn recorded(app: &Arc<App>, req: &Req, too_large: bool) -> Result<Reply, Dropped> {
    let id = Uuid::new_v4();
    let call = api::Call::find(app, req, id);
    let fault = call.fault();
    let delay = |default| fault.as_ref().and_then(|f| f.delay_ms).unwrap_or(default);
    let kind = fault.as_ref().map(|f| f.kind);
    if kind == Some(Kind::Slow) {
        wait(app, delay(3000)).await;
    }
    friends_change(app, &call, fault.as_ref(), When::Before);
    let reply = if too_large {
        Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large")
    } else if let Some(reply) = fault.as_ref().and_then(instead) {
        for_whom(app, req, reply)
    } else if req.host == Host::Access {
        with_policy(app, login::access(app, req), "")
    } else {
        call.answer().await
    };
    let reply = match kind {
        Some(Kind::ErrorAfterAccept) => {
            for_whom(app, req, Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"))
        }
        _ => reply,
    };
    let reply = reply.with(REQUEST_ID, &id.to_string());
    let dropped = matches!(kind, Some(Kind::HangAfterAccept | Kind::Reset));
    let status = if dropped { 0 } else { reply.status.as_u16() };
    app.ledger.add(app.now(), req, &reply, status, kind.map(Kind::name));
    app.ledger.flush();
    app.store.flush();
    match kind {
        Some(Kind::HangAfterAccept) => wait(app, delay(30_000)).await,
        Some(Kind::FriendsChange) => {
            friends_change(app, &call, fault.as_ref(), When::After);
            app.store.flush();
            wait(app, delay(0)).await;
        }
        _ => {}
    }
    if dropped { Err(Dropped) } else { Ok(reply) }
}

/// People add or block while the request is worked on.
fn friends_change(app: &App, call: &api::Call<'_>, fault: Option<&Order>, when: When) {
    let due = fault.filter(|f| f.kind == Kind::FriendsChange && f.when == when);
    if let (Some(order), Some(tenant)) = (due, call.caller()) {
        app.friends_change(tenant, order, &call.req.body);
    }
}

/// What is answered instead of doing anything.
fn instead(fault: &Order) -> Option<Reply> {
    let reply = match fault.kind {
        Kind::ErrorBefore => Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        Kind::Reset => Reply::empty(StatusCode::OK),
        Kind::RateLimit => api::rate_limited(),
        Kind::Quota => api::over_quota(),
        Kind::Unauthorized => api::unauthorized(),
        _ => return None,
    };
    Some(match fault.retry_after {
        Some(seconds) => reply.with(RETRY_AFTER, &seconds.to_string()),
        None => reply,
    })
}

/// A fault as its receiver can read it: people get a page of the same status, programs LINE's JSON.
fn for_whom(app: &App, req: &Req, reply: Reply) -> Reply {
    if req.host != Host::Access || req.path.starts_with("/.well-known/") {
        return reply;
    }
    let mut page = login::pages::unavailable(app, reply.status);
    page.headers.extend(reply.headers.into_iter().filter(|(name, _)| *name == RETRY_AFTER));
    with_policy(app, page, "")
}

/// Waits by the emulator's clock, but not beyond its end.
async fn wait(app: &App, ms: u64) {
    tokio::select! {
        () = app.clock.wait_ms(ms) => {}
        () = app.stop.cancelled() => {}
    }
}

fn into_response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    response.headers_mut().extend(reply.headers);
    response.headers_mut().entry("x-content-type-options").or_insert(HeaderValue::from_static("nosniff"));
    response
}
