//! The staff's side: who may look and act, and what remains of it in the audit log.

use madoguchi::demo::visitor::{Seen, Visitor};
use madoguchi::office::{self, Change, Role};
use madoguchi::procedure::Input;

use crate::both;
use crate::world::{Clerk, World};

const MINUTE: i64 = 60_000;

async fn try_password(visitor: &mut Visitor, world: &World, login: &str, password: &str) -> Seen {
    let mut form = Input::new();
    form.push("login", login);
    form.push("password", password);
    visitor.post(&format!("{}/nishio/sign-in", world.staff), &form).await.expect("an answer")
}

async fn list(clerk: &mut Clerk<'_>) -> Seen {
    let url = format!("{}/nishio/", clerk.world.staff);
    clerk.visitor.get(&url).await.expect("an answer")
}

fn is_signed_in(seen: &Seen) -> bool {
    seen.status == 200 && seen.url.path() == "/nishio/"
}

/// Acts of staff in the audit log, oldest first, with how often each stands there.
async fn acts(world: &World) -> Vec<(String, i64)> {
    let mut x = world.app.db.reader().await.expect("a reader");
    madoguchi_base::on!(&mut x, |c| {
        sqlx::query_as(
            "select act || ' ' || detail, cast(count(*) as bigint) from audit \
             where actor_kind = 'staff' group by act, detail order by 1",
        )
        .fetch_all(c)
        .await
    })
    .expect("the log")
}

both! {
    async fn guessing_a_password_becomes_slow_but_never_ends(world: World) {
        let mut stranger = Visitor::new().expect("browser");
        for login in ["sato", "nobody"] {
            for _ in 0..5 {
                let seen = try_password(&mut stranger, &world, login, "wrong-wrong-wrong").await;
                assert_eq!(seen.status, 422);
            }
            let seen = try_password(&mut stranger, &world, login, "wrong-wrong-wrong").await;
            assert_eq!(seen.status, 429, "known and unknown names alike");
            assert!(seen.body.contains("あと30秒"), "{}", seen.body);
        }
        let right = world.clerk.1.clone();
        let seen = try_password(&mut stranger, &world, "sato", &right).await;
        assert_eq!(seen.status, 429, "during the delay nothing is looked at");
        world.later(31_000);
        let seen = try_password(&mut stranger, &world, "ＳＡＴＯ", &right).await;
        assert!(is_signed_in(&seen), "{} {}", seen.status, seen.url);
        world.end().await;
    }
}

both! {
    async fn a_staff_session_ends_by_pause_age_role_and_reset(world: World) {
        let mut clerk = world.clerk().await;
        for _ in 0..11 {
            world.later(59 * MINUTE);
            if !is_signed_in(&list(&mut clerk).await) {
                break;
            }
        }
        assert!(!is_signed_in(&list(&mut clerk).await), "after ten hours it is over, however busy");

        let mut clerk = world.clerk().await;
        world.later(61 * MINUTE);
        assert!(!is_signed_in(&list(&mut clerk).await), "an hour without a visit");

        let mut clerk = world.clerk().await;
        let change = |change| office::change(&world.app.db, (&world.app.keys, &world.clock), world.tenant, "sato", change);
        change(Change::Role(Role::Clerk)).await.expect("a role");
        assert!(!is_signed_in(&list(&mut clerk).await), "another role ends the session at once");

        let mut clerk = world.clerk().await;
        let url = format!("{}/nishio/audit", world.staff);
        assert_eq!(clerk.visitor.get(&url).await.expect("an answer").status, 403, "the log is for administrators");
        let password = office::reset(&world.app.db, (&world.app.keys, &world.clock), world.tenant, "sato").await.expect("reset");
        assert!(!is_signed_in(&list(&mut clerk).await), "another password ends the session at once");
        let seen = try_password(&mut clerk.visitor, &world, "sato", &password).await;
        assert!(is_signed_in(&seen));
        change(Change::Disable).await.expect("closed");
        assert!(!is_signed_in(&list(&mut clerk).await), "a closed account ends the session at once");
        assert_eq!(try_password(&mut clerk.visitor, &world, "sato", &password).await.status, 422);
        world.end().await;
    }
}

both! {
    async fn every_look_and_move_of_a_scripted_day_is_recorded(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        let mut clerk = world.clerk().await; // ends on the list: one look
        let page = clerk.opens(&receipt.id).await;
        clerk.visitor.send(&page, "/accept", &[]).await.expect("accept"); // and shows the application again
        let page = clerk.opens(&receipt.id).await;
        clerk.visitor.send(&page, "/note", &[("note", "電話で確認しました")]).await.expect("note");
        let mut number = Input::new();
        number.push("number", &*receipt.number);
        let url = format!("{}/nishio/search", world.staff);
        let found = clerk.visitor.post(&url, &number).await.expect("search");
        assert!(found.url.path().ends_with(&receipt.id) && found.body.contains("電話で確認しました"));
        let expected = [
            ("answers.open staff-note", 1),
            ("answers.open staff-page", 5),
            ("application.move accepted", 1),
            ("application.note ", 1),
            ("inbox.search by=receipt count=1", 1),
            ("inbox.today count=1", 1),
            ("staff.sign-in ok", 1),
        ];
        assert_eq!(acts(&world).await, expected.map(|(act, n)| (act.to_owned(), n)));
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn the_slower_of_two_clerks_is_told_and_changes_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        let (mut one, mut two) = (world.clerk().await, world.clerk().await);
        let (page_one, page_two) = (one.opens(&receipt.id).await, two.opens(&receipt.id).await);
        let first = one.visitor.send(&page_one, "/accept", &[]).await.expect("accept");
        assert_eq!(first.attribute("data-state").as_deref(), Some("accepted"));
        let slower = two.visitor.send(&page_two, "/accept", &[]).await.expect("an answer");
        assert_eq!(slower.status, 409);
        assert!(slower.body.contains("ほかの人が先に処理しました"));
        assert_eq!(slower.attribute("data-state").as_deref(), Some("accepted"));
        let again = one.visitor.send(&page_one, "/accept", &[]).await.expect("an answer");
        assert_eq!(again.status, 200, "the same command again is no mistake");
        world.run_jobs().await;
        assert_eq!(world.talk("hanako").len(), 2, "told once of its arrival, once of its acceptance");

        let refused = two.does(&receipt.id, "/reject", &[("reason", "")]).await;
        assert_eq!(refused.status, 422, "a refusal needs a reason");
        let refused = two.does(&receipt.id, "/reject", &[("reason", "水栓が見つかりません")]).await;
        assert_eq!(refused.attribute("data-state").as_deref(), Some("rejected"));
        assert!(hanako.opens(&format!("/a/{}", receipt.id)).await.body.contains("水栓が見つかりません"));
        world.end().await;
    }
}

both! {
    async fn a_notification_cannot_be_refused_and_staff_pages_are_on_their_own_port(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("dog-death", &world.sample("dog-death")).await;
        let mut clerk = world.clerk().await;
        let page = clerk.opens(&receipt.id).await;
        assert!(page.form("/reject").is_err(), "it is not offered");
        let (_, mut form) = page.form("/accept").expect("accept");
        form.push("reason", "だめです");
        let url = format!("{}/nishio/a/{}/reject", world.staff, receipt.id);
        assert_eq!(clerk.visitor.post(&url, &form).await.expect("an answer").status, 409);
        let nobody = "019a0000-0000-7000-8000-000000000000";
        assert_eq!(clerk.opens(nobody).await.status, 404);
        for path in ["sign-in", "audit", "search"] {
            let seen = clerk.visitor.get(&format!("{}/{path}", world.site())).await.expect("an answer");
            assert_eq!(seen.status, 404, "/nishio/{path} on the citizens' port");
        }
        world.end().await;
    }
}
