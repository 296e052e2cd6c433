//! The phone: a page that shows somebody's talks, and what it needs.

use crate::app::App;
use crate::wire::{Reply, Req};

/// Answers `/phone…`.
pub(crate) async fn handle(_app: &App, _req: &Req) -> Reply {
    Reply::not_found()
}
