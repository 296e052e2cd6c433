//! Signing in by LINE, as the citizen meets it.

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use madoguchi_base::db::{Class, Never};
use madoguchi_base::{AccountId, ApplicationId, TenantId, random};
use madoguchi_line::login::{Begin, CallbackQuery, LoginError};

use serde::Deserialize;

use super::acts::{self, SignIn};
use super::{CONSENT_VERSION, Citizen, pages, sessions, store, token_hash, unlink};
use crate::app::App;
use crate::audit::{Actor, Record};
use crate::cookies::{self, Use};
use crate::error::Error;
use crate::procedure::Shelf;
use crate::site::Tenant;

/// An attempt to sign in lives as long as LINE's code.
const ATTEMPT_SECS: i64 = 600;
/// This browser is not asked again for a year, unless our page changes.
const AGREED_SECS: i64 = 365 * 86_400;

/// What somebody without a session gets: our one page before LINE's consent, or, where this browser has
/// agreed to this version before, the way to LINE at once.
pub fn lead_in(app: &App, shelf: &Shelf, request: &Request) -> Response {
    let tenant = shelf.tenant();
    let next = if request.method() == axum::http::Method::GET {
        request.uri().path().to_owned()
    } else {
        // A post without a session cannot be repeated by an address: back to where it came from.
        let path = request.uri().path();
        path.rsplit_once('/')
            .map_or_else(|| format!("/{}/", shelf.slug()), |(form, _)| format!("{form}/form"))
    };
    let Some((location, cookie)) = begin(app, tenant, request.headers(), &next, Ask::Usual) else {
        return pages::unavailable(shelf);
    };
    let agreed = cookies::get(app, request.headers(), tenant, Use::Agreed) == Some(CONSENT_VERSION);
    let mut response = if agreed && request.method() == axum::http::Method::GET {
        Redirect::to(&location).into_response()
    } else {
        pages::consent(shelf, &next, &location, request.method() != axum::http::Method::GET)
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// What LINE is asked beyond the usual.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Usual,
    /// After a failed auto-login: ask instead of trying again by itself.
    NoAutoLogin,
    /// Show the add-friend screen.
    Friend,
    /// In order to end the link.
    Unlink,
}

fn begin(
    app: &App,
    tenant: TenantId,
    headers: &HeaderMap,
    next: &str,
    ask: Ask,
) -> Option<(String, HeaderValue)> {
    let origin = app.bare_origin(headers);
    let begin = Begin {
        next,
        disable_auto_login: ask == Ask::NoAutoLogin,
        offer_friend: ask == Ask::Friend,
        unlink: ask == Ask::Unlink,
        origin: origin.as_deref(),
        other_attempts: cookies::get(app, headers, tenant, Use::Attempt),
    };
    let started = app.line.begin(tenant, &begin).ok()?;
    let cookie = cookies::set(app, headers, tenant, Use::Attempt, &started.cookie_value, ATTEMPT_SECS)?;
    let location = if origin.is_some() { by_number(&started.location) } else { started.location };
    Some((location, cookie))
}

/// For a script that reaches us by a bare loopback address, a LINE under `localhost` is there, too: resolvers
/// often know no names under `localhost`.
fn by_number(location: &str) -> String {
    let mut url = match url::Url::parse(location) {
        Ok(url) if url.host_str().is_some_and(|h| h.ends_with(".localhost")) => url,
        _ => return location.to_owned(),
    };
    match url.set_host(Some("127.0.0.1")) {
        Ok(()) => url.into(),
        Err(_) => location.to_owned(),
    }
}

/// From whose page the person came, so that they come back to it.
#[derive(Deserialize)]
pub struct Back {
    application: Option<String>,
}

/// `GET /{tenant}/friend`: LINE's add-friend screen, for somebody whom notices do not reach; then back.
pub async fn friend(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    let next = match back.application.and_then(|id| id.parse::<ApplicationId>().ok()) {
        Some(id) => format!("/{}/a/{id}", shelf.slug()),
        None => format!("/{}/a", shelf.slug()),
    };
    match begin(&app, shelf.tenant(), &headers, &next, Ask::Friend) {
        Some((location, cookie)) => {
            let mut response = Redirect::to(&location).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        None => pages::unavailable(&shelf),
    }
}

/// What LINE puts into the address.
#[derive(Deserialize)]
pub struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    friendship_status_changed: Option<bool>,
}

impl From<Callback> for CallbackQuery {
    fn from(q: Callback) -> Self {
        let friendship_status_changed = q.friendship_status_changed;
        Self { code: q.code, state: q.state, error: q.error, friendship_status_changed }
    }
}

/// `GET /line/{tenant}/callback`: LINE sends the browser back here.
pub async fn callback(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    headers: HeaderMap,
    Query(query): Query<Callback>,
) -> Response {
    let tenant = shelf.tenant();
    let attempts = cookies::get(&app, &headers, tenant, Use::Attempt);
    let home = format!("/{}/a", shelf.slug());
    match app.line.finish(tenant, &query.into(), attempts).await {
        Ok(verified) if verified.is_unlink() => unlink::confirmed(&app, &shelf, &headers, &verified)
            .await
            .unwrap_or_else(IntoResponse::into_response),
        Ok(verified) => {
            let (next, others) = (verified.next.clone(), verified.cookie_value.clone());
            match sign_in(&app, tenant, &headers, verified).await {
                Ok(token) => signed_in(&app, tenant, &headers, &token, (&next, others.as_deref())),
                Err(e) => e.into_response(),
            }
        }
        Err(LoginError::Denied { next }) => fresh_start(&app, &shelf, &headers, &next, Turned::Denied),
        Err(LoginError::Unavailable) => fresh_start(&app, &shelf, &headers, &home, Turned::Unavailable),
        Err(LoginError::NotThisBrowser | LoginError::Expired | LoginError::Refused) => {
            // A code is redeemed only where it was asked for: this one is thrown away.
            fresh_start(&app, &shelf, &headers, &home, Turned::NotThisBrowser)
        }
    }
}

/// Why a sign-in starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// The code belongs to another browser's attempt (or LINE could not sign in by itself).
    NotThisBrowser,
    /// キャンセル.
    Denied,
    /// LINE does not answer.
    Unavailable,
}

/// A page with one button that starts a fresh sign-in here; it never starts by itself. After a failed
/// auto-login LINE is told to ask instead of trying again, or it would loop.
fn fresh_start(app: &App, shelf: &Shelf, headers: &HeaderMap, next: &str, why: Turned) -> Response {
    let ask = if why == Turned::NotThisBrowser { Ask::NoAutoLogin } else { Ask::Usual };
    let Some((location, cookie)) = begin(app, shelf.tenant(), headers, next, ask) else {
        return pages::unavailable(shelf);
    };
    let mut response = pages::turned(shelf, why, &location);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

async fn sign_in(
    app: &App,
    tenant: TenantId,
    headers: &HeaderMap,
    verified: madoguchi_line::login::Verified,
) -> Result<String, Error> {
    let token = random::token();
    let (hash, at) = (token_hash(&token), app.clock.steady_wall());
    let record = Record::new((&app.keys, &app.clock), tenant, Actor::System, "account.sign-in");
    let old = cookies::get(app, headers, tenant, Use::Session).map(token_hash);
    let input = SignIn { tenant, verified, candidate: AccountId::new(&app.clock), hash, old, at, record };
    let (account, ended) = app
        .db
        .write::<_, (AccountId, Vec<Vec<u8>>), Never, _>(
            "account.sign-in",
            Class::Vital,
            tenant,
            input,
            |s, tx| Box::pin(async move { Ok(acts::sign_in(tx, s).await?) }),
        )
        .await?;
    app.sessions.forget(&ended);
    app.sessions.add(tenant, hash, account, at.plus_ms(sessions::LIFE_MS));
    Ok(token)
}

/// `others`: attempts that are still open in other tabs of this browser.
fn signed_in(
    app: &App,
    tenant: TenantId,
    headers: &HeaderMap,
    token: &str,
    (next, others): (&str, Option<&str>),
) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, next.to_owned())]).into_response();
    let cookies = [
        cookies::set(app, headers, tenant, Use::Session, token, sessions::LIFE_MS / 1_000),
        cookies::set(
            app,
            headers,
            tenant,
            Use::Attempt,
            others.unwrap_or_default(),
            others.map_or(0, |_| ATTEMPT_SECS),
        ),
        cookies::set(app, headers, tenant, Use::Agreed, CONSENT_VERSION, AGREED_SECS),
    ];
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /{tenant}/sign-out`: ends the session here and in the database.
pub async fn sign_out(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let tenant = citizen.tenant;
    let hash = token_hash(&citizen.token.0);
    let record =
        Record::new((&app.keys, &app.clock), tenant, Actor::Citizen(citizen.account), "account.sign-out");
    app.db
        .write::<_, (), Never, _>(
            "account.sign-out",
            Class::Vital,
            tenant,
            (tenant, hash, record),
            |(tenant, hash, record), tx| {
                Box::pin(async move {
                    store::revoke(tx, *tenant, hash, record.at).await?;
                    crate::audit::acts::record(tx, std::slice::from_ref(record)).await?;
                    Ok(())
                })
            },
        )
        .await?;
    app.sessions.forget(&[hash.to_vec()]);
    let mut response = Redirect::to(&format!("/{}/", shelf.slug())).into_response();
    if let Some(cookie) = cookies::set(&app, &headers, tenant, Use::Session, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// `GET /{tenant}/unlink`: what ending the link means, and the way to LINE, which is told of it.
pub async fn unlink_page(State(app): State<App>, Tenant(shelf): Tenant, headers: HeaderMap) -> Response {
    let done = format!("/{}/unlinked", shelf.slug());
    let begun = begin(&app, shelf.tenant(), &headers, &done, Ask::Unlink);
    let mut response = pages::unlink(&shelf, begun.as_ref().map(|(location, _)| location.as_str()));
    if let Some((_, cookie)) = begun {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /{tenant}/unlink`: ends the link here, for somebody whom LINE's page does not open.
pub async fn unlink_here(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    headers: HeaderMap,
) -> Result<Response, Error> {
    unlink::here(&app, &shelf, &headers, citizen.account).await
}

/// Whether LINE was told.
#[derive(Deserialize)]
pub struct Told {
    line: Option<String>,
}

/// `GET /{tenant}/unlinked`: it is done.
pub async fn unlinked(Tenant(shelf): Tenant, Query(told): Query<Told>) -> Response {
    pages::unlinked(&shelf, told.line.as_deref() != Some("not-told"))
}
