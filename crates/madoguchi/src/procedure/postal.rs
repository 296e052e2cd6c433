//! Postal codes of all Japan: which addresses a code can mean. It suggests and never forces; one code may mean
//! several towns, and towns of two prefectures (498-0000).
//!
//! The list is a file made by `cargo xtask postal`, dated, with its source in its head. A browser asks for all codes
//! of three first digits, so that what was typed enters no address of ours.

use std::io::Read as _;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flate2::read::GzDecoder;
use serde::Deserialize;

static FILE: &[u8] = include_bytes!("../../../../procedures/postal.bin");

/// Where the list is from.
#[derive(Debug, Clone, Deserialize)]
pub struct Head {
    /// The day of the list.
    pub date: String,
    /// Who published it.
    pub source: String,
    /// How many codes it has.
    pub codes: u32,
}

struct List {
    head: Option<Head>,
    /// A gzip member for each first three digits.
    members: Vec<&'static [u8]>,
    /// A hash of the whole file, for its addresses.
    hash: String,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, FILE);
    let (head, members) = unpack(FILE).unwrap_or_default();
    List { head, members, hash: hex::encode(&digest.as_ref()[..8]) }
});

/// Three first digits together: places (prefecture with city), and for the last four digits place and town in turn.
#[derive(Deserialize)]
struct Member {
    a: Vec<String>,
    t: std::collections::HashMap<String, Vec<Part>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Place(usize),
    Town(String),
}

fn unpack(file: &'static [u8]) -> Option<(Option<Head>, Vec<&'static [u8]>)> {
    let number = |at: &'static [u8]| -> Option<(usize, &'static [u8])> {
        let (four, rest) = at.split_first_chunk::<4>()?;
        Some((usize::try_from(u32::from_be_bytes(*four)).ok()?, rest))
    };
    let (size, rest) = number(file.strip_prefix(b"MPC1")?)?;
    let (head, mut rest) = rest.split_at_checked(size)?;
    let mut sizes = Vec::with_capacity(1_000);
    for _ in 0..1_000 {
        let (size, after) = number(rest)?;
        sizes.push(size);
        rest = after;
    }
    let mut members = Vec::with_capacity(1_000);
    for size in sizes {
        let (member, after) = rest.split_at_checked(size)?;
        members.push(member);
        rest = after;
    }
    Some((serde_json::from_slice(head).ok(), members))
}

fn member(prefix: &str) -> Option<&'static [u8]> {
    let digits = prefix.len() == 3 && prefix.bytes().all(|b| b.is_ascii_digit());
    let at = prefix.parse::<usize>().ok().filter(|_| digits)?;
    LIST.members.get(at).copied().filter(|m| !m.is_empty())
}

/// Where the list is from.
pub fn head() -> Option<&'static Head> {
    LIST.head.as_ref()
}

/// The addresses that a code (seven digits) can mean, without numbers: 愛知県西尾市花ノ木町.
pub fn candidates(digits: &str) -> Vec<String> {
    let found = || {
        let (head, tail) = digits.split_at_checked(3)?;
        let mut json = Vec::new();
        GzDecoder::new(member(head)?).read_to_end(&mut json).ok()?;
        let member: Member = serde_json::from_slice(&json).ok()?;
        let mut out = Vec::new();
        for pair in member.t.get(tail)?.chunks_exact(2) {
            if let [Part::Place(place), Part::Town(town)] = pair {
                out.push(format!("{}{town}", member.a.get(*place)?));
            }
        }
        Some(out)
    };
    found().unwrap_or_default()
}

/// An address with a chosen candidate in front: what was typed behind the town stays.
pub(super) fn chosen(candidate: &str, typed: &str) -> String {
    let typed = typed.trim();
    let is_number = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    // The longest end of the candidate that the typed address begins with, or holds, is the town.
    let ends = candidate.char_indices().map(|(at, _)| &candidate[at..]).filter(|e| e.chars().count() >= 2);
    let rest = ends.clone().find_map(|end| typed.split_once(end)).map(|(_, rest)| rest);
    let rest = rest.or_else(|| typed.find(is_number).map(|at| &typed[at..])).unwrap_or_default();
    format!("{candidate}{rest}")
}

/// Where a browser finds the codes of three first digits: this, the digits, `.json`.
pub fn path() -> String {
    format!("/static/{}/postal-", LIST.hash)
}

/// Answers `GET /static/{hash}/postal-445.json`; `None` where the name is another file's.
pub(crate) fn respond(hash: &str, name: &str, request: &HeaderMap) -> Option<Response> {
    let prefix = name.strip_prefix("postal-")?.strip_suffix(".json")?;
    let Some(bytes) = member(prefix).filter(|_| hash == LIST.hash) else {
        return Some(StatusCode::NOT_FOUND.into_response());
    };
    let gzip = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|coding| coding.trim().starts_with("gzip")));
    let mut plain = Vec::new();
    if !gzip && GzDecoder::new(bytes).read_to_end(&mut plain).is_err() {
        return Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    }
    let mut response = if gzip { bytes.into_response() } else { plain.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_mean_one_town_several_or_a_whole_city_in_two_prefectures() {
        assert_eq!(candidates("4450852"), ["愛知県西尾市花ノ木町"]);
        assert_eq!(candidates("4980000"), ["愛知県弥富市", "三重県桑名郡木曽岬町"]);
        assert!(candidates("4520961").len() > 3, "one code, several towns");
        for none in ["", "44", "445", "4459999", "44508521", "００００００", "abcdefg", "4450あ"] {
            assert_eq!(candidates(none), Vec::<String>::new(), "{none}");
        }
        let head = head().expect("a head");
        assert!(head.codes > 120_000 && head.date.starts_with("202") && head.source.contains("郵便"));
    }

    #[test]
    fn choosing_a_candidate_keeps_what_was_typed_behind_the_town() {
        let town = "愛知県西尾市花ノ木町";
        for (typed, after) in [
            ("", "愛知県西尾市花ノ木町"),
            ("花ノ木町1丁目1番地", "愛知県西尾市花ノ木町1丁目1番地"),
            ("西尾市花ノ木町１−１", "愛知県西尾市花ノ木町１−１"),
            ("1-1", "愛知県西尾市花ノ木町1-1"),
            ("愛知県西尾市花ノ木町1丁目", "愛知県西尾市花ノ木町1丁目"),
            ("ほかの町2-3", "愛知県西尾市花ノ木町2-3"),
        ] {
            assert_eq!(chosen(town, typed), after, "{typed}");
        }
    }

    #[test]
    fn browsers_get_all_codes_of_three_digits_and_no_more() {
        let get = |name: &str| respond(&LIST.hash, name, &HeaderMap::new());
        assert_eq!(get("postal-445.json").expect("ours").status(), StatusCode::OK);
        for none in ["postal-4450.json", "postal-44.json", "postal-+45.json", "postal-.json"] {
            assert_eq!(get(none).expect("ours").status(), StatusCode::NOT_FOUND, "{none}");
        }
        assert!(get("form.js").is_none());
        assert_eq!(
            respond("0", "postal-445.json", &HeaderMap::new()).expect("ours").status(),
            StatusCode::NOT_FOUND
        );
        let largest = LIST.members.iter().map(|m| m.len()).max().expect("members");
        assert!(largest < 20_000, "{largest}");
    }
}
