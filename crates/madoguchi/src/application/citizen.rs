//! Submitting, 「私の申請」, and the page of one application, as the citizen meets them.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use madoguchi_base::{ApplicationId, Day, Millis, TenantId};
use madoguchi_line::friends::{self, Reach};
use madoguchi_line::notice;
use serde::Deserialize;

use super::agent::{AgentError, Proof};
use super::answers::{Answers, Purpose, out};
use super::confirm;
use super::intake::IntakeError;
use super::mend::{Own, refused};
use super::submit::{is_submission_key, prepare};
use super::view::{self, AnswersPage};
use super::{Application, store};
use crate::account::Citizen;
use crate::app::App;
use crate::attachment;
use crate::draft::{self, DraftItem};
use crate::error::Error;
use crate::page::html;
use crate::page::views::{Again, ErrorPage, MineItem, MinePage, parts};
use crate::procedure::views::filled;
use crate::procedure::{Input, Published, Shelf};
use crate::site::Tenant;

/// `POST /{tenant}/p/{procedure}/submit`: 303 to the application, only after the commit.
pub async fn submit(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, slug)): Path<(String, String)>,
    citizen: Citizen,
    body: Bytes,
) -> Result<Response, Error> {
    let posted = Input::parse_with_token(&body)?;
    let form = format!("/{}/p/{slug}/form", shelf.slug());
    let token = posted.get("answers").unwrap_or_default();
    let key = posted.get("submission_key").unwrap_or_default();
    let opened = confirm::open((&app.keys, &app.clock), citizen.tenant, citizen.account, token);
    let Some(confirmed) = opened else { return Ok(Redirect::to(&form).into_response()) };
    let published = shelf.find(confirmed.procedure, confirmed.form_version).ok_or(Error::NotFound)?;
    if published.slug != slug || !published.procedure().offered.is_here() {
        return Err(Error::NotFound);
    }
    let answers = Answers::from_canonical(&confirmed.canonical)
        .map_err(|_| Error::internal("submit", "sealed answers were not canonical"))?;
    // What was right when it was confirmed may be wrong by now: the first day that can be asked for has passed.
    let typed = out::input(&answers, &published.form, Purpose::Page);
    let context = shelf.context(Day::of(app.clock.wall()));
    let read = published.form.read(&typed, &context);
    if let Err(problems) = read
        && !was_sent(&app, citizen.tenant, key).await?
    {
        return Ok(filled(&shelf, published, context, &typed, Some(&problems)));
    }
    // A page that lay open too long is shown again, unless it was sent before: then its receipt is shown.
    if !is_submission_key(key) || confirmed.stale && !was_sent(&app, citizen.tenant, key).await? {
        return confirm::page(&app, &shelf, &citizen, published, &answers, true).await;
    }
    let who = (citizen.tenant, citizen.account);
    // Looked up only where the bucket is empty: a repetition gets its receipt in any case.
    if !app.limits.take(who.0, who.1) && !was_sent(&app, citizen.tenant, key).await? {
        return Err(Error::TooMany);
    }
    let arrival = prepare(&app, who, published, &answers, key.to_owned()).await;
    let Ok(arrival) = arrival else { return Ok(again(&shelf, published, token, key)) };
    match app.intake.submit(arrival).await {
        Ok(arrived) => {
            let to = format!("/{}/a/{}?arrived", shelf.slug(), arrived.application);
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
        }
        Err(IntakeError::Conflict) => {
            let words =
                "この画面の内容は、すでに別の内容で送られています。送った内容は「私の申請」で確認できます。";
            Ok(html(&ErrorPage::conflict(shelf.frame(""), words), StatusCode::CONFLICT))
        }
        Err(IntakeError::Files) => {
            let mut typed = typed;
            let gone = attachment::acts::resolve(&app, who, &published.form, &mut typed).await?;
            let problems = attachment::form::gone(gone);
            Ok(filled(&shelf, published, context, &typed, Some(&problems)))
        }
        // The same key again is safe in both cases: it finds what was stored, or stores it now.
        Err(IntakeError::Busy | IntakeError::Failed | IntakeError::Unknown) => {
            Ok(again(&shelf, published, token, key))
        }
    }
}

/// Whether something arrived under this key, whenever that was.
async fn was_sent(app: &App, tenant: TenantId, key: &str) -> Result<bool, Error> {
    let mut x = app.db.reader().await?;
    Ok(!store::find_by_keys(&mut x, tenant, &[key]).await?.is_empty())
}

/// 503 with everything that is needed to send the same once more.
fn again(shelf: &Shelf, published: &Published, token: &str, key: &str) -> Response {
    let again = Again {
        action: format!("/{}/p/{}/submit", shelf.slug(), published.slug),
        button: "もう一度送る".to_owned(),
        fields: vec![("answers".to_owned(), token.to_owned()), ("submission_key".to_owned(), key.to_owned())],
    };
    let mut response = html(&ErrorPage::busy(shelf.frame(""), Some(again)), StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}

/// `GET /{tenant}/a`: 「私の申請」.
pub async fn mine(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
) -> Result<Response, Error> {
    let mut x = app.db.reader().await?;
    let all = store::list_mine(&mut x, citizen.tenant, citizen.account).await?;
    let items = all
        .iter()
        .map(|a| {
            let about = shelf.find(a.procedure, a.form_version).map(|p| p.form.procedure());
            let kind = about.map_or(crate::procedure::Kind::Application, |p| p.kind);
            MineItem {
                href: format!("/{}/a/{}", shelf.slug(), a.id),
                title: about.map_or_else(|| "手続".to_owned(), |p| p.title.clone()),
                receipt: a.receipt.to_string(),
                state: a.state.code().to_owned(),
                state_words: a.state.for_citizen(kind).to_owned(),
                arrived: a.arrived_at.japanese(),
            }
        })
        .collect();
    let drafts = draft::acts::mine(&mut x, citizen.tenant, citizen.account, app.clock.wall()).await?;
    let drafts = drafts.iter().filter_map(|d| draft_item(&shelf, d)).collect();
    let sign_out = Some(format!("/{}/sign-out", shelf.slug()));
    Ok(html(&MinePage { frame: shelf.frame("私の申請"), drafts, items, sign_out }, StatusCode::OK))
}

fn draft_item(shelf: &Shelf, d: &draft::acts::Row) -> Option<DraftItem> {
    let found = shelf.procedures().find(|p| p.id.to_string() == d.procedure_id)?;
    let href = format!("/{}/p/{}/draft", shelf.slug(), found.slug);
    Some(DraftItem {
        title: found.procedure().title.clone(),
        saved: Millis(d.saved_at).japanese(),
        until: Day::of(Millis(d.expires_at)).japanese(),
        remove: format!("{href}/remove"),
        href,
    })
}

/// Somebody else's application and one that does not exist are the same 404.
async fn own(app: &App, citizen: &Citizen, application: &str) -> Result<Application, Error> {
    let id: ApplicationId = application.parse().map_err(|_| Error::NotFound)?;
    let mut x = app.db.reader().await?;
    let found = store::find(&mut x, citizen.tenant, id).await?;
    found.filter(|a| a.account == citizen.account).ok_or(Error::NotFound)
}

/// `?arrived`: the person has just submitted.
#[derive(Deserialize)]
pub struct Arrived {
    arrived: Option<String>,
}

/// `GET /{tenant}/a/{application}`: receipt, state, history, what LINE was sent.
pub async fn status(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, application)): Path<(String, String)>,
    Query(query): Query<Arrived>,
    citizen: Citizen,
) -> Result<Response, Error> {
    let (a, published) = with_form(&app, &shelf, &citizen, &application).await?;
    let mut x = app.db.reader().await?;
    let events = store::events(&mut x, a.tenant, a.id).await?;
    let sent = notice::of_application(&mut x, a.tenant, a.id).await?;
    let reach = friends::state(&mut x, a.tenant, a.account).await?;
    let survivor = match a.duplicate_of {
        Some(other) => store::find(&mut x, a.tenant, other).await?.map(|other| other.receipt),
        None => None,
    };
    let rejected = a.state == super::State::Rejected;
    drop(x);
    let reason = if rejected { reason(&app, &citizen, &a).await? } else { None };
    let not_friend = (reach == Reach::NotReachable).then(|| shelf.not_friend(a.id));
    let fresh = query.arrived.is_some();
    let today = Day::of(app.clock.wall());
    let around = view::Around { events: &events, sent: &sent, reason, not_friend, fresh, survivor, today };
    let own = Own { app: &app, shelf: &shelf, citizen: &citizen, a, published };
    let mut page = view::receipt(&shelf, published, &own.a, around);
    if own.may_withdraw() {
        page.withdraw = Some(format!("/{}/a/{}/withdraw", shelf.slug(), own.a.id));
    }
    Ok(html(&page, StatusCode::OK))
}

/// `GET /{tenant}/a/{application}/correct`: what is to be corrected, and why.
pub async fn correct_page(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, application)): Path<(String, String)>,
    citizen: Citizen,
) -> Result<Response, Error> {
    let (a, published) = with_form(&app, &shelf, &citizen, &application).await?;
    Own { app: &app, shelf: &shelf, citizen: &citizen, a, published }.correct_page().await
}

/// `POST …/correct`: the marked fields, under a submission key.
pub async fn correct(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, application)): Path<(String, String)>,
    citizen: Citizen,
    body: Bytes,
) -> Result<Response, Error> {
    let (a, published) = with_form(&app, &shelf, &citizen, &application).await?;
    let typed = Input::parse(&body)?;
    Own { app: &app, shelf: &shelf, citizen: &citizen, a, published }.correct(typed).await
}

/// `GET …/withdraw`: what withdrawing means, once.
pub async fn withdraw_page(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, application)): Path<(String, String)>,
    citizen: Citizen,
) -> Result<Response, Error> {
    let (a, published) = with_form(&app, &shelf, &citizen, &application).await?;
    Ok(Own { app: &app, shelf: &shelf, citizen: &citizen, a, published }.withdraw_page())
}

/// `POST …/withdraw`.
pub async fn withdraw(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, application)): Path<(String, String)>,
    citizen: Citizen,
    body: Bytes,
) -> Result<Response, Error> {
    let (a, published) = with_form(&app, &shelf, &citizen, &application).await?;
    let typed = Input::parse(&body)?;
    Own { app: &app, shelf: &shelf, citizen: &citizen, a, published }.withdraw(&typed).await
}

/// One's own application with the form that it was made with.
async fn with_form<'a>(
    app: &App,
    shelf: &'a Shelf,
    citizen: &Citizen,
    application: &str,
) -> Result<(Application, &'a Published), Error> {
    let a = own(app, citizen, application).await?;
    let published = shelf
        .find(a.procedure, a.form_version)
        .ok_or_else(|| Error::internal("application", "the version of an application's form is gone"))?;
    Ok((a, published))
}

/// The reason of a refusal: told here to the person, never to LINE.
async fn reason(app: &App, citizen: &Citizen, a: &Application) -> Result<Option<String>, Error> {
    let proof = Proof::Citizen(&citizen.token.0);
    let opened = match app.agent.open(a.tenant, a.id, "citizen-reason", proof).await {
        // Everything else on the page stands without the agent.
        Err(AgentError::Away) => {
            return Ok(Some("いまは表示できません。しばらくしてから、もう一度開いてください。".to_owned()));
        }
        other => other.map_err(refused)?,
    };
    Ok(opened.reason.map(|r| String::from_utf8_lossy(&r).into_owned()))
}

/// `GET /{tenant}/a/{application}/answers`: what the person sent. Opening it is audited.
pub async fn answers(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, application)): Path<(String, String)>,
    citizen: Citizen,
) -> Result<Response, Error> {
    let a = own(&app, &citizen, &application).await?;
    let published = shelf.find(a.procedure, a.form_version).ok_or(Error::NotFound)?;
    let proof = Proof::Citizen(&citizen.token.0);
    let opened = match app.agent.open(a.tenant, a.id, "citizen-page", proof).await {
        Err(AgentError::Away) => {
            let page = ErrorPage::closed(shelf.frame(""), a.id);
            return Ok(html(&page, StatusCode::SERVICE_UNAVAILABLE));
        }
        other => other.map_err(refused)?,
    };
    let answers = Answers::from_canonical(&opened.answers)
        .map_err(|_| Error::internal("answers", "sealed answers were not canonical"))?;
    let mut x = app.db.reader().await?;
    let named = out::files(&answers, &published.form, Purpose::Page);
    let base = format!("/{}/a/{}", shelf.slug(), a.id);
    let files = attachment::acts::links(&mut x, (a.tenant, a.id), &named, &base).await?;
    drop(x);
    let rows = out::rows(&answers, &published.form, Purpose::Page);
    let page = AnswersPage {
        frame: shelf.frame("入力した内容"),
        receipt: a.receipt.to_string(),
        back: base,
        answers: parts(&rows),
        files,
    };
    Ok(html(&page, StatusCode::OK))
}

/// `GET /{tenant}/n/{token}`: where a notice's button leads. Strangers get the same page as for any token.
pub async fn notice(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    Path((_, token)): Path<(String, String)>,
    citizen: Citizen,
) -> Result<Response, Error> {
    let found = match URL_SAFE_NO_PAD.decode(&token) {
        Ok(bytes) if bytes.len() == 16 => {
            let mut x = app.db.reader().await?;
            notice::by_page(&mut x, citizen.tenant, &token).await?
        }
        _ => None,
    };
    match found {
        Some((account, application)) if account == citizen.account => {
            Ok(Redirect::to(&format!("/{}/a/{application}", shelf.slug())).into_response())
        }
        _ => Err(Error::NotFound),
    }
}
