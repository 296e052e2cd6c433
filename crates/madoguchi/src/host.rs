//! What a `Host` header names. Whoever sends the request writes it: it decides only where both answers are safe.

use std::net::IpAddr;

/// The name or address without the port; IPv6 without its brackets.
pub fn name(host: &str) -> &str {
    if let Some((inside, _port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside;
    }
    host.rsplit_once(':').map_or(host, |(name, _port)| name)
}

/// The address, where no name stands there.
pub fn address(host: &str) -> Option<IpAddr> {
    name(host).parse().ok()
}

/// A loopback address, or a name that browsers never ask a resolver for.
pub fn is_loopback(host: &str) -> bool {
    let name = name(host);
    address(host).map_or_else(|| name == "localhost" || name.ends_with(".localhost"), |ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for here in
            ["127.0.0.1", "127.0.0.1:80", "[::1]:80", "[::1]", "localhost", "nishio.demo.localhost:8080"]
        {
            assert!(is_loopback(here), "{here}");
        }
        for away in
            ["", "evil", "evil:80", "192.0.2.1:80", "127.0.0.1.evil.example", "localhost.evil", "xlocalhost"]
        {
            assert!(!is_loopback(away), "{away}");
        }
    }
}
