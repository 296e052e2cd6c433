//! Keys outlive mistakes: no command loses one, and nothing runs with keys and database apart.

use madoguchi::app::App;
use madoguchi::demo::city::{self, LineHosts};
use madoguchi::{check, procedure, setup, tenant};
use madoguchi_base::keys::Keys;

use crate::both;
use crate::world::{On, Wish, World};

fn new_tenant() -> setup::NewTenant {
    let seed = city::seed(Vec::new(), String::new());
    let hosts = LineHosts { access: "http://a".into(), api: "http://b".into(), data: "http://c".into() };
    setup::NewTenant {
        municipality: procedure::builtin_municipality(),
        sources: procedure::builtin(),
        channels: city::channels(&seed.providers[0], &hosts, "http://localhost"),
        mode: Some(madoguchi_line::mode::LineMode::Full),
        public_url: "http://localhost".into(),
    }
}

both! {
    async fn setting_up_an_empty_database_keeps_the_key_file_that_is_there(world: World) {
        let keys = world.app.keys.clone();
        let path = tenant::private_key_path(&keys, world.tenant);
        let before = std::fs::read(&path).expect("the key");
        // Mistyped: another, empty database with the same keys folder.
        let url = format!("sqlite:{}", world.dir.path().join("mistyped.db").display());
        let db = setup::database(&url, 2).await.expect("database");
        setup::municipality(&db, &keys, &world.clock, new_tenant()).await.expect("set up");
        assert_eq!(std::fs::read(&path).expect("the key"), before);
        // What is sealed there is sealed to the key that there is.
        let mut x = db.reader().await.expect("reader");
        let row = tenant::acts::list(&mut x).await.expect("list").remove(0);
        drop(x);
        tenant::private_key(&keys, world.tenant, &row.public_key).expect("they fit");
        assert_eq!(check::run(&db, &keys).await.expect("check"), []);
        db.close().await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_starts_with_a_key_that_is_not_the_databases() {
    let world = World::new(Wish::on(On::Sqlite)).await;
    let (db, keys, clock) = (world.app.db.clone(), world.app.keys.clone(), world.clock.clone());
    world.sql("update tenant set public_key = zeroblob(32)".to_owned()).await;
    let started = App::start(db.clone(), keys.clone(), clock.clone(), world.app.settings.clone()).await;
    let said = started.err().expect("refused").to_string();
    assert!(said.contains("does not belong to this database") && !said.contains('\n'), "{said}");
    setup::municipality(&db, &keys, &clock, new_tenant()).await.expect_err("refused likewise");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_key_is_made_for_an_empty_database_only() {
    let world = World::new(Wish::on(On::Sqlite)).await;
    let elsewhere = world.dir.path().join("other-keys");
    let said = setup::root_key(&world.app.db, &elsewhere).await.expect_err("refused").to_string();
    assert!(said.contains("keys_dir"), "{said}");
    assert!(!elsewhere.exists(), "nothing was made");
    let url = format!("sqlite:{}", world.dir.path().join("new.db").display());
    let db = setup::database(&url, 2).await.expect("database");
    setup::root_key(&db, &elsewhere).await.expect("made");
    Keys::load(&elsewhere).expect("there");
    db.close().await;
    world.end().await;
}
