//! The pages around signing in.

use axum::http::StatusCode;
use axum::response::Response;

use super::citizen::Turned;
use crate::error::Error;
use crate::page::html;
use crate::page::trouble::trouble;
use crate::page::views::{ConsentPage, ErrorPage, UnlinkPage};
use crate::procedure::Shelf;

/// Our one page before LINE's consent: purpose, what LINE learns, fee, time needed, one button.
/// `lost`: something was sent without a session; it is not kept, and the page says so.
pub fn consent(shelf: &Shelf, next: &str, location: &str, lost: bool) -> Response {
    // /{tenant}/p/{procedure}/…: then the page tells of that procedure.
    let slug = next.split('/').skip_while(|part| *part != "p").nth(1);
    let procedure = slug.and_then(|slug| shelf.current(slug)).map(|p| p.procedure());
    let status = if lost { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    html(&ConsentPage { frame: shelf.frame("LINEで続けます"), procedure, location, lost }, status)
}

/// A page with one button that starts a fresh sign-in in this browser.
pub fn turned(shelf: &Shelf, why: Turned, location: &str) -> Response {
    let frame = shelf.frame("");
    let (page, status) = match why {
        Turned::NotThisBrowser => (ErrorPage::not_this_browser(frame, location), StatusCode::BAD_REQUEST),
        Turned::Denied => (ErrorPage::denied(frame, location), StatusCode::OK),
        Turned::Unavailable => {
            (ErrorPage::line_unavailable(frame, location), StatusCode::SERVICE_UNAVAILABLE)
        }
    };
    html(&page, status)
}

/// The municipality has no channel (or none that opens): nobody can sign in.
pub fn unavailable(shelf: &Shelf) -> Response {
    trouble(Some(shelf), &Error::Busy)
}

/// What ending the link means; `location` is LINE's address, where there is a channel.
pub fn unlink(shelf: &Shelf, location: Option<&str>) -> Response {
    let here = format!("/{}/unlink", shelf.slug());
    html(&UnlinkPage { frame: shelf.frame("LINEとの連携を解除する"), location, here }, StatusCode::OK)
}

/// The link has ended; `told`: LINE knows it too.
pub fn unlinked(shelf: &Shelf, told: bool) -> Response {
    html(&ErrorPage::unlinked(shelf.frame(""), told), StatusCode::OK)
}

/// LINE's person is another one than the one who is signed in here.
pub fn other_line(shelf: &Shelf) -> Response {
    html(&ErrorPage::other_line(shelf.frame("")), StatusCode::CONFLICT)
}
