//! A rich menu as LINE wants it, and LINE's rules, checked before anything is asked.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

/// Size of a menu in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// 800 to 2,500.
    pub width: u32,
    /// At least 250; width / height at least 1.45.
    pub height: u32,
}

/// A rectangle of a menu in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// What a tap does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Opens an address in LINE's browser.
    Uri(String),
}

/// A part of a menu that can be tapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Where.
    pub bounds: Bounds,
    /// Read aloud by screen readers; at most 20 graphemes.
    pub label: String,
    /// What a tap does.
    pub action: Action,
}

/// A rich menu without its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuSpec {
    /// For administrators only; our marker is added to it.
    pub name: String,
    /// Text of the bar under the talk; at most 14 graphemes.
    pub chat_bar: String,
    /// Size, the same as the picture's.
    pub size: Size,
    /// At most 20.
    pub areas: Vec<Area>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    size: Size,
    selected: bool,
    name: String,
    chat_bar_text: &'a str,
    areas: Vec<BodyArea<'a>>,
}

#[derive(Serialize)]
struct BodyArea<'a> {
    bounds: Bounds,
    action: BodyAction<'a>,
}

#[derive(Serialize)]
struct BodyAction<'a> {
    r#type: &'static str,
    label: &'a str,
    uri: &'a str,
}

/// How a menu's name ends that was made under `marker`.
pub(super) fn name_end(marker: &str) -> String {
    format!(" #{marker}")
}

impl MenuSpec {
    /// The request's bytes.
    pub(super) fn body(&self, marker: &str) -> Vec<u8> {
        let areas = self.areas.iter().map(|area| {
            let Action::Uri(uri) = &area.action;
            BodyArea { bounds: area.bounds, action: BodyAction { r#type: "uri", label: &area.label, uri } }
        });
        let body = Body {
            size: self.size,
            selected: true,
            name: format!("{}{}", self.name, name_end(marker)),
            chat_bar_text: &self.chat_bar,
            areas: areas.collect(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// LINE's rules; the sentence says what to mend.
    pub(super) fn check(&self, png: &[u8]) -> Result<(), &'static str> {
        let Size { width, height } = self.size;
        let inside = |b: &Bounds| {
            b.width > 0
                && b.height > 0
                && b.x.checked_add(b.width).is_some_and(|r| r <= width)
                && b.y.checked_add(b.height).is_some_and(|r| r <= height)
        };
        let address = |a: &Area| {
            let Action::Uri(uri) = &a.action;
            uri.len() <= 1_000 && (uri.starts_with("https://") || uri.starts_with("http://"))
        };
        let rules = [
            (
                (800..=2_500).contains(&width) && height >= 250,
                "メニューの幅は800～2500、高さは250以上にしてください",
            ),
            (
                u64::from(width) * 100 >= u64::from(height) * 145,
                "メニューは高さの1.45倍以上の幅にしてください",
            ),
            (
                (1..=250).contains(&self.name.graphemes(true).count()),
                "メニューの名前は250文字までにしてください",
            ),
            (
                (1..=14).contains(&self.chat_bar.graphemes(true).count()),
                "メニューバーの文字は14文字までにしてください",
            ),
            ((1..=20).contains(&self.areas.len()), "ボタンは1～20個にしてください"),
            (self.areas.iter().all(|a| inside(&a.bounds)), "ボタンがメニューからはみ出しています"),
            (
                self.areas.iter().all(|a| (1..=20).contains(&a.label.graphemes(true).count())),
                "ボタンの読み上げ文字は20文字までにしてください",
            ),
            (self.areas.iter().all(address), "ボタンのアドレスを確認してください"),
            (png.len() <= 1_000_000, "画像は1MBまでにしてください"),
            (png_size(png) == Some(self.size), "画像はメニューと同じ大きさのPNGにしてください"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(why))
    }
}

/// Width and height in a PNG's first chunk.
fn png_size(png: &[u8]) -> Option<Size> {
    let head = png.get(..24)?;
    let number = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let is_png = head.starts_with(b"\x89PNG\r\n\x1a\n") && &head[12..16] == b"IHDR";
    is_png.then_some(Size { width: number(16)?, height: number(20)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        out.extend_from_slice(&width.to_be_bytes());
        out.extend_from_slice(&height.to_be_bytes());
        out
    }

    fn spec() -> MenuSpec {
        let bounds = Bounds { x: 0, y: 0, width: 1_250, height: 843 };
        let action = Action::Uri("https://apply.example/nishio/".into());
        MenuSpec {
            name: "西尾市".into(),
            chat_bar: "手続きメニュー".into(),
            size: Size { width: 2_500, height: 843 },
            areas: vec![Area { bounds, label: "水道の使用開始".into(), action }],
        }
    }

    #[test]
    fn a_menu_is_written_as_line_wants_it() {
        let body = String::from_utf8(spec().body("abc")).expect("text");
        assert_eq!(
            body,
            "{\"size\":{\"width\":2500,\"height\":843},\"selected\":true,\"name\":\"西尾市 #abc\",\
             \"chatBarText\":\"手続きメニュー\",\"areas\":[{\"bounds\":{\"x\":0,\"y\":0,\"width\":1250,\
             \"height\":843},\"action\":{\"type\":\"uri\",\"label\":\"水道の使用開始\",\
             \"uri\":\"https://apply.example/nishio/\"}}]}"
        );
    }

    #[test]
    fn what_line_would_refuse_is_refused_here() {
        let good = png(2_500, 843);
        assert_eq!(spec().check(&good), Ok(()));
        assert!(spec().check(&png(2_500, 1_686)).is_err());
        assert!(spec().check(b"GIF89a").is_err());
        let long = MenuSpec { chat_bar: "長".repeat(15), ..spec() };
        assert!(long.check(&good).is_err());
        let mut outside = spec();
        outside.areas[0].bounds.x = 1_251;
        assert!(outside.check(&good).is_err());
        let square = MenuSpec { size: Size { width: 900, height: 900 }, ..spec() };
        assert!(square.check(&png(900, 900)).is_err());
    }
}
