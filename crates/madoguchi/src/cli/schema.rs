//! `madoguchi migrate`: the schema, and the roles of the parts.

use crate::admin::{self, Order};
use crate::config::Settings;
use crate::{parts, setup};

pub(super) async fn migrate(settings: &Settings, roles: bool, print: bool) -> anyhow::Result<()> {
    let prefix = &settings.database.role_prefix;
    if print {
        println!("{}", parts::roles::sql(prefix)?);
        return Ok(());
    }
    if !roles {
        println!("{}", admin::give(settings, &Order::Migrate).await?.lines.join("\n"));
        return Ok(());
    }
    let db = setup::database(&settings.database.url, 4).await?;
    println!("the schema is up to date");
    parts::roles::prepare(&db, prefix).await?;
    let names = parts::Part::ALL.map(|part| part.role(prefix));
    println!("roles with exactly their rights: {}", names.join(", "));
    db.close().await;
    Ok(())
}
