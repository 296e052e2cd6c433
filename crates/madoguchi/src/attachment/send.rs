//! Showing a file to somebody who may see it.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use madoguchi_base::file::FileKey;
use madoguchi_base::{AttachmentId, TenantId};

use super::vault::{Name, Pieces, VaultError};
use super::{Kind, Shown, about_place, file_place, store};
use crate::app::App;
use crate::error::Error;

/// What a browser may do with a file that it shows by itself.
const POLICY: &str = "default-src 'none'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; sandbox";

/// Opens a file and answers with it: a picture is shown, a document is a download.
pub(super) async fn file(
    app: &App,
    tenant: TenantId,
    row: &store::Row,
    key: &FileKey,
) -> Result<Response, Error> {
    let broken = || Error::internal("attachment", "a file does not open");
    let id: AttachmentId = row.attachment_id.parse().map_err(|_| broken())?;
    let about =
        key.open(&about_place(tenant, &row.attachment_id), &row.about_sealed).map_err(|_| broken())?;
    let (shown, before) = Shown::of_about(id, &about).ok_or_else(broken)?;
    let sealed = app.files.vault.open(Name { tenant, id }).await.map_err(|e| match e {
        VaultError::Missing => Error::internal("attachment", "a file is missing in the vault"),
        VaultError::Failed => Error::Busy,
    })?;
    let opener = key.opener(&file_place(tenant, &row.attachment_id));
    let plain = Opening { sealed, opener: Some(opener), before };
    // One piece before the headers: a file that does not open at all is an error page, not half an answer.
    let mut pieces = Box::pin(pieces(plain));
    let Some(Ok(first)) = pieces.next().await else { return Err(broken()) };
    let body = Body::from_stream(futures_util::stream::iter([Ok(first)]).chain(pieces));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.kind.mime()));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(shown.bytes));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let disposition = HeaderValue::from_str(&disposition(&shown)).map_err(|_| broken())?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// RFC 6266: a plain name for old browsers, the person's own for the others.
fn disposition(shown: &Shown) -> String {
    let how = if shown.kind == Kind::Pdf { "attachment" } else { "inline" };
    let mut name = String::new();
    for byte in shown.name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ok = write!(name, "%{byte:02X}");
        }
    }
    format!("{how}; filename=\"file.{}\"; filename*=UTF-8''{name}", shown.kind.endings()[0])
}

struct Opening {
    sealed: Pieces,
    opener: Option<madoguchi_base::file::Opener>,
    /// Bytes before the content.
    before: usize,
}

/// Plain pieces; a file that was cut off or changed breaks the connection, so that nobody takes it for whole.
fn pieces(from: Opening) -> impl futures_util::Stream<Item = Result<bytes::Bytes, VaultError>> + Send {
    futures_util::stream::try_unfold(from, |mut from| async move {
        loop {
            let Some(opener) = from.opener.as_mut() else { return Ok(None) };
            let mut plain = Vec::new();
            let gone_well = match from.sealed.next().await {
                Some(sealed) => opener.push(&sealed?, &mut plain),
                None => match from.opener.take() {
                    Some(opener) => opener.finish(&mut plain),
                    None => Ok(()),
                },
            };
            gone_well.map_err(|_| VaultError::Failed)?;
            let skip = from.before.min(plain.len());
            from.before -= skip;
            if plain.len() > skip {
                plain.drain(..skip);
                return Ok(Some((bytes::Bytes::from(plain), from)));
            }
        }
    })
}

/// The whole of a file in memory: for the scanner.
pub(super) async fn content(
    app: &App,
    tenant: TenantId,
    row: &store::Row,
    key: &FileKey,
) -> Result<Vec<u8>, VaultError> {
    let id: AttachmentId = row.attachment_id.parse().map_err(|_| VaultError::Failed)?;
    let about = key
        .open(&about_place(tenant, &row.attachment_id), &row.about_sealed)
        .map_err(|_| VaultError::Failed)?;
    let (shown, before) = Shown::of_about(id, &about).ok_or(VaultError::Failed)?;
    let sealed = app.files.vault.open(Name { tenant, id }).await?;
    let opener = Some(key.opener(&file_place(tenant, &row.attachment_id)));
    let mut all = Vec::with_capacity(shown.bytes as usize);
    let mut pieces = Box::pin(pieces(Opening { sealed, opener, before }));
    while let Some(piece) = pieces.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reaches_the_browser_whole_and_breaks_no_header() {
        let id = AttachmentId::new(&madoguchi_base::Clock::system());
        let of = |kind, name: &str| disposition(&Shown { id, kind, bytes: 1, name: name.to_owned() });
        assert_eq!(
            of(Kind::Jpeg, "犬 1.jpg"),
            "inline; filename=\"file.jpg\"; filename*=UTF-8''%E7%8A%AC%201.jpg"
        );
        let odd = of(Kind::Pdf, "a\";x=\r\n.pdf");
        assert_eq!(odd, "attachment; filename=\"file.pdf\"; filename*=UTF-8''a%22%3Bx%3D%0D%0A.pdf");
    }
}
