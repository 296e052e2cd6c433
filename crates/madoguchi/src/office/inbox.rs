//! The list of applications with filters that stay.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::db::{Class, Never};
use madoguchi_base::{Day, Millis, Receipt};

use super::desk::iso;
use super::filter::{Filter, Filters, From};
use super::pages::{Choice, Desk, FilterButton, InboxPage, Line, Narrow, Search, show};
use super::sign_in::write_record;
use super::store::{self, InboxRow, PageKey, Scope};
use super::{Clerk, age};
use crate::account::token_hash;
use crate::app::App;
use crate::application::State;
use crate::application::state::STATES;
use crate::audit::{Actor, Record};
use crate::error::Error;
use crate::procedure::{Input, Shelf};

/// Lines of a page.
pub(super) const LINES: usize = 50;

/// Who looks at the lists, and where.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) app: &'a App,
    pub(super) shelf: &'a Shelf,
    pub(super) clerk: &'a Clerk,
}

impl Site<'_> {
    pub(super) fn record(&self, act: &'static str, detail: String) -> Record {
        let from = (&self.app.keys, &self.app.clock);
        Record::new(from, self.clerk.tenant, Actor::Staff(self.clerk.staff), act).detail(detail)
    }
}

/// `1795327200000-019a…`: time and id of the last line of the page before.
fn read_key(text: &str) -> Option<PageKey> {
    let (at, id) = text.split_once('-')?;
    let id = uuid::Uuid::try_parse(id).ok()?;
    Some(PageKey { at: at.parse().ok()?, id: id.to_string() })
}

/// A line of any list of applications.
pub(super) fn line(site: &Site<'_>, row: &InboxRow, from: From, untold: &[String]) -> Line {
    let now = site.app.clock.wall();
    let published = row
        .procedure_id
        .parse()
        .ok()
        .and_then(|procedure| site.shelf.find(procedure, u32::try_from(row.form_version).unwrap_or(0)));
    let state: Option<State> = row.state.parse().ok();
    let at = Millis(row.arrived_at);
    let due: Option<Day> = row.due.as_deref().and_then(|day| day.parse().ok());
    Line {
        href: format!("/{}/a/{}?from={}", site.shelf.slug(), row.application_id, from.code()),
        id: row.application_id.clone(),
        receipt: row.receipt.parse::<Receipt>().map_or_else(|_| row.receipt.clone(), |r| r.to_string()),
        title: published.map_or_else(|| "手続".to_owned(), |p| p.procedure().title.clone()),
        word: state.map_or("", State::for_staff),
        is_finished: state.is_some_and(State::is_finished),
        code: row.state.clone(),
        arrived: at.japanese(),
        iso: iso(at),
        age: age(at, now),
        due: due.map(Day::japanese),
        is_late: due.is_some_and(|due| due < Day::of(now)),
        is_untold: untold.contains(&row.application_id),
    }
}

/// Which of these applications have a notice that did not arrive.
pub(super) async fn untold(site: &Site<'_>, rows: &[InboxRow]) -> Result<Vec<String>, sqlx::Error> {
    let mut x = site.app.db.reader().await?;
    let mut all = Vec::new();
    for some in rows.chunks(crate::sql::MAX_ROWS) {
        let ids: Vec<&str> = some.iter().map(|row| row.application_id.as_str()).collect();
        all.extend(store::undelivered_among(&mut x, site.clerk.tenant, &ids).await?);
    }
    all.sort();
    Ok(all)
}

fn states(counts: &[(String, i64)], current: Filter) -> Vec<FilterButton> {
    let count = |filter: Filter| {
        let states = filter.states();
        let is_in = |code: &str| states.iter().any(|s| s.code() == code);
        counts.iter().filter(|(code, _)| is_in(code)).map(|(_, n)| n).sum::<i64>()
    };
    let only = STATES.iter().map(|(state, _)| Filter::Only(*state));
    // States that nothing is in would only be in the way.
    let only = only.filter(|f| count(*f) > 0 || current == *f);
    [Filter::Open]
        .into_iter()
        .chain(only)
        .chain([Filter::All])
        .map(|f| FilterButton {
            code: f.code(),
            label: f.label(),
            count: counted(count(f)),
            is_current: current == f,
        })
        .collect()
}

/// 「999+」 says enough.
pub(super) fn counted(n: i64) -> String {
    if n > 999 { "999+".to_owned() } else { n.to_string() }
}

/// What the list shows, as a tag: our script asks again with it, and the same list is neither sent nor recorded
/// a second time.
pub(super) fn tag_of<'a>(rows: impl Iterator<Item = &'a InboxRow>, more: &str) -> String {
    use std::fmt::Write as _;
    let mut text = more.to_owned();
    for row in rows {
        // Writing to a String cannot fail.
        let _ok = write!(text, "|{}={}={:?}", row.application_id, row.state, row.due);
    }
    let hash = digest(&SHA256, text.as_bytes());
    format!("\"{}\"", hex::encode(&hash.as_ref()[..12]))
}

/// Is this what the script has already?
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes())
}

/// A page that the script looks at again.
pub(super) fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The filter form beside the buttons of states.
fn narrow(site: &Site<'_>, filters: &Filters) -> Narrow {
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == chosen,
    };
    let sections = site.shelf.municipality().sections.iter().filter(|s| site.clerk.sees(&s.id));
    let mut procedures: Vec<_> =
        site.shelf.procedures().filter(|p| site.clerk.sees(&p.procedure().section)).collect();
    procedures.sort_by(|a, b| (&a.procedure().category, &a.slug).cmp(&(&b.procedure().category, &b.slug)));
    Narrow {
        sections: sections.map(|s| choice(&s.id, &s.name, &filters.section)).collect(),
        procedures: procedures
            .into_iter()
            .map(|p| choice(&p.slug, &p.procedure().title, &filters.procedure))
            .collect(),
        from: filters.from.clone(),
        to: filters.to.clone(),
        is_set: filters.is_narrow(),
        state: filters.state().code(),
    }
}

/// The list as the session's filters say, one page; writes one audit record for it.
pub(super) async fn list(site: &Site<'_>, headers: &HeaderMap, query: &Input) -> Result<Response, Error> {
    let filters = Filters::stored(&site.clerk.filters);
    let (filter, scope) = (filters.state(), filters.scope(site.shelf, site.clerk));
    let (since, until) = filters.span();
    let before = query.get("before").and_then(read_key);
    let is_first = before.is_none();
    let key = before.unwrap_or(PageKey { at: until.0, id: String::new() });
    let (states_of, tenant) = (filter.states(), site.clerk.tenant);
    let looked = Scope { states: &states_of, procedures: scope.as_deref(), since };
    let mut x = site.app.db.reader().await?;
    let mut rows = store::inbox(&mut x, tenant, &looked, &key, LINES as i64 + 1).await?;
    let mut counts = store::counts(&mut x, tenant, scope.as_deref()).await?;
    drop(x);
    counts.sort();
    let has_more = rows.len() > LINES;
    rows.truncate(LINES);
    let untold = untold(site, &rows).await?;
    let tag = tag_of(rows.iter(), &format!("{filters:?}{counts:?}{untold:?}"));
    if is_known(headers, &tag) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let detail = format!("state={} count={}", filter.code(), rows.len());
    write_record(site.app, site.record("inbox.list", detail)).await?;
    let here = format!("/{}/list", site.shelf.slug());
    let older = rows.last().filter(|_| has_more);
    let page = InboxPage {
        desk: Desk::new(site.shelf, Some(site.clerk), "申請の一覧"),
        filters: states(&counts, filter),
        narrow: narrow(site, &filters),
        search: Search::default(),
        lines: rows.iter().map(|row| line(site, row, From::List, &untold)).collect(),
        empty: "この条件の申請はありません。",
        older: older.map(|row| format!("{here}?before={}-{}", row.arrived_at, row.application_id)),
        newest: (!is_first).then_some(here),
        live: is_first.then(|| tag.clone()),
    };
    Ok(tagged(show(&page, StatusCode::OK), &tag))
}

/// Keeps the filters with the session; then the list.
pub(super) async fn filter(site: &Site<'_>, input: &Input) -> Result<Response, Error> {
    let filters = if input.get("clear").is_some() {
        Filters { state: Filters::stored(&site.clerk.filters).state, ..Filters::default() }
    } else {
        Filters::chosen(input, site.shelf)
    };
    let row = (site.clerk.tenant, token_hash(&site.clerk.token.0), filters.to_stored());
    site.app
        .db
        .write::<_, (), Never, _>(
            "staff.filter",
            Class::Person,
            site.clerk.tenant,
            row,
            |(tenant, hash, text), tx| {
                Box::pin(async move { Ok(store::save_filters(tx, *tenant, hash, text).await?) })
            },
        )
        .await?;
    Ok(super::pages::see(&format!("/{}/list", site.shelf.slug())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_key_is_a_time_and_an_id() {
        let key = read_key("1795327200000-019A0000-0000-7000-8000-000000000000").expect("key");
        assert_eq!(key, PageKey { at: 1_795_327_200_000, id: "019a0000-0000-7000-8000-000000000000".into() });
        for wrong in ["", "1795327200000", "x-019a0000-0000-7000-8000-000000000000", "1-' or 1=1"] {
            assert!(read_key(wrong).is_none(), "{wrong}");
        }
    }
}
