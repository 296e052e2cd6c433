//! Receiving one file: its bytes go sealed to the disk as they come; then it is looked at, drawn anew, sealed for
//! good, synced, and only then its row is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use madoguchi_base::db::{Class, Never, WriteError};
use madoguchi_base::file::FileKey;
use madoguchi_base::{AccountId, AttachmentId, Millis, ProcedureId, TenantId, random};
use tokio::io::AsyncWriteExt as _;

use super::kind::{Kind, Refusal, clean_name};
use super::scan::Verdict;
use super::vault::{Name, VaultError};
use super::{Scan, Shown, about_place, file_place, key_place, megabytes, pdf, picture, store};
use crate::app::App;
use crate::audit::{Actor, Record};
use crate::draft;
use crate::error::Error;

/// Who attaches to what.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) app: &'a App,
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) procedure: ProcedureId,
    pub(super) field: &'a str,
}

/// What the browser says of a file.
pub(super) struct Told<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) wanted: &'a [Kind],
}

/// Why a file was not kept.
pub(super) enum Trouble {
    /// The person can do something about it.
    Refused(Refusal),
    /// We could not.
    Failed(Error),
}

impl From<VaultError> for Trouble {
    fn from(_: VaultError) -> Self {
        Self::Failed(Error::Busy)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(e: std::io::Error) -> Self {
        tracing::warn!(kind = ?e.kind(), "an attached file could not be written");
        Self::Failed(Error::Busy)
    }
}

/// A file on its way: removed when dropped, whatever happens.
struct Staged {
    path: PathBuf,
    key: FileKey,
    id: AttachmentId,
    tenant: TenantId,
    head: Vec<u8>,
    bytes: u64,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What a crash leaves is removed by the job.
        let _gone = std::fs::remove_file(&self.path);
    }
}

/// Bytes that decide what a file is.
const HEAD: usize = 64;
/// What is read of a file that is too large, so that the browser listens to the answer.
const READ_ON: u64 = 20 * 1024 * 1024;

/// Bytes of a file as they come.
pub(super) trait Source {
    /// The next piece.
    async fn next(&mut self) -> Result<Option<Bytes>, Error>;
}

/// Receives one file and keeps it; afterwards it survives the loss of power.
pub(super) async fn take(
    from: Sender<'_>,
    told: &Told<'_>,
    bytes: &mut (impl Source + Send),
) -> Result<Shown, Trouble> {
    let files = &from.app.files;
    let Ok(_place) = Arc::clone(&files.uploads).try_acquire_owned() else {
        return Err(Trouble::Failed(Error::Busy));
    };
    let staged = stage(from, bytes).await?;
    let kind = Kind::decide(&staged.head, told.name, told.kind, told.wanted).map_err(Trouble::Refused)?;
    let Ok(_one) = files.opened.acquire().await else { return Err(Trouble::Failed(Error::Busy)) };
    let content = looked_at(from, &staged, kind).await?;
    let shown = Shown { id: staged.id, kind, bytes: content.len() as u64, name: clean_name(told.name, kind) };
    keep(from, &shown, content).await?;
    Ok(shown)
}

/// Writes the bytes to the disk as they come, sealed under a key that only this request knows.
async fn stage(from: Sender<'_>, bytes: &mut (impl Source + Send)) -> Result<Staged, Trouble> {
    let files = &from.app.files;
    let folder = files.incoming.clone();
    run(move || super::vault::make_folder(&folder)).await?;
    let id = AttachmentId::new(&from.app.clock);
    let path = files.incoming.join(format!("{id}.{}", random::alnum(8)));
    let mut file = tokio::fs::File::create_new(&path).await?;
    let mut staged =
        Staged { path, key: FileKey::random(), id, tenant: from.tenant, head: Vec::new(), bytes: 0 };
    let row = id.to_string();
    let mut seal = staged.key.sealer(&file_place(from.tenant, &row));
    let mut sealed = Vec::with_capacity(madoguchi_base::file::SEALED_SEGMENT);
    while let Some(piece) = bytes.next().await.map_err(Trouble::Failed)? {
        staged.bytes += piece.len() as u64;
        if staged.bytes > super::MAX_BYTES {
            read_on(bytes).await.map_err(Trouble::Failed)?;
            return Err(Trouble::Refused(Refusal::TooLarge));
        }
        if staged.head.len() < HEAD {
            let more = piece.len().min(HEAD - staged.head.len());
            staged.head.extend_from_slice(&piece[..more]);
        }
        seal.push(&piece, &mut sealed);
        if !sealed.is_empty() {
            file.write_all(&sealed).await?;
            sealed.clear();
        }
    }
    if staged.bytes == 0 {
        return Err(Trouble::Refused(Refusal::Empty));
    }
    seal.finish(&mut sealed);
    file.write_all(&sealed).await?;
    file.flush().await?;
    Ok(staged)
}

async fn read_on(bytes: &mut (impl Source + Send)) -> Result<(), Error> {
    let mut read = 0;
    while read < READ_ON {
        match bytes.next().await? {
            Some(piece) => read += piece.len() as u64,
            None => break,
        }
    }
    Ok(())
}

/// What is kept of the file: a picture drawn anew, or the document after a close look.
async fn looked_at(from: Sender<'_>, staged: &Staged, kind: Kind) -> Result<Vec<u8>, Trouble> {
    let (path, row) = (staged.path.clone(), staged.id.to_string());
    let mut open = staged.key.opener(&file_place(staged.tenant, &row));
    let room = staged.bytes as usize;
    let plain = run(move || {
        let mut plain = Vec::with_capacity(room);
        let sealed = std::fs::read(path)?;
        let whole = open.push(&sealed, &mut plain).and_then(|()| open.finish(&mut plain));
        whole.map_err(std::io::Error::other)?;
        Ok(plain)
    })
    .await?;
    let needed = picture::memory_needed(kind, &plain).map_err(Trouble::Refused)?;
    let room = from.app.files.drawing.acquire_many(megabytes(needed)).await;
    let Ok(_room) = room else { return Err(Trouble::Failed(Error::Busy)) };
    let seen = run(move || {
        Ok(match kind {
            Kind::Pdf => pdf::check(&plain).map(|()| plain),
            _ => picture::redraw(kind, &plain),
        })
    })
    .await?;
    seen.map_err(Trouble::Refused)
}

/// Seals for good, keeps, and writes the row.
async fn keep(from: Sender<'_>, shown: &Shown, content: Vec<u8>) -> Result<(), Trouble> {
    let (app, tenant, id) = (from.app, from.tenant, shown.id);
    let verdict = match &app.files.scanner {
        Some(scanner) => scanner.look(&content).await,
        None => Verdict::NotAsked,
    };
    if verdict == Verdict::Infected {
        told_of(from).await;
        return Err(Trouble::Refused(Refusal::Infected));
    }
    let draft_key = app.draft_keys.current(tenant).await.map_err(|_| Trouble::Failed(Error::Busy))?;
    let row = id.to_string();
    let key = FileKey::random();
    let now = app.clock.wall();
    let mut new = store::New {
        tenant,
        id,
        account: from.account,
        procedure: from.procedure,
        field: from.field.to_owned(),
        draft_key: draft_key.id,
        draft_wrapped: key.wrap_as_draft(&draft_key, &key_place(tenant, &row)),
        about_sealed: key.seal(&about_place(tenant, &row), &shown.about()),
        stored_bytes: 0,
        scan: verdict.scan(),
        made_at: now,
        expires_at: now.plus_ms(draft::LIFE_MS),
    };
    let path = app.files.incoming.join(format!("{id}.{}", random::alnum(8)));
    let (to, about) = (path.clone(), shown.about());
    let mut seal = key.sealer(&file_place(tenant, &row));
    new.stored_bytes = run(move || {
        let mut sealed = Vec::with_capacity(content.len() + content.len() / 2_048 + 1_024);
        seal.push(&about, &mut sealed);
        seal.push(&content, &mut sealed);
        seal.finish(&mut sealed);
        write_new(&to, &sealed)?;
        Ok(sealed.len() as u64)
    })
    .await?;
    let name = Name { tenant, id };
    if let Err(e) = app.files.vault.put(name, path.clone()).await {
        let _gone = std::fs::remove_file(path);
        return Err(e.into());
    }
    written(from, new, now).await
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    std::fs::File::create_new(path)?.write_all(bytes)
}

/// The row, in a transaction that counts what this person keeps here already.
async fn written(from: Sender<'_>, new: store::New, now: Millis) -> Result<(), Trouble> {
    let (app, name) = (from.app, Name { tenant: new.tenant, id: new.id });
    let written = app
        .db
        .write("attachment.add", Class::Person, name.tenant, (new, now), |(new, _), tx| {
            Box::pin(super::acts::add(tx, new))
        })
        .await;
    let refused = match written {
        Ok(()) => return Ok(()),
        Err(WriteError::Rejected(why)) => Trouble::Refused(why),
        // Whether there is a row is not known: the job removes the file if there is none.
        Err(WriteError::Unknown) => return Err(Trouble::Failed(Error::Busy)),
        Err(WriteError::Busy | WriteError::Failed) => Trouble::Failed(Error::Busy),
    };
    app.files.vault.delete(name).await?;
    Err(refused)
}

/// Staff can see that somebody tried, and when.
async fn told_of(from: Sender<'_>) {
    let of = (&from.app.keys, &from.app.clock);
    let record = Record::new(of, from.tenant, Actor::Citizen(from.account), "attachment.infected")
        .detail(from.field.to_owned());
    let written = from
        .app
        .db
        .write::<_, (), Never, _>("attachment.infected", Class::Machine, from.tenant, record, |r, tx| {
            Box::pin(async move { Ok(crate::audit::acts::record(tx, std::slice::from_ref(r)).await?) })
        })
        .await;
    if written.is_err() {
        tracing::warn!("an infected file was refused, and the audit record could not be written");
    }
}

impl Verdict {
    fn scan(self) -> Scan {
        match self {
            Self::NotAsked => Scan::Off,
            Self::Clean => Scan::Clean,
            Self::Infected => Scan::Infected,
            Self::NoAnswer => Scan::Waiting,
        }
    }
}

/// Work on the disk or on pixels, away from the threads that answer people.
async fn run<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Trouble> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Trouble::Failed(Error::internal("attachment", "looking at a file ended early"))),
    }
}
