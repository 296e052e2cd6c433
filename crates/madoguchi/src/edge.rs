//! The edge of a site: limits, security headers, kind pages for trouble, no panics to the network.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::db::Class;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::error::Error;
use crate::host;
use crate::page::{self, Frame, Place, Policy};
use crate::procedure::Shelf;
use crate::serve::Deadline;
use crate::site::Site;

/// A form with its sealed answers fits well; anything larger is refused before it is read.
const BODY_LIMIT: usize = 192 * 1024;
/// Writes that may wait before new posts are turned away: about two seconds' work.
const OVERLOAD: usize = 3_500;

/// How much longer a request with files may take.
const UPLOAD: u32 = 12;

/// Which site: they frame and redirect differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Citizens.
    Public,
    /// Staff.
    Staff,
}

#[derive(Clone)]
struct Edge {
    app: App,
    policy: Arc<Policy>,
    side: Side,
}

/// Wraps a site's routes.
pub fn router(routes: Site) -> anyhow::Result<Router> {
    let (app, side, routes) = routes.into_router();
    // The demo's front page shows the phone and the staff's site in frames; nothing else shows a frame.
    let shown = match app.demo.get() {
        Some(demo) if side == Side::Public => vec![demo.phone.clone(), demo.staff.clone()],
        _ => Vec::new(),
    };
    let policy = Arc::new(Policy::new(&[], &app.settings.frame_ancestors, &shown)?);
    let around_site = Edge { app: app.clone(), policy, side };
    Ok(routes
        .fallback(|| async { Error::NotFound })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Error::internal("handler", "a handler panicked").into_response()
        }))
        .layer(middleware::from_fn_with_state(around_site, around))
        .with_state(app))
}

async fn around(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let path_shelf = shelf_of(&edge.app, request.uri().path());
    let is_post = *request.method() == Method::POST;
    let mut response = if !answers_to(&edge.app, request.headers()) {
        (StatusCode::MISDIRECTED_REQUEST, "デモは、案内されたアドレスで開いてください。").into_response()
    } else if is_post && edge.app.db.waiting(Class::Person) > OVERLOAD {
        Error::Busy.into_response()
    } else {
        in_time(request, next).await
    };
    if let Some(error) = response.extensions_mut().remove::<Error>() {
        response = draw(&edge, path_shelf.as_deref(), &error);
    } else if is_bare_refusal(&response) {
        // axum's own refusals (unreadable form, body too large) are turned into our pages, too.
        let error = match response.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND => Error::NotFound,
            _ => Error::BadRequest,
        };
        response = draw(&edge, path_shelf.as_deref(), &error);
    }
    edge.policy.apply(response.headers_mut());
    if edge.app.url_of(edge.side).scheme() == "https" {
        let hsts = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    response
}

/// The demo has a phone and a clerk's password on its front page. So it answers only to hosts that nobody else can
/// own: a stranger's name that is made to point to this machine (DNS rebinding) gets nothing.
fn answers_to(app: &App, headers: &HeaderMap) -> bool {
    if !app.settings.demo {
        return true;
    }
    let asked = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let listens = app.settings.listen.public.ip();
    if let Some(ip) = host::address(asked) {
        return ip.is_loopback() || ip == listens || listens.is_unspecified();
    }
    let phone = app.demo.get().and_then(|demo| demo.phone.parse::<url::Url>().ok());
    let own = [Some(&app.settings.public_url), Some(&app.settings.staff_url), phone.as_ref()];
    let name = host::name(asked);
    name == "localhost" || own.into_iter().flatten().any(|url| url.host_str() == Some(name))
}

/// Runs the handler, its reading of the body included, no longer than the listener allows. What a late handler
/// had handed to the writer is stored, or not: the page says so.
async fn in_time(request: Request, next: Next) -> Response {
    let Deadline(limit) = request.extensions().get().copied().unwrap_or_default();
    // Photographs over a telephone's line take longer than words; their reader wants to hear something every few
    // seconds, and only where somebody is signed in is the body read at all.
    let limit = if brings_files(&request) { limit * UPLOAD } else { limit };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Late.into_response(),
    }
}

fn brings_files(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.starts_with(b"multipart/form-data")
}

fn is_bare_refusal(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let html = kind.starts_with(b"text/html") || kind.starts_with(b"application/json");
    let status = response.status();
    // Our own answers to programs (webhooks) have no words; axum's have.
    if status == StatusCode::BAD_REQUEST {
        return kind.starts_with(b"text/plain");
    }
    !html
        && matches!(
            status,
            StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::UNPROCESSABLE_ENTITY
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
        )
}

fn shelf_of(app: &App, path: &str) -> Option<Arc<Shelf>> {
    let mut parts = path.split('/').skip(1);
    let first = parts.next()?;
    app.catalogue.by_name(if first == "line" { parts.next()? } else { first })
}

fn draw(edge: &Edge, shelf: Option<&Shelf>, error: &Error) -> Response {
    // Where one municipality is served, a mistyped name leads to it.
    let only = edge.app.catalogue.only().filter(|_| shelf.is_none() && matches!(error, Error::NotFound));
    let shelf = shelf.or(only.as_deref().filter(|_| matches!(edge.side, Side::Public)));
    let mut response = match edge.side {
        Side::Public if shelf.is_none() && edge.app.settings.demo => {
            page::trouble::trouble_in(Frame::new(&Place::nowhere_in_demo(), ""), error)
        }
        Side::Public => page::trouble::trouble(shelf, error),
        Side::Staff => crate::office::pages::trouble(shelf, error),
    };
    if matches!(error, Error::Busy | Error::TooMany) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    if matches!(error, Error::Late) {
        // The rest of the body is not waited for.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
