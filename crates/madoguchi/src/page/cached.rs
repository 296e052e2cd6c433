//! Pages that are the same for everybody: rendered and compressed once, sent as they are.

use std::io::Write as _;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// A page in both forms, with its tag. Cloning is cheap.
#[derive(Clone)]
pub struct CachedPage {
    plain: Bytes,
    gzip: Bytes,
    etag: HeaderValue,
    kind: &'static str,
    caching: &'static str,
}

impl CachedPage {
    /// Renders and compresses a page. It may be kept by the browser, which asks each time whether it is still the same.
    pub fn render(template: &impl Template) -> Result<Self, askama::Error> {
        Ok(Self::new(template.render()?.into_bytes(), "text/html; charset=utf-8", "private, no-cache"))
    }

    /// Compresses any bytes.
    pub(super) fn new(plain: Vec<u8>, kind: &'static str, caching: &'static str) -> Self {
        let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::best());
        // Writing to memory cannot fail; were it to, the plain form is sent.
        let gzip = encoder.write_all(&plain).and_then(|()| encoder.finish()).unwrap_or_default();
        let tag = format!("\"{}\"", hex::encode(&digest(&SHA256, &plain).as_ref()[..12]));
        let etag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { plain: plain.into(), gzip: gzip.into(), etag, kind, caching }
    }

    /// The page without compression.
    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// Answers a GET: 304 where the browser has it, compressed where it can read that.
    pub fn respond(&self, request: &HeaderMap) -> Response {
        let known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .any(|v| v.as_bytes().windows(self.etag.len()).any(|w| w == self.etag.as_bytes()));
        let takes_gzip = request
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .any(|coding| is_gzip(coding.trim()));
        let gzip = takes_gzip && !self.gzip.is_empty() && !known;
        let body = match (known, gzip) {
            (true, _) => Body::empty(),
            (false, true) => Body::from(self.gzip.clone()),
            (false, false) => Body::from(self.plain.clone()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::ETAG, self.etag.clone());
        if gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// `gzip`, `gzip;q=0.5`, but not `gzip;q=0`.
fn is_gzip(coding: &str) -> bool {
    let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
    let refused =
        weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0);
    name.trim().eq_ignore_ascii_case("gzip") && !refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_what_it_can_read_and_nothing_twice() {
        let page = CachedPage::new("あ".repeat(400).into_bytes(), "text/html; charset=utf-8", "no-cache");
        let ask = |name: header::HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header"));
            page.respond(&headers)
        };
        let zipped = ask(header::ACCEPT_ENCODING, "br, gzip;q=0.8");
        assert_eq!(zipped.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(
            ask(header::ACCEPT_ENCODING, "gzip;q=0, br").headers().get(header::CONTENT_ENCODING).is_none()
        );
        let tag = zipped.headers()[header::ETAG].to_str().expect("a tag").to_owned();
        assert_eq!(ask(header::IF_NONE_MATCH, &tag).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(ask(header::IF_NONE_MATCH, &format!("W/{tag}")).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(ask(header::IF_NONE_MATCH, "\"other\"").status(), StatusCode::OK);
        assert!(page.gzip.len() < page.plain.len() / 4);
    }
}
