//! `line_wording`, `line_sentence`: what the window has published.

use madoguchi_base::db::Tx;
use madoguchi_base::{Millis, ProcedureId, TenantId, on};

/// One row of `line_wording`, without its version.
pub(crate) struct Published<'a> {
    pub(crate) title: &'a str,
    pub(crate) discreet: bool,
    pub(crate) kind: &'static str,
    pub(crate) base_url: &'a str,
    pub(crate) at: Millis,
}

/// Publishes; the version grows by one where the procedure is known.
pub(crate) async fn publish(
    tx: &mut Tx,
    tenant: TenantId,
    procedure: ProcedureId,
    p: &Published<'_>,
) -> Result<(), sqlx::Error> {
    let known = on!(tx, |c| {
        sqlx::query(
        "update line_wording set version = version + 1, title = $3, discreet = $4, kind = $5, base_url = $6, \
         published_at = $7 where tenant_id = $1 and procedure_id = $2"
    )
    .bind(tenant.to_string())
    .bind(procedure.to_string())
    .bind(p.title)
    .bind(p.discreet)
    .bind(p.kind)
    .bind(p.base_url)
    .bind(p.at.0)
    .execute(c)
    .await
    .map(|r| r.rows_affected())
    })?;
    if known > 0 {
        return Ok(());
    }
    on!(tx, |c| {
        sqlx::query(
        "insert into line_wording (tenant_id, procedure_id, version, title, discreet, kind, base_url, \
         published_at) values ($1, $2, 1, $3, $4, $5, $6, $7) on conflict (tenant_id, procedure_id) do nothing"
    )
    .bind(tenant.to_string())
    .bind(procedure.to_string())
    .bind(p.title)
    .bind(p.discreet)
    .bind(p.kind)
    .bind(p.base_url)
    .bind(p.at.0)
    .execute(c)
    .await
    .map(drop)
    })
}

/// Replaces the sentence of one kind of notice, or goes back to the default.
pub(crate) async fn reword(
    tx: &mut Tx,
    tenant: TenantId,
    procedure: ProcedureId,
    kind: &'static str,
    sentence: Option<&str>,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query(
        "delete from line_sentence where tenant_id = $1 and procedure_id = $2 and notice_kind = $3"
    )
    .bind(tenant.to_string())
    .bind(procedure.to_string())
    .bind(kind)
    .execute(c)
    .await
    .map(drop))?;
    if let Some(sentence) = sentence {
        on!(tx, |c| sqlx::query(
            "insert into line_sentence (tenant_id, procedure_id, notice_kind, sentence) \
             values ($1, $2, $3, $4) on conflict (tenant_id, procedure_id, notice_kind) do nothing"
        )
        .bind(tenant.to_string())
        .bind(procedure.to_string())
        .bind(kind)
        .bind(sentence)
        .execute(c)
        .await
        .map(drop))?;
    }
    on!(tx, |c| sqlx::query(
        "update line_wording set version = version + 1 where tenant_id = $1 and procedure_id = $2"
    )
    .bind(tenant.to_string())
    .bind(procedure.to_string())
    .execute(c)
    .await
    .map(drop))
}
