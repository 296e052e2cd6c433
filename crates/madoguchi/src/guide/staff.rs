//! The guide in the hands of administrators (the guard of these routes): texts, announcements, what the survey says.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::db::{Class, Never, Stop, WriteError};
use madoguchi_base::{Day, Millis, random};

use super::forms::{TEXT, Typed};
use super::views::{EditPage, Line, OverviewPage, Shown, SurveyResults};
use super::{Topic, acts, store};
use crate::app::App;
use crate::audit::{self, Actor, Record};
use crate::error::Error;
use crate::office::{Banner, Clerk, Desk, see, show};
use crate::procedure::{Input, Shelf};
use crate::site::Tenant;

/// Somebody published meanwhile.
#[derive(Debug)]
struct Newer;

impl From<Newer> for Error {
    fn from(_: Newer) -> Self {
        Self::Conflict("a newer version was published")
    }
}

fn back(shelf: &Shelf) -> Response {
    see(&shelf.frame("").href("guide"))
}

/// `GET /{tenant}/guide`
pub async fn overview(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
) -> Result<Response, Error> {
    page(&app, &shelf, &clerk, Typed { id: random::alnum(22), ..Typed::default() }, None).await
}

async fn page(
    app: &App,
    shelf: &Shelf,
    clerk: &Clerk,
    typed: Typed,
    banner: Option<Banner>,
) -> Result<Response, Error> {
    let mut x = app.db.reader().await?;
    let texts = acts::texts(&mut x, shelf.tenant()).await?;
    let now = app.clock.wall();
    let news = acts::announcements(&mut x, shelf.tenant(), now).await?;
    drop(x);
    let lines = texts.iter().map(|(topic, version, _, at)| Line {
        href: shelf.frame("").href(&format!("guide/{}", topic.code())),
        title: topic.title(),
        version: *version,
        published: at.japanese(),
    });
    let status = if typed.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = OverviewPage {
        desk: Desk::new(shelf, Some(clerk), "案内とお知らせ"),
        lines: lines.collect(),
        news: news.iter().map(|a| Shown::new(a, now)).collect(),
        typed,
        banner,
    };
    Ok(show(&page, status))
}

/// `GET /{tenant}/guide/{topic}`
pub async fn edit(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, topic)): Path<(String, String)>,
) -> Result<Response, Error> {
    let topic: Topic = topic.parse().map_err(|()| Error::NotFound)?;
    let (version, body) = current(&app, &shelf, topic).await?;
    let desk = Desk::new(&shelf, Some(&clerk), topic.title());
    let page = EditPage { desk, topic, seen: version, body, preview: None, banner: None };
    Ok(show(&page, StatusCode::OK))
}

async fn current(app: &App, shelf: &Shelf, topic: Topic) -> Result<(i64, String), Error> {
    let mut x = app.db.reader().await?;
    let texts = acts::texts(&mut x, shelf.tenant()).await?;
    let found = texts.into_iter().find(|(t, ..)| *t == topic);
    Ok(found.map(|(_, version, body, _)| (version, body)).unwrap_or_default())
}

/// `POST /{tenant}/guide/{topic}`: preview, or publish as the next version.
pub async fn publish(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, topic)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Error> {
    let topic: Topic = topic.parse().map_err(|()| Error::NotFound)?;
    let input = Input::parse(&body)?;
    let seen: i64 = input.get("seen").and_then(|v| v.parse().ok()).ok_or(Error::BadRequest)?;
    let body = input.get("body").unwrap_or_default().replace("\r\n", "\n");
    let desk = Desk::new(&shelf, Some(&clerk), topic.title());
    let preview = Some(super::text::html(&body));
    let mut page = EditPage { desk, topic, seen, body, preview, banner: None };
    let length = page.body.trim().chars().count();
    if length == 0 || length > TEXT || page.body.contains('\0') {
        let text = "1文字以上20,000文字以内で、画面に表示される文字だけで入力してください。";
        page.banner =
            Some(Banner { tone: "bad", title: "まだ公開していません", text: text.into() });
        return Ok(show(&page, StatusCode::UNPROCESSABLE_ENTITY));
    }
    if input.get("act") != Some("publish") {
        return Ok(show(&page, StatusCode::OK));
    }
    match store_version(&app, &clerk, topic, seen + 1, page.body.clone()).await {
        Ok(()) => {
            reload(&app).await?;
            Ok(back(&shelf))
        }
        Err(WriteError::Rejected(Newer)) => {
            let text = "あなたが開いたあとに、別の職員が新しい版を公開しました。下の文はまだ公開していません。\
                        新しい版を別の画面で開いて見比べ、必要なら書き直してから、もう一度公開してください。";
            page.banner =
                Some(Banner { tone: "warn", title: "新しい版があります", text: text.into() });
            page.seen = current(&app, &shelf, topic).await?.0;
            Ok(show(&page, StatusCode::CONFLICT))
        }
        Err(e) => Err(e.into()),
    }
}

async fn store_version(
    app: &App,
    clerk: &Clerk,
    topic: Topic,
    version: i64,
    body: String,
) -> Result<(), WriteError<Newer>> {
    let record =
        Record::new((&app.keys, &app.clock), clerk.tenant, Actor::Staff(clerk.staff), "guide.publish")
            .detail(format!("{} v{version}", topic.code()));
    let input = (record, topic.code(), version, body, clerk.staff);
    app.db
        .write(
            "guide.publish",
            Class::Person,
            clerk.tenant,
            input,
            |(record, topic, version, body, staff), tx| {
                Box::pin(async move {
                    let by = (record.at, Some(*staff));
                    if !store::insert(tx, record.tenant, (topic, *version), body, by).await? {
                        return Err(Stop::Reject(Newer));
                    }
                    Ok(audit::acts::record(tx, std::slice::from_ref(record)).await?)
                })
            },
        )
        .await
}

/// Here at once; other nodes look every few seconds.
async fn reload(app: &App) -> Result<(), Error> {
    let mut x = app.db.reader().await?;
    let loaded = app.catalogue.reload(&mut x, app.clock.wall()).await;
    loaded.map_err(|_| Error::internal("guide", "what was published cannot be shown: run `madoguchi check`"))
}

/// `POST /{tenant}/news`
pub async fn announce(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    let mut typed = Typed::read(&Input::parse(&body)?);
    if typed.id.len() != 22 || !typed.id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::BadRequest);
    }
    let Some(says) = typed.check(app.clock.wall()) else {
        let text = "赤い字の項目を直してから、もう一度送ってください。入力した内容は残っています。";
        let banner = Banner { tone: "bad", title: "まだ載せていません", text: text.into() };
        return page(&app, &shelf, &clerk, typed, Some(banner)).await;
    };
    let record = Record::new((&app.keys, &app.clock), clerk.tenant, Actor::Staff(clerk.staff), "news.add")
        .detail(format!("{} {}", says.kind.code(), typed.id));
    let new =
        store::New { tenant: clerk.tenant, id: typed.id, says, staff: clerk.staff, at: app.clock.wall() };
    app.db
        .write::<_, (), Never, _>(
            "news.add",
            Class::Person,
            clerk.tenant,
            (new, record),
            |(new, record), tx| {
                Box::pin(async move {
                    if store::announce(tx, new).await? {
                        audit::acts::record(tx, std::slice::from_ref(record)).await?;
                    }
                    Ok(())
                })
            },
        )
        .await?;
    reload(&app).await?;
    Ok(back(&shelf))
}

/// `POST /{tenant}/news/{announcement}/withdraw`
pub async fn withdraw(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Error> {
    let input = Input::parse(&body)?;
    let seen: i64 = input.get("seen").and_then(|v| v.parse().ok()).ok_or(Error::BadRequest)?;
    let record =
        Record::new((&app.keys, &app.clock), clerk.tenant, Actor::Staff(clerk.staff), "news.withdraw")
            .detail(id.chars().take(22).collect::<String>());
    let input = (record, id, seen);
    // Gone already is gone.
    app.db
        .write::<_, (), Never, _>(
            "news.withdraw",
            Class::Person,
            clerk.tenant,
            input,
            |(record, id, seen), tx| {
                Box::pin(async move {
                    if store::withdraw(tx, record.tenant, id, (*seen, record.at)).await? {
                        audit::acts::record(tx, std::slice::from_ref(record)).await?;
                    }
                    Ok(())
                })
            },
        )
        .await?;
    reload(&app).await?;
    Ok(back(&shelf))
}

/// `GET /{tenant}/survey`: what was answered in the last twelve months.
pub async fn survey(State(app): State<App>, Tenant(shelf): Tenant, clerk: Clerk) -> Result<Response, Error> {
    let from = Day::of(Millis(app.clock.wall().0 - 365 * 86_400_000));
    let mut x = app.db.reader().await?;
    let answers = store::answers(&mut x, shelf.tenant(), from).await?;
    drop(x);
    let page = SurveyResults::new(Desk::new(&shelf, Some(&clerk), "アンケートの結果"), from, &answers);
    Ok(show(&page, StatusCode::OK))
}
