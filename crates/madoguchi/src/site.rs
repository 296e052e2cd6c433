//! The two sites and their guards. Routes are added only through [`Site::route`], each with a [`Guard`].

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use axum::{Extension, RequestPartsExt as _, Router};

use crate::app::App;
use crate::edge::Side;
use crate::error::Error;
use crate::procedure::Shelf;

/// Who may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Anybody; the page names no municipality (health, assets, the front page).
    Open,
    /// Anybody; the address names a municipality.
    Public,
    /// LINE, by the signature over the raw body, which the handler checks.
    Signature,
    /// A citizen who is signed in; others are led to our page before LINE's consent.
    Citizen,
    /// Staff who are signed in; others are led to the sign-in page.
    Staff,
    /// Staff who may act: everybody but viewers.
    Clerk,
    /// Administrators.
    Admin,
}

/// A route as the meta-test sees it.
#[derive(Clone, Debug)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with `{…}`.
    pub path: &'static str,
    /// Who may pass.
    pub guard: Guard,
}

/// A listener's routes under construction.
pub struct Site {
    app: App,
    side: Side,
    router: Router<App>,
    routes: Vec<Route>,
}

impl Site {
    /// No routes yet.
    pub fn new(app: &App, side: Side) -> Self {
        Self { app: app.clone(), side, router: Router::new(), routes: Vec::new() }
    }

    /// Adds a route with its guard: the only way to add one.
    #[must_use]
    pub fn route<H, T>(mut self, method: Method, path: &'static str, guard: Guard, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = if method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        let layer = middleware::from_fn_with_state((self.app.clone(), self.side, guard), check);
        self.router = self.router.route(path, on(filter, handler).layer(layer));
        self.routes.push(Route { method, path, guard });
        self
    }

    /// The routes, for the meta-test.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    pub(crate) fn into_router(self) -> (App, Side, Router<App>) {
        (self.app, self.side, self.router)
    }
}

async fn check(
    State((app, side, guard)): State<(App, Side, Guard)>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&app, (side, guard), request).await {
        Ok(request) => next.run(request).await,
        Err(response) => *response,
    }
}

async fn admit(
    app: &App,
    (side, guard): (Side, Guard),
    mut request: Request,
) -> Result<Request, Box<Response>> {
    let is_post = *request.method() == Method::POST;
    if guard != Guard::Signature && is_post && !is_same_origin(app, side, &request) {
        return Err(Box::new(Error::Forbidden.into_response()));
    }
    if guard == Guard::Open {
        return Ok(request);
    }
    let shelf =
        tenant_of(app, request.uri().path()).ok_or_else(|| Box::new(Error::NotFound.into_response()))?;
    let tenant = shelf.tenant();
    request.extensions_mut().insert(Tenant(Arc::clone(&shelf)));
    match guard {
        Guard::Citizen => match crate::account::admit(app, tenant, request.headers()).await {
            Some(citizen) => {
                request.extensions_mut().insert(citizen);
                Ok(request)
            }
            None => Err(Box::new(crate::account::citizen::lead_in(app, &shelf, &request))),
        },
        Guard::Staff | Guard::Clerk | Guard::Admin => {
            match crate::office::admit(app, tenant, request.headers()).await {
                Ok(Some(clerk)) if !suffices(guard, &clerk) => {
                    Err(Box::new(Error::Forbidden.into_response()))
                }
                Ok(Some(clerk)) => {
                    request.extensions_mut().insert(clerk);
                    Ok(request)
                }
                Ok(None) => Err(Box::new(crate::office::staff::lead_in(&shelf))),
                Err(e) => Err(Box::new(e.into_response())),
            }
        }
        Guard::Open | Guard::Public | Guard::Signature => Ok(request),
    }
}

/// May this member of staff pass?
fn suffices(guard: Guard, clerk: &crate::office::Clerk) -> bool {
    match guard {
        Guard::Clerk => clerk.may_act(),
        Guard::Admin => clerk.role == crate::office::Role::Admin,
        _ => true,
    }
}

/// The municipality that an address names: `/{tenant}/…` or `/line/{tenant}/…`, by code or slug.
fn tenant_of(app: &App, path: &str) -> Option<Arc<Shelf>> {
    let mut parts = path.split('/').skip(1);
    let first = parts.next()?;
    let name = if first == "line" { parts.next()? } else { first };
    app.catalogue.by_name(name)
}

/// Cross-site posts are refused by what browsers say of themselves (Sec-Fetch-Site, then Origin); programs
/// that say neither carry no cookie of anybody else.
fn is_same_origin(app: &App, side: Side, request: &Request) -> bool {
    let text = |name| request.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some("same-origin" | "none") => return true,
        Some(_) => return false,
        None => {}
    }
    match text(header::ORIGIN) {
        Some(origin) => app.is_own_origin(side, origin, request.headers()),
        None => true,
    }
}

/// The municipality of this request.
#[derive(Clone)]
pub struct Tenant(pub Arc<Shelf>);

/// The guard put it there; a route whose guard does not is a bug that a test finds.
async fn from_guard<T: Clone + Send + Sync + 'static>(parts: &mut Parts) -> Result<T, Error> {
    parts
        .extract::<Extension<T>>()
        .await
        .map(|Extension(value)| value)
        .map_err(|_| Error::internal("route", "a handler asks for what its guard does not give"))
}

macro_rules! given_by_guard {
    ($($what:ty),*) => {$(
        impl FromRequestParts<App> for $what {
            type Rejection = Error;
            async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
                from_guard(parts).await
            }
        }
    )*};
}

given_by_guard!(Tenant, crate::account::Citizen, crate::office::Clerk);
