//! PDF documents are kept as they are, so they are looked at more closely: nothing before or behind, nothing locked,
//! nothing that runs, nothing packed inside. This is no proof of harmlessness; staff get them as downloads only.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::kind::Refusal;

/// Names of what runs, opens other things, or carries other files.
const ACTIVE: [&[u8]; 8] =
    [b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"XFA", b"SubmitForm"];
/// Unpacked bytes of all object streams together: counted, not believed.
const MOST_UNPACKED: u64 = 32 * 1024 * 1024;
/// How far a stream's dictionary is looked for before its data.
const DICTIONARY: usize = 2_048;

/// Whether this document can be kept.
pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let version = bytes.get(5..8).unwrap_or_default();
    if !matches!(version, [b'1' | b'2', b'.', b'0'..=b'9']) || !ends_well(bytes) {
        return Err(Refusal::Broken);
    }
    if is_archive(bytes) {
        return Err(Refusal::Disguised);
    }
    look(bytes)?;
    let mut left = MOST_UNPACKED;
    for (at, _) in find(bytes, b"stream").filter(|(at, _)| !bytes[..*at].ends_with(b"end")) {
        let before = &bytes[at.saturating_sub(DICTIONARY)..at];
        let own = before.windows(4).rposition(|w| w == b" obj").map_or(before, |start| &before[start..]);
        if names(own).any(|name| name == b"ObjStm") {
            look(&unpacked(own, &bytes[at + 6..], &mut left)?)?;
        }
    }
    Ok(())
}

/// `%%EOF`, and nothing but line ends behind it.
fn ends_well(bytes: &[u8]) -> bool {
    let end =
        bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n' | b' ' | b'\t' | 0)).map_or(0, |at| at + 1);
    bytes[..end].ends_with(b"%%EOF")
}

/// Whether a reader of archives would find one in it: an end record that leads to a directory.
fn is_archive(bytes: &[u8]) -> bool {
    let number =
        |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    find(bytes, b"PK\x05\x06").any(|(at, _)| {
        let size = number(at + 12).unwrap_or(0);
        at.checked_sub(size).and_then(|start| bytes.get(start..start + 4)) == Some(b"PK\x01\x02")
    }) || find(&bytes[..bytes.len().min(1_024)], b"PK\x03\x04").next().is_some()
}

fn find<'a>(bytes: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> {
    bytes.windows(what.len()).enumerate().filter(move |(_, w)| *w == what)
}

fn look(bytes: &[u8]) -> Result<(), Refusal> {
    for name in names(bytes) {
        if name == b"Encrypt" {
            return Err(Refusal::Locked);
        }
        if ACTIVE.contains(&name.as_slice()) {
            return Err(Refusal::Active);
        }
    }
    Ok(())
}

/// The names in `bytes` (`/Name`), with `#4a` read as the letter that it stands for.
fn names(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    bytes.split(|&b| b == b'/').skip(1).filter_map(|rest| {
        let ends = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b'#' | b'_' | b'-' | b'.' | b'+'));
        let raw = &rest[..rest.iter().position(ends).unwrap_or(rest.len()).min(120)];
        if !raw.contains(&b'#') {
            // Most names are none of those; no letter is copied for them.
            let is_known = raw == b"Encrypt" || raw == b"ObjStm" || raw == b"FlateDecode" || raw == b"Filter";
            return (is_known || ACTIVE.contains(&raw)).then(|| raw.to_vec());
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            let hex = |n: usize| raw.get(n).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
            match (raw[at], hex(at + 1), hex(at + 2)) {
                (b'#', Some(high), Some(low)) => {
                    name.push(high * 16 + low);
                    at += 3;
                }
                (other, ..) => {
                    name.push(other);
                    at += 1;
                }
            }
        }
        Some(name)
    })
}

fn unpacked(dictionary: &[u8], data: &[u8], left: &mut u64) -> Result<Vec<u8>, Refusal> {
    let data = data.strip_prefix(b"\r\n").or_else(|| data.strip_prefix(b"\n")).unwrap_or(data);
    let filters: Vec<Vec<u8>> = names(dictionary).filter(|n| n == b"FlateDecode" || n == b"Filter").collect();
    if !filters.iter().any(|f| f == b"Filter") {
        let end = find(data, b"endstream").next().map_or(data.len(), |(at, _)| at);
        return Ok(data[..end].to_vec());
    }
    // Any other packing of objects is rare, and could hide what must not be there.
    if !filters.iter().any(|f| f == b"FlateDecode") {
        return Err(Refusal::Active);
    }
    let mut out = Vec::new();
    // A stream that breaks off has shown what it has.
    let _read = ZlibDecoder::new(data).take(*left + 1).read_to_end(&mut out);
    if out.len() as u64 > *left {
        return Err(Refusal::Broken);
    }
    *left -= out.len() as u64;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn pdf(body: &str) -> Vec<u8> {
        format!("%PDF-1.7\n{body}\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n").into_bytes()
    }

    #[test]
    fn a_plain_document_passes_and_what_is_no_whole_document_does_not() {
        assert_eq!(check(&pdf("1 0 obj << /Type /Catalog /JSON 1 >> endobj")), Ok(()));
        assert_eq!(check(b"%PDF-1.7\nnothing more"), Err(Refusal::Broken));
        assert_eq!(check(b"%PDF-"), Err(Refusal::Broken));
        assert_eq!(check(b"%PDF-9.x\n%%EOF"), Err(Refusal::Broken));
        let behind = [pdf("").as_slice(), b"<html><script>alert(1)</script>"].concat();
        assert_eq!(check(&behind), Err(Refusal::Broken));
    }

    #[test]
    fn what_runs_is_locked_or_carries_files_is_refused_however_it_is_written() {
        for (body, why) in [
            ("1 0 obj << /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >> endobj", Refusal::Active),
            ("1 0 obj << /S /J#61vaScript >> endobj", Refusal::Active),
            ("1 0 obj << /S/Launch/F(cmd.exe) >> endobj", Refusal::Active),
            ("1 0 obj << /Names << /EmbeddedFiles 3 0 R >> >> endobj", Refusal::Active),
            ("1 0 obj << /AcroForm << /XFA 3 0 R >> >> endobj", Refusal::Active),
            ("trailer << /Encrypt 5 0 R >>", Refusal::Locked),
        ] {
            assert_eq!(check(&pdf(body)), Err(why), "{body}");
        }
    }

    fn packed(inside: &[u8], dictionary: &str) -> Vec<u8> {
        let mut zip = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zip.write_all(inside).expect("pack");
        let data = zip.finish().expect("packed");
        let head = format!("%PDF-1.7\n4 0 obj << /Type /ObjStm {dictionary} >> stream\n");
        [head.as_bytes(), &data, b"\nendstream endobj\nstartxref\n9\n%%EOF\n"].concat()
    }

    #[test]
    fn packed_objects_are_looked_into_and_counted() {
        let script = b"1 0 << /S /JavaScript /JS (x) >>";
        assert_eq!(check(&packed(script, "/Filter /FlateDecode")), Err(Refusal::Active));
        assert_eq!(check(&packed(b"1 0 << /Type /Page >>", "/Filter /FlateDecode")), Ok(()));
        assert_eq!(check(&packed(script, "/Filter /LZWDecode")), Err(Refusal::Active));
        let bomb = vec![b' '; 40 * 1024 * 1024];
        assert_eq!(check(&packed(&bomb, "/Filter /FlateDecode")), Err(Refusal::Broken));
    }

    #[test]
    fn a_document_that_is_also_an_archive_is_refused() {
        let entry = b"PK\x03\x04 some file PK\x01\x02 the directory ";
        let directory_at = entry.windows(4).position(|w| w == b"PK\x01\x02").expect("there");
        let size = u32::try_from(entry.len() - directory_at).expect("small").to_le_bytes();
        let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &size, &[0; 6]].concat();
        let both = [b"%PDF-1.4\n".as_slice(), &[b' '; 2_000], entry, &end, b"\n%%EOF"].concat();
        assert_eq!(check(&both), Err(Refusal::Disguised));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_stumble(junk in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _any = check(&junk);
            let _any = check(&[b"%PDF-1.7\n<< /ObjStm /Filter /FlateDecode >> stream\n".as_slice(), &junk, b"%%EOF"].concat());
        }
    }
}
