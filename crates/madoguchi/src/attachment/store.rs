//! Rows of attached files.

use std::sync::LazyLock;

use madoguchi_base::db::{Exec, Shapes, Tx};
use madoguchi_base::{AccountId, ApplicationId, AttachmentId, Millis, ProcedureId, TenantId, on};
use uuid::Uuid;

use super::Scan;
use crate::sql::{in_lists, shape, values};

static MINE: LazyLock<Shapes> = LazyLock::new(|| {
    in_lists(
        "select attachment_id, account_id, procedure_id, field, application_id, draft_key_id, draft_wrapped, \
         wrapped, about_sealed, stored_bytes, scan from attachment \
         where tenant_id = $1 and account_id = $2 and application_id is null and attachment_id",
        3,
        "",
    )
});
static FREE: LazyLock<Shapes> = LazyLock::new(|| {
    in_lists(
        "select attachment_id, account_id from attachment \
         where tenant_id = $1 and application_id is null and attachment_id",
        2,
        "",
    )
});
static KNOWN: LazyLock<Shapes> = LazyLock::new(|| {
    in_lists("select attachment_id from attachment where tenant_id = $1 and attachment_id", 2, "")
});
static CLAIM: LazyLock<Shapes> = LazyLock::new(|| {
    values(
        "update attachment set application_id = v.column2, wrapped = v.column3, expires_at = null, \
         draft_key_id = case when scan = 'waiting' then draft_key_id end, \
         draft_wrapped = case when scan = 'waiting' then draft_wrapped end from (values ",
        2,
        3,
        ") as v where attachment.tenant_id = $1 and attachment.attachment_id = v.column1 \
         and attachment.application_id is null",
    )
});

/// Statements made at run time, for the test that prepares each.
pub fn statements() -> Vec<String> {
    [MINE.statements(), FREE.statements(), KNOWN.statements(), CLAIM.statements()].concat()
}

/// A file that was just kept.
pub struct New {
    pub(super) tenant: TenantId,
    pub(super) id: AttachmentId,
    pub(super) account: AccountId,
    pub(super) procedure: ProcedureId,
    pub(super) field: String,
    pub(super) draft_key: Uuid,
    pub(super) draft_wrapped: Vec<u8>,
    pub(super) about_sealed: Vec<u8>,
    pub(super) stored_bytes: u64,
    pub(super) scan: Scan,
    pub(super) made_at: Millis,
    pub(super) expires_at: Millis,
}

/// A file as stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Row {
    /// Id.
    pub attachment_id: String,
    /// Whose.
    pub account_id: String,
    /// Of which procedure.
    pub procedure_id: String,
    /// At which field.
    pub field: String,
    /// Its application, once it is sent.
    pub application_id: Option<String>,
    /// Names the draft key over it.
    pub draft_key_id: Option<String>,
    /// Its key under the draft key.
    pub draft_wrapped: Option<Vec<u8>>,
    /// Its key under the application's key.
    pub wrapped: Option<Vec<u8>>,
    /// Kind and name.
    pub about_sealed: Vec<u8>,
    /// Bytes in the vault.
    pub stored_bytes: i64,
    /// What the scanner said.
    pub scan: String,
}

/// Stores a new file.
pub async fn insert(x: &mut impl Exec, new: &New) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "insert into attachment (tenant_id, attachment_id, account_id, procedure_id, field, draft_key_id, \
             draft_wrapped, about_sealed, stored_bytes, scan, made_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(new.tenant.to_string())
        .bind(new.id.to_string())
        .bind(new.account.to_string())
        .bind(new.procedure.to_string())
        .bind(new.field.as_str())
        .bind(new.draft_key.to_string())
        .bind(new.draft_wrapped.as_slice())
        .bind(new.about_sealed.as_slice())
        .bind(new.stored_bytes as i64)
        .bind(new.scan.code())
        .bind(new.made_at.0)
        .bind(new.expires_at.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// How many files, and how many bytes, somebody keeps here without having sent them.
pub async fn unsent(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
) -> Result<(i64, i64), sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select cast(count(*) as bigint), cast(coalesce(sum(stored_bytes), 0) as bigint) from attachment \
             where tenant_id = $1 and account_id = $2 and application_id is null",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .fetch_one(c)
        .await
    })
}

/// Up to 64 of somebody's files that were not sent yet.
pub async fn mine(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
    ids: &[AttachmentId],
) -> Result<Vec<Row>, sqlx::Error> {
    let sql = shape(&MINE, x, ids.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_as(sql).bind(tenant.to_string()).bind(account.to_string());
        for id in ids {
            q = q.bind(id.to_string());
        }
        q.fetch_all(c).await
    })
}

/// Which of up to 64 files belong to no application, and whose they are.
pub async fn free(
    x: &mut impl Exec,
    tenant: TenantId,
    ids: &[AttachmentId],
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let sql = shape(&FREE, x, ids.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_as(sql).bind(tenant.to_string());
        for id in ids {
            q = q.bind(id.to_string());
        }
        q.fetch_all(c).await
    })
}

/// Which of up to 64 files have a row.
pub async fn known(
    x: &mut impl Exec,
    tenant: TenantId,
    ids: &[AttachmentId],
) -> Result<Vec<String>, sqlx::Error> {
    let sql = shape(&KNOWN, x, ids.len())?;
    on!(x, |c| {
        let mut q = sqlx::query_scalar(sql).bind(tenant.to_string());
        for id in ids {
            q = q.bind(id.to_string());
        }
        q.fetch_all(c).await
    })
}

/// Gives up to 64 files to their applications, with their keys wrapped anew; returns how many were still free.
pub async fn claim(
    x: &mut impl Exec,
    tenant: TenantId,
    claims: &[(AttachmentId, ApplicationId, &[u8])],
) -> Result<usize, sqlx::Error> {
    let sql = shape(&CLAIM, x, claims.len())?;
    on!(x, |c| {
        let mut q = sqlx::query(sql).bind(tenant.to_string());
        for (id, application, wrapped) in claims {
            q = q.bind(id.to_string()).bind(application.to_string()).bind(*wrapped);
        }
        q.execute(c).await.map(|done| done.rows_affected() as usize)
    })
}

/// The files of an application.
pub async fn of_application(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select attachment_id, account_id, procedure_id, field, application_id, draft_key_id, draft_wrapped, \
             wrapped, about_sealed, stored_bytes, scan from attachment \
             where tenant_id = $1 and application_id = $2 order by attachment_id limit 200",
        )
        .bind(tenant.to_string())
        .bind(application.to_string())
        .fetch_all(c)
        .await
    })
}

/// Puts an unsent file under another draft key, for another month.
pub async fn extend(
    x: &mut impl Exec,
    tenant: TenantId,
    id: AttachmentId,
    (key, wrapped): (Uuid, &[u8]),
    expires: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update attachment set draft_key_id = $3, draft_wrapped = $4, expires_at = $5 \
             where tenant_id = $1 and attachment_id = $2 and application_id is null",
        )
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(key.to_string())
        .bind(wrapped)
        .bind(expires.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Lets somebody's unsent files of a procedure go now: the job deletes them.
pub async fn let_go(
    x: &mut impl Exec,
    tenant: TenantId,
    account: AccountId,
    procedure: ProcedureId,
    now: Millis,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update attachment set expires_at = $4 where tenant_id = $1 and account_id = $2 and procedure_id = $3 \
             and application_id is null",
        )
        .bind(tenant.to_string())
        .bind(account.to_string())
        .bind(procedure.to_string())
        .bind(now.0)
        .execute(c)
        .await
        .map(drop)
    })
}

/// Unsent files whose time is over.
pub async fn due(
    x: &mut impl Exec,
    tenant: TenantId,
    now: Millis,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_scalar(
            "select attachment_id from attachment where tenant_id = $1 and expires_at <= $2 \
             and application_id is null order by attachment_id limit $3",
        )
        .bind(tenant.to_string())
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Deletes an unsent file's row: of `account`, or (none given) because its time is over. `false`: there was none.
pub async fn delete_unsent(
    x: &mut impl Exec,
    tenant: TenantId,
    id: AttachmentId,
    account: Option<AccountId>,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    let account = account.map(|a| a.to_string()).unwrap_or_default();
    on!(x, |c| {
        sqlx::query(
            "delete from attachment where tenant_id = $1 and attachment_id = $2 and application_id is null \
             and (account_id = $3 or ($3 = '' and expires_at <= $4))",
        )
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(account.as_str())
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected() == 1)
    })
}

/// Files that the scanner has not looked at yet, oldest first.
pub async fn waiting(x: &mut impl Exec, tenant: TenantId, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select attachment_id, account_id, procedure_id, field, application_id, draft_key_id, draft_wrapped, \
             wrapped, about_sealed, stored_bytes, scan from attachment \
             where tenant_id = $1 and scan = 'waiting' order by made_at limit $2",
        )
        .bind(tenant.to_string())
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Writes down what the scanner said; a sent file lies under its application's key alone from then on.
pub async fn set_scan(
    x: &mut impl Exec,
    tenant: TenantId,
    id: AttachmentId,
    scan: Scan,
) -> Result<(), sqlx::Error> {
    on!(x, |c| {
        sqlx::query(
            "update attachment set scan = $3, \
             draft_key_id = case when application_id is null then draft_key_id end, \
             draft_wrapped = case when application_id is null then draft_wrapped end \
             where tenant_id = $1 and attachment_id = $2 and scan = 'waiting'",
        )
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(scan.code())
        .execute(c)
        .await
        .map(drop)
    })
}

/// Rows after a key, for the check: municipality, id, bytes, what the scanner said.
pub async fn page(
    x: &mut impl Exec,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, i64, String)>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select attachment_id, stored_bytes, scan from attachment \
             where tenant_id = $1 and attachment_id > $2 order by attachment_id limit $3",
        )
        .bind(tenant.to_string())
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// Removes the rows of an application's files; their bytes are swept afterwards.
pub async fn delete_of(tx: &mut Tx, tenant: TenantId, application: ApplicationId) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("delete from attachment where tenant_id = $1 and application_id = $2")
        .bind(tenant.to_string())
        .bind(application.to_string())
        .execute(c)
        .await
        .map(drop))
}
