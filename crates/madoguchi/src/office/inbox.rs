//! The lists: applications, search by receipt number, the audit log.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::receipt::ReceiptError;
use madoguchi_base::{Day, Millis, Receipt};

use super::desk::{iso, names, who};
use super::pages::{AuditLine, AuditPage, Desk, FilterLink, InboxPage, Line, Search, show};
use super::sign_in::write_record;
use super::store::{self, InboxRow, PageKey};
use super::{Clerk, Filter, age, records, words};
use crate::app::App;
use crate::application::State;
use crate::application::state::STATES;
use crate::audit::{Actor, Record};
use crate::error::Error;
use crate::procedure::{Input, Shelf};

/// Lines of a page.
const LINES: usize = 50;

struct Site<'a> {
    app: &'a App,
    shelf: &'a Shelf,
    clerk: &'a Clerk,
}

impl Site<'_> {
    fn record(&self, act: &'static str, detail: String) -> Record {
        let from = (&self.app.keys, &self.app.clock);
        Record::new(from, self.clerk.tenant, Actor::Staff(self.clerk.staff), act).detail(detail)
    }
}

/// Newest first; before any key.
fn newest() -> PageKey {
    PageKey { at: i64::MAX, id: String::new() }
}

/// `1795327200000-019a…`: time and id of the last line of the page before.
fn read_key(text: &str) -> Option<PageKey> {
    let (at, id) = text.split_once('-')?;
    let id = uuid::Uuid::try_parse(id).ok()?;
    Some(PageKey { at: at.parse().ok()?, id: id.to_string() })
}

fn line(site: &Site<'_>, row: &InboxRow, from: Filter, now: Millis) -> Line {
    let published = row
        .procedure_id
        .parse()
        .ok()
        .and_then(|procedure| site.shelf.find(procedure, u32::try_from(row.form_version).unwrap_or(0)));
    let state: Option<State> = row.state.parse().ok();
    let at = Millis(row.arrived_at);
    Line {
        href: format!("/{}/a/{}?from={}", site.shelf.slug(), row.application_id, from.code()),
        receipt: row.receipt.parse::<Receipt>().map_or_else(|_| row.receipt.clone(), |r| r.to_string()),
        title: published.map_or_else(|| "手続".to_owned(), |p| p.procedure().title.clone()),
        word: state.map_or("", State::for_staff),
        is_finished: state.is_some_and(State::is_finished),
        code: row.state.clone(),
        arrived: at.japanese(),
        iso: iso(at),
        age: age(at, now),
    }
}

fn filters(shelf: &Shelf, counts: &[(String, i64)], current: Option<Filter>) -> Vec<FilterLink> {
    let count = |filter: Filter| {
        let states = filter.states();
        let of = |s: &State| counts.iter().find(|(code, _)| code == s.code()).map_or(0, |(_, n)| *n);
        states.iter().map(of).sum::<i64>()
    };
    let only = STATES.iter().map(|(state, _)| Filter::Only(*state));
    // States that nothing is in would only be in the way.
    let only = only.filter(|f| count(*f) > 0 || current == Some(*f));
    [Filter::Open]
        .into_iter()
        .chain(only)
        .chain([Filter::All])
        .map(|f| {
            let n = count(f);
            FilterLink {
                href: format!("/{}/?state={}", shelf.slug(), f.code()),
                label: f.label(),
                count: if n > 999 { "999+".to_owned() } else { n.to_string() },
                is_current: current == Some(f),
            }
        })
        .collect()
}

/// What the list shows, as a tag: our script asks again with it, and the same list is neither sent nor recorded
/// a second time.
fn tag_of(rows: &[InboxRow], counts: &[(String, i64)], filter: Filter) -> String {
    use std::fmt::Write as _;
    let mut text = filter.code().to_owned();
    for row in rows {
        // Writing to a String cannot fail.
        let _ok = write!(text, "|{}={}", row.application_id, row.state);
    }
    let mut counts = counts.to_vec();
    counts.sort();
    let _ok = write!(text, "|{counts:?}");
    let hash = digest(&SHA256, text.as_bytes());
    format!("\"{}\"", hex::encode(&hash.as_ref()[..12]))
}

/// The list of a filter, one page; writes one audit record for it.
pub(super) async fn list(
    app: &App,
    shelf: &Shelf,
    clerk: &Clerk,
    headers: &HeaderMap,
    query: &Input,
) -> Result<Response, Error> {
    let site = Site { app, shelf, clerk };
    let filter = Filter::read(query.get("state"));
    let before = query.get("before").and_then(read_key);
    let is_first = before.is_none();
    let mut x = app.db.reader().await?;
    let key = before.unwrap_or_else(newest);
    let mut rows = store::inbox(&mut x, clerk.tenant, &filter.states(), &key, LINES as i64 + 1).await?;
    let counts = store::counts(&mut x, clerk.tenant).await?;
    drop(x);
    let has_more = rows.len() > LINES;
    rows.truncate(LINES);
    let tag = tag_of(&rows, &counts, filter);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    write_record(app, site.record("inbox.list", format!("state={} count={}", filter.code(), rows.len())))
        .await?;
    let now = app.clock.wall();
    let here = format!("/{}/?state={}", shelf.slug(), filter.code());
    let older = rows.last().filter(|_| has_more);
    let page = InboxPage {
        desk: Desk::new(shelf, Some(clerk), "申請の一覧"),
        filters: filters(shelf, &counts, Some(filter)),
        search: Search::default(),
        lines: rows.iter().map(|row| line(&site, row, filter, now)).collect(),
        empty: "この状態の申請はありません。",
        older: older.map(|row| format!("{here}&before={}-{}", row.arrived_at, row.application_id)),
        newest: (!is_first).then_some(here),
        live: is_first.then(|| tag.clone()),
    };
    let mut response = show(&page, StatusCode::OK);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What was typed into the search.
#[derive(Debug, PartialEq, Eq)]
enum Sought {
    Number(Receipt),
    LastFour(String, Day),
    Problem(&'static str),
}

fn sought(number: &str, day: &str) -> Sought {
    let digits: String = number
        .chars()
        .filter_map(|c| match c {
            '0'..='9' => Some(c),
            '０'..='９' => char::from_u32(u32::from(c) - 0xFF10 + 0x30),
            _ => None,
        })
        .collect();
    match number.parse::<Receipt>() {
        Ok(receipt) => Sought::Number(receipt),
        Err(ReceiptError::CheckDigit) => {
            Sought::Problem("受付番号をもう一度確認してください（数字が1つ違うようです）")
        }
        Err(ReceiptError::Shape)
            if digits.len() == 4 && digits.chars().count() == number.trim().chars().count() =>
        {
            match day.parse() {
                Ok(day) => Sought::LastFour(digits, day),
                Err(_) => Sought::Problem("下4桁で探すときは、届いた日も選んでください。"),
            }
        }
        Err(ReceiptError::Shape) => {
            Sought::Problem("受付番号は12桁の数字です（例：4821-0937-5512）。下4桁と届いた日でも探せます。")
        }
    }
}

/// Search by receipt number, posted so that no number stands in an address or a log.
pub(super) async fn search(
    app: &App,
    shelf: &Shelf,
    clerk: &Clerk,
    input: &Input,
) -> Result<Response, Error> {
    let site = Site { app, shelf, clerk };
    let (number, day) = (input.get("number").unwrap_or_default(), input.get("day").unwrap_or_default());
    match sought(number, day) {
        Sought::Problem(problem) => {
            results(&site, input, Vec::new(), Some(problem), StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Sought::Number(receipt) => {
            let mut x = app.db.reader().await?;
            let found = records::find_by_receipt(&mut x, clerk.tenant, &receipt.digits()).await?;
            drop(x);
            let record =
                site.record("inbox.search", format!("by=receipt count={}", u8::from(found.is_some())));
            let Some(id) = found else {
                write_record(app, record).await?;
                return results(&site, input, Vec::new(), None, StatusCode::OK).await;
            };
            let id =
                id.parse().map_err(|_| Error::internal("office", "an application id is not readable"))?;
            write_record(app, record.on(id)).await?;
            Ok(super::staff::see(&format!("/{}/a/{id}?from=all", shelf.slug())))
        }
        Sought::LastFour(four, day) => {
            let mut x = app.db.reader().await?;
            let span = (day.start(), day.plus_days(1).start());
            let rows = store::by_last_four(&mut x, clerk.tenant, &four, span).await?;
            drop(x);
            write_record(app, site.record("inbox.search", format!("by=four count={}", rows.len()))).await?;
            results(&site, input, rows, None, StatusCode::OK).await
        }
    }
}

async fn results(
    site: &Site<'_>,
    input: &Input,
    rows: Vec<InboxRow>,
    problem: Option<&'static str>,
    status: StatusCode,
) -> Result<Response, Error> {
    let mut x = site.app.db.reader().await?;
    let counts = store::counts(&mut x, site.clerk.tenant).await?;
    drop(x);
    let now = site.app.clock.wall();
    let search = Search {
        number: input.get("number").unwrap_or_default().chars().take(64).collect(),
        day: input.get("day").unwrap_or_default().chars().take(10).collect(),
        problem,
    };
    let page = InboxPage {
        desk: Desk::new(site.shelf, Some(site.clerk), "検索の結果"),
        filters: filters(site.shelf, &counts, None),
        lines: rows.iter().map(|row| line(site, row, Filter::All, now)).collect(),
        empty: if problem.is_some() {
            ""
        } else {
            "この番号の申請は見つかりませんでした。番号を確認してください。"
        },
        search,
        older: None,
        newest: None,
        live: None,
    };
    Ok(show(&page, status))
}

/// The audit log, one page; looking at it is recorded, too.
pub(super) async fn audit(app: &App, shelf: &Shelf, clerk: &Clerk, query: &Input) -> Result<Response, Error> {
    let site = Site { app, shelf, clerk };
    let before = query.get("before").and_then(|id| uuid::Uuid::try_parse(id).ok());
    // No version-7 id sorts behind this one.
    let key = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let mut x = app.db.reader().await?;
    let mut rows = store::audit(&mut x, clerk.tenant, &key, LINES as i64 + 1).await?;
    let has_more = rows.len() > LINES;
    rows.truncate(LINES);
    let staff = rows.iter().filter(|r| r.actor_kind == "staff").map(|r| r.actor_id.as_str());
    let names = names(&mut x, clerk.tenant, staff).await?;
    drop(x);
    write_record(app, site.record("audit.list", format!("count={}", rows.len()))).await?;
    let line = |row: &store::AuditRow| AuditLine {
        when: Millis(row.at).japanese(),
        iso: iso(Millis(row.at)),
        who: who(&row.actor_kind, &row.actor_id, &names),
        what: words::act(&row.act, &row.detail),
        application: row.application_id.as_ref().map(|id| {
            let receipt = row.receipt.as_deref().and_then(|r| r.parse::<Receipt>().ok());
            let receipt = receipt.map_or_else(|| "申請".to_owned(), |r| r.to_string());
            (format!("/{}/a/{id}?from=all", shelf.slug()), receipt)
        }),
    };
    let here = format!("/{}/audit", shelf.slug());
    let page = AuditPage {
        desk: Desk::new(shelf, Some(clerk), "操作の記録"),
        lines: rows.iter().map(line).collect(),
        older: rows.last().filter(|_| has_more).map(|row| format!("{here}?before={}", row.audit_id)),
        newest: before.is_some().then_some(here),
    };
    Ok(show(&page, StatusCode::OK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_typed_and_a_slip_is_told() {
        let receipt = Receipt::random();
        let typed = receipt.to_string().replace('-', "ー");
        assert_eq!(sought(&typed, ""), Sought::Number(receipt));
        let mut wrong = receipt.digits().into_bytes();
        wrong[3] = if wrong[3] == b'9' { b'0' } else { wrong[3] + 1 };
        let wrong = String::from_utf8(wrong).expect("digits");
        assert!(matches!(sought(&wrong, ""), Sought::Problem(p) if p.contains("数字が1つ違う")));
    }

    #[test]
    fn the_last_four_digits_need_a_day() {
        let day = Day::new(2026, 11, 22).expect("day");
        assert_eq!(sought("５５１２", "2026-11-22"), Sought::LastFour("5512".into(), day));
        assert!(matches!(sought("5512", ""), Sought::Problem(p) if p.contains("届いた日")));
        assert!(matches!(sought("西尾5512", "2026-11-22"), Sought::Problem(_)));
    }

    #[test]
    fn a_page_key_is_a_time_and_an_id() {
        let key = read_key("1795327200000-019A0000-0000-7000-8000-000000000000").expect("key");
        assert_eq!(key, PageKey { at: 1_795_327_200_000, id: "019a0000-0000-7000-8000-000000000000".into() });
        for wrong in ["", "1795327200000", "x-019a0000-0000-7000-8000-000000000000", "1-' or 1=1"] {
            assert!(read_key(wrong).is_none(), "{wrong}");
        }
    }
}
