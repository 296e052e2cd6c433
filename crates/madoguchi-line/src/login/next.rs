//! Where a person may be sent after signing in: our own paths only.

/// Longer paths than this are not ours.
const MAX: usize = 512;

/// Whether `next` is an absolute path of our own origin, whatever a browser, a proxy or a decoder in
/// between may make of it: one leading slash, no second one (plain or escaped) anywhere at the start of what
/// follows, no backslash, no control characters, no scheme, no user, plain ASCII, well-formed escapes.
pub fn is_own_path(next: &str) -> bool {
    next.len() <= MAX && next.starts_with('/') && is_plain(next) && {
        // Twice, for what decodes the address a second time.
        let once = decoded(next);
        let twice = once.as_deref().and_then(decoded);
        [Some(next.to_owned()), once, twice].into_iter().all(|s| s.is_some_and(|s| is_single(&s)))
    }
}

/// Only what an address written by us can hold.
fn is_plain(s: &str) -> bool {
    s.bytes().all(|b| {
        b.is_ascii_graphic()
            && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#')
    })
}

/// One slash at the start, and no empty or dotted first step that a normaliser could turn into another host.
fn is_single(s: &str) -> bool {
    let path = s.split(['?', '#']).next().unwrap_or_default();
    let clean = !path.contains("//")
        && !path.contains('\\')
        && !s.chars().any(char::is_control)
        && !path.contains('@')
        && !path.contains(':')
        && !path.split('/').any(|step| matches!(step, "." | ".."));
    clean && s.starts_with('/')
}

/// One pass of percent-decoding; `None` where an escape is broken or the result is no text.
fn decoded(s: &str) -> Option<String> {
    let mut out = Vec::with_capacity(s.len());
    let mut bytes = s.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let (high, low) = (bytes.next()?, bytes.next()?);
        let digit = |d: u8| char::from(d).to_digit(16);
        out.push((digit(high)? * 16 + digit(low)?) as u8);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    const GOOD: &[&str] = &[
        "/",
        "/232131/",
        "/nishio/p/suido-start/form",
        "/nishio/a/0190b6c2-6a2e-7c3d-8a11-2f6f0d3b9e11",
        "/nishio/n/AbC-_123",
        "/nishio/?page=2&kind=a",
    ];

    const HOSTILE: &[&str] = &[
        "",
        "nishio/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        "/%0d%0aSet-Cookie:a=b",
        "/%0a",
        "/%00",
        "/\0",
        "/%09/evil.example",
        "/%2f%2fevil.example",
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%5cevil.example",
        "/%5Cevil.example",
        "/%252fevil.example",
        "/%255cevil.example",
        "/%252f%252fevil.example",
        "https://evil.example",
        "http:/evil.example",
        "https:evil.example",
        "HTTPS://evil.example",
        "javascript:alert(1)",
        "/javascript:alert(1)",
        "data:text/html,x",
        "/..//evil.example",
        "/../evil.example",
        "/./",
        "/.//evil.example",
        "/%2e%2e/evil",
        "/%2e/%2f/evil",
        "/nishio//evil.example",
        "/nishio/..",
        "/@evil.example",
        "/user@evil.example",
        "/nishio@evil.example:80/",
        " /nishio/",
        "/ nishio/",
        "/nishio/ ",
        "\u{a0}/nishio/",
        "/\u{3000}/evil.example",
        "/\u{2028}",
        "/\u{ff0f}evil.example",
        "／evil.example",
        "/%ef%bc%8f%",
        "/%",
        "/%2",
        "/%zz",
        "/%ff",
        "?next=//evil.example",
        "#//evil.example",
        "/#//evil.example",
        "/<script>",
        "/\"onload=",
        "/a|b",
        "/\u{202e}txt",
        "/\u{7f}",
        "/%7f",
    ];

    #[test]
    fn own_paths_pass() {
        for path in GOOD {
            assert!(is_own_path(path), "{path}");
        }
    }

    #[test]
    fn nothing_leads_away() {
        assert!(HOSTILE.len() >= 40);
        for path in HOSTILE {
            assert!(!is_own_path(path), "{path:?}");
        }
        assert!(!is_own_path(&format!("/{}", "a".repeat(512))));
    }
}
