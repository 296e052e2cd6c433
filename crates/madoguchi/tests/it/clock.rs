//! Somebody, or a flat battery, sets the machine's clock.

use std::process::Command;

use madoguchi::{clock, jobs, run};
use madoguchi_base::on;

use crate::both;
use crate::process::City;
use crate::sending::wait_until;
use crate::world::{On, Wish, World};

const DAYS_60: i64 = 60 * 86_400_000;

async fn sessions(world: &World) -> i64 {
    let mut x = world.app.db.reader().await.expect("reader");
    on!(&mut x, |c| sqlx::query_scalar("select cast(count(*) as bigint) from session").fetch_one(c).await)
        .expect("count")
}

/// The program started again over the same database, at the time at which the world began.
async fn restarted(world: World, on: On) -> World {
    let (dir, url) = (world.dir.clone(), world.url.clone());
    world.end().await;
    World::over(Wish::on(on), dir, url).await
}

fn on(world: &World) -> On {
    if world.url.starts_with("sqlite:") { On::Sqlite } else { On::Postgres }
}

both! {
    async fn after_a_jump_nothing_is_removed_or_ended_until_a_person_confirms_the_time(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        let before = (world.states().await, sessions(&world).await);
        assert_eq!(before, (vec!["waiting".to_owned()], 1));

        world.clock.set_by_ms(DAYS_60);
        jobs::sweep(&world.app).await;
        world.app.line.run_once().await;
        assert_eq!((world.states().await, sessions(&world).await), before, "before anybody has looked");
        clock::job::look(&world.app).await;
        jobs::sweep(&world.app).await;
        world.app.line.run_once().await;
        assert_eq!((world.states().await, sessions(&world).await), before);

        // What is not too late by the clock as it is now goes on: the jump was a mistake, and is mended.
        world.clock.set_by_ms(-DAYS_60);
        let mut taro = world.citizen("taro").await;
        taro.submits("suido-start", &world.sample("suido-start")).await;
        world.app.line.run_once().await;
        assert_eq!(world.states().await, ["accepted", "accepted"]);
        assert!(!world.clock.may_expire(), "setting it back is no confirmation");

        // It outlives the process.
        let on = on(&world);
        let world = restarted(world, on).await;
        assert!(!world.clock.may_expire());
        world.clock.advance_ms(DAYS_60);
        jobs::sweep(&world.app).await;
        assert_eq!(sessions(&world).await, 2);
        clock::acts::confirm(&world.app.db, world.tenant, world.clock.wall()).await.expect("confirmed");
        clock::job::look(&world.app).await;
        jobs::sweep(&world.app).await;
        assert_eq!(sessions(&world).await, 0, "the sweep works");
        world.end().await;
    }
}

both! {
    async fn a_notice_that_is_too_late_by_a_clock_that_jumped_ends_only_once_the_time_is_confirmed(world: World) {
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        world.clock.set_by_ms(DAYS_60);
        for _ in 0..2 {
            clock::job::look(&world.app).await;
            world.app.line.run_once().await;
            assert_eq!(world.states().await, ["waiting"], "neither sent nor ended");
        }
        clock::acts::confirm(&world.app.db, world.tenant, world.clock.wall()).await.expect("confirmed");
        clock::job::look(&world.app).await;
        world.app.line.run_once().await;
        assert_eq!(world.states().await, ["expired"]);
        assert!(world.talk("hanako").is_empty());
        world.end().await;
    }
}

both! {
    async fn while_the_clock_jumps_people_submit_clerks_work_and_notices_are_sent(world: World) {
        run::work(&world.app);
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let mut clerk = world.clerk().await;
        let before = sessions(&world).await;
        let hour = 3_600_000;
        for (n, jump) in [-hour, hour, 24 * hour, -23 * hour, -hour].into_iter().enumerate() {
            world.clock.set_by_ms(jump);
            let page = hanako.taps("suido-start").await;
            assert!(page.url.path().ends_with("/form"), "jump {n}: still signed in: {}", page.url);
            let own = hanako.submits("suido-start", &world.sample("suido-start")).await;
            clerk.does(&own.id, "/accept", &[]).await;
            wait_until("LINE is told", 10, async || world.talk("hanako").len() == 2 * (n + 1)).await;
        }
        assert_eq!(sessions(&world).await, before, "nobody had to sign in again");
        wait_until("the jump is stored", 5, async || {
            world.count("clock_mark where halted_at is not null").await == 1
        })
        .await;
        wait_until("the audit log is linked", 10, async || world.count("audit where seq is null").await == 0).await;
        wait_until("all is known", 10, async || world.states().await.iter().all(|s| s == "accepted")).await;
        world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
        assert_eq!(world.count("application").await, 5);
        world.end().await;
    }
}

both! {
    async fn the_demos_moved_clock_is_no_jump(world: World) {
        world.later(DAYS_60);
        clock::job::look(&world.app).await;
        assert!(world.clock.may_expire());
        world.end().await;
    }
}

both! {
    async fn a_clock_that_fell_back_while_the_program_was_down_makes_no_key_younger(world: World) {
        world
            .fault(serde_json::json!({ "endpoint": crate::line::PUSH, "kind": "error-after-accept", "times": 1 }))
            .await;
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        world.app.line.run_once().await;
        assert_eq!(world.states().await, ["frozen"], "doubtful");
        world.clock.advance_ms(21 * 3_600_000);
        let on = on(&world);
        let world = restarted(world, on).await;
        wait_until("twenty hours have passed, whatever the clock shows", 10, async || {
            world.app.line.run_once().await;
            world.states().await == ["parked"]
        })
        .await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_tells_of_a_jump_and_confirms_the_time() {
    let city = City::new(On::Sqlite).await;
    let clock = |what: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
            .args(["clock", what])
            .env("MADOGUCHI_DATABASE__URL", &city.url)
            .env("MADOGUCHI_KEYS_DIR", city.keys_dir())
            .output()
            .expect("it runs");
        (out.status.code(), String::from_utf8(out.stdout).expect("text"))
    };
    assert_eq!(clock("status").0, Some(0));
    let db = city.open().await;
    let tenant = "232131".parse().expect("tenant");
    db.write::<_, (), madoguchi_base::db::Never, _>(
        "test",
        madoguchi_base::db::Class::Person,
        tenant,
        (),
        |(), tx| {
            Box::pin(async move {
                on!(tx, |c| sqlx::query("insert into clock_mark values ('wall', 2, 2, 1, 0)")
                    .execute(c)
                    .await
                    .map(drop))?;
                Ok(())
            })
        },
    )
    .await
    .expect("a jump");
    db.close().await;
    drop(db);
    let (code, said) = clock("status");
    assert!(code == Some(3) && said.starts_with("halted: "), "{code:?} {said}");
    assert_eq!(clock("confirm").0, Some(0));
    let (code, said) = clock("status");
    assert!(code == Some(0) && said.starts_with("no jump: "), "{code:?} {said}");
}
