//! The audit log as administrators read it.

use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::{Millis, Receipt};

use super::desk::{iso, names, who};
use super::inbox::{LINES, Site};
use super::pages::{AuditLine, AuditPage, Desk, show};
use super::sign_in::write_record;
use super::{store, words};
use crate::error::Error;
use crate::procedure::Input;

/// The audit log, one page; looking at it is recorded, too.
pub(super) async fn audit(site: &Site<'_>, query: &Input) -> Result<Response, Error> {
    let (app, shelf, clerk) = (site.app, site.shelf, site.clerk);
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
            (format!("/{}/a/{id}?from=list", shelf.slug()), receipt)
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
