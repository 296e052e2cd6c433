//! 保存期間: two people, a list, and what is gone is gone, in backups too.

use axum::http::StatusCode;
use madoguchi::demo::visitor::Visitor;
use madoguchi::procedure::Input;
use madoguchi::{backup, office, retention, setup};

use crate::both;
use crate::database::database_url;
use crate::world::{Clerk, On, Receipt, World};

/// A second administrator.
async fn suzuki(world: &World) -> Clerk<'_> {
    let who = (&world.app.keys, &world.clock);
    let password = match office::add(&world.app.db, who, world.tenant, "suzuki", "鈴木", "admin").await {
        Ok(password) => password,
        Err(_) => office::reset(&world.app.db, who, world.tenant, "suzuki").await.expect("suzuki"),
    };
    let mut visitor = Visitor::new().expect("browser");
    let page = visitor.get(&format!("{}/nishio/sign-in", world.staff)).await.expect("sign-in page");
    let fields = [("login", "suzuki"), ("password", password.as_str())];
    visitor.send(&page, "/sign-in", &fields).await.expect("sign in");
    Clerk { world, visitor }
}

/// An application that has come to its end.
async fn ended(world: &World, persona: &str) -> Receipt {
    let mut citizen = world.citizen(persona).await;
    citizen.enters("dog-death").await;
    let receipt = citizen.submits("dog-death", &world.sample("dog-death")).await;
    let mut clerk = world.clerk().await;
    clerk.does(&receipt.id, "/accept", &[]).await;
    clerk.does(&receipt.id, "/complete", &[]).await;
    world.run_jobs().await;
    receipt
}

const DAY: i64 = 86_400_000;

both! {
    async fn what_one_person_lists_and_another_approves_is_gone_and_stays_gone(world: World) {
        let old = ended(&world, "hanako").await;
        let kept = ended(&world, "taro").await;
        let into = world.dir.path().join("backups");
        let backup_before = backup::take(&world.app.db, &world.app.keys, &world.clock, &into).await.expect("a backup");
        world.later(6 * 366 * DAY);
        let mut citizen = world.citizen("maria").await;
        citizen.enters("suido-start").await;
        let young = citizen.submits("suido-start", &world.sample("suido-start")).await;
        let mut sato = world.clerk().await;
        let open = sato.visitor.get(&format!("{}/nishio/retention", world.staff)).await.expect("page");
        for _ in 0..2 {
            let seen = sato.visitor.send(&open, "/retention", &[]).await.expect("begun");
            assert!(seen.body.contains("対象を集めています"), "{}", seen.body);
        }
        assert_eq!(world.count("retention_list").await, 1, "a double click begins one");
        retention::job::run_once(&world.app).await;
        let list = world.texts("select list_id from retention_list").await.remove(0);
        let url = format!("{}/nishio/retention/{list}", world.staff);
        let seen = sato.visitor.get(&url).await.expect("list");
        assert!(seen.body.contains(&old.number) && seen.body.contains(&kept.number), "{}", seen.body);
        assert!(!seen.body.contains(&young.number), "its time is not over");
        assert!(!seen.body.contains("/approve"), "who made it is not offered to approve it");
        // Kept on purpose.
        let form = format!("application={}&reason=dispute", kept.id);
        let form = Input::parse(form.as_bytes()).expect("a form");
        let held = sato.visitor.post(&format!("{url}/hold"), &form).await.expect("held");
        assert!(held.body.contains("残す 1件"), "{}", held.body);
        let own = sato.visitor.post(&format!("{url}/approve"), &Input::default()).await.expect("answer");
        assert_eq!(own.status, StatusCode::CONFLICT, "nobody approves what they made");
        let mut suzuki = suzuki(&world).await;
        let seen = suzuki.visitor.get(&url).await.expect("list");
        let approved = suzuki.visitor.send(&seen, "/approve", &[]).await.expect("approved");
        assert!(approved.body.contains("廃棄しています"), "{}", approved.body);
        retention::job::run_once(&world.app).await;
        let seen = suzuki.visitor.get(&url).await.expect("list");
        assert!(seen.body.contains("廃棄済み 1件") && seen.body.contains("鈴木"), "{}", seen.body);
        // Gone for staff and for the person, and nothing sealed is left.
        let gone = suzuki.opens(&old.id).await;
        assert_eq!(gone.status, StatusCode::GONE, "{} {}", gone.url, gone.body);
        assert_eq!(suzuki.opens(&kept.id).await.status, StatusCode::OK);
        let left = "select application_id from application_key";
        assert!(!world.texts(left).await.contains(&old.id));
        assert_eq!(world.count(&format!("application where application_id = '{}' and length(answers_sealed) = 0", old.id)).await, 1);
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        assert_eq!(world.count("audit where act = 'application.destroy'").await, 1);
        // A backup from before does not bring it back. Its own keys have lapsed; a new one's are taken.
        let newer = backup::take(&world.app.db, &world.app.keys, &world.clock, &into).await.expect("a backup");
        let dir = world.dir.path().join("restored");
        std::fs::create_dir_all(&dir).expect("folder");
        let db = setup::database(&database_url(On::Sqlite, &dir).await, 4).await.expect("database");
        let done = backup::restore(&db, &world.app.keys, &world.clock, &backup_before, Some(&newer)).await.expect("restored");
        assert_eq!(done.destroyed, 1);
        assert_eq!(madoguchi::check::run(&db, &world.app.keys).await.expect("check"), []);
        db.close().await;
        world.end().await;
    }
}

both! {
    async fn an_application_that_was_reopened_meanwhile_is_not_destroyed(world: World) {
        let one = ended(&world, "hanako").await;
        world.later(6 * 366 * DAY);
        let mut sato = world.clerk().await;
        let open = sato.visitor.get(&format!("{}/nishio/retention", world.staff)).await.expect("page");
        sato.visitor.send(&open, "/retention", &[]).await.expect("begun");
        retention::job::run_once(&world.app).await;
        let list = world.texts("select list_id from retention_list").await.remove(0);
        let url = format!("{}/nishio/retention/{list}", world.staff);
        let mut suzuki = suzuki(&world).await;
        let seen = suzuki.visitor.get(&url).await.expect("list");
        suzuki.visitor.send(&seen, "/approve", &[]).await.expect("approved");
        // Between the approval and the job somebody reopens it.
        world.sql(format!("update application set state = 'in_review' where application_id = '{}'", one.id)).await;
        retention::job::run_once(&world.app).await;
        assert_eq!(world.texts("select state from retention_item").await, ["held"]);
        assert_eq!(world.texts("select state from retention_list").await, ["done"]);
        assert_eq!(world.count("application_key").await, 1, "nothing is destroyed");
        world.end().await;
    }
}
