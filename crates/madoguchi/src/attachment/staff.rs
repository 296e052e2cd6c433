//! A clerk looks at an attached file.

use axum::extract::{Path, State};
use axum::response::Response;

use super::citizen::of_application;
use crate::app::App;
use crate::application::agent::Proof;
use crate::error::Error;
use crate::office::Clerk;

/// `GET /{tenant}/a/{application}/files/{attachment}`: each look is in the audit log.
pub async fn file(
    State(app): State<App>,
    clerk: Clerk,
    Path((_, application, attachment)): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let proof = Proof::Staff(&clerk.token.0);
    of_application(&app, clerk.tenant, (&application, &attachment), ("staff-file", proof)).await
}
