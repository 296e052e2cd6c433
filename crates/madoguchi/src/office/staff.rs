//! What staff see and do, by address.

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use madoguchi_base::db::{Class, Never};

use super::desk::{self, Case, Said};
use super::filter::From;
use super::inbox::Site;
use super::pages::{Banner, Desk, Door, DoorsPage, SignInPage, see, show};
use super::sign_in::{self, Outcome, Typed};
use super::{
    Clerk, LIFE_MS, Move, ask, contact, inbox as lists, log, moves, people, print, search, store, today,
};
use crate::account::token_hash;
use crate::app::App;
use crate::audit::{self, Actor, Record};
use crate::cookies::{self, Use};
use crate::error::Error;
use crate::procedure::{Input, Shelf};
use crate::serve::Peer;
use crate::site::Tenant;

/// What somebody without a session gets: the way to the sign-in page.
pub fn lead_in(shelf: &Shelf) -> Response {
    see(&format!("/{}/sign-in", shelf.slug()))
}

fn query(raw: Option<&str>) -> Input {
    Input::parse(raw.unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// `GET /`: the only municipality's list, or which one?
pub async fn front(State(app): State<App>) -> Result<Response, Error> {
    let mut x = app.db.reader().await?;
    let slugs = store::slugs(&mut x).await?;
    drop(x);
    if let [only] = slugs.as_slice() {
        return Ok(see(&format!("/{only}/")));
    }
    let doors = slugs.iter().filter_map(|slug| app.catalogue.by_name(slug));
    let doors = doors.map(|s| Door { name: s.name().to_owned(), href: format!("/{}/", s.slug()) }).collect();
    let frame = crate::page::Frame::new(&crate::page::Place::nowhere(), "自治体を選ぶ");
    Ok(show(&DoorsPage { desk: Desk::bare(frame), doors }, StatusCode::OK))
}

/// `GET /{tenant}/sign-in`.
pub async fn sign_in_page(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if super::admit(&app, shelf.tenant(), &headers).await?.is_some() {
        return Ok(see(&format!("/{}/", shelf.slug())));
    }
    Ok(sign_in_again(&shelf, "", None, StatusCode::OK))
}

fn sign_in_again(shelf: &Shelf, login: &str, banner: Option<Banner>, status: StatusCode) -> Response {
    let desk = Desk::new(shelf, None, "職員のサインイン");
    show(&SignInPage { desk, login: login.to_owned(), banner }, status)
}

/// `POST /{tenant}/sign-in`.
pub async fn sign_in(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    let tenant = shelf.tenant();
    let input = Input::parse(&body)?;
    let login = input.get("login").unwrap_or_default();
    let typed = Typed {
        login,
        password: input.get("password").unwrap_or_default(),
        source: peer.map(|Extension(peer)| peer.source(&headers, &app.settings.listen.trusted_proxies)),
        old: cookies::get(&app, &headers, tenant, Use::Staff).filter(|token| token.len() <= 64),
    };
    match sign_in::sign_in(&app, tenant, &typed).await? {
        Outcome::In(token) => {
            let mut response = see(&format!("/{}/", shelf.slug()));
            if let Some(cookie) = cookies::set(&app, &headers, tenant, Use::Staff, &token, LIFE_MS / 1_000) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Outcome::Wrong => {
            let text = "ログイン名とパスワードをもう一度確認してください。続けて5回間違えると、しばらく待つことになります。";
            let banner =
                Banner { tone: "bad", title: "サインインできませんでした", text: text.into() };
            Ok(sign_in_again(&shelf, login, Some(banner), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Outcome::Wait(until) => {
            let (secs, words) = sign_in::wait_words(&app.clock, until);
            let text = format!(
                "続けて間違えたため、あと{words}はサインインできません。時間をおいて、もう一度お試しください。\
                 パスワードを忘れたときは、管理者に再設定を頼んでください。"
            );
            let banner = Banner { tone: "warn", title: "しばらくお待ちください", text };
            let mut response = sign_in_again(&shelf, login, Some(banner), StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
            Ok(response)
        }
    }
}

/// `POST /{tenant}/sign-out`: ends the session in the database.
pub async fn sign_out(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let tenant = clerk.tenant;
    let record = Record::new((&app.keys, &app.clock), tenant, Actor::Staff(clerk.staff), "staff.sign-out");
    let input = (token_hash(&clerk.token.0), record);
    app.db
        .write::<_, (), Never, _>("staff.sign-out", Class::Vital, tenant, input, |(hash, record), tx| {
            Box::pin(async move {
                store::revoke(tx, record.tenant, hash, record.at).await?;
                Ok(audit::acts::record(tx, std::slice::from_ref(record)).await?)
            })
        })
        .await?;
    let mut response = lead_in(&shelf);
    if let Some(cookie) = cookies::set(&app, &headers, tenant, Use::Staff, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// `GET /{tenant}/`: 今日やること.
pub async fn today(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    headers: HeaderMap,
) -> Result<Response, Error> {
    today::page(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &headers).await
}

/// `GET /{tenant}/today/{task}`: one list of it, whole.
pub async fn task(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
) -> Result<Response, Error> {
    let task = uri.path().rsplit('/').next().and_then(today::Task::read).ok_or(Error::NotFound)?;
    today::one(&Site { app: &app, shelf: &shelf, clerk: &clerk }, task).await
}

/// `GET /{tenant}/list`: the list, as it is filtered.
pub async fn inbox(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Error> {
    lists::list(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &headers, &query(raw.as_deref())).await
}

/// `POST /{tenant}/filter`: filters that stay.
pub async fn filter(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    lists::filter(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &Input::parse(&body)?).await
}

/// `POST /{tenant}/search`: by receipt number.
pub async fn search(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    search::search(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &Input::parse(&body)?).await
}

/// `GET /{tenant}/audit`: what was done, for administrators.
pub async fn audit(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    RawQuery(raw): RawQuery,
) -> Result<Response, Error> {
    log::audit(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &query(raw.as_deref())).await
}

/// `GET /{tenant}/accounts`: accounts, roles, departments.
pub async fn accounts(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
) -> Result<Response, Error> {
    people::page(&Site { app: &app, shelf: &shelf, clerk: &clerk }, people::Said::default()).await
}

/// `POST /{tenant}/accounts`: another one.
pub async fn add_account(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    people::add(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &Input::parse(&body)?).await
}

/// `POST /{tenant}/accounts/{staff}`: another role, other departments, another password, the end.
pub async fn change_account(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
    body: Bytes,
) -> Result<Response, Error> {
    let id = uri.path().rsplit('/').next().unwrap_or_default();
    people::change(&Site { app: &app, shelf: &shelf, clerk: &clerk }, id, &Input::parse(&body)?).await
}

/// The application that an address names: `/{tenant}/a/{application}…`.
fn case<'a>(app: &'a App, shelf: &'a Shelf, clerk: &'a Clerk, uri: &Uri) -> Result<Case<'a>, Error> {
    let id = uri.path().split('/').nth(3).and_then(|id| id.parse().ok()).ok_or(Error::NotFound)?;
    let from = From::read(query(uri.query()).get("from"));
    Ok(Case { app, shelf, clerk, id, from })
}

/// `GET /{tenant}/a/{application}`.
pub async fn application(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
) -> Result<Response, Error> {
    desk::page(case(&app, &shelf, &clerk, &uri)?, Said::default()).await
}

/// `POST …/{act}`: a move, by the last part of its address.
pub async fn act(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
    body: Bytes,
) -> Result<Response, Error> {
    let what = uri.path().rsplit('/').next().and_then(Move::read).ok_or(Error::NotFound)?;
    moves::go(case(&app, &shelf, &clerk, &uri)?, what, &Input::parse(&body)?).await
}

/// `GET …/correction`: marking what is to be corrected.
pub async fn ask_page(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
) -> Result<Response, Error> {
    ask::page(case(&app, &shelf, &clerk, &uri)?).await
}

/// `POST …/correction`: 補正.
pub async fn ask(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
    body: Bytes,
) -> Result<Response, Error> {
    ask::send(case(&app, &shelf, &clerk, &uri)?, &Input::parse(&body)?).await
}

/// `POST …/note`: 内部メモ.
pub async fn note(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
    body: Bytes,
) -> Result<Response, Error> {
    moves::note(case(&app, &shelf, &clerk, &uri)?, &Input::parse(&body)?).await
}

/// `POST …/contact`: 電話で連絡した, 郵送した.
pub async fn contact(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
    body: Bytes,
) -> Result<Response, Error> {
    contact::record(case(&app, &shelf, &clerk, &uri)?, &Input::parse(&body)?).await
}

/// `POST /{tenant}/print`: applications for the printer.
pub async fn print(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    print::page(&Site { app: &app, shelf: &shelf, clerk: &clerk }, &Input::parse(&body)?).await
}

/// `GET …/told`: how far the notices are, for the script.
pub async fn told(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    uri: Uri,
) -> Result<Response, Error> {
    desk::told_only(case(&app, &shelf, &clerk, &uri)?).await
}
