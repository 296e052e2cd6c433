//! Forms with files (RFC 7578), as far as uploads of ids need them.

use crate::wire::Req;

/// Name and content of each part; `None` if the body is not such a form.
pub(super) fn parts(req: &Req) -> Option<Vec<(String, &[u8])>> {
    let kind = req.header("content-type")?;
    if req.media_type() != "multipart/form-data" {
        return None;
    }
    let boundary = kind.split("boundary=").nth(1)?.split(';').next()?.trim().trim_matches('"');
    if boundary.is_empty() {
        return None;
    }
    let mark = format!("--{boundary}");
    let mut rest: &[u8] = &req.body;
    let mut found = Vec::new();
    // What stands before the first mark means nothing.
    rest = after(rest, mark.as_bytes())?;
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = position(part, format!("\r\n{mark}").as_bytes())?;
        let (headers, content) = part[..end].split_at(position(&part[..end], b"\r\n\r\n")?);
        let headers = std::str::from_utf8(headers).ok()?;
        let name = headers.split("name=\"").nth(1).and_then(|n| n.split('"').next());
        found.push((name.unwrap_or_default().to_owned(), &content[4..]));
        rest = after(&part[end..], mark.as_bytes())?;
    }
    Some(found)
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    position(bytes, wanted).map(|at| &bytes[at + wanted.len()..])
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::wire::{Host, Req};

    fn req(kind: &str, body: &str) -> Req {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", kind.parse().expect("header"));
        let body = body.to_owned().into();
        let (path, query) = (String::new(), String::new());
        Req { host: Host::Data, method: http::Method::POST, path, query, headers, body }
    }

    #[test]
    fn parts_are_found_by_their_names() {
        let body = "--b\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\n市民\r\n\
                    --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                    content-type: text/plain\r\n\r\nU1\nU2\r\n--b--\r\n";
        let request = req("multipart/form-data; boundary=b", body);
        let expected =
            vec![("description".to_owned(), "市民".as_bytes()), ("file".to_owned(), "U1\nU2".as_bytes())];
        assert_eq!(parts(&request), Some(expected));
        assert_eq!(parts(&req("multipart/form-data; boundary=b", "--b\r\ntorn")), None);
        assert_eq!(parts(&req("text/plain", body)), None);
    }
}
