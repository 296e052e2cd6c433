//! Carrying out each order.

use anyhow::Context as _;
use madoguchi_base::TenantId;
use madoguchi_base::seal::TenantPublic;

use super::{Place, Reply, Staff};
use crate::attachment::Files;
use crate::procedure::{self, Catalogue, Site, Source, Texts};
use crate::tenant::{self, Channels};
use crate::{check, clock, office, setup};

pub(super) async fn check(place: &Place<'_>, json: bool) -> anyhow::Result<Reply> {
    let mut found = check::run(place.db, place.keys()?).await?;
    found.extend(check::files::run(place.db, &Files::new(place.files)?).await?);
    let lines = check::lines(&found, json);
    Ok(Reply { lines, code: if found.is_empty() { 0 } else { 3 } })
}

pub(super) async fn clock_status(place: &Place<'_>) -> anyhow::Result<Reply> {
    let mut x = place.db.reader().await?;
    let mark = clock::acts::look(&mut x).await?;
    let now = place.clock.wall();
    Ok(if let Some((to, from)) = mark.and_then(|m| m.halted) {
        let (from, to, now) = (from.japanese(), to.japanese(), now.japanese());
        Reply { lines: vec![format!("halted: from {from} to {to} at once; the time is {now}")], code: 3 }
    } else {
        let highest = mark.map_or(now, |m| m.highest);
        Reply::line(format!(
            "no jump: the time is {}, the highest seen {}",
            now.japanese(),
            highest.japanese()
        ))
    })
}

pub(super) async fn clock_confirm(place: &Place<'_>) -> anyhow::Result<Reply> {
    let mut x = place.db.reader().await?;
    let tenants = tenant::acts::list(&mut x).await?;
    drop(x);
    let first = tenants.first().context("no municipality yet: nothing can expire")?;
    let now = place.clock.wall();
    clock::acts::confirm(place.db, first.tenant_id.parse()?, now).await?;
    Ok(Reply::line(format!("the time is {}: what is over may expire again", now.japanese())))
}

pub(super) async fn tenants(place: &Place<'_>) -> anyhow::Result<Reply> {
    let mut x = place.db.reader().await?;
    let all = tenant::acts::list(&mut x).await?;
    Ok(Reply { lines: all.into_iter().map(|t| format!("{} {}", t.tenant_id, t.slug)).collect(), code: 0 })
}

pub(super) async fn add_tenant(place: &Place<'_>, channels: &Channels) -> anyhow::Result<Reply> {
    let public_url = place.public_url.as_str().trim_end_matches('/').to_owned();
    let new = setup::NewTenant {
        municipality: procedure::builtin_municipality(),
        sources: procedure::builtin(),
        channels: channels.settings(&public_url)?,
        mode: None,
        public_url,
    };
    let id = setup::municipality(place.db, place.keys()?, place.clock, new).await?;
    take_up(place, Some(id)).await?;
    Ok(Reply::line(format!("{id} is set up")))
}

/// The running program goes on with what was changed; others see it at their next start.
async fn take_up(place: &Place<'_>, new: Option<TenantId>) -> anyhow::Result<()> {
    let Some(app) = place.app else { return Ok(()) };
    let mut x = app.db.reader().await?;
    if let Some(id) = new {
        let rows = tenant::acts::list(&mut x).await?;
        let row = rows.into_iter().find(|r| r.tenant_id == id.to_string()).context("it is not there")?;
        if let Some(agent) = &app.local_agent {
            agent.add(id, tenant::private_key(&app.keys, id, &row.public_key)?);
        }
        app.epochs.add(id, TenantPublic::from_bytes(row.public_key));
        app.line.reload_channels().await?;
    }
    Ok(app.catalogue.reload(&mut x, app.clock.wall()).await?)
}

/// Adds an account (`new`: its name and role) or gives it a new password; prints the password this once.
pub(super) async fn staff(
    place: &Place<'_>,
    who: &Staff,
    new: Option<(&String, &String)>,
) -> anyhow::Result<Reply> {
    let (tenant, from) = (known(place, &who.tenant).await?, (place.keys()?, place.clock));
    let password = match new {
        Some((name, role)) => office::add(place.db, from, tenant, &who.login, name, role).await?,
        None => office::reset(place.db, from, tenant, &who.login).await?,
    };
    Ok(Reply::line(if who.json {
        serde_json::json!({ "login": who.login, "password": password }).to_string()
    } else {
        format!("staff-account {} {password}", who.login)
    }))
}

pub(super) async fn list_staff(place: &Place<'_>, tenant: &str, json: bool) -> anyhow::Result<Reply> {
    let tenant = known(place, tenant).await?;
    let mut x = place.db.reader().await?;
    let line = |a: office::acts::Listed| {
        if json {
            let (login, name, role, closed) = (a.login, a.name, a.role, a.disabled_at.is_some());
            serde_json::json!({ "login": login, "name": name, "role": role, "closed": closed }).to_string()
        } else {
            let closed = if a.disabled_at.is_some() { " closed" } else { "" };
            format!("{} {} {}{closed}", a.login, a.role, a.name)
        }
    };
    let all = office::acts::list(&mut x, tenant).await?;
    Ok(Reply { lines: all.into_iter().map(line).collect(), code: 0 })
}

pub(super) async fn import(
    place: &Place<'_>,
    tenant: &str,
    files: &[Texts],
    json: bool,
) -> anyhow::Result<Reply> {
    let tenant = known(place, tenant).await?;
    let sources: Result<Vec<Source>, _> = files.iter().map(Texts::source).collect();
    // The command has found nothing wrong; a running program of another version may.
    let sources = sources.map_err(|found| {
        let found = found.first().map(ToString::to_string).unwrap_or_default();
        anyhow::anyhow!("the running program reads it otherwise; restart it with this version: {found}")
    })?;
    let names: Vec<String> = sources.iter().map(|s| s.procedure().id.clone()).collect();
    let url = place.public_url.origin().ascii_serialization();
    let published = setup::publish(place.db, tenant, sources, &url, place.clock.wall())
        .await
        .map_err(|e| anyhow::anyhow!("not every procedure was published: {e}; run the command again"))?;
    take_up(place, None).await?;
    let line = |(name, p): (&String, procedure::acts::Publication)| {
        if json {
            serde_json::json!({ "procedure": name, "version": p.version, "new": p.new }).to_string()
        } else {
            format!("{name} version {}{}", p.version, if p.new { "" } else { " (as before)" })
        }
    };
    Ok(Reply { lines: names.iter().zip(published).map(line).collect(), code: 0 })
}

pub(super) async fn export(place: &Place<'_>, tenant: &str, procedure: &str) -> anyhow::Result<Reply> {
    let tenant = known(place, tenant).await?;
    let mut x = place.db.reader().await?;
    let catalogue = Catalogue::load(&mut x, &Site { demo: false }, place.clock.wall()).await?;
    let shelf = catalogue.shelf(tenant).context("there is no such municipality")?;
    let published = shelf.current(procedure).context("there is no such procedure")?;
    Ok(Reply::line(serde_json::to_string_pretty(published.procedure())?))
}

/// A municipality that is there: a mistyped code makes no account that nobody can use.
async fn known(place: &Place<'_>, tenant: &str) -> anyhow::Result<TenantId> {
    let id: TenantId = tenant.parse()?;
    let mut x = place.db.reader().await?;
    let is_there = tenant::acts::list(&mut x).await?.iter().any(|row| row.tenant_id == id.to_string());
    anyhow::ensure!(is_there, "there is no municipality {id}: `madoguchi tenant list` shows them");
    Ok(id)
}
