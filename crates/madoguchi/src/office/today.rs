//! 今日やること: the page on which a clerk's day begins.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::{Day, Millis};

use super::filter::{self, From};
use super::inbox::{Site, counted, is_known, line, tag_of, tagged, untold};
use super::pages::{Desk, Search, TodayList, TodayPage, show};
use super::sign_in::write_record;
use super::store::{self, Due, InboxRow, PageKey, Scope};
use crate::application::State;
use crate::error::Error;
use crate::procedure::calendar;

/// Lines of each list on the page; the rest stands behind 「すべて見る」.
const FIRST: usize = 10;
/// Lines of one whole list, and how far is counted.
const MOST: usize = 1_000;
/// The 標準処理期間 is running out when so many business days or fewer are left.
const SOON: u16 = 3;
/// Notices that did not arrive are a task for so many days.
const UNTOLD_DAYS: i32 = 60;

/// What a clerk should look at, each a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    New,
    Answered,
    DueToday,
    RunningOut,
    Overdue,
    Untold,
}

impl Task {
    const ALL: [Self; 6] =
        [Self::New, Self::Answered, Self::DueToday, Self::RunningOut, Self::Overdue, Self::Untold];

    pub(super) fn read(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code() == code)
    }

    fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Answered => "answered",
            Self::DueToday => "due",
            Self::RunningOut => "running-out",
            Self::Overdue => "overdue",
            Self::Untold => "undelivered",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::New => "新しく届いたもの",
            Self::Answered => "修正が届いたもの",
            Self::DueToday => "今日が期限のもの",
            Self::RunningOut => "標準処理期間が残り少ない・過ぎたもの",
            Self::Overdue => "期限を過ぎた修正",
            Self::Untold => "LINEで届いていない連絡",
        }
    }

    async fn rows(self, site: &Site<'_>) -> Result<Vec<InboxRow>, sqlx::Error> {
        let today = Day::of(site.app.clock.wall());
        let (tenant, scope) = (site.clerk.tenant, filter::visible(site.shelf, site.clerk));
        let first = Day::new(1, 1, 1).unwrap_or(today);
        let mut x = site.app.db.reader().await?;
        let mut rows = match self {
            Self::New => {
                let every = site.clerk.departments.covers(site.clerk.role, "");
                let procedures = (!every).then_some(scope.as_slice());
                let looked = Scope { states: &[State::Submitted], procedures, since: Millis(0) };
                let key = PageKey { at: i64::MAX, id: String::new() };
                store::inbox(&mut x, tenant, &looked, &key, MOST as i64).await?
            }
            Self::Answered => store::answered(&mut x, tenant, &scope).await?,
            Self::DueToday => store::due(&mut x, tenant, Due { from: today, to: today }, &scope).await?,
            Self::RunningOut => {
                let to = calendar::business_days_after(today, SOON);
                store::due(&mut x, tenant, Due { from: first, to }, &scope).await?
            }
            Self::Overdue => {
                let to = today.plus_days(-1);
                store::due(&mut x, tenant, Due { from: first, to }, &scope).await?
            }
            Self::Untold => {
                let since = today.plus_days(-UNTOLD_DAYS).start();
                store::undelivered(&mut x, tenant, since, &scope).await?
            }
        };
        let in_correction = |row: &InboxRow| row.state == State::Correction.code();
        match self {
            Self::RunningOut => rows.retain(|row| !in_correction(row)),
            Self::Overdue => rows.retain(in_correction),
            Self::Untold => {
                let mut seen = std::collections::HashSet::new();
                rows.retain(|row| seen.insert(row.application_id.clone()));
            }
            Self::New | Self::Answered | Self::DueToday => {}
        }
        rows.truncate(MOST);
        Ok(rows)
    }

    fn list(self, site: &Site<'_>, rows: &[InboxRow], most: usize, untold: &[String]) -> TodayList {
        let all = format!("/{}/today/{}", site.shelf.slug(), self.code());
        TodayList {
            code: self.code(),
            title: self.title(),
            count: counted(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
            is_empty: rows.is_empty(),
            lines: rows.iter().take(most).map(|row| line(site, row, From::Today, untold)).collect(),
            all: (rows.len() > most).then_some(all),
        }
    }
}

/// The page: a count and the first lines of each list.
pub(super) async fn page(site: &Site<'_>, headers: &HeaderMap) -> Result<Response, Error> {
    let mut all = Vec::with_capacity(Task::ALL.len());
    for task in Task::ALL {
        all.push((task, task.rows(site).await?));
    }
    let shown: Vec<InboxRow> = all.iter().flat_map(|(_, rows)| rows.iter().take(FIRST).cloned()).collect();
    let untold = untold(site, &shown).await?;
    let counts: Vec<usize> = all.iter().map(|(_, rows)| rows.len()).collect();
    let tag = tag_of(shown.iter(), &format!("today{counts:?}{untold:?}"));
    if is_known(headers, &tag) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    write_record(site.app, site.record("inbox.today", format!("count={}", shown.len()))).await?;
    let page = TodayPage {
        desk: Desk::new(site.shelf, Some(site.clerk), "今日やること"),
        lists: all.iter().map(|(task, rows)| task.list(site, rows, FIRST, &untold)).collect(),
        live: Some(tag.clone()),
        search: Search::default(),
        back: false,
    };
    Ok(tagged(show(&page, StatusCode::OK), &tag))
}

/// One list, whole.
pub(super) async fn one(site: &Site<'_>, task: Task) -> Result<Response, Error> {
    let rows = task.rows(site).await?;
    let untold = untold(site, &rows).await?;
    write_record(site.app, site.record("inbox.today", format!("list={} count={}", task.code(), rows.len())))
        .await?;
    let list = task.list(site, &rows, MOST, &untold);
    let desk = Desk::new(site.shelf, Some(site.clerk), task.title());
    Ok(show(
        &TodayPage { desk, lists: vec![list], live: None, search: Search::default(), back: true },
        StatusCode::OK,
    ))
}
