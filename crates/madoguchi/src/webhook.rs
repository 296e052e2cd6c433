//! LINE's webhook: the raw bytes go to the LINE side, which checks the signature and stores ids only.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use madoguchi_line::relay;
use madoguchi_line::webhook::WebhookError;

use crate::app::App;
use crate::site::Tenant;

/// `POST /line/{tenant}/webhook`: 200 only after the commit; 401 where the signature is not the channel's.
pub async fn receive(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers.get("x-line-signature").and_then(|v| v.to_str().ok());
    let is_passed_on = headers.contains_key(relay::HEADER);
    match app.line.webhook_from(shelf.tenant(), signature, &body, is_passed_on).await {
        Ok(()) => StatusCode::OK,
        Err(WebhookError::Signature) => StatusCode::UNAUTHORIZED,
        Err(WebhookError::Body) => StatusCode::BAD_REQUEST,
        Err(WebhookError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
