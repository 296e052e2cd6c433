//! Can it run here? Each line says what was looked at, what was found and what to do.

use std::process::ExitCode;

use madoguchi_base::keys::Keys;

use crate::config::Settings;
use crate::setup;

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
    match setup::database(&settings.database.url, 2).await {
        Ok(db) => {
            say("database", Ok(format!("{:?} opens, is durable, schema up to date", db.dialect())));
            if let Ok(mut x) = db.reader().await {
                let tenants = crate::tenant::acts::list(&mut x).await.map_err(|e| e.to_string());
                let told = tenants.and_then(|all| {
                    if all.is_empty() {
                        return Err("none yet: run `madoguchi tenant add`".into());
                    }
                    let names: Vec<String> = all.into_iter().map(|t| t.tenant_id).collect();
                    Ok(names.join(", "))
                });
                say("municipalities", told);
            }
            db.close().await;
        }
        Err(e) => say("database", Err(format!("{e:#}"))),
    }
    println!("{}", if bad == 0 { "It can run here." } else { "Mend the lines above, then ask again." });
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
}
