//! `madoguchi procedure …`: checking, publishing and printing procedures.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use madoguchi_base::{Clock, TenantId};

use crate::config::Settings;
use crate::procedure::{self, Catalogue, Finding, Site};
use crate::setup;

/// What was found in files; exit code 3 where there is anything.
pub(super) fn validate(files: &[PathBuf], json: bool) -> ExitCode {
    let found: Vec<Finding> = files.iter().flat_map(|f| procedure::validate(f)).collect();
    print(&found, json);
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

fn print(found: &[Finding], json: bool) {
    for finding in found {
        if json {
            println!("{}", serde_json::to_string(finding).unwrap_or_default());
        } else {
            println!("{finding}");
        }
    }
}

/// Publishes files that are right; one that is not stops all.
pub(super) async fn import(
    settings: &Settings,
    tenant: &str,
    files: &[PathBuf],
    json: bool,
) -> anyhow::Result<ExitCode> {
    let tenant: TenantId = tenant.parse()?;
    let (mut sources, mut found) = (Vec::new(), Vec::new());
    for file in files {
        match procedure::load(file) {
            Ok(source) => sources.push(source),
            Err(more) => found.extend(more),
        }
    }
    if !found.is_empty() {
        print(&found, json);
        return Ok(ExitCode::from(3));
    }
    let names: Vec<String> = sources.iter().map(|s| s.procedure().id.clone()).collect();
    let db = setup::database(&settings.database.url, 4).await?;
    let url = settings.public_url.origin().ascii_serialization();
    let published = setup::publish(&db, tenant, sources, &url, Clock::system().wall())
        .await
        .map_err(|e| anyhow::anyhow!("not every procedure was published: {e}; run the command again"))?;
    db.close().await;
    for (name, p) in names.iter().zip(published) {
        if json {
            println!("{}", serde_json::json!({ "procedure": name, "version": p.version, "new": p.new }));
        } else {
            println!("{name} version {}{}", p.version, if p.new { "" } else { " (as before)" });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the current definition.
pub(super) async fn export(settings: &Settings, tenant: &str, procedure: &str) -> anyhow::Result<ExitCode> {
    let tenant: TenantId = tenant.parse()?;
    let db = setup::database(&settings.database.url, 2).await?;
    let mut x = db.reader().await?;
    let catalogue = Catalogue::load(&mut x, &Site { demo: false }, Clock::system().wall()).await?;
    drop(x);
    db.close().await;
    let shelf = catalogue.shelf(tenant).context("there is no such municipality")?;
    let published = shelf.current(procedure).context("there is no such procedure")?;
    println!("{}", serde_json::to_string_pretty(published.procedure())?);
    Ok(ExitCode::SUCCESS)
}
