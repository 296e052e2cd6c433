//! Orders that keep things: `backup`, `audit verify`, `sending`.

use std::path::Path;

use madoguchi_base::TenantId;
use madoguchi_base::db::{Class, Never};

use super::{Place, Reply};
use crate::audit::{self, Actor, Record};
use crate::{backup, check};

/// Takes a backup and tells its folder.
pub(super) async fn take(place: &Place<'_>, into: &Path) -> anyhow::Result<Reply> {
    anyhow::ensure!(into.is_absolute(), "give the folder of the backups from the root");
    let folder = backup::take(place.db, place.keys()?, place.clock, into).await?;
    Ok(Reply::line(folder.display().to_string()))
}

/// How far the audit logs are linked, and what is wrong with them.
pub(super) async fn verify(place: &Place<'_>, json: bool) -> anyhow::Result<Reply> {
    let (logs, found) = check::verify(place.db, place.keys()?, place.clock.wall()).await?;
    let code = if found.is_empty() { 0 } else { 3 };
    if json {
        let line = serde_json::json!({ "logs": logs, "findings": found }).to_string();
        return Ok(Reply { lines: vec![line], code });
    }
    let mut lines: Vec<String> = logs
        .iter()
        .map(|log| {
            let (tenant, linked, waiting) = (&log.tenant, log.linked, log.waiting);
            format!(
                "{tenant} {linked} records linked, {waiting} waiting, the oldest for {} s",
                log.tail_age_ms / 1_000
            )
        })
        .collect();
    lines.extend(check::lines(&found, false));
    Ok(Reply { lines, code })
}

/// Switches a municipality's sending to LINE on or off.
pub(super) async fn sending(place: &Place<'_>, tenant: &str, on: bool) -> anyhow::Result<Reply> {
    let tenant: TenantId = tenant.parse()?;
    let act = if on { "sending.on" } else { "sending.off" };
    let record = Record::new((place.keys()?, place.clock), tenant, Actor::System, act);
    place
        .db
        .write::<_, (), Never, _>("sending", Class::Person, tenant, (record, on), move |(record, on), tx| {
            Box::pin(async move {
                madoguchi_line::outbox::set_sending(tx, tenant, *on).await?;
                Ok(audit::acts::record(tx, std::slice::from_ref(record)).await?)
            })
        })
        .await
        .map_err(|e| anyhow::anyhow!("sending was not switched: {e}"))?;
    Ok(Reply::line(format!("sending is {} for {tenant}", if on { "on" } else { "off" })))
}
