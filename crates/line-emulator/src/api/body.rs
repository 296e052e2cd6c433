//! Bodies and headers of requests, and LINE's errors for what is wrong with them.

use super::Call;
use crate::wire::Reply;
use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A JSON object from the body, or LINE's error for what it is instead.
pub(super) fn json_object(call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
    let media_type = call.req.media_type();
    if media_type != "application/json" {
        let message = format!("The content type, {media_type}, is not supported");
        return Err(Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message));
    }
    serde_json::from_slice(&call.req.body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            return Reply::bad(&format!(
                "The request body could not be read (line: {line}, column: {column})"
            ));
        }
        Reply::bad(&format!("The request body could not be parsed as JSON (line: {line}, column: {column})"))
    })
}

/// `X-Line-Retry-Key`
pub(super) fn retry_key(call: &Call<'_>) -> Result<Option<Uuid>, Reply> {
    match call.req.header("x-line-retry-key").map(Uuid::try_parse) {
        None => Ok(None),
        Some(Ok(key)) => Ok(Some(key)),
        Some(Err(_)) => Err(Reply::bad("The value of the 'X-Line-Retry-Key' header is not a UUID")),
    }
}

/// A property of the wrong kind. The dashes are LINE's own: it documents the message with them.
pub(super) fn invalid_property(name: &str) -> Reply {
    Reply::bad(&format!("The property, '{name}', in the request body is invalid (line: -, column: -)"))
}

/// A text of the body.
pub(super) fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}
