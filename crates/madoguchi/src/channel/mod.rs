//! 公式アカウント: how a municipality uses its official account on LINE, for its administrators.
//! Is: the settings page (how much of LINE, webhooks passed on, a key in place of the secret), publishing and
//! taking back a rich menu, the list of addresses for menus and posters. Is not: what speaks to LINE (that is
//! `madoguchi_line`), nor who may sign in.

pub mod acts;
pub mod inspect;
mod pages;
pub mod staff;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// A QR code of an address as a `data:` address of an SVG picture, for `<img>`: printed sharp at any size. `None`
/// for what no code can hold.
fn qr(address: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).ok()?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(160, 160).quiet_zone(true).build();
    Some(format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_picture_that_loads_nothing() {
        let src = qr("https://madoguchi.example.jp/nishio/p/suido-start/form").expect("a code");
        let svg =
            STANDARD.decode(src.strip_prefix("data:image/svg+xml;base64,").expect("data")).expect("base64");
        let svg = String::from_utf8(svg).expect("text");
        assert!(svg.contains("<svg") && svg.contains("path"), "{svg}");
        let links = svg.replace("http://www.w3.org/2000/svg", "");
        assert!(!links.contains("http") && !links.contains("<script"), "{links}");
        assert_eq!(qr(&"x".repeat(5_000)), None);
    }
}
