//! What a browser may do with our pages.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Security headers, the same on every page of a site. Made once, applied by one middleware.
#[derive(Debug, Clone)]
pub struct Policy(Vec<(HeaderName, HeaderValue)>);

impl Policy {
    /// `form_targets`: origins that a form's answer may redirect to (LINE's login); `frames`: origins that may show
    /// our pages in a frame (the demo's own page; nobody under `serve`); `shown`: origins that our pages show in frames.
    pub fn new(
        form_targets: &[String],
        frames: &[String],
        shown: &[String],
    ) -> Result<Self, header::InvalidHeaderValue> {
        let list = |first: &str, more: &[String]| {
            more.iter().fold(first.to_owned(), |all, origin| {
                if all.is_empty() { origin.clone() } else { format!("{all} {origin}") }
            })
        };
        let ancestors = if frames.is_empty() { "'none'".to_owned() } else { list("", frames) };
        let csp = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action {}; frame-src {}; frame-ancestors {ancestors}; base-uri 'none'",
            list("'self'", form_targets),
            if shown.is_empty() { "'none'".to_owned() } else { list("", shown) }
        );
        let fixed = [
            ("x-content-type-options", "nosniff"),
            // Nothing leaves to others; within the site it lets browsers without Sec-Fetch-Site send their Origin,
            // which `no-referrer` would turn into "null".
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
            ),
        ];
        let mut all = vec![(header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&csp)?)];
        all.extend(
            fixed.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
        );
        Ok(Self(all))
    }

    /// Puts the headers on an answer; `no-store` where the answer says nothing about keeping.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            // An answer that is no page (an attached file) is stricter by itself.
            if *name != header::CONTENT_SECURITY_POLICY || !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inline_and_nobody_else() {
        let policy = Policy::new(&["https://access.line.me".into()], &[], &[]).expect("headers");
        let mut headers = HeaderMap::new();
        policy.apply(&mut headers);
        let csp = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(!csp.contains("unsafe") && csp.contains("frame-ancestors 'none'"), "{csp}");
        assert!(csp.contains("form-action 'self' https://access.line.me;"), "{csp}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}
