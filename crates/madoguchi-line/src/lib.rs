//! All of madoguchi that speaks to LINE, and what LINE may ever learn.
//!
//! # What LINE may ever learn
//! * That a person signed in to a municipality's window, and when (LINE Login: authorise, token, friendship,
//!   revocation). We ask for `profile openid` because the friend flag needs it; name and picture are dropped
//!   at parse: there is no field that could hold them.
//! * That a person gets news: a [`notice::Notice`], which is `Copy + 'static` and made of ids, a kind from a
//!   closed list, a receipt number, a day and a number of days. The sentence around them is the
//!   municipality's own, published per procedure ([`wording`]), with four variables and no other.
//! * Which rich menu a municipality shows ([`menu`]).
//!
//! Nothing else can be sent: LINE's API is the private module `api`, this crate depends on `madoguchi-base`
//! only and so cannot name an answer, and its SQL names `line_*` tables only.
//!
//! # What it is not
//! A messaging library. It holds no page, knows no form, and decides nothing about applications.
//!
//! # Parts
//! [`login`] sign-in · [`notice`] news, promised in the window's transactions · [`wording`] published
//! sentences · [`reminder`] asked about before they are told · `outbox`, `deliver` the lane that owns a channel and sends (frozen key and bytes, outcomes,
//! 20-hour rule) · [`webhook`] follow and unfollow, [`relay`] passed on to one more address, a fixed answer · [`friends`] who can be reached · [`menu`] rich menus ·
//! [`channel`], [`mode`], [`assertion`] settings · [`check`] invariants · [`crash`] points at which tests kill the process.

mod after;
mod api;
pub mod assertion;
pub mod channel;
pub mod check;
pub mod crash;
mod deliver;
pub mod friends;
pub mod inspect;
mod line;
pub mod login;
pub mod menu;
pub mod mode;
pub mod notice;
pub mod outbox;
pub mod relay;
pub mod reminder;
mod reply;
mod steady;
mod store;
#[cfg(test)]
mod tests;
pub mod webhook;
pub mod wording;

pub use line::{Line, LineError, Options};
pub use store::statements;
