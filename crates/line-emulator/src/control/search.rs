//! Does a word stand in anything that LINE was told? Looks through the whole journal, as it came and decoded.

use super::body;
use crate::app::App;
use crate::wire::{Reply, Req};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Requests that are shown.
const SHOWN: usize = 50;
/// Requests that are in memory at a time.
const PAGE: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    #[serde(default)]
    q: String,
}

/// `POST /_emulator/search` `{q}`: the word stands in the body, so that it comes into no log and no history.
pub(super) async fn search(app: &Arc<App>, req: &Req) -> Reply {
    let question: Question = match body(req) {
        Ok(question) => question,
        Err(reply) => return reply,
    };
    let word = question.q.trim().to_lowercase();
    if word.is_empty() {
        return Reply::bad("q is missing");
    }
    // A long journal takes a while: others are answered meanwhile.
    let app = app.clone();
    match tokio::task::spawn_blocking(move || look(&app, &word)).await {
        Ok(found) => Reply::ok(&found).with(CACHE_CONTROL, "no-store"),
        Err(error) => {
            tracing::error!(%error, "a search did not end");
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "the search did not end")
        }
    }
}

fn look(app: &App, word: &str) -> Value {
    let last = app.ledger.last();
    let (mut since, mut searched, mut hits) = (0, 0_usize, Vec::new());
    let mut found = 0_usize;
    while since < last {
        let lines = app.ledger.since(since, PAGE);
        since += PAGE as u64;
        for line in lines {
            let Ok(request) = serde_json::from_str::<Value>(&line) else { continue };
            searched += 1;
            if stands_in(&request, word) {
                found += 1;
                hits.push(line);
            }
        }
        // Only the newest are shown.
        hits.drain(..hits.len().saturating_sub(SHOWN));
    }
    let requests: Vec<Value> = hits.iter().rev().filter_map(|l| serde_json::from_str(l).ok()).collect();
    json!({
        "searched": searched, "last": last, "found": found, "own": is_own(app, word), "requests": requests,
    })
}

/// What a person writes into the talk goes to LINE by their own hand.
fn is_own(app: &App, word: &str) -> bool {
    let all = app.store.lock();
    let mut written = all.people.all.iter().flat_map(|p| &p.talk).filter(|line| line.mine);
    written.any(|line| {
        let message = serde_json::from_str::<Value>(&line.message).unwrap_or_default();
        message["text"].as_str().is_some_and(|text| has(text, word))
    })
}

fn has(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}

/// Everything that LINE received, without its own answer.
fn stands_in(request: &Value, word: &str) -> bool {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let headers = request["headers"].as_object().into_iter().flatten();
    let binary = STANDARD.decode(text("body_base64")).unwrap_or_default();
    let received = [text("method"), text("path"), text("query"), text("body"), text("body_base64")];
    received.into_iter().any(|part| in_any_form(part, word))
        || headers
            .flat_map(|(name, value)| [name.as_str(), value.as_str().unwrap_or_default()])
            .any(|part| in_any_form(part, word))
        || in_any_form(&String::from_utf8_lossy(&binary), word)
}

/// As it came, percent-decoded, and with what JSON escapes put back; forms may carry JSON.
fn in_any_form(text: &str, word: &str) -> bool {
    if has(text, word) || has_unescaped(text, word) {
        return true;
    }
    if !text.contains(['%', '+']) {
        return false;
    }
    let plain = percent_decoded(text);
    has(&plain, word) || has_unescaped(&plain, word)
}

fn has_unescaped(text: &str, word: &str) -> bool {
    text.contains('\\') && has(&json_unescaped(text), word)
}

/// Any text, not only a valid form: `+` becomes a space.
fn percent_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let mut bytes = Vec::with_capacity(spaced.len());
    let mut rest = spaced.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%').and_then(|two| hex::decode(two).ok());
        if let Some(code) = code {
            bytes.extend(code);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Any text, not only valid JSON; what is no escape stays as it is.
fn json_unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        units.extend(rest[..at].encode_utf16());
        let after = &rest[at + 1..];
        let coded =
            after.strip_prefix('u').and_then(|a| a.get(..4)).and_then(|h| u16::from_str_radix(h, 16).ok());
        let mut chars = after.chars();
        let (unit, length) = match (coded, chars.next()) {
            (Some(unit), _) => (unit, 5),
            (_, Some('n')) => (u16::from(b'\n'), 1),
            (_, Some('r')) => (u16::from(b'\r'), 1),
            (_, Some('t')) => (u16::from(b'\t'), 1),
            (_, Some(c @ ('"' | '\\' | '/'))) => (c as u16, 1),
            _ => (u16::from(b'\\'), 0),
        };
        units.push(unit);
        rest = &after[length..];
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_however_it_was_written() {
        let word = "西尾 一丁目\"😀";
        let json = r#"{"text":"\u897f\u5c3e \u4e00\u4e01\u76ee\"\ud83d\ude00"}"#;
        let form = "a=%E8%A5%BF%E5%B0%BE+%E4%B8%80%E4%B8%81%E7%9B%AE%22%F0%9F%98%80";
        for text in [word, json, form] {
            assert!(in_any_form(text, word), "{text}");
        }
        assert!(in_any_form("a=%7B%22t%22%3A%22%5Cu897f%5Cu5c3e%22%7D", "西尾"), "JSON in a form");
        for text in ["", "%", "%E", "\\", "\\u12", "\\u", "%ZZ\\x+"] {
            assert!(!in_any_form(text, word), "{text}");
        }
    }
}
