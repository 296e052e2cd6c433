//! Who may use the emulator's own addresses: not pages of other sites, whose scripts run in browsers on this machine.
//!
//! A name that a stranger owns may be made to point here (DNS rebinding); then the stranger's page counts as ours.
//! And a form or a script of another site may post here without being asked, but not as JSON.

use crate::app::App;
use crate::wire::{Reply, Req};
use http::{Method, StatusCode};
use std::net::IpAddr;

/// The name or address in a `Host` header, without port and brackets.
fn name_of(host: &str) -> &str {
    if let Some((inside, _port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside;
    }
    host.rsplit_once(':').map_or(host, |(name, _port)| name)
}

/// Whether a request to this host may use our own addresses. `public` is the phone's origin as it was configured.
pub(crate) fn is_ours(host: &str, bind: IpAddr, public: &str) -> bool {
    let name = name_of(host);
    if let Ok(ip) = name.parse::<IpAddr>() {
        // Nobody can make an address point elsewhere: where all are listened on, each is one of ours.
        if ip.is_loopback() || ip == bind || bind.is_unspecified() {
            return true;
        }
    }
    let public = public.split_once("://").map_or(public, |(_, host)| host);
    name == "localhost" || name.ends_with(".localhost") || (!name.is_empty() && name == name_of(public))
}

/// What a stranger gets instead of an answer of ours.
pub(crate) fn refuse(app: &App, req: &Req) -> Option<Reply> {
    if !is_ours(req.header("host").unwrap_or_default(), app.bind, &app.phone_origin) {
        let why =
            "this host is not one of the emulator's: ask by 127.0.0.1, localhost or --public-phone-host";
        return Some(Reply::error(StatusCode::MISDIRECTED_REQUEST, why));
    }
    // Taking a phone into the hand has no body, so its type protects nothing.
    let foreign = !matches!(req.header("sec-fetch-site"), None | Some("same-origin" | "none"));
    if foreign && req.method == Method::POST && req.path.starts_with("/phone") {
        return Some(Reply::error(StatusCode::FORBIDDEN, "only the phone's own page may do this"));
    }
    let is_control = req.path.starts_with("/_emulator/") && req.method == Method::POST;
    // Programs say neither where they come from nor, often, what they send (curl -d): they may do as they like.
    let from_page = req.header("origin").is_some() || req.header("sec-fetch-site").is_some();
    if is_control && from_page && !req.body.is_empty() && req.media_type() != "application/json" {
        let why = "a page must send the body as application/json";
        return Some(Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_own_are_ours() {
        let lan: IpAddr = [192, 0, 2, 7].into();
        let public = "http://phone.example.jp:8090";
        for host in [
            "127.0.0.1:8090",
            "[::1]:8090",
            "localhost",
            "line.demo.localhost:8090",
            "192.0.2.7:1",
            "phone.example.jp:8090",
        ] {
            assert!(is_ours(host, lan, public), "{host}");
        }
        for host in ["", "evil.example:8090", "192.0.2.8", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert!(!is_ours(host, lan, public), "{host}");
        }
        let all: IpAddr = [0, 0, 0, 0].into();
        assert!(is_ours("192.0.2.8:8090", all, public) && !is_ours("evil.example", all, public));
    }
}
