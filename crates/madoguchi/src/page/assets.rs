//! Static files, compiled in. Their addresses carry a hash of their bytes, so that browsers keep them for ever.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::CachedPage;
use crate::procedure::postal;

struct Asset {
    name: &'static str,
    hash: String,
    path: String,
    page: CachedPage,
}

const FILES: &[(&str, &str, &[u8])] = &[
    ("madoguchi.css", "text/css; charset=utf-8", include_bytes!("assets/madoguchi.css")),
    ("form.js", "text/javascript; charset=utf-8", include_bytes!("assets/form.js")),
    ("attach.js", "text/javascript; charset=utf-8", include_bytes!("assets/attach.js")),
    ("staff.css", "text/css; charset=utf-8", include_bytes!("../office/assets/staff.css")),
    ("staff.js", "text/javascript; charset=utf-8", include_bytes!("../office/assets/staff.js")),
    ("demo.css", "text/css; charset=utf-8", include_bytes!("../demo/assets/demo.css")),
    ("demo.js", "text/javascript; charset=utf-8", include_bytes!("../demo/assets/demo.js")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let make = |&(name, kind, bytes): &(&'static str, &'static str, &[u8])| {
        let hash = hex::encode(&digest(&SHA256, bytes).as_ref()[..8]);
        let path = format!("/static/{hash}/{name}");
        Asset {
            name,
            hash,
            path,
            page: CachedPage::new(bytes.to_vec(), kind, "public, max-age=31536000, immutable"),
        }
    };
    FILES.iter().map(make).collect()
});

/// The address of a static file: `/static/{hash}/madoguchi.css`. Empty for a name that does not exist.
pub fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|a| a.name == name).map_or("", |a| a.path.as_str())
}

/// Answers `GET /static/{hash}/{name}`. An old hash is 404: its bytes are gone, others under it would stay for ever.
pub fn serve(hash: &str, name: &str, request: &HeaderMap) -> Response {
    if let Some(response) = postal::respond(hash, name, request) {
        return response;
    }
    match ASSETS.iter().find(|a| a.name == name && a.hash == hash) {
        Some(asset) => asset.page.respond(request),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The handler of `GET /static/{hash}/{name}`.
pub async fn file(Path((hash, name)): Path<(String, String)>, request: HeaderMap) -> Response {
    serve(&hash, &name, &request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_lasting_addresses() {
        let path = path("madoguchi.css");
        let hash = path.split('/').nth(2).expect("a hash");
        assert_eq!(serve(hash, "madoguchi.css", &HeaderMap::new()).status(), StatusCode::OK);
        assert_eq!(serve("0123", "madoguchi.css", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
        assert_eq!(super::path("other.css"), "");
    }
}
