//! Sealing of files, and the short-lived keys of what nobody has submitted yet.
//!
//! A file lies in segments of 64 KiB under a random key of its own. Each segment is bound to the file, to its place
//! in it and to being the last one or not, so that nothing can be cut off, swapped or put in. The key is wrapped
//! under a draft key while there is no application, and under the application's key afterwards: the bytes stay.

use aws_lc_rs::aead::{AES_256_GCM, Aad as AeadAad, LessSafeKey, Nonce, UnboundKey};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::keys::{Aad, Key32, Keys, OpenError};
use crate::seal::{ApplicationKey, pad, unpad};
use crate::{Clock, TenantId, id};

/// Plain bytes of a segment.
pub const SEGMENT: usize = 64 * 1024;
const TAG: usize = 16;
/// Sealed bytes of every segment but the last, which may be shorter.
pub const SEALED_SEGMENT: usize = SEGMENT + TAG;
/// Lengths tell little: plain files are filled up to a multiple of this; it divides [`SEGMENT`].
const PAD: usize = 256;

/// A key for drafts of one municipality. It lives for a day and is destroyed a month later, and all that lies under
/// it with it, in every copy of the database.
pub struct DraftKey {
    /// Names the stored, sealed copy.
    pub id: Uuid,
    key: Key32,
}

impl DraftKey {
    /// A new key and its copy under the root key, to be stored before the key is used.
    pub fn new(keys: &Keys, clock: &Clock, tenant: TenantId) -> (Self, Vec<u8>) {
        let (id, key) = (id::new_uuid(clock), Key32::random());
        let sealed = keys.seal(&draft_key_aad(tenant, &id.to_string()), key.0.as_ref());
        (Self { id, key }, sealed)
    }

    /// Opens a stored copy.
    pub fn open(keys: &Keys, id: Uuid, sealed: &[u8], tenant: TenantId) -> Result<Self, OpenError> {
        let plain = keys.open(&draft_key_aad(tenant, &id.to_string()), sealed)?;
        Ok(Self { id, key: Key32::from_slice(&plain)? })
    }

    /// Seals a padded plain text for one place.
    pub fn seal(&self, aad: &Aad<'_>, plain: &[u8]) -> Vec<u8> {
        self.key.derive(b"draft", aad.table.as_bytes()).seal(&aad.encode(), &pad(plain))
    }

    /// Opens what [`DraftKey::seal`] made.
    pub fn unseal(&self, aad: &Aad<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        unpad(&self.key.derive(b"draft", aad.table.as_bytes()).open(&aad.encode(), sealed)?)
    }
}

fn draft_key_aad(tenant: TenantId, row: &str) -> Aad<'_> {
    Aad { tenant, table: "draft_key", column: "sealed", row, round: 0 }
}

/// The key of one file.
pub struct FileKey(Key32);

/// Sub-key of an application under which the keys of its files lie.
const FILES: &str = "files";

impl FileKey {
    /// A new random key.
    pub fn random() -> Self {
        Self(Key32::random())
    }

    /// Wrapped while there is no application.
    pub fn wrap_as_draft(&self, under: &DraftKey, place: &Aad<'_>) -> Vec<u8> {
        under.seal(place, self.0.0.as_ref())
    }

    /// Unwraps what [`FileKey::wrap_as_draft`] made.
    pub fn of_draft(under: &DraftKey, place: &Aad<'_>, wrapped: &[u8]) -> Result<Self, OpenError> {
        Ok(Self(Key32::from_slice(&under.unseal(place, wrapped)?)?))
    }

    /// Wrapped under the application's key.
    pub fn wrap(&self, under: &ApplicationKey, place: &Aad<'_>) -> Vec<u8> {
        under.seal(FILES, place, self.0.0.as_ref())
    }

    /// Unwraps what [`FileKey::wrap`] made.
    pub fn unwrap(under: &ApplicationKey, place: &Aad<'_>, wrapped: &[u8]) -> Result<Self, OpenError> {
        Ok(Self(Key32::from_slice(&under.open(FILES, place, wrapped)?)?))
    }

    /// Seals something small that belongs to the file (its name).
    pub fn seal(&self, place: &Aad<'_>, plain: &[u8]) -> Vec<u8> {
        self.0.derive(b"file", b"about").seal(&place.encode(), &pad(plain))
    }

    /// Opens what [`FileKey::seal`] made.
    pub fn open(&self, place: &Aad<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        unpad(&self.0.derive(b"file", b"about").open(&place.encode(), sealed)?)
    }

    /// The key of one file of the installation itself (a backup): from the root key, so nothing is stored. `of`
    /// names the one file that it seals.
    pub fn derived(keys: &Keys, purpose: &str, of: &str) -> Self {
        Self(keys.derive(purpose, of))
    }

    fn segments(&self, aad: Vec<u8>) -> Segments {
        let key = self.0.derive(b"file", b"segments");
        #[expect(clippy::expect_used, reason = "the key has the length that the algorithm wants")]
        let key = UnboundKey::new(&AES_256_GCM, key.0.as_ref()).expect("key length");
        Segments { key: LessSafeKey::new(key), aad, next: 0 }
    }

    /// Seals a file for one place as its bytes come. A key seals one file: its nonces are counted.
    pub fn sealer(&self, place: &Aad<'_>) -> Sealer {
        Sealer::new(self.segments(place.encode()))
    }

    /// As [`FileKey::sealer`], for a [`FileKey::derived`] key: the key knows the place.
    pub fn sealer_of_derived(&self) -> Sealer {
        Sealer::new(self.segments(Vec::new()))
    }

    /// Opens a file as its bytes come.
    pub fn opener(&self, place: &Aad<'_>) -> Opener {
        Opener { segments: self.segments(place.encode()), kept: Vec::with_capacity(SEALED_SEGMENT) }
    }

    /// Opens what [`FileKey::sealer_of_derived`] sealed.
    pub fn opener_of_derived(&self) -> Opener {
        Opener { segments: self.segments(Vec::new()), kept: Vec::with_capacity(SEALED_SEGMENT) }
    }
}

struct Segments {
    key: LessSafeKey,
    aad: Vec<u8>,
    next: u64,
}

impl Segments {
    /// A key seals one file, so a number is used once.
    fn nonce(&mut self, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.next.to_be_bytes());
        nonce[11] = u8::from(last);
        self.next += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    #[expect(clippy::expect_used, reason = "AES-GCM fails only beyond 64 GiB")]
    fn seal(&mut self, plain: &[u8], last: bool, out: &mut Vec<u8>) {
        let nonce = self.nonce(last);
        let start = out.len();
        out.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, AeadAad::from(&self.aad), &mut out[start..])
            .expect("seal");
        out.extend_from_slice(tag.as_ref());
    }

    fn open(&mut self, sealed: &[u8], last: bool) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let nonce = self.nonce(last);
        let mut plain = Zeroizing::new(sealed.to_vec());
        let n =
            self.key.open_in_place(nonce, AeadAad::from(&self.aad), &mut plain).map_err(|_| OpenError)?.len();
        plain.truncate(n);
        Ok(plain)
    }
}

/// Seals a file piece by piece; holds one segment.
pub struct Sealer {
    segments: Segments,
    kept: Zeroizing<Vec<u8>>,
    total: u64,
}

impl Sealer {
    fn new(segments: Segments) -> Self {
        Self { segments, kept: Zeroizing::new(Vec::with_capacity(SEGMENT + PAD)), total: 0 }
    }

    /// Takes bytes; whole segments go to `out`.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        self.total += bytes.len() as u64;
        while !bytes.is_empty() {
            // A full segment waits for more: only then it is certain that it is not the last one.
            if self.kept.len() == SEGMENT {
                self.segments.seal(&self.kept, false, out);
                self.kept.clear();
            }
            let n = bytes.len().min(SEGMENT - self.kept.len());
            self.kept.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
        }
    }

    /// The last segment.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let fill = PAD - (self.total % PAD as u64) as usize;
        let mut filling = [0; PAD];
        filling[0] = 0x80;
        self.push(&filling[..fill], out);
        self.segments.seal(&self.kept, true, out);
    }
}

/// Opens a file piece by piece; holds one segment. What it has given out is authentic, but only
/// [`Opener::finish`] knows that it was all.
pub struct Opener {
    segments: Segments,
    kept: Vec<u8>,
}

impl Opener {
    /// Takes sealed bytes; opened ones go to `out`.
    pub fn push(&mut self, mut sealed: &[u8], out: &mut Vec<u8>) -> Result<(), OpenError> {
        while !sealed.is_empty() {
            if self.kept.len() == SEALED_SEGMENT {
                out.extend_from_slice(&self.segments.open(&self.kept, false)?);
                self.kept.clear();
            }
            let n = sealed.len().min(SEALED_SEGMENT - self.kept.len());
            self.kept.extend_from_slice(&sealed[..n]);
            sealed = &sealed[n..];
        }
        Ok(())
    }

    /// The last segment, without what fills it up.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), OpenError> {
        let plain = self.segments.open(&self.kept, true)?;
        let end = plain.iter().rposition(|&b| b != 0).filter(|&at| plain[at] == 0x80).ok_or(OpenError)?;
        out.extend_from_slice(&plain[..end]);
        Ok(())
    }
}

/// How long a file of `plain` bytes is when it is sealed.
pub fn sealed_len(plain: u64) -> u64 {
    let padded = (plain / PAD as u64 + 1) * PAD as u64;
    padded + padded.div_ceil(SEGMENT as u64) * TAG as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &str) -> Aad<'_> {
        Aad { tenant: "232131".parse().expect("tenant"), table: "attachment", column: "file", row, round: 0 }
    }

    fn sealed(key: &FileKey, plain: &[u8], piece: usize) -> Vec<u8> {
        let (mut sealer, mut out) = (key.sealer(&place("1")), Vec::new());
        plain.chunks(piece).for_each(|c| sealer.push(c, &mut out));
        sealer.finish(&mut out);
        out
    }

    fn opened(key: &FileKey, row: &str, sealed: &[u8], piece: usize) -> Result<Vec<u8>, OpenError> {
        let (mut opener, mut out) = (key.opener(&place(row)), Vec::new());
        for c in sealed.chunks(piece) {
            opener.push(c, &mut out)?;
        }
        opener.finish(&mut out)?;
        Ok(out)
    }

    #[test]
    fn a_file_comes_back_whatever_the_pieces_and_its_length_is_known_before() {
        let key = FileKey::random();
        for len in [0, 1, 255, 256, 257, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 200_001] {
            let plain: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            for piece in [1_000, SEALED_SEGMENT, 1_000_000] {
                let file = sealed(&key, &plain, piece);
                assert_eq!(file.len() as u64, sealed_len(len as u64), "{len}");
                assert_eq!(opened(&key, "1", &file, 70_000).expect("opens"), plain, "{len}");
            }
        }
        let end = [b"x".as_slice(), &[0x80, 0, 0]].concat();
        assert_eq!(opened(&key, "1", &sealed(&key, &end, 9), 9).expect("opens"), end, "looks like filling");
    }

    #[test]
    fn nothing_can_be_cut_off_swapped_moved_or_changed() {
        let key = FileKey::random();
        let whole = sealed(&key, &vec![7; 3 * SEGMENT], SEGMENT);
        assert!(whole.len() > 3 * SEALED_SEGMENT);
        for cut in [0, 1, SEALED_SEGMENT, 2 * SEALED_SEGMENT, 3 * SEALED_SEGMENT, whole.len() - 1] {
            assert!(opened(&key, "1", &whole[..cut], 9_999).is_err(), "cut at {cut}");
        }
        let swapped = [
            &whole[SEALED_SEGMENT..2 * SEALED_SEGMENT],
            &whole[..SEALED_SEGMENT],
            &whole[2 * SEALED_SEGMENT..],
        ];
        assert!(opened(&key, "1", &swapped.concat(), 9_999).is_err());
        let longer = [whole.as_slice(), &whole[3 * SEALED_SEGMENT..]].concat();
        assert!(opened(&key, "1", &longer, 9_999).is_err());
        assert!(opened(&key, "2", &whole, 9_999).is_err(), "another place");
        assert!(opened(&FileKey::random(), "1", &whole, 9_999).is_err());
        let mut changed = whole.clone();
        changed[SEALED_SEGMENT + 5] ^= 1;
        assert!(opened(&key, "1", &changed, 9_999).is_err());
    }

    #[test]
    fn the_key_goes_from_the_draft_to_the_application_and_the_bytes_stay() {
        let dir = tempfile::tempdir().expect("dir");
        let (keys, clock) = (Keys::load_or_create(dir.path()).expect("keys"), Clock::system());
        let tenant = "232131".parse().expect("tenant");
        let (draft, stored) = DraftKey::new(&keys, &clock, tenant);
        let file = FileKey::random();
        let bytes = sealed(&file, b"photo", 9);
        let wrapped = file.wrap_as_draft(&draft, &place("1"));

        let draft = DraftKey::open(&keys, draft.id, &stored, tenant).expect("opens");
        assert!(DraftKey::open(&keys, Uuid::nil(), &stored, tenant).is_err());
        assert!(FileKey::of_draft(&draft, &place("2"), &wrapped).is_err());
        let again = FileKey::of_draft(&draft, &place("1"), &wrapped).expect("opens");
        let application = ApplicationKey::random();
        let wrapped = again.wrap(&application, &place("1"));
        assert!(FileKey::unwrap(&ApplicationKey::random(), &place("1"), &wrapped).is_err());
        let last = FileKey::unwrap(&application, &place("1"), &wrapped).expect("opens");
        assert_eq!(opened(&last, "1", &bytes, 9).expect("opens"), b"photo");
    }
}
