//! Printing one or many applications: each on its own sheets, the receipt number on top of every sheet.

use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::ApplicationId;

use super::desk::Case;
use super::filter::From;
use super::inbox::{LINES, Site};
use super::pages::{Desk, Part, PrintPage, Sheet, show};
use crate::application::answers::{Answers, Purpose, out};
use crate::application::{Application, Channel};
use crate::error::Error;
use crate::procedure::Input;

/// The chosen applications, ready for the printer. Opening each is recorded with the purpose "print".
pub(super) async fn page(site: &Site<'_>, input: &Input) -> Result<Response, Error> {
    let mut ids: Vec<ApplicationId> = input.all("id").filter_map(|id| id.parse().ok()).collect();
    ids.dedup();
    if ids.is_empty() {
        return Ok(super::pages::see(&format!("/{}/list", site.shelf.slug())));
    }
    ids.truncate(LINES);
    let mut sheets = Vec::with_capacity(ids.len());
    for id in ids {
        let case = Case { app: site.app, shelf: site.shelf, clerk: site.clerk, id, from: From::List };
        sheets.push(sheet(case).await?);
    }
    let desk = Desk::new(site.shelf, Some(site.clerk), "印刷");
    let back = format!("/{}/{}", site.shelf.slug(), From::read(input.get("from")).path());
    Ok(show(&PrintPage { desk, sheets, back }, StatusCode::OK))
}

async fn sheet(case: Case<'_>) -> Result<Sheet, Error> {
    let a = case.find().await?;
    let published = case.published(&a)?;
    let opened = case.open("staff-print").await?;
    let answers = Answers::from_canonical(&opened.answers)
        .map_err(|_| Error::internal("office", "opened answers are not readable"))?;
    let mut parts: Vec<Part> = Vec::new();
    for row in out::rows(&answers, &published.form, Purpose::Print) {
        if parts.last().is_none_or(|part| part.heading != row.section) {
            parts.push(Part { heading: row.section.clone(), rows: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.rows.push((row.label, row.value));
        }
    }
    let about = published.procedure();
    Ok(Sheet {
        receipt: a.receipt.to_string(),
        title: about.title.clone(),
        section: case.shelf.section(&about.section).name,
        word: a.state.for_staff(),
        arrived: a.arrived_at.japanese(),
        more: more(&a),
        parts,
    })
}

fn more(a: &Application) -> Option<String> {
    let mut words = Vec::new();
    if a.channel != Channel::Line {
        words.push(format!("職員が入力（{}）", a.channel.japanese()));
    }
    if a.round > 0 {
        words.push(format!("修正{}回のあとの内容", a.round));
    }
    (!words.is_empty()).then(|| words.join("、"))
}
