//! Backups: what is in them opens with its keys only, and a restore says nothing to LINE by itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use madoguchi::app::App;
use madoguchi::backup::{self, BackupError};
use madoguchi::{check, jobs, setup};
use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;
use madoguchi_base::{ApplicationId, Millis, TenantId};

use crate::both;
use crate::database::database_url;
use crate::world::{On, Receipt, Wish, World, has_postgres};

/// A city with one application that LINE was told of and one that it was not, and a backup of it.
async fn lived_in(world: &World) -> (Receipt, Receipt, PathBuf) {
    let mut hanako = world.citizen("hanako").await;
    hanako.enters("suido-start").await;
    let told = hanako.submits("suido-start", &world.sample("suido-start")).await;
    world.run_jobs().await;
    let waiting = hanako.submits("suido-start", &world.sample("suido-start")).await;
    let into = world.dir.path().join("backups");
    let place = backup::take(&world.app.db, &world.app.keys, &world.clock, &into).await.expect("a backup");
    (told, waiting, place)
}

/// An empty, migrated database.
async fn empty(on: On, dir: &Path) -> (Db, String) {
    let dir = dir.join("restored");
    std::fs::create_dir_all(&dir).expect("folder");
    let url = database_url(on, &dir).await;
    (setup::database(&url, 8).await.expect("database"), url)
}

/// The program over the restored database, with the same LINE.
async fn app_over(world: &World, db: &Db, url: &str) -> App {
    let mut settings = world.app.settings.clone();
    url.clone_into(&mut settings.database.url);
    App::start(db.clone(), world.app.keys.clone(), world.clock.clone(), settings).await.expect("app")
}

async fn comes_back(from: On, into: On) {
    let world = World::new(Wish::on(from)).await;
    let (told, waiting, place) = lived_in(&world).await;
    let before = world.talk("hanako").len();
    let (db, url) = empty(into, world.dir.path()).await;
    let done = backup::restore(&db, &world.app.keys, &world.clock, &place, None).await.expect("restored");
    assert_eq!(
        (done.tenants.as_slice(), done.parked, done.destroyed),
        (["232131".to_owned()].as_slice(), 1, 0)
    );
    let app = app_over(&world, &db, &url).await;
    app.line.run_once().await;
    jobs::run_once(&app, Millis(0)).await;
    assert_eq!(world.talk("hanako").len(), before, "a restore sends nothing");
    assert_eq!(check::run(&db, &world.app.keys).await.expect("check"), []);
    for receipt in [&told, &waiting] {
        let id: ApplicationId = receipt.id.parse().expect("id");
        let mut x = db.reader().await.expect("reader");
        let found = madoguchi_line::notice::of_application(&mut x, world.tenant, id).await.expect("notices");
        let states: Vec<&str> = found.iter().map(|n| n.state.code()).collect();
        assert_eq!(states, [if receipt == &told { "sent" } else { "restored" }]);
    }
    assert_eq!(sessions(&db).await, (0, 0), "nobody stays signed in");
    // What arrives from now on is told again once a person has said so.
    sending(&app, world.tenant, true).await;
    app.line.run_once().await;
    assert_eq!(world.talk("hanako").len(), before, "the parked one waits for a decision");
    drop(app);
    db.close().await;
    world.end().await;
}

/// Every row of a table in words; truths are numbers on SQLite.
async fn dump(x: &mut madoguchi_base::db::Snapshot, table: &str) -> Vec<String> {
    use sqlx::{Column as _, Row as _};
    let sql = sqlx::AssertSqlSafe(format!("select * from {table}"));
    let mut rows: Vec<String> = madoguchi_base::on!(x, |c| {
        let rows = sqlx::query(sql).fetch_all(c).await.expect("rows");
        rows.iter()
            .map(|row| {
                let cell = |i: usize| {
                    let text = row.try_get_unchecked::<Option<String>, _>(i);
                    let number = row.try_get::<Option<i64>, _>(i);
                    let truth = row.try_get::<Option<bool>, _>(i);
                    let bytes = row.try_get::<Option<Vec<u8>>, _>(i);
                    match (number, truth, bytes, text) {
                        (Ok(n), ..) => format!("{n:?}"),
                        (_, Ok(t), ..) => format!("{:?}", t.map(i64::from)),
                        (_, _, Ok(b), _) => format!("{:?}", b.map(hex::encode)),
                        (_, _, _, Ok(t)) => format!("{:?}", t.map(hex::encode)),
                        _ => panic!("{table} {i}"),
                    }
                };
                row.columns()
                    .iter()
                    .map(|c| format!("{}={}", c.name(), cell(c.ordinal())))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    });
    rows.sort();
    rows
}

async fn sessions(db: &Db) -> (i64, i64) {
    let mut x = db.reader().await.expect("reader");
    let sql = "select (select count(*) from session), (select count(*) from staff_session)";
    madoguchi_base::on!(&mut x, |c| sqlx::query_as(sql).fetch_one(c).await).expect("counts")
}

async fn sending(app: &App, tenant: TenantId, on: bool) {
    use madoguchi_base::db::{Class, Never};
    app.db
        .write::<_, (), Never, _>("sending", Class::Person, tenant, on, move |on, tx| {
            Box::pin(async move { Ok(madoguchi_line::outbox::set_sending(tx, tenant, *on).await?) })
        })
        .await
        .expect("switched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_comes_back_into_sqlite() {
    comes_back(On::Sqlite, On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_either_comes_back_into_the_other() {
    if has_postgres() {
        comes_back(On::Sqlite, On::Postgres).await;
        comes_back(On::Postgres, On::Sqlite).await;
        comes_back(On::Postgres, On::Postgres).await;
    }
}

both! {
    async fn every_row_of_every_table_is_the_same_after_a_way_there_and_back(world: World) {
        let (_, _, place) = lived_in(&world).await;
        let (db, _) = empty(On::Sqlite, world.dir.path()).await;
        backup::restore(&db, &world.app.keys, &world.clock, &place, None).await.expect("restored");
        // Sessions end, lanes and notices change, a record is added: everything else is as it was.
        let changed = ["session", "staff_session", "line_lane", "line_notice", "audit"];
        let (mut here, mut there) = (world.app.db.snapshot().await.expect("look"), db.snapshot().await.expect("look"));
        let names = |all: Vec<madoguchi_base::db::copy::Table>| -> BTreeSet<String> {
            all.iter().map(|t| t.name().to_owned()).collect()
        };
        let tables = names(madoguchi_base::db::copy::tables(&mut here).await.expect("tables"));
        assert_eq!(tables, names(madoguchi_base::db::copy::tables(&mut there).await.expect("tables")));
        assert!(tables.len() > 20 && changed.iter().all(|t| tables.contains(*t)), "{tables:?}");
        for table in tables.iter().filter(|t| !changed.contains(&t.as_str())) {
            let (a, b) = (dump(&mut here, table).await, dump(&mut there, table).await);
            assert_eq!(a, b, "{table}");
        }
        here.close().await.expect("closed");
        there.close().await.expect("closed");
        db.close().await;
        world.end().await;
    }
}

both! {
    async fn without_its_key_a_backup_opens_nothing_and_damage_is_seen(world: World) {
        let (told, _, place) = lived_in(&world).await;
        for entry in std::fs::read_dir(&place).expect("folder").flatten() {
            let bytes = std::fs::read(entry.path()).expect("file");
            for word in [told.number.as_bytes(), b"suido-start", b"sqlite format", told.id.as_bytes()] {
                assert!(!bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word)), "{}", entry.path().display());
            }
        }
        let (db, _) = empty(On::Sqlite, world.dir.path()).await;
        let stranger = Keys::load_or_create(&world.dir.path().join("stranger")).expect("keys");
        let refused = backup::restore(&db, &stranger, &world.clock, &place, None).await.expect_err("foreign");
        assert!(matches!(refused, BackupError::Foreign), "{refused}");
        let path = place.join("data.sealed");
        let mut bytes = std::fs::read(&path).expect("file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).expect("changed");
        let refused = backup::restore(&db, &world.app.keys, &world.clock, &place, None).await.expect_err("damaged");
        assert!(matches!(refused, BackupError::Damaged(_)), "{refused}");
        assert_eq!(check::run(&db, &world.app.keys).await.expect("check"), [], "nothing happened");
        db.close().await;
        world.end().await;
    }
}

both! {
    async fn destroyed_keys_stay_destroyed_and_old_keys_lapse(world: World) {
        let (told, waiting, place) = lived_in(&world).await;
        let id: ApplicationId = told.id.parse().expect("id");
        backup::note_destroyed(&world.app.keys, world.tenant, &[id], world.clock.wall()).expect("noted");
        let (db, url) = empty(On::Sqlite, world.dir.path()).await;
        let done = backup::restore(&db, &world.app.keys, &world.clock, &place, None).await.expect("restored");
        assert_eq!(done.destroyed, 1);
        let left: Vec<String> = {
            let mut x = db.reader().await.expect("reader");
            let sql = "select application_id from application_key";
            madoguchi_base::on!(&mut x, |c| sqlx::query_scalar(sql).fetch_all(c).await).expect("keys")
        };
        assert_eq!(left, [waiting.id]);
        let again = backup::restore(&db, &world.app.keys, &world.clock, &place, None).await.expect_err("not empty");
        assert!(matches!(again, BackupError::NotEmpty), "{again}");
        db.close().await;
        drop(url);
        world.later(backup::KEYS_LIFE_MS + 60_000);
        let dir = Arc::clone(&world.dir);
        let (db, _) = empty(On::Sqlite, &dir.path().join("later")).await;
        let lapsed = backup::restore(&db, &world.app.keys, &world.clock, &place, None).await.expect_err("lapsed");
        assert!(matches!(lapsed, BackupError::Lapsed(_)), "{lapsed}");
        let into = dir.path().join("backups");
        let newer = backup::take(&world.app.db, &world.app.keys, &world.clock, &into).await.expect("a backup");
        assert!(!place.join("keys.sealed").exists(), "the next backup removes them");
        backup::restore(&db, &world.app.keys, &world.clock, &place, Some(&newer)).await.expect("newer keys");
        db.close().await;
        world.end().await;
    }
}
