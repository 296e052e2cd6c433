//! Attaching a file, and looking at one's own.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use madoguchi_base::db::{Class, Never};
use madoguchi_base::file::FileKey;
use madoguchi_base::{ApplicationId, AttachmentId};
use serde::Serialize;

use super::form::Filler;
use super::vault::Name;
use super::{Scan, key_place, send, store};
use crate::account::Citizen;
use crate::app::App;
use crate::application::agent::Proof;
use crate::error::Error;
use crate::site::Tenant;

/// What the page's script is told.
#[derive(Serialize)]
struct Answer {
    /// The value of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// What stands beside the tick, or what to do.
    words: String,
}

/// `POST /{tenant}/p/{procedure}/files`: one file, while the form is still being filled in.
pub async fn upload(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    citizen: Citizen,
    Path((_, slug)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let filler = Filler { app: &app, shelf: &shelf, citizen: &citizen, slug: &slug };
    Ok(match filler.read_one(request).await? {
        Ok(shown) => Json(Answer { value: Some(shown.to_value()), words: shown.words() }).into_response(),
        Err(why) => {
            let answer = Answer { value: None, words: why.words().to_owned() };
            (StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response()
        }
    })
}

/// Somebody's own file that was not sent yet.
async fn own(app: &App, citizen: &Citizen, id: &str) -> Result<(AttachmentId, store::Row), Error> {
    let id: AttachmentId = id.parse().map_err(|_| Error::NotFound)?;
    let mut x = app.db.reader().await?;
    let found = store::mine(&mut x, citizen.tenant, citizen.account, &[id]).await?;
    Ok((id, found.into_iter().next().ok_or(Error::NotFound)?))
}

/// `GET /{tenant}/files/{attachment}`: a file that was attached and not sent yet.
pub async fn unsent(
    State(app): State<App>,
    citizen: Citizen,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (_, row) = own(&app, &citizen, &id).await?;
    let (Some(key), Some(wrapped)) = (&row.draft_key_id, &row.draft_wrapped) else {
        return Err(Error::NotFound);
    };
    let mut x = app.db.reader().await?;
    let draft = app.draft_keys.find(&mut x, citizen.tenant, key).await?;
    drop(x);
    let key = FileKey::of_draft(&draft, &key_place(citizen.tenant, &row.attachment_id), wrapped)
        .map_err(|_| Error::internal("attachment", "a file's key does not open"))?;
    held_back(&row)?;
    send::file(&app, citizen.tenant, &row, &key).await
}

/// `POST /{tenant}/files/{attachment}/remove`: taken out of the form again.
pub async fn remove(
    State(app): State<App>,
    citizen: Citizen,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (id, _) = own(&app, &citizen, &id).await?;
    let input = (citizen.tenant, id, citizen.account, app.clock.wall());
    app.db
        .write::<_, bool, Never, _>("attachment.remove", Class::Person, citizen.tenant, input, |i, tx| {
            Box::pin(async move { Ok(store::delete_unsent(tx, i.0, i.1, Some(i.2), i.3).await?) })
        })
        .await?;
    // The row is gone; bytes that could not be removed now are removed by the job.
    let _later = app.files.vault.delete(Name { tenant: citizen.tenant, id }).await;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A file that the scanner has not seen, or in which it found something, is nobody's to open.
pub(super) fn held_back(row: &store::Row) -> Result<(), Error> {
    match Scan::of_code(&row.scan) {
        scan if scan.is_open() => Ok(()),
        Scan::Waiting => Err(Error::Conflict(
            "このファイルは、安全かどうかを検査しています。検査が終わると開けます。少し待ってから、もう一度開いてください。",
        )),
        _ => Err(Error::Conflict(
            "このファイルは、安全でないと判定されたため削除しました。もう一度提出してもらう必要があります。",
        )),
    }
}

/// A file of an application, opened for who proves to be allowed; the key agent writes the audit record.
pub(super) async fn of_application(
    app: &App,
    tenant: madoguchi_base::TenantId,
    (application, attachment): (&str, &str),
    (purpose, proof): (&'static str, Proof<'_>),
) -> Result<Response, Error> {
    let application: ApplicationId = application.parse().map_err(|_| Error::NotFound)?;
    let attachment: AttachmentId = attachment.parse().map_err(|_| Error::NotFound)?;
    let mut x = app.db.reader().await?;
    let rows = store::of_application(&mut x, tenant, application).await?;
    drop(x);
    let row = rows.iter().find(|r| r.attachment_id == attachment.to_string()).ok_or(Error::NotFound)?;
    let wrapped = row.wrapped.as_deref().ok_or(Error::NotFound)?;
    let opened = app.agent.open(tenant, application, purpose, proof).await?;
    held_back(row)?;
    let key = FileKey::unwrap(&opened.key, &key_place(tenant, &row.attachment_id), wrapped)
        .map_err(|_| Error::internal("attachment", "a file's key does not open"))?;
    send::file(app, tenant, row, &key).await
}

/// `GET /{tenant}/a/{application}/files/{attachment}`: what the person sent.
pub async fn sent(
    State(app): State<App>,
    citizen: Citizen,
    Path((_, application, attachment)): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let proof = Proof::Citizen(&citizen.token.0);
    of_application(&app, citizen.tenant, (&application, &attachment), ("citizen-file", proof)).await
}
