//! Can it run here? Each line says what was looked at, what was found and what to do.

use std::process::ExitCode;

use madoguchi_base::Clock;
use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;
use madoguchi_line::Line;

use crate::channel::inspect::{self, Found};
use crate::clock::Mark;
use crate::config::Settings;
use crate::parts::roles;
use crate::{admin, setup, socket, tenant};

/// Looks at settings, keys, database and channels.
pub async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut bad = 0;
    let mut say = |what: &str, found: Result<String, String>| match found {
        Ok(fine) => println!("ok    {what}: {fine}"),
        Err(todo) => {
            bad += 1;
            println!("MEND  {what}: {todo}");
        }
    };
    say("settings", settings.check().map(|()| "complete and safe".into()).map_err(|e| e.to_string()));
    let keys = Keys::load(&settings.keys_dir);
    say(
        "root key",
        keys.as_ref()
            .map(|k| format!("{} can be read by its owner only", k.dir().join("root.key").display()))
            .map_err(|e| format!("{e}; `serve` and `tenant add` make one where there is none")),
    );
    if let Some(found) = disk(settings) {
        say("disk", found);
    }
    if settings.parts.public && !settings.parts.staff {
        say("key agent", key_agent(settings).await);
    }
    match setup::database(&settings.database.url, 2).await {
        Ok(db) => {
            say("database", Ok(format!("{:?} opens, is durable, schema up to date", db.dialect())));
            let parts = settings.parts.roles(!settings.database.line_url.is_empty());
            if let Err(e) = roles::look(&db, &parts).await {
                say("database role", Err(format!("{e:#}")));
            }
            if let Ok(mut x) = db.reader().await {
                say("clock", clock(&mut x).await);
                match tenant::acts::list(&mut x).await {
                    Ok(all) if all.is_empty() => {
                        say("municipalities", Err("none yet: run `madoguchi tenant add`".into()));
                    }
                    Ok(all) => {
                        let names: Vec<&str> = all.iter().map(|t| t.tenant_id.as_str()).collect();
                        say("municipalities", Ok(names.join(", ")));
                        for row in &all {
                            say("private key", private_key(settings, keys.as_ref().ok(), row));
                        }
                        for (what, found) in line(&db, keys.as_ref().ok(), &all).await {
                            say(&what, found);
                        }
                    }
                    Err(e) => say("municipalities", Err(e.to_string())),
                }
            }
            db.close().await;
        }
        Err(e) => say("database", served(settings).await.ok_or(format!("{e:#}"))),
    }
    println!("{}", if bad == 0 { "It can run here." } else { "Mend the lines above, then ask again." });
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// Whether a jump of the clock waits for somebody, and whether the clock fell back.
async fn clock(x: &mut madoguchi_base::db::Reader) -> Result<String, String> {
    let mark = crate::clock::acts::look(x).await.map_err(|_| "the database does not say".to_owned())?;
    let now = Clock::system().wall();
    match mark {
        Some(Mark { halted: Some((to, from)), .. }) => Err(format!(
            "it went from {} to {} at once, so nothing expires; look at the machine's clock, then run \
             `madoguchi clock confirm`",
            from.japanese(),
            to.japanese()
        )),
        Some(mark) if mark.highest.0 - now.0 > 3_600_000 => Err(format!(
            "it shows {}, and was at {} before: set it right; until then keys and leases go by the later time",
            now.japanese(),
            mark.highest.japanese()
        )),
        _ => Ok(format!("{}, and it has not jumped", now.japanese())),
    }
}

/// What LINE says of each municipality's channels.
async fn line(db: &Db, keys: Option<&Keys>, all: &[tenant::acts::Row]) -> Vec<Found> {
    let Some(keys) = keys else { return Vec::new() };
    let trouble = |why: String| vec![("LINE".to_owned(), Err(why))];
    let line = match Line::new(db.clone(), keys.clone(), Clock::system()) {
        Ok(line) => line,
        Err(e) => return trouble(e.to_string()),
    };
    if let Err(e) = line.reload_channels().await {
        return trouble(e.to_string());
    }
    let tenants: Vec<_> = all.iter().filter_map(|t| t.tenant_id.parse().ok()).collect();
    inspect::ask(&line, &tenants).await
}

/// Where a running program holds the data folder: whether it answers.
async fn served(settings: &Settings) -> Option<String> {
    let door = admin::door::path(&settings.database.url)?;
    let said = admin::door::ask(&door, &admin::Order::TenantList).await.ok()?.ok()?;
    let all = said.lines.join(", ");
    Some(format!("a running program serves it ({all}) and answers at {}", door.display()))
}

/// Whether there is room beside a SQLite database, and some of it is kept back.
fn disk(settings: &Settings) -> Option<Result<String, String>> {
    let about = &settings.database;
    let disk = madoguchi_base::db::disk(&about.url, about.ballast_mb)?;
    let (free, wanted) = (disk.free >> 20, disk.wanted >> 20);
    Some(if disk.ballast == disk.wanted {
        Ok(format!("{free} MiB free, and {wanted} MiB kept back for a full disk"))
    } else if disk.free < disk.wanted + disk.wanted / 4 {
        Err(format!(
            "{free} MiB free: too little to keep {wanted} MiB back; make room, then people can write again by themselves"
        ))
    } else {
        Ok(format!("{free} MiB free; `serve` keeps {wanted} MiB back (database.ballast_mb)"))
    })
}

/// Whether the staff's process answers a process that holds no private key.
async fn key_agent(settings: &Settings) -> Result<String, String> {
    let path = &settings.keys.agent_socket;
    if path.as_os_str().is_empty() {
        return Err("keys.agent_socket is not set: people cannot read again what they sent".into());
    }
    match socket::connect(path).await {
        Ok(_) => Ok(format!("answers at {}", path.display())),
        Err(e) => Err(format!("{}: {e}; start the staff's process with the same path", path.display())),
    }
}

/// Whether what is sealed now can be opened later, and only where it should be.
fn private_key(settings: &Settings, keys: Option<&Keys>, row: &tenant::acts::Row) -> Result<String, String> {
    let id = row.tenant_id.parse().map_err(|_| format!("{} is no municipality's code", row.tenant_id))?;
    let keys = keys.ok_or_else(|| format!("{id}: bring the root key first"))?;
    if !settings.parts.staff {
        let path = tenant::private_key_path(keys, id);
        return if path.exists() {
            Err(format!("{id}: this process needs none; move {} to the staff's folder", path.display()))
        } else {
            Ok(format!("{id}: not here, as it should be"))
        };
    }
    tenant::private_key(keys, id, &row.public_key).map_err(|e| format!("{e:#}"))?;
    Ok(format!("{id}: fits the public key in the database"))
}
