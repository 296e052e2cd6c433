//! Retention in the hands of administrators (the guard of these routes): one makes a list, another approves it.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::db::{Class, Never};
use madoguchi_base::{Day, Millis, Receipt, StaffId, random};

use super::store::{self, ListRow};
use super::views::{HoldLine, ItemLine, ListLine, ListPage, OverviewPage};
use super::{HOLDS, ListState};
use crate::app::App;
use crate::audit::{self, Actor, Record};
use crate::error::Error;
use crate::office::{self, Banner, Clerk, Desk, see, show};
use crate::procedure::{Input, Shelf};
use crate::site::Tenant;

/// Items of a page.
const PAGE: usize = 100;

fn to(shelf: &Shelf, path: &str) -> Response {
    see(&shelf.frame("").href(path))
}

/// `GET /{tenant}/retention`
pub async fn overview(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
) -> Result<Response, Error> {
    let mut x = app.db.reader().await?;
    let mut lists = Vec::new();
    for row in store::lists(&mut x, shelf.tenant()).await? {
        let count = store::counts(&mut x, shelf.tenant(), &row.list_id).await?.iter().map(|(_, n)| n).sum();
        lists.push(ListLine {
            href: shelf.frame("").href(&format!("retention/{}", row.list_id)),
            made: Millis(row.made_at).japanese(),
            until: day(&row.until_day),
            words: ListState::read(&row.state).map_or("", ListState::words),
            count,
        });
    }
    let hold = |(application, code): (String, String)| HoldLine {
        href: shelf.frame("").href(&format!("a/{application}")),
        reason: reason(&code),
        application,
    };
    let holds = store::holds(&mut x, shelf.tenant()).await?.into_iter().map(hold).collect();
    let page = OverviewPage {
        desk: Desk::new(&shelf, Some(&clerk), "保存期間"),
        banner: None,
        id: random::alnum(22),
        today: Day::of(app.clock.wall()).japanese(),
        lists,
        holds,
    };
    Ok(show(&page, StatusCode::OK))
}

fn day(text: &str) -> String {
    text.parse::<Day>().map_or_else(|_| text.to_owned(), Day::japanese)
}

fn reason(code: &str) -> &'static str {
    HOLDS.iter().find(|(c, _)| *c == code).map_or("そのほかの理由", |(_, words)| words)
}

/// `POST /{tenant}/retention`: begins a list; the job fills it.
pub async fn begin(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    let input = Input::parse(&body)?;
    let id = input.get("id").filter(|id| is_id(id)).ok_or(Error::BadRequest)?.to_owned();
    let tenant = clerk.tenant;
    let until = Day::of(app.clock.wall());
    let rec = entry(&app, &clerk, "retention.begin", id.clone());
    let input = (id.clone(), until, clerk.staff, rec);
    app.db
        .write::<_, (), Never, _>(
            "retention.begin",
            Class::Person,
            tenant,
            input,
            move |(id, until, staff, rec), tx| {
                Box::pin(async move {
                    if store::begin(tx, tenant, id, *until, (rec.at, *staff)).await? {
                        audit::acts::record(tx, std::slice::from_ref(rec)).await?;
                    }
                    Ok(())
                })
            },
        )
        .await?;
    Ok(to(&shelf, &format!("retention/{id}")))
}

fn entry(app: &App, clerk: &Clerk, act: &'static str, detail: String) -> Record {
    Record::new((&app.keys, &app.clock), clerk.tenant, Actor::Staff(clerk.staff), act).detail(detail)
}

/// Ids of lists and applications: letters, digits, hyphens.
fn is_id(text: &str) -> bool {
    (1..=36).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `GET /{tenant}/retention/{list}`
pub async fn list(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, id)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Error> {
    let after = Input::parse(raw.unwrap_or_default().as_bytes()).unwrap_or_default();
    let after = after.get("after").filter(|id| is_id(id)).unwrap_or_default().to_owned();
    page(&app, &shelf, &clerk, (&id, &after), None).await
}

async fn page(
    app: &App,
    shelf: &Shelf,
    clerk: &Clerk,
    (id, after): (&str, &str),
    banner: Option<Banner>,
) -> Result<Response, Error> {
    let tenant = shelf.tenant();
    let mut x = app.db.reader().await?;
    let row = store::list(&mut x, tenant, id).await?.ok_or(Error::NotFound)?;
    let counts = store::counts(&mut x, tenant, id).await?;
    let items = store::items(&mut x, tenant, id, after, PAGE as i64).await?;
    let made_by = office::acts::name_of(&mut x, tenant, &row.made_by).await?;
    let decided_by = match &row.decided_by {
        Some(staff) => office::acts::name_of(&mut x, tenant, staff).await?,
        None => String::new(),
    };
    drop(x);
    let count = |state: &str| counts.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n);
    let base = shelf.frame("").href(&format!("retention/{id}"));
    let more = (items.len() == PAGE)
        .then(|| items.last().map(|last| format!("{base}?after={}", last.application_id)))
        .flatten();
    let status = if banner.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = ListPage {
        desk: Desk::new(shelf, Some(clerk), &format!("{}までの一覧", day(&row.until_day))),
        banner,
        state: ListState::read(&row.state).unwrap_or(ListState::Cancelled),
        made: Millis(row.made_at).japanese(),
        made_by,
        decided: row.decided_at.map(|at| (Millis(at).japanese(), decided_by)),
        finished: row.finished_at.map(|at| Millis(at).japanese()),
        listed: count("listed"),
        held: count("held"),
        gone: count("gone"),
        may_approve: may_approve(&row, clerk.staff),
        items: items.iter().map(|item| line(shelf, item)).collect(),
        base,
        more,
    };
    Ok(show(&page, status))
}

fn may_approve(row: &ListRow, staff: StaffId) -> bool {
    row.made_by != staff.to_string()
}

fn line(shelf: &Shelf, item: &store::ItemRow) -> ItemLine {
    ItemLine {
        href: shelf.frame("").href(&format!("a/{}", item.application_id)),
        application: item.application_id.clone(),
        receipt: item.receipt.parse::<Receipt>().map_or_else(|_| item.receipt.clone(), |r| r.to_string()),
        title: shelf.title_of(&item.procedure_id).unwrap_or_default().to_owned(),
        ended: day(&item.ended_on),
        due: day(&item.due_on),
        words: match item.state.as_str() {
            "gone" => "廃棄済み",
            "held" => "残す",
            _ => "これから",
        },
        is_listed: item.state == "listed",
    }
}

/// `POST /{tenant}/retention/{list}/approve`: the second person.
pub async fn approve(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    decide(&app, &shelf, &clerk, &id, ("approved", "retention.approve")).await
}

/// `POST /{tenant}/retention/{list}/cancel`
pub async fn cancel(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    decide(&app, &shelf, &clerk, &id, ("cancelled", "retention.cancel")).await
}

async fn decide(
    app: &App,
    shelf: &Shelf,
    clerk: &Clerk,
    id: &str,
    (to_state, act): (&'static str, &'static str),
) -> Result<Response, Error> {
    let tenant = clerk.tenant;
    let input = (id.to_owned(), entry(app, clerk, act, id.chars().take(36).collect()), clerk.staff);
    let changed = app
        .db
        .write::<_, bool, Never, _>(act, Class::Person, tenant, input, move |(id, rec, staff), tx| {
            Box::pin(async move {
                let changed = store::decide(tx, tenant, id, to_state, (rec.at, *staff)).await?;
                if changed {
                    audit::acts::record(tx, std::slice::from_ref(rec)).await?;
                }
                Ok(changed)
            })
        })
        .await?;
    if changed {
        return Ok(to(shelf, &format!("retention/{id}")));
    }
    let text = "一覧を作った人は承認できません。また、すでに決まった一覧は変えられません。いまの状況は下のとおりです。";
    let banner = Banner { tone: "warn", title: "変更していません", text: text.into() };
    page(app, shelf, clerk, (id, ""), Some(banner)).await
}

/// `POST /{tenant}/retention/{list}/hold`: keeps an application beyond its time.
pub async fn hold(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Error> {
    let input = Input::parse(&body)?;
    let application = input.get("application").filter(|id| is_id(id)).ok_or(Error::BadRequest)?.to_owned();
    let code = input.get("reason").unwrap_or_default();
    let reason = HOLDS.iter().map(|(code, _)| *code).find(|c| *c == code).ok_or(Error::BadRequest)?;
    let tenant = clerk.tenant;
    let rec = entry(&app, &clerk, "retention.hold", format!("{application} {reason}"));
    let input = (id.clone(), application, rec, clerk.staff);
    app.db
        .write::<_, (), Never, _>(
            "retention.hold",
            Class::Person,
            tenant,
            input,
            move |(list, of, rec, staff), tx| {
                Box::pin(async move {
                    // Only what stands on a list of this municipality.
                    if store::end_item(tx, tenant, list, of, ("held", rec.at)).await? {
                        store::hold(tx, tenant, of, reason, (rec.at, *staff)).await?;
                        audit::acts::record(tx, std::slice::from_ref(rec)).await?;
                    }
                    Ok(())
                })
            },
        )
        .await?;
    Ok(to(&shelf, &format!("retention/{id}")))
}

/// `POST /{tenant}/retention/release`: a hold ends; the next list has the application again.
pub async fn release(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    let input = Input::parse(&body)?;
    let application = input.get("application").filter(|id| is_id(id)).ok_or(Error::BadRequest)?.to_owned();
    let tenant = clerk.tenant;
    let rec = entry(&app, &clerk, "retention.release", application.clone());
    app.db
        .write::<_, (), Never, _>(
            "retention.release",
            Class::Person,
            tenant,
            (application, rec),
            move |(of, rec), tx| {
                Box::pin(async move {
                    if store::release(tx, tenant, of).await? {
                        audit::acts::record(tx, std::slice::from_ref(rec)).await?;
                    }
                    Ok(())
                })
            },
        )
        .await?;
    Ok(to(&shelf, "retention"))
}
