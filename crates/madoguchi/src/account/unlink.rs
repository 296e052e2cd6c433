//! Ending the link with LINE: here first, then LINE is told. The person's wish does not wait for LINE.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::db::{Class, Never};
use madoguchi_base::{AccountId, Millis, TenantId};
use madoguchi_line::login::{self, Verified};

use super::{pages, store};
use crate::app::App;
use crate::audit::{self, Actor, Record};
use crate::cookies::{self, Use};
use crate::error::Error;
use crate::procedure::Shelf;

/// Comes back from LINE: the person is proved to be the one whose link ends, and LINE can be told.
pub(super) async fn confirmed(
    app: &App,
    shelf: &Shelf,
    headers: &HeaderMap,
    verified: &Verified,
) -> Result<Response, Error> {
    let tenant = shelf.tenant();
    let mut x = app.db.reader().await?;
    let theirs = login::account_of(&mut x, tenant, verified).await?;
    drop(x);
    let here = super::admit(app, tenant, headers).await.map(|citizen| citizen.account);
    // Somebody else's LINE: neither link is touched, and LINE is told nothing.
    if let (Some(here), theirs) = (here, theirs)
        && theirs != Some(here)
    {
        return Ok(pages::other_line(shelf));
    }
    if let Some(account) = theirs {
        end(app, tenant, account, "line").await?;
    }
    let told = app.line.deauthorize(tenant, verified).await;
    Ok(done(app, tenant, headers, shelf.slug(), told))
}

/// Without LINE: the link ends here, and the person reads how to remove it there.
pub(super) async fn here(
    app: &App,
    shelf: &Shelf,
    headers: &HeaderMap,
    account: AccountId,
) -> Result<Response, Error> {
    end(app, shelf.tenant(), account, "here").await?;
    Ok(done(app, shelf.tenant(), headers, shelf.slug(), false))
}

struct End {
    tenant: TenantId,
    account: AccountId,
    at: Millis,
    record: Record,
}

/// Link, waiting notices and every session of the account, in one transaction. Applications stay.
async fn end(app: &App, tenant: TenantId, account: AccountId, how: &'static str) -> Result<(), Error> {
    let record = Record::new((&app.keys, &app.clock), tenant, Actor::Citizen(account), "account.unlink");
    let input = End { tenant, account, at: app.clock.wall(), record: record.detail(how) };
    let ended = app
        .db
        .write::<_, Vec<Vec<u8>>, Never, _>("account.unlink", Class::Person, tenant, input, |e, tx| {
            Box::pin(async move {
                login::unlink(tx, e.tenant, e.account, e.at).await?;
                let sessions = store::older_sessions(tx, e.tenant, e.account, (e.at, 0)).await?;
                for session in &sessions {
                    store::revoke(tx, e.tenant, session, e.at).await?;
                }
                audit::acts::record(tx, std::slice::from_ref(&e.record)).await?;
                Ok(sessions)
            })
        })
        .await?;
    app.sessions.forget(&ended);
    Ok(())
}

/// To the page that says so; this browser forgets the person, and is asked again next time.
fn done(app: &App, tenant: TenantId, headers: &HeaderMap, slug: &str, told: bool) -> Response {
    let to = format!("/{slug}/unlinked{}", if told { "" } else { "?line=not-told" });
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    for what in [Use::Session, Use::Attempt, Use::Agreed] {
        if let Some(cookie) = cookies::set(app, headers, tenant, what, "", 0) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
