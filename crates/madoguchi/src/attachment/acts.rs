//! Files for other folders: names for answers, keys for an application, and what belongs into its transaction.

use std::collections::{HashMap, HashSet};

use madoguchi_base::db::{Exec, Stop, Tx};
use madoguchi_base::file::{DraftKey, FileKey};
use madoguchi_base::seal::ApplicationKey;
use madoguchi_base::{AccountId, ApplicationId, AttachmentId, Millis, TenantId};

use super::kind::Refusal;
use super::{MOST_UNSENT, MOST_UNSENT_BYTES, Shown, about_place, key_place, store};
use crate::app::App;
use crate::draft::keys::NoDraftKey;
use crate::error::Error;
use crate::procedure::{Asks, Field, FormVersion, Input};
use crate::sql::MAX_ROWS;

pub use store::Row;

/// A file that an application takes with it, its key wrapped under the application's.
#[derive(Debug, Clone)]
pub struct Claim {
    pub(crate) attachment: AttachmentId,
    pub(crate) wrapped: Vec<u8>,
}

impl From<NoDraftKey> for Error {
    fn from(_: NoDraftKey) -> Self {
        Self::Busy
    }
}

/// Stores a new file's row, unless its owner keeps too many already.
pub(super) fn add<'a>(
    tx: &'a mut Tx,
    new: &'a store::New,
) -> futures_util::future::BoxFuture<'a, Result<(), Stop<Refusal>>> {
    Box::pin(async move {
        let (count, bytes) = store::unsent(tx, new.tenant, new.account).await?;
        if count >= MOST_UNSENT || bytes >= MOST_UNSENT_BYTES {
            return Err(Stop::Reject(Refusal::Quota));
        }
        store::insert(tx, new).await?;
        Ok(())
    })
}

/// The fields of a form that ask for files.
pub fn fields(form: &FormVersion) -> impl Iterator<Item = &Field> {
    form.fields().flat_map(Field::leaves).filter(|f| matches!(f.asks, Asks::Files(_)))
}

/// The field of the form that `name` answers.
pub fn field_of<'a>(form: &'a FormVersion, name: &str) -> Option<&'a Field> {
    fields(form).find(|f| f.id == name)
}

fn id_in(value: &str) -> Option<AttachmentId> {
    value.split('/').next()?.parse().ok()
}

/// Somebody's unsent files by their ids, with their keys.
async fn load(
    app: &App,
    (tenant, account): (TenantId, AccountId),
    ids: &[AttachmentId],
) -> Result<HashMap<AttachmentId, (store::Row, FileKey)>, Error> {
    let mut out = HashMap::new();
    let mut x = app.db.reader().await?;
    for some in ids.chunks(MAX_ROWS) {
        for row in store::mine(&mut x, tenant, account, some).await? {
            let (Ok(id), Some(key), Some(wrapped)) =
                (row.attachment_id.parse::<AttachmentId>(), &row.draft_key_id, &row.draft_wrapped)
            else {
                continue;
            };
            let draft = app.draft_keys.find(&mut x, tenant, key).await?;
            let file = FileKey::of_draft(&draft, &key_place(tenant, &row.attachment_id), wrapped)
                .map_err(|_| Error::internal("attachment", "a file's key does not open"))?;
            out.insert(id, (row, file));
        }
    }
    Ok(out)
}

fn shown(tenant: TenantId, id: AttachmentId, (row, key): &(store::Row, FileKey)) -> Option<Shown> {
    let about = key.open(&about_place(tenant, &row.attachment_id), &row.about_sealed).ok()?;
    Some(Shown::of_about(id, &about)?.0)
}

/// Puts what is known of each attached file in the place of what the browser said of it. Files that are not this
/// person's, or not here any more, are taken out; tells at which names.
pub async fn resolve(
    app: &App,
    (tenant, account): (TenantId, AccountId),
    form: &FormVersion,
    input: &mut Input,
) -> Result<Vec<String>, Error> {
    let is_file = |name: &str| field_of(form, name).is_some();
    let said: Vec<(String, String)> = input
        .pairs()
        .filter(|(name, value)| is_file(name) && !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let names: HashSet<&String> = said.iter().map(|(name, _)| name).collect();
    let empty: Vec<String> = input.pairs().map(|(n, _)| n.to_owned()).filter(|n| is_file(n)).collect();
    for name in empty.iter().chain(names) {
        input.remove(name);
    }
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<AttachmentId> =
        said.iter().filter_map(|(_, v)| id_in(v)).collect::<HashSet<_>>().into_iter().collect();
    let known = load(app, (tenant, account), &ids).await?;
    let (mut gone, mut taken) = (Vec::new(), HashSet::new());
    for (name, value) in said {
        let id = id_in(&value);
        let file = id.and_then(|id| known.get(&id).and_then(|found| shown(tenant, id, found)));
        match file {
            Some(file) if taken.insert(file.id) => input.push(name, file.to_value()),
            Some(_) => {}
            None => gone.push(name),
        }
    }
    gone.sort();
    gone.dedup();
    Ok(gone)
}

/// The keys of `ids` wrapped under an application's key; `None` where one of the files is not here any more.
pub async fn claims(
    app: &App,
    who: (TenantId, AccountId),
    ids: &[AttachmentId],
    under: &ApplicationKey,
) -> Result<Option<Vec<Claim>>, Error> {
    if ids.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let known = load(app, who, ids).await?;
    let one = |id: &AttachmentId| {
        let (row, key) = known.get(id)?;
        let wrapped = key.wrap(under, &key_place(who.0, &row.attachment_id));
        Some(Claim { attachment: *id, wrapped })
    };
    Ok(ids.iter().map(one).collect())
}

/// Which of these files can still be given to an application, and whose they are.
pub async fn free(
    x: &mut impl Exec,
    tenant: TenantId,
    ids: &[AttachmentId],
) -> Result<HashMap<AttachmentId, AccountId>, sqlx::Error> {
    let mut out = HashMap::new();
    for some in ids.chunks(MAX_ROWS) {
        let rows = store::free(x, tenant, some).await?;
        for (id, account) in rows {
            if let (Ok(id), Ok(account)) = (id.parse::<AttachmentId>(), account.parse::<AccountId>()) {
                out.insert(id, account);
            }
        }
    }
    Ok(out)
}

/// Gives files to their applications; `false` where one of them was taken meanwhile (then nothing may be kept).
pub async fn claim(
    tx: &mut Tx,
    tenant: TenantId,
    claims: &[(ApplicationId, &Claim)],
) -> Result<bool, sqlx::Error> {
    for some in claims.chunks(MAX_ROWS) {
        let rows: Vec<_> = some.iter().map(|(a, c)| (c.attachment, *a, c.wrapped.as_slice())).collect();
        if store::claim(tx, tenant, &rows).await? != some.len() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Rows after an id, for the check: id, bytes that must lie in the vault, and whether none may lie there any more.
pub async fn kept(
    x: &mut impl Exec,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, u64, bool)>, sqlx::Error> {
    let rows = store::page(x, tenant, after, limit).await?;
    let one = |(id, bytes, scan): (String, i64, String)| {
        (id, bytes.unsigned_abs(), super::Scan::of_code(&scan) == super::Scan::Infected)
    };
    Ok(rows.into_iter().map(one).collect())
}

/// The keys of a draft's files, wrapped under `key`.
pub async fn extended(
    app: &App,
    who: (TenantId, AccountId),
    form: &FormVersion,
    input: &Input,
    key: &DraftKey,
) -> Result<Vec<Claim>, Error> {
    let ids: Vec<AttachmentId> = fields(form)
        .flat_map(|f| input.all(&f.id))
        .filter_map(id_in)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wrap = |(id, (row, file)): (AttachmentId, (store::Row, FileKey))| Claim {
        attachment: id,
        wrapped: file.wrap_as_draft(key, &key_place(who.0, &row.attachment_id)),
    };
    Ok(load(app, who, &ids).await?.into_iter().map(wrap).collect())
}

/// Keeps a draft's files as long as the draft.
pub async fn extend(
    tx: &mut Tx,
    tenant: TenantId,
    key: uuid::Uuid,
    files: &[Claim],
    until: Millis,
) -> Result<(), sqlx::Error> {
    for file in files {
        store::extend(tx, tenant, file.attachment, (key, &file.wrapped), until).await?;
    }
    Ok(())
}

pub use store::let_go;

/// A link to a file on a page of its application.
pub struct FileLink {
    /// Where it is opened.
    pub href: String,
    /// 犬.jpg（JPEG・1.2MB）.
    pub words: String,
    /// Why it cannot be opened: 検査待ち.
    pub held: Option<&'static str>,
}

/// Links to the files that the answers of an application name; `base` is the application's address.
pub async fn links(
    x: &mut impl Exec,
    (tenant, application): (TenantId, ApplicationId),
    named: &[Shown],
    base: &str,
) -> Result<Vec<FileLink>, sqlx::Error> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let held = of_application(x, tenant, application).await?;
    let link = |file: &Shown| {
        let scan = held.iter().find(|h| h.id == file.id)?.scan;
        let why = match scan {
            super::Scan::Off | super::Scan::Clean => None,
            super::Scan::Waiting => Some("検査待ち（安全かどうかを調べています。終わると開けます）"),
            super::Scan::Infected => Some("安全でないファイルだったため削除しました"),
        };
        Some(FileLink { href: format!("{base}/files/{}", file.id), words: file.words(), held: why })
    };
    Ok(named.iter().filter_map(link).collect())
}

/// What a page about an application says of one of its files.
pub struct Held {
    /// Which, and whether it may be opened.
    pub id: AttachmentId,
    /// What the scanner said.
    pub scan: super::Scan,
}

/// The files of an application.
pub async fn of_application(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<Held>, sqlx::Error> {
    let rows = store::of_application(x, tenant, application).await?;
    let held = |row: store::Row| {
        Some(Held { id: row.attachment_id.parse().ok()?, scan: super::Scan::of_code(&row.scan) })
    };
    Ok(rows.into_iter().filter_map(held).collect())
}

// What the end of an application's 保存期間 removes.
pub use super::store::delete_of;
