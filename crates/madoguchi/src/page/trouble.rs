//! Which kind page an error gets.

use axum::response::Response;

use super::views::ErrorPage;
use super::{Frame, Place};
use crate::error::Error;
use crate::procedure::Shelf;

/// The kind page for an error; without a municipality where the address names none.
pub fn trouble(shelf: Option<&Shelf>, error: &Error) -> Response {
    trouble_in(shelf.map_or_else(|| Frame::new(&Place::nowhere(), ""), |s| s.frame("")), error)
}

/// The kind page for an error in a frame of the caller's: `Frame::new(&Place::nowhere_in_demo(), "")` in the demo.
pub fn trouble_in(frame: Frame, error: &Error) -> Response {
    let page = match error {
        Error::NotFound => ErrorPage::not_found(frame),
        Error::Forbidden => ErrorPage::forbidden(frame),
        Error::Conflict(words) => ErrorPage::conflict(frame, words),
        Error::BadRequest | Error::TooLarge => ErrorPage::unreadable(frame),
        Error::Busy => ErrorPage::busy(frame, None),
        Error::Unknown | Error::Late => ErrorPage::unknown(frame, None),
        Error::Gone => ErrorPage::gone(frame),
        Error::TooMany => ErrorPage::too_many(frame),
        Error::Internal(reference) => ErrorPage::internal(frame, reference),
    };
    super::html(&page, error.status())
}
