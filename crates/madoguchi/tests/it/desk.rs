//! The clerk's day: what to do today, filters that stay, departments, accounts, people whom LINE does not reach, paper.

use madoguchi::demo::visitor::{Seen, Visitor};
use madoguchi::office::{self, Change, Departments, NewStaff, Role, password::Password};
use madoguchi::procedure::Input;
use reqwest::StatusCode;

use crate::both;
use crate::correction::SLUG;
use crate::probe::post;
use crate::world::{Clerk, World};

const DAY: i64 = 86_400_000;

fn form(pairs: &[(&str, &str)]) -> Input {
    let mut form = Input::new();
    for (name, value) in pairs {
        form.push(*name, *value);
    }
    form
}

impl Clerk<'_> {
    async fn goes(&mut self, path: &str) -> Seen {
        self.visitor.get(&format!("{}/nishio/{path}", self.world.staff)).await.expect("a page")
    }

    async fn sends(&mut self, path: &str, pairs: &[(&str, &str)]) -> Seen {
        self.visitor.post(&format!("{}/nishio/{path}", self.world.staff), &form(pairs)).await.expect("a page")
    }
}

/// A colleague of a role and departments, signed in.
async fn colleague<'a>(world: &'a World, login: &str, role: Role, departments: &str) -> Clerk<'a> {
    let password = Password::random();
    let new = NewStaff {
        login: login.to_owned(),
        name: login.to_owned(),
        role,
        department: Departments::read(departments),
        password: password.hash().await.expect("a hash"),
    };
    office::add_staff(&world.app.db, (&world.app.keys, &world.clock), world.tenant, new)
        .await
        .expect("added");
    let mut visitor = Visitor::new().expect("browser");
    let page = visitor.get(&format!("{}/nishio/sign-in", world.staff)).await.expect("sign-in page");
    let fields = [("login", login), ("password", password.as_str())];
    let seen = visitor.send(&page, "/sign-in", &fields).await.expect("sign in");
    assert!(seen.status.is_success() && seen.url.path() == "/nishio/", "{} {}", seen.status, seen.url);
    Clerk { world, visitor }
}

/// The number beside a task.
fn count(page: &Seen, task: &str) -> String {
    page.text_of(&format!("data-count=\"{task}\"")).unwrap_or_else(|| panic!("no {task}: {}", page.body))
}

fn counts(page: &Seen) -> [String; 6] {
    ["new", "answered", "due", "running-out", "overdue", "undelivered"].map(|task| count(page, task))
}

both! {
    async fn today_shows_what_waits_for_whom(world: World) {
        let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
        taro.visitor.befriends = false;
        let sample = world.sample(SLUG);
        let (one, two) = (hanako.submits(SLUG, &sample).await, hanako.submits(SLUG, &sample).await);
        let three = taro.submits(SLUG, &sample).await;
        let mut clerk = world.clerk().await;
        let page = clerk.goes("").await;
        assert!(page.body.contains("今日やること") && page.body.contains(&one.number));
        assert_eq!(counts(&page), ["3", "0", "0", "0", "0", "0"]);
        for id in [&one.id, &two.id] {
            clerk.does(id, "/accept", &[]).await;
        }
        clerk.asks(&two.id, &["tel"], "番号を確認してください。").await;
        world.run_jobs().await;
        let page = clerk.goes("").await;
        assert_eq!(counts(&page), ["1", "0", "0", "0", "0", "1"], "taro is no friend");
        assert!(page.body.contains("LINEで届きません"));

        // A week later the period of the first is over today; the day of the second has not come yet.
        world.later(7 * DAY);
        let mut clerk = world.clerk().await;
        assert_eq!(counts(&clerk.goes("").await), ["1", "0", "1", "1", "0", "1"]);
        world.later(8 * DAY);
        let mut clerk = world.clerk().await;
        let page = clerk.goes("").await;
        assert_eq!(counts(&page), ["1", "0", "0", "1", "1", "1"]);
        let overdue = clerk.goes("today/overdue").await;
        assert!(overdue.body.contains(&two.number) && !overdue.body.contains(&one.number));
        hanako.enters(SLUG).await;
        hanako.corrects(&two.id, &[("tel", "080-1111-2222")]).await;
        let page = clerk.goes("").await;
        assert_eq!(count(&page, "answered"), "1");
        assert_eq!(count(&page, "overdue"), "0");
        clerk.does(&two.id, "/complete", &[]).await;
        assert_eq!(count(&clerk.goes("").await, "answered"), "0");

        // The telephone stands beside the badge; a call is written down once, and the task is done.
        let page = clerk.opens(&three.id).await;
        assert!(page.body.contains("LINEで届きません") && page.body.contains("data-untold"));
        let tel = sample.get("tel").expect("a number").replace('-', "");
        assert!(page.body.contains(&format!("<b class=\"nums\">{tel}</b>")), "{}", page.body);
        for _ in 0..2 {
            clerk.visitor.send(&page, "/contact", &[("how", "telephone")]).await.expect("a page");
        }
        assert_eq!(world.count("application_contact").await, 1);
        assert_eq!(world.count("audit where act = 'application.contact' and detail = 'telephone'").await, 1);
        let page = clerk.opens(&three.id).await;
        assert!(page.body.contains("電話で連絡した") && !page.body.contains("data-untold"));
        assert_eq!(count(&clerk.goes("").await, "undelivered"), "0");
        let wrong = clerk.sends(&format!("a/{}/contact", three.id), &[("contact_id", "x"), ("how", "telephone")]).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn filters_stay_and_pages_follow_each_other(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let sample = world.sample(SLUG);
        let mut numbers = Vec::new();
        for _ in 0..52 {
            numbers.push(hanako.submits(SLUG, &sample).await.number);
            world.later(1_000);
        }
        world.later(DAY);
        hanako.enters("dog-death").await;
        let dog = hanako.submits("dog-death", &world.sample("dog-death")).await;
        let mut clerk = world.clerk().await;
        let all = clerk.goes("list").await;
        assert!(all.body.contains(&dog.number) && all.body.contains(&numbers[51]) && !all.body.contains(&numbers[1]));
        let older = clerk.visitor.get(&all.link_to("before=").expect("more")).await.expect("a page");
        let (first, last) = (older.body.contains(&numbers[0]), older.body.contains(&numbers[51]));
        assert!(first && !last && older.body.contains("いちばん新しいものへ"));

        let page = clerk.sends("filter", &[("state", "submitted"), ("procedure", "dog-death")]).await;
        assert_eq!((page.url.path(), page.url.query()), ("/nishio/list", None), "nothing chosen stands in the address");
        assert!(page.body.contains(&dog.number) && !page.body.contains(&numbers[51]));
        clerk.opens(&dog.id).await;
        let again = clerk.goes("list").await;
        assert!(again.body.contains(&dog.number) && !again.body.contains(&numbers[51]), "it stays");
        let page = clerk.sends("filter", &[("state", "submitted"), ("section", "water"), ("from", "2026-11-24"), ("to", "2026-11-24")]).await;
        assert!(page.body.contains(&numbers[51]) && !page.body.contains(&dog.number));
        let older = clerk.visitor.get(&page.link_to("before=").expect("more")).await.expect("a page");
        assert!(older.body.contains(&numbers[0]));
        let page = clerk.sends("filter", &[("state", "all"), ("from", "2026-11-25"), ("to", "")]).await;
        assert!(page.body.contains(&dog.number) && !page.body.contains(&numbers[51]));
        let page = clerk.sends("filter", &[("state", "西尾"), ("procedure", "' or 1=1"), ("section", "x"), ("to", "いつか")]).await;
        assert!(page.body.contains(&dog.number) && page.body.contains(&numbers[51]), "what is no choice is no filter");
        let page = clerk.sends("filter", &[("clear", "yes")]).await;
        assert!(page.body.contains(&dog.number));
        // Every state of a department, through the union of its procedures.
        let page = clerk.sends("filter", &[("state", "all"), ("section", "environment")]).await;
        assert!(page.body.contains(&dog.number) && !page.body.contains(&numbers[51]));
        world.end().await;
    }
}

both! {
    async fn another_departments_applications_do_not_exist_and_viewers_only_look(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let water = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let dog = hanako.submits("dog-death", &world.sample("dog-death")).await;
        let mut clerk = colleague(&world, "mizu", Role::Clerk, "water").await;
        for path in ["", "list"] {
            let page = clerk.goes(path).await;
            assert!(page.body.contains(&water.number) && !page.body.contains(&dog.number), "{path}");
        }
        let nobody = clerk.opens("0198c0de-0000-7000-8000-000000000000").await;
        let foreign = clerk.opens(&dog.id).await;
        assert_eq!((foreign.status, &foreign.body), (StatusCode::NOT_FOUND, &nobody.body), "the same 404");
        let page = clerk.goes("list").await;
        let found = clerk.visitor.send(&page, "/search", &[("number", &dog.number)]).await.expect("a page");
        assert!(found.body.contains("見つかりませんでした"));
        let found = clerk.visitor.send(&page, "/search", &[("number", &water.number)]).await.expect("a page");
        assert!(found.url.path().ends_with(&water.id));
        for act in ["accept", "note", "contact", "correction", "print"] {
            let path = if act == "print" { "print".to_owned() } else { format!("a/{}/{act}", dog.id) };
            let command = "c".repeat(22);
            let seen = clerk.sends(&path, &[("seen", "1"), ("command", &command), ("id", &dog.id), ("note", "x"), ("how", "post"),
                ("note_id", "0198c0de-0000-7000-8000-000000000000"), ("contact_id", "0198c0de-0000-7000-8000-000000000000")]).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{act}");
        }
        assert_eq!(world.count("audit where act = 'answers.open'").await, 1, "the water one only");
        for path in ["audit", "accounts"] {
            assert_eq!(clerk.goes(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        // The agent itself refuses, whatever a page would let through.
        let token = clerk.visitor.cookie("staff").expect("a session");
        let proof = madoguchi::application::agent::Proof::Staff(&token);
        let id = dog.id.parse().expect("an id");
        assert!(world.app.agent.open(world.tenant, id, "staff-page", proof).await.is_err());

        let mut viewer = colleague(&world, "miru", Role::Viewer, "").await;
        let page = viewer.opens(&dog.id).await;
        assert_eq!(page.status, StatusCode::OK);
        for act in ["/accept", "/note", "/duplicate", "/reject"] {
            assert!(page.form(act).is_err(), "{act}");
        }
        let cookie = format!("__Host-madoguchi-staff-232131={}", viewer.visitor.cookie("staff").expect("in"));
        for act in ["accept", "note", "contact", "correction", "reject", "reopen"] {
            let url = format!("{}/nishio/a/{}/{act}", world.staff, dog.id);
            let body = format!("seen=1&command={}", "v".repeat(22));
            assert_eq!(post(&url, &cookie, body).await.status, StatusCode::FORBIDDEN, "{act}");
        }
        assert_eq!(world.texts("select distinct state from application").await, ["submitted"]);

        // Another department, another role: the session is over at the next request.
        let change = |login: &'static str, change| office::change(&world.app.db, (&world.app.keys, &world.clock), world.tenant, login, change);
        change("mizu", Change::Departments(Departments::read("environment"))).await.expect("changed");
        assert_eq!(clerk.goes("list").await.url.path(), "/nishio/sign-in");
        change("miru", Change::Role(Role::Clerk)).await.expect("changed");
        assert_eq!(viewer.goes("list").await.url.path(), "/nishio/sign-in");
        world.end().await;
    }
}

both! {
    async fn administrators_keep_the_accounts_and_nobody_locks_themselves_out(world: World) {
        let mut admin = world.clerk().await;
        let page = admin.sends("accounts", &[("login", "ＳＵＺＵＫＩ"), ("name", "鈴木"), ("role", "clerk"), ("department", "water"), ("department", "nowhere")]).await;
        let password = page.text_of("data-password").expect("shown once");
        assert!(!admin.goes("accounts").await.body.contains(&password));
        assert_eq!(world.texts("select role || ' ' || department from staff where login = 'suzuki'").await, ["clerk water"]);
        let again = admin.sends("accounts", &[("login", "suzuki"), ("name", "鈴木"), ("role", "clerk")]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.body.contains("もう使われています"));
        let mut suzuki = Visitor::new().expect("browser");
        let page = suzuki.get(&format!("{}/nishio/sign-in", world.staff)).await.expect("page");
        let seen = suzuki.send(&page, "/sign-in", &[("login", "suzuki"), ("password", &password)]).await.expect("in");
        assert_eq!(seen.url.path(), "/nishio/");
        let id = world.texts("select staff_id from staff where login = 'suzuki'").await.remove(0);
        let own = world.texts("select staff_id from staff where login = 'sato'").await.remove(0);
        let home = format!("{}/nishio/", world.staff);
        admin.sends(&format!("accounts/{id}"), &[("do", "save"), ("role", "viewer"), ("department", "water")]).await;
        assert_eq!(suzuki.get(&home).await.expect("page").url.path(), "/nishio/sign-in", "at the next request");
        let page = admin.sends(&format!("accounts/{id}"), &[("do", "reset")]).await;
        assert_ne!(page.text_of("data-password").expect("a new one"), password);
        admin.sends(&format!("accounts/{id}"), &[("do", "disable")]).await;
        assert_eq!(world.count("staff where login = 'suzuki' and disabled_at is not null").await, 1);
        // Nobody takes their own rights away.
        assert_eq!(admin.sends(&format!("accounts/{own}"), &[("do", "disable")]).await.status, StatusCode::BAD_REQUEST);
        admin.sends(&format!("accounts/{own}"), &[("do", "save"), ("role", "viewer")]).await;
        assert_eq!(world.texts("select role from staff where login = 'sato'").await, ["admin"]);
        let sato = "audit where act in ('staff.add', 'staff.role', 'staff.reset', 'staff.disable') and actor_kind = 'staff'";
        assert_eq!(world.count(sato).await, 4, "each under the administrator's name");
        world.end().await;
    }
}

both! {
    async fn printed_applications_stand_on_sheets_of_their_own(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let (one, two) = (hanako.submits(SLUG, &world.sample(SLUG)).await, hanako.submits("dog-death", &world.sample("dog-death")).await);
        let mut clerk = world.clerk().await;
        let page = clerk.sends("print", &[("id", &one.id), ("id", &two.id), ("id", "x")]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.body.matches("data-sheet").count(), 2);
        assert!(page.body.contains(&one.number) && page.body.contains(&two.number) && page.body.contains("架空"));
        assert_eq!(world.count("audit where act = 'answers.open' and detail = 'staff-print'").await, 2);
        assert_eq!(clerk.sends("print", &[]).await.url.path(), "/nishio/list");
        // How far a notice is can be asked without opening anything.
        let before = world.count("audit").await;
        let told = clerk.goes(&format!("a/{}/told", one.id)).await;
        assert!(told.body.contains("data-delivery=\"waiting\"") && !told.body.contains("<html"));
        assert_eq!(world.count("audit").await, before);
        world.end().await;
    }
}
