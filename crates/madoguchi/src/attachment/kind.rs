//! What a file is: by its content, and only where its name and the browser say the same.

use serde::{Deserialize, Serialize};

/// Kinds of files that can be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A photograph.
    Jpeg,
    /// A picture of a screen.
    Png,
    /// A document.
    Pdf,
}

/// Why a file was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing in it.
    Empty,
    /// More bytes than the field takes.
    TooLarge,
    /// None of the kinds that the field takes.
    Kind,
    /// Content, name and declared type tell different things.
    Disguised,
    /// A photograph in the format of newer iPhones.
    Heic,
    /// More pixels than can be drawn.
    Pixels,
    /// A picture or document that does not open.
    Broken,
    /// A document behind a password.
    Locked,
    /// A document with a program or another file in it.
    Active,
    /// Malicious software.
    Infected,
    /// More files than the field takes.
    TooMany,
    /// This person has attached too much that was never sent.
    Quota,
    /// The file is gone: its time was over.
    Gone,
}

impl Refusal {
    /// What to do, for the person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "ファイルの中身が空です。別のファイルを選んでください。",
            Self::TooLarge => {
                "ファイルが大きすぎます。1つ10MBまでです。写真を撮り直すか、小さくしてから選んでください。"
            }
            Self::Kind => "この種類のファイルは受け取れません。写真（JPEG・PNG）かPDFを選んでください。",
            Self::Disguised => {
                "ファイルの名前と中身の種類が違います。もとのファイルを選び直すか、写真を撮り直してください。"
            }
            Self::Heic => {
                "この写真の形式（HEIC）は受け取れません。iPhoneの「設定」→「カメラ」→「フォーマット」で\
                 「互換性優先」を選んで撮り直してください。"
            }
            Self::Pixels => {
                "写真の画素数が多すぎます。カメラの設定で画像サイズを小さくして撮り直してください。"
            }
            Self::Broken => {
                "ファイルが壊れているため開けません。もう一度撮るか、別のファイルを選んでください。"
            }
            Self::Locked => "パスワードの付いたPDFは受け取れません。パスワードを外してから選んでください。",
            Self::Active => {
                "プログラムや別のファイルが入ったPDFは受け取れません。印刷用に保存し直したPDFか、写真を選んでください。"
            }
            Self::Infected => {
                "安全でないファイルと判定されたため、受け取りませんでした。別のファイルを選んでください。"
            }
            Self::TooMany => "添付できる数を超えています。いらない添付のチェックを外してください。",
            Self::Quota => {
                "まだ送っていない添付ファイルが多すぎます。「私の申請」で、いらない入力途中のものを削除してください。"
            }
            Self::Gone => "添付ファイルの保存期限が過ぎたか、削除されています。もう一度選んでください。",
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Pdf];

    /// In rows, answers and procedure files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    /// The kind of a [`Kind::code`].
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Pdf => "PDF",
        }
    }

    /// `Content-Type`.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// Endings of names; the first is ours.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Pdf => &["pdf"],
        }
    }

    /// By the first bytes.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            _ => None,
        }
    }

    /// The kind of a file whose content begins with `head`, if name and declared type agree and it is `wanted`.
    pub fn decide(head: &[u8], name: &str, declared: &str, wanted: &[Self]) -> Result<Self, Refusal> {
        if is_heic(head) {
            return Err(Refusal::Heic);
        }
        let Some(kind) = Self::sniff(head) else { return Err(Refusal::Kind) };
        let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
        let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        // Old Androids declare nothing or the old names; that disguises nothing.
        let says_so = declared == kind.mime()
            || matches!(declared.as_str(), "" | "application/octet-stream")
            || kind == Self::Jpeg && matches!(declared.as_str(), "image/jpg" | "image/pjpeg")
            || kind == Self::Pdf && declared == "application/x-pdf";
        if !kind.endings().contains(&ending.as_str()) || !says_so {
            return Err(Refusal::Disguised);
        }
        if wanted.contains(&kind) { Ok(kind) } else { Err(Refusal::Kind) }
    }
}

/// ISO base media with one of the brands of still pictures.
fn is_heic(head: &[u8]) -> bool {
    let brands: [&[u8]; 8] = [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"];
    head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|b| brands.contains(&b))
}

/// A file's name as it is kept: without folders, control characters and tricks of direction, 100 characters.
pub fn clean_name(raw: &str, kind: Kind) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_trick = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let clean: String = last.chars().filter(|c| !is_trick(*c)).collect();
    let (stem, ending) = clean.trim().rsplit_once('.').unwrap_or((clean.trim(), ""));
    let stem: String = stem.trim_start_matches('.').chars().take(100).collect();
    let stem = if stem.trim().is_empty() { "添付ファイル".to_owned() } else { stem };
    let known = kind.endings().iter().find(|e| e.eq_ignore_ascii_case(ending));
    format!("{stem}.{}", known.unwrap_or(&kind.endings()[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F'];

    #[test]
    fn content_name_and_declared_type_have_to_agree_with_the_fields_list() {
        let all = Kind::ALL.as_slice();
        let decide = |head: &[u8], name, declared| Kind::decide(head, name, declared, all);
        assert_eq!(decide(JPEG, "犬.JPG", "image/jpeg"), Ok(Kind::Jpeg));
        assert_eq!(
            decide(JPEG, "犬.jpg", "application/octet-stream"),
            Ok(Kind::Jpeg),
            "some phones say only this"
        );
        assert_eq!(decide(JPEG, "犬.pdf", "image/jpeg"), Err(Refusal::Disguised));
        assert_eq!(decide(JPEG, "犬.jpg", "application/pdf"), Err(Refusal::Disguised));
        assert_eq!(decide(JPEG, "犬.jpg", "text/html"), Err(Refusal::Disguised));
        assert_eq!(decide(JPEG, "犬", "image/jpeg"), Err(Refusal::Disguised));
        assert_eq!(Kind::decide(JPEG, "犬.jpg", "image/jpeg", &[Kind::Pdf]), Err(Refusal::Kind));
        for head in
            [b"MZ\x90\0".as_slice(), b"<html>", b"<svg xmlns", b"PK\x03\x04", b"GIF89a", b"\x7fELF", b""]
        {
            assert_eq!(decide(head, "photo.jpg", "image/jpeg"), Err(Refusal::Kind), "{head:?}");
        }
        assert_eq!(decide(b"\0\0\0\x18ftypheic", "photo.jpg", "image/jpeg"), Err(Refusal::Heic));
    }

    #[test]
    fn a_name_keeps_its_words_and_loses_its_tricks() {
        assert_eq!(clean_name("../../etc/犬の写真.JPG", Kind::Jpeg), "犬の写真.jpg");
        assert_eq!(clean_name("C:\\photo\\a.b.png", Kind::Png), "a.b.png");
        assert_eq!(clean_name("a\u{202e}gpj.exe\r\nx: y.jpg", Kind::Jpeg), "agpj.exex: y.jpg");
        assert_eq!(clean_name("", Kind::Pdf), "添付ファイル.pdf");
        assert_eq!(clean_name(".jpg", Kind::Jpeg), "添付ファイル.jpg");
        assert!(clean_name(&"あ".repeat(500), Kind::Jpeg).chars().count() <= 104);
    }
}
