//! Lists by pages: `limit`, `start` and a token that leads on. Tokens live a day.

use super::Call;
use crate::state::calendar::DAY_MS;
use crate::wire::Reply;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    first: usize,
    limit: usize,
}

/// Reads `limit` and `start`.
pub(super) fn read(call: &Call<'_>, default: usize, most: usize) -> Result<Page, Reply> {
    let query = call.req.query();
    let limit = match query.get("limit").map(str::parse::<usize>) {
        None => default,
        Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
        Some(_) => return Err(Reply::bad("Invalid limit param")),
    };
    let first = match query.get("start") {
        None => 0,
        Some(token) => open(token, call.app.now()).ok_or_else(|| Reply::bad("Invalid start param"))?,
    };
    Ok(Page { first, limit })
}

/// The page under `name`, with `next` where there is more.
pub(super) fn answer<T>(page: &Page, name: &str, all: &[T], now: i64, tell: impl Fn(&T) -> Value) -> Reply {
    let first = page.first.min(all.len());
    let end = all.len().min(first + page.limit);
    let mut body = json!({ name: all[first..end].iter().map(tell).collect::<Vec<Value>>() });
    if end < all.len() {
        body["next"] = URL_SAFE_NO_PAD.encode(format!("{end}.{now}")).into();
    }
    Reply::ok(&body)
}

fn open(token: &str, now: i64) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (first, at) = text.split_once('.')?;
    let at: i64 = at.parse().ok()?;
    (at <= now && now < at + DAY_MS).then(|| first.parse().ok()).flatten()
}
