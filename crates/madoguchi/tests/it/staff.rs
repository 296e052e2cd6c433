//! The staff's side: who gets in, what moves, what the log keeps of it.

use madoguchi::demo::visitor::{Seen, Visitor};
use reqwest::StatusCode;

use crate::both;
use crate::probe::{get, post};
use crate::world::{Clerk, World};

const SLUG: &str = "suido-start";

async fn tries(world: &World, login: &str, password: &str) -> Seen {
    let mut visitor = Visitor::new().expect("browser");
    let page = visitor.get(&format!("{}/nishio/sign-in", world.staff)).await.expect("page");
    visitor.send(&page, "/sign-in", &[("login", login), ("password", password)]).await.expect("answer")
}

both! {
    async fn the_fifth_wrong_password_costs_time_even_for_the_right_one(world: World) {
        let (login, password) = world.clerk.clone();
        for login in [login.as_str(), "nobody-of-that-name"] {
            for n in 1..=5 {
                let seen = tries(&world, login, &format!("wrong-{n}")).await;
                assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{login} {n}");
                assert!(!seen.body.contains("wrong-"), "a password is never shown again");
            }
            let seen = tries(&world, login, &password).await;
            assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS, "{login}: the right one waits, too");
        }
        assert_eq!(world.count("staff_session").await, 0);
        world.later(31_000);
        let seen = tries(&world, &login, &password).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        assert_eq!(world.count("staff_session").await, 1);
        // Nothing tells which names exist, nor is a name or an address stored in plain.
        let records = world.texts("select act || ' ' || detail from audit where actor_kind = 'system' and act like 'staff.sign%'").await;
        assert_eq!(records.len(), 10);
        assert!(records.iter().all(|r| r == "staff.sign-in wrong"), "{records:?}");
        world.end().await;
    }
}

both! {
    async fn an_application_is_accepted_completed_or_refused_and_each_is_told(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let (one, two) = (
            hanako.submits(SLUG, &world.sample(SLUG)).await,
            hanako.submits(SLUG, &world.sample(SLUG)).await,
        );
        let mut clerk = world.clerk().await;
        let page = clerk.does(&one.id, "/accept", &[]).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("accepted"));
        let page = clerk.does(&one.id, "/complete", &[]).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("done"));
        let bare = clerk.does(&two.id, "/reject", &[("reason", " ")]).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bare.body.contains("理由を書いてください"));
        let page = clerk.does(&two.id, "/reject", &[("reason", "使用場所が市外です。")]).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("rejected"));
        world.run_jobs().await;
        let of = |number: &str| world.talk("hanako").iter().filter(|m| m.to_string().contains(number)).count();
        assert_eq!((of(&one.number), of(&two.number)), (3, 2));
        let mine = hanako.opens(&format!("/a/{}", two.id)).await;
        assert!(mine.body.contains("使用場所が市外です。"), "the reason stands on our page");
        assert!(!world.talk("hanako").iter().any(|m| m.to_string().contains("市外")), "and not in the talk");
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_page_that_is_no_longer_true_moves_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let own = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let (mut sato, mut colleague) = (world.clerk().await, world.clerk().await);
        let old = colleague.opens(&own.id).await;
        sato.does(&own.id, "/accept", &[]).await;
        let page = colleague.visitor.send(&old, "/reject", &[("reason", "ここに書いた理由")]).await.expect("answer");
        assert_eq!(page.status, StatusCode::CONFLICT);
        assert!(page.body.contains("ほかの人が先に処理しました"), "{}", page.body);
        assert_eq!(world.texts("select state from application").await, ["accepted"]);
        let page = colleague.visitor.send(&old, "/accept", &[]).await.expect("answer");
        assert_eq!(page.status, StatusCode::CONFLICT);

        // The same press twice, and two at the same moment: one move, one notice.
        let page = sato.opens(&own.id).await;
        let (url, form) = page.form("/complete").expect("the button");
        let cookie = format!("__Host-madoguchi-staff-232131={}", sato.visitor.cookie("staff").expect("session"));
        let press = || post(url.as_str(), &cookie, form.to_body());
        let (a, b) = tokio::join!(press(), press());
        let c = press().await;
        for got in [a, b, c] {
            assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
        }
        assert_eq!(world.count("application_event where to_state = 'done'").await, 1);
        assert_eq!(world.count("audit where act = 'application.move' and detail = 'done'").await, 1);
        assert_eq!(world.count("line_notice where kind = 'result'").await, 1);
        // What the table of moves does not have is refused, whoever asks.
        let body = format!("seen=3&command={}&reason=x", "z".repeat(22));
        for act in ["accept", "complete"] {
            let got = post(&url.as_str().replace("/complete", &format!("/{act}")), &cookie, body.clone()).await;
            assert_eq!(got.status, StatusCode::CONFLICT, "{act}");
        }
        assert_eq!(world.texts("select state from application").await, ["done"]);
        world.end().await;
    }
}

both! {
    async fn a_notification_is_never_refused(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let mut clerk = world.clerk().await;
        for slug in ["suido-stop", "dog-death"] {
            let own = hanako.submits(slug, &world.sample(slug)).await;
            let page = clerk.opens(&own.id).await;
            assert!(page.form("/reject").is_err(), "{slug}: no such form");
            let cookie = format!("__Host-madoguchi-staff-232131={}", clerk.visitor.cookie("staff").expect("session"));
            let url = format!("{}/nishio/a/{}/reject", world.staff, own.id);
            let body = format!("seen=1&command={}&reason=x&law=x&remedy=x", "y".repeat(22));
            let got = post(&url, &cookie, body).await;
            assert_eq!(got.status, StatusCode::CONFLICT, "{slug}: {}", got.body);
        }
        assert_eq!(world.texts("select distinct state from application").await, ["submitted"]);
        world.end().await;
    }
}

both! {
    async fn a_note_is_sealed_and_the_citizen_never_sees_it(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let own = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let mut clerk = world.clerk().await;
        let words = "内部だけのメモ「確認の電話をした」";
        let old = clerk.opens(&own.id).await;
        let page = clerk.visitor.send(&old, "/note", &[("note", words)]).await.expect("page");
        assert!(page.body.contains("確認の電話をした"));
        clerk.visitor.send(&old, "/note", &[("note", words)]).await.expect("the same form again");
        assert_eq!(world.count("application_note").await, 1);
        for sealed in world.blobs("select sealed from application_note").await {
            assert!(!String::from_utf8_lossy(&sealed).contains("電話"));
        }
        for path in ["", "/answers"] {
            let page = hanako.opens(&format!("/a/{}{path}", own.id)).await;
            assert!(!page.body.contains("確認の電話"));
        }
        let long = clerk.does(&own.id, "/note", &[("note", &"長".repeat(2_001))]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(long.body.contains(&"長".repeat(2_001)), "what was typed is kept");
        world.end().await;
    }
}

impl Clerk<'_> {
    async fn walks(&mut self, path: &str) -> Seen {
        let url = format!("{}/nishio{path}", self.world.staff);
        self.visitor.get(&url).await.expect("page")
    }
}

both! {
    async fn the_audit_log_has_each_look_and_each_move_and_nothing_else(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let one = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let two = hanako.submits(SLUG, &world.sample(SLUG)).await;
        world.later(60_000);
        let from = world.clock.wall().0;
        let mut wanted: Vec<String> = Vec::new();
        // Within one request only the acts count, not which id was drawn first.
        let in_order = |mut acts: Vec<String>| {
            acts.sort();
            acts
        };
        let mut step = |acts: &[&'static str]| {
            let at = world.clock.wall().0 - from;
            wanted.extend(in_order(acts.iter().map(|act| format!("{at} {act}")).collect()));
            world.later(1_000);
        };
        let mut clerk = world.clerk().await;
        step(&["staff.sign-in ok", "inbox.today count=2"]);
        let page = clerk.opens(&one.id).await;
        step(&["answers.open staff-page"]);
        clerk.visitor.send(&page, "/accept", &[]).await.expect("page");
        step(&["application.move accepted", "answers.open staff-page"]);
        let page = clerk.visitor.send(&page, "/note", &[("note", "覚え書き")]).await.expect("page");
        step(&["answers.open staff-note", "application.note", "answers.open staff-page"]);
        clerk.visitor.send(&page, "/complete", &[]).await.expect("page");
        step(&["application.move done", "answers.open staff-page"]);
        clerk.visitor.send(&page, "/complete", &[]).await.expect("page");
        step(&["answers.open staff-page"]); // the same command again is no move, but it is a look
        let list = clerk.walks("/").await;
        step(&["inbox.today count=1"]);
        clerk.visitor.send(&list, "/search", &[("number", &one.number)]).await.expect("page");
        step(&["inbox.search by=receipt count=1", "answers.open staff-page"]);
        let four = &two.number[10..];
        let day = madoguchi_base::Day::of(world.clock.wall()).to_string();
        clerk.visitor.send(&list, "/search", &[("number", four), ("day", &day)]).await.expect("page");
        step(&["inbox.search by=four count=1"]);
        let page = clerk.opens(&two.id).await;
        step(&["answers.open staff-page"]);
        clerk.visitor.send(&page, "/reject", &[("reason", "")]).await.expect("page");
        step(&["answers.open staff-page"]);
        clerk.visitor.send(&page, "/reject", &[("reason", "市外")]).await.expect("page");
        step(&["answers.open staff-reject", "application.move rejected", "answers.open staff-page"]);
        assert_eq!(clerk.opens("0198c0de-0000-7000-8000-000000000000").await.status, StatusCode::NOT_FOUND);
        step(&[]);
        clerk.walks("/audit").await;
        step(&["audit.list count=*"]);
        hanako.opens(&format!("/a/{}", one.id)).await;
        hanako.opens("/a").await;
        step(&[]);
        hanako.opens(&format!("/a/{}/answers", one.id)).await;
        step(&["answers.open citizen*"]);
        clerk.visitor.send(&list, "/sign-out", &[]).await.expect("page");
        step(&["staff.sign-out"]);

        let sql = format!(
            "select cast(at - {from} as text) || ' ' || act || ' ' || detail from audit where at >= {from} order by at"
        );
        let plain = |line: String| {
            let open = ["audit.list count=", "answers.open citizen"].into_iter().find(|o| line.contains(o));
            let cut = open.and_then(|o| line.split_once(o).map(|(before, _)| format!("{before}{o}*")));
            cut.unwrap_or(line).trim_end().to_owned()
        };
        let got: Vec<String> = world.texts(&sql).await.into_iter().map(plain).collect();
        let time = |line: &String| line.split(' ').next().map(str::to_owned);
        let got: Vec<String> = got.chunk_by(|a, b| time(a) == time(b)).flat_map(|c| in_order(c.to_vec())).collect();
        assert_eq!(got, wanted);
        let nameless = "audit where act <> 'staff.sign-in' and actor_id = ''";
        assert_eq!(world.count(nameless).await, world.count("audit where act = 'staff.add'").await, "each has a who");
        let on = "audit where application_id is null and (act like 'application.%' or act like 'answers.%')";
        assert_eq!(world.count(on).await, 0, "and a which");
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_staff_session_ends_with_time_with_signing_out_and_with_the_account(world: World) {
        let inbox = format!("{}/nishio/", world.staff);
        let cookie = |c: &Clerk<'_>| format!("__Host-madoguchi-staff-232131={}", c.visitor.cookie("staff").expect("in"));
        let lives = async |cookie: &str| get(&inbox, cookie).await.status == StatusCode::OK;
        let clerk = world.clerk().await;
        let session = cookie(&clerk);
        assert!(lives(&session).await);
        world.later(61 * 60_000);
        assert!(!lives(&session).await, "an hour without a visit");
        let mut clerk = world.clerk().await;
        let session = cookie(&clerk);
        let list = clerk.walks("/").await;
        clerk.visitor.send(&list, "/sign-out", &[]).await.expect("out");
        assert!(!lives(&session).await, "signed out");
        let clerk = world.clerk().await;
        let session = cookie(&clerk);
        for minutes in (0..600).step_by(50) {
            assert!(lives(&session).await, "at {minutes}");
            world.later(50 * 60_000);
        }
        assert!(!lives(&session).await, "ten hours in all");
        let clerk = world.clerk().await;
        let session = cookie(&clerk);
        let (db, clock) = (&world.app.db, &world.clock);
        let change = madoguchi::office::Change::Disable;
        madoguchi::office::change(db, (&world.app.keys, clock), world.tenant, "sato", change).await.expect("closed");
        assert!(!lives(&session).await, "the account is closed: at once");
        let seen = tries(&world, &world.clerk.0, &world.clerk.1).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "and does not open again");
        world.end().await;
    }
}
