//! The frame of every page of the citizens' site: look, words around the content, headers, static files.
//!
//! It is: how a page is rendered, cached and sent, and the pages that belong to no noun (errors, consent).
//! It is not: what stands in a noun's pages (their templates lie in the noun's `pages/`), nor the staff's frame.
//! Nothing here reads the database.

pub mod assets;
mod cached;
mod policy;
pub mod trouble;
pub mod views;

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

pub use cached::CachedPage;
pub use policy::Policy;

use crate::guide::Topic;
use crate::guide::views::Banner;
use crate::procedure::municipality::Contact;

/// The municipality around a page.
#[derive(Debug, Clone)]
pub struct Place {
    /// 西尾市.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Whom to ask.
    pub contact: Contact,
    /// Says on every page that nothing is real.
    pub demo: bool,
    /// Announcements that are shown now.
    pub banners: Vec<Banner>,
}

impl Place {
    /// For pages of an address that names no municipality.
    pub fn nowhere() -> Arc<Self> {
        Self::without_city(false)
    }

    /// The same in the demo, which says on every page that nothing is real.
    pub fn nowhere_in_demo() -> Arc<Self> {
        Self::without_city(true)
    }

    fn without_city(demo: bool) -> Arc<Self> {
        let contact = Contact { section: String::new(), telephone: String::new(), hours: String::new() };
        Arc::new(Self { name: String::new(), slug: String::new(), contact, demo, banners: Vec::new() })
    }
}

/// What `page/frame.html` needs. Templates that extend it have it as the field `frame`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The municipality.
    pub place: Arc<Place>,
    /// Title of the page, for the window and the heading.
    pub title: String,
}

impl Frame {
    /// A frame around a page.
    pub fn new(place: &Arc<Place>, title: impl Into<String>) -> Self {
        Self { place: Arc::clone(place), title: title.into() }
    }

    /// An address in the municipality: `href("a")` is `/nishio/a`.
    pub fn href(&self, path: &str) -> String {
        format!("/{}/{path}", self.place.slug)
    }

    /// The municipality's texts, for the foot of the page: address and title.
    pub fn guide(&self) -> impl Iterator<Item = (String, &'static str)> {
        Topic::ALL.into_iter().map(|topic| (self.href(&format!("guide/{}", topic.code())), topic.title()))
    }

    /// Address of the style sheet.
    pub fn css(&self) -> &'static str {
        assets::path("madoguchi.css")
    }

    /// Address of the script.
    pub fn js(&self) -> &'static str {
        assets::path("form.js")
    }
}

#[cfg(test)]
mod tests;

/// A page for this person only: never stored by a browser or a proxy.
pub fn html(template: &impl Template, status: StatusCode) -> Response {
    match template.render() {
        Ok(body) => {
            let mut response = (status, body).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            // Templates are checked at compile time; a value that cannot be written would be a fault of ours.
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
