//! 補正: what staff ask, what the citizen may change, what both sides see of it, what LINE does not.

use futures_util::future::join_all;
use madoguchi::application::correction::{self, Asked};
use madoguchi::demo::visitor::Seen;
use madoguchi::procedure::{Asks, Field, Input};
use madoguchi_base::Day;
use reqwest::StatusCode;

use crate::both;
use crate::probe::post;
use crate::world::{Citizen, Clerk, Receipt, World};

pub const SLUG: &str = "suido-start";
pub const REASON: &str = "電話番号がつながりません。番号を確認してください。";
const DAY: i64 = 86_400_000;

impl Clerk<'_> {
    /// Marks fields and asks the citizen to mend them.
    pub async fn asks(&mut self, id: &str, fields: &[&str], reason: &str) -> Seen {
        self.asks_by(id, fields, reason, None).await
    }

    pub async fn asks_by(&mut self, id: &str, fields: &[&str], reason: &str, day: Option<&str>) -> Seen {
        let url = format!("{}/nishio/a/{id}/correction", self.world.staff);
        let page = self.visitor.get(&url).await.expect("the page");
        let (_, mut form) = page.form("/correction").expect("the form");
        for field in fields {
            form.push("field", *field);
        }
        form.push("reason", reason);
        let usual = value_of(&page, "due");
        form.push("due", day.map_or(usual, str::to_owned));
        self.visitor.post(&url, &form).await.expect("an answer")
    }
}

impl Citizen<'_> {
    /// Opens the request and sends `changes`; whatever else is on the page goes along.
    pub async fn corrects(&mut self, id: &str, changes: &[(&str, &str)]) -> Seen {
        let page = self.opens(&format!("/a/{id}/correct")).await;
        self.visitor.send(&page, "/correct", changes).await.expect("an answer")
    }

    pub async fn answers(&mut self, id: &str) -> String {
        self.opens(&format!("/a/{id}/answers")).await.body
    }
}

/// The value of the input of that name.
fn value_of(page: &Seen, name: &str) -> String {
    let at =
        page.body.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name}: {}", page.body));
    let rest = &page.body[at..];
    let value = rest.split_once("value=\"").expect("a value").1;
    value.split('"').next().expect("an end").to_owned()
}

pub async fn accepted(world: &World) -> (Citizen<'_>, Clerk<'_>, Receipt) {
    let mut hanako = world.citizen("hanako").await;
    let own = hanako.submits(SLUG, &world.sample(SLUG)).await;
    let mut clerk = world.clerk().await;
    clerk.does(&own.id, "/accept", &[]).await;
    (hanako, clerk, own)
}

pub async fn state(world: &World) -> Vec<String> {
    world.texts("select state || ' ' || cast(round as text) || ' ' || coalesce(due, '-') from application order by arrived_at, application_id").await
}

both! {
    async fn only_the_marked_field_changes_and_the_difference_is_shown(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        assert_eq!(state(&world).await, ["accepted 0 2026-12-01"], "five business days");
        let page = clerk.asks(&own.id, &["tel"], REASON).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("correction"), "{}", page.body);
        assert!(page.body.contains(REASON) && page.body.contains("標準処理期間は止まっています"));
        assert_eq!(state(&world).await, ["correction 0 2026-12-08"], "ten business days");
        world.run_jobs().await;
        let talk = world.talk("hanako").pop().expect("a message").to_string();
        assert!(talk.contains("修正のお願い") && talk.contains("12月8日") && talk.contains(&own.number), "{talk}");
        assert!(!talk.contains("電話"), "neither field nor reason: {talk}");

        let status = hanako.opens(&format!("/a/{}", own.id)).await;
        assert!(status.body.contains("修正のお願いがあります") && !status.body.contains(REASON));
        let asked = hanako.opens(&format!("/a/{}/correct", own.id)).await;
        assert!(asked.body.contains(REASON));
        assert_eq!(value_of(&asked, "tel"), "09000000000", "the old value is there");
        assert!(!asked.body.contains("name=\"sei\"") && asked.body.contains("架空"), "others are to read only");

        let done = hanako.corrects(&own.id, &[("tel", "080-1111-2222"), ("sei", "別人"), ("addr", "よそ")]).await;
        assert_eq!(done.attribute("data-state").as_deref(), Some("accepted"), "{}", done.body);
        let answers = hanako.answers(&own.id).await;
        assert!(answers.contains("08011112222") && !answers.contains("別人") && !answers.contains("よそ"));
        assert!(answers.contains("架空"));
        // 24 November to 1 December were five days; none of them passed while it stood still.
        assert_eq!(state(&world).await, ["accepted 1 2026-12-01"]);
        assert_eq!(world.count("application_round").await, 1);

        let page = clerk.opens(&own.id).await;
        assert!(page.body.contains("<del>09000000000</del>") && page.body.contains("<ins>08011112222</ins>"));
        assert!(page.body.contains("修正が届いています") && page.body.contains(REASON));
        let page = clerk.does(&own.id, "/complete", &[]).await;
        assert!(!page.body.contains("修正が届いています") && page.body.contains("<del>09000000000</del>"));
        assert_eq!(world.count("audit where act = 'application.correct' and detail = 'round=1 fields=1'").await, 1);
        assert!(!world.ledger().iter().any(|r| r.to_string().contains("つながりません")));
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn one_key_is_one_correction_for_ever(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        let page = hanako.opens(&format!("/a/{}/correct", own.id)).await;
        let (url, mut form) = page.form("/correct").expect("the form");
        let mut other = Input::new();
        form.pairs().for_each(|(n, v)| other.push(n, v));
        form.push("tel", "080-1111-2222");
        other.push("tel", "080-3333-4444");
        let session = hanako.session();
        let all = join_all((0..50).map(|_| post(url.as_str(), &session, form.to_body()))).await;
        for got in &all {
            let to = url.path().trim_end_matches("/correct");
            assert_eq!((got.status, got.location()), (StatusCode::SEE_OTHER, to), "{}", got.body);
        }
        assert_eq!(post(url.as_str(), &session, other.to_body()).await.status, StatusCode::CONFLICT);
        assert_eq!((world.count("application_round").await, world.count("application_event where round = 1").await), (1, 1));
        let answers = hanako.answers(&own.id).await;
        assert!(answers.contains("08011112222"), "{answers}");

        // A second request is a second round; the first key still changes nothing.
        clerk.asks(&own.id, &["tel"], "もう一度お願いします。").await;
        assert_eq!(post(url.as_str(), &session, form.to_body()).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state(&world).await, ["correction 1 2026-12-08"]);
        hanako.corrects(&own.id, &[("tel", "080-5555-6666")]).await;
        assert_eq!(world.texts("select cast(round as text) from application_round order by round").await, ["0", "1"]);
        let page = clerk.opens(&own.id).await.body;
        let order: Vec<usize> = ["2回目", "1回目"].iter().map(|w| page.find(w).expect("both")).collect();
        assert!(order[0] < order[1], "newest first");
        // A page of the first round that lay open says that things have moved on.
        let mut stale = Input::new();
        stale.push("submission_key", "k".repeat(32));
        stale.push("_round", "0");
        stale.push("tel", "080-7777-8888");
        assert_eq!(post(url.as_str(), &session, stale.to_body()).await.status, StatusCode::CONFLICT);
        let mut taro = world.citizen("taro").await;
        taro.enters(SLUG).await;
        assert_eq!(post(url.as_str(), &taro.session(), stale.to_body()).await.status, StatusCode::NOT_FOUND);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_marked_choice_asks_for_what_it_makes_needed(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["billto"], "送付先を確認してください。").await;
        let page = hanako.opens(&format!("/a/{}/correct", own.id)).await;
        for name in ["billto", "billto_zip", "billto_addr", "billto_name"] {
            assert!(page.body.contains(&format!("name=\"{name}\"")), "{name}");
        }
        assert!(!page.body.contains("name=\"payway\""));
        let missing = hanako.corrects(&own.id, &[("billto", "other")]).await;
        assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(missing.body.contains("送付先の郵便番号") && missing.body.contains("data-summary"));
        let more = [("billto", "other"), ("billto_zip", "460-0001"), ("billto_addr", "愛知県名古屋市中区三の丸9丁目9番9号")];
        let done = hanako.visitor.send(&missing, "/correct", &more).await.expect("an answer");
        assert_eq!(done.attribute("data-state").as_deref(), Some("accepted"), "{}", done.body);
        assert!(hanako.answers(&own.id).await.contains("三の丸9丁目"));
        let page = clerk.opens(&own.id).await;
        assert!(page.body.contains("<ins>別の住所</ins>") && page.body.contains("（回答なし）"));
        // And back: what the choice no longer needs is gone, and that is shown, too.
        clerk.asks(&own.id, &["billto"], "やはり同じでしょうか。").await;
        hanako.corrects(&own.id, &[("billto", "same")]).await;
        assert!(!hanako.answers(&own.id).await.contains("三の丸9丁目"));
        assert!(clerk.opens(&own.id).await.body.contains("<del>愛知県名古屋市中区三の丸9丁目9番9号</del>"));
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_button_inside_the_form_sends_nothing(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["zip"], "郵便番号を確認してください。").await;
        let again = hanako.corrects(&own.id, &[("zip", "4450062"), ("_postal", "zip")]).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!(value_of(&again, "zip"), "4450062", "what was typed is there");
        assert_eq!(state(&world).await, ["correction 0 2026-12-08"]);
        let done = hanako.visitor.send(&again, "/correct", &[("zip", "4450062")]).await.expect("an answer");
        assert_eq!(done.attribute("data-state").as_deref(), Some("accepted"), "{}", done.body);
        world.end().await;
    }
}

both! {
    async fn what_was_right_on_its_day_stays_and_what_is_new_is_judged_today(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        // By now the first day of use has passed: nobody marked it, so it stays as it is.
        world.later(14 * DAY);
        hanako.enters(SLUG).await;
        let done = hanako.corrects(&own.id, &[("tel", "080-1111-2222")]).await;
        assert_eq!(done.attribute("data-state").as_deref(), Some("accepted"), "{}", done.body);
        let mut clerk = world.clerk().await;
        clerk.asks(&own.id, &["start_on"], "使用開始日を確認してください。").await;
        let on = |days: i32| {
            let day = Day::of(world.clock.wall()).plus_days(days).to_string();
            let parts: Vec<String> = day.split('-').map(str::to_owned).collect();
            [("start_on.era", "seireki".to_owned()), ("start_on.y", parts[0].clone()),
             ("start_on.m", parts[1].clone()), ("start_on.d", parts[2].clone())]
        };
        let past = on(-3);
        let past = past.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(hanako.corrects(&own.id, &past).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let future = on(8);
        let future = future.each_ref().map(|(name, value)| (*name, value.as_str()));
        let done = hanako.corrects(&own.id, &future).await;
        assert_eq!(done.attribute("data-state").as_deref(), Some("accepted"), "{}", done.body);
        world.end().await;
    }
}

both! {
    async fn after_the_day_nothing_happens_by_itself_and_the_period_stood_still(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        world.later(21 * DAY);
        world.run_jobs().await;
        assert_eq!(state(&world).await, ["correction 0 2026-12-08"]);
        let mut clerk = world.clerk().await;
        assert!(clerk.opens(&own.id).await.body.contains("期限を過ぎた修正"));
        hanako.enters(SLUG).await;
        let page = hanako.opens(&format!("/a/{}/correct", own.id)).await;
        assert!(page.body.contains("を過ぎていますが") && page.body.contains("0563-00-0000"));
        hanako.corrects(&own.id, &[("tel", "080-1111-2222")]).await;
        // 15 December is a Tuesday; five business days were left.
        assert_eq!(state(&world).await, ["accepted 1 2026-12-22"]);
        world.end().await;
    }
}

both! {
    async fn a_request_needs_fields_a_reason_and_an_open_day(world: World) {
        let (_hanako, mut clerk, own) = accepted(&world).await;
        for (fields, reason, day, says) in [
            (&[][..], REASON, None, "印をつけてください"),
            (&["tel"][..], "", None, "理由を書くか"),
            (&["tel"][..], REASON, Some("2026-11-28"), "市役所が開いている日"),
            (&["tel"][..], REASON, Some("2026-11-24"), "市役所が開いている日"),
            (&["tel"][..], REASON, Some("西暦"), "市役所が開いている日"),
            (&["nothing", "tel.x"][..], REASON, None, "印をつけてください"),
        ] {
            let page = clerk.asks_by(&own.id, fields, reason, day).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?} {day:?}");
            assert!(page.body.contains(says) && page.body.contains(reason), "{says}");
        }
        assert_eq!(state(&world).await, ["accepted 0 2026-12-01"]);
        let url = format!("{}/nishio/a/{}/correction", world.staff, own.id);
        let old = clerk.visitor.get(&url).await.expect("page");
        assert!(old.body.contains("住所は、町名・番地まで入力してください。"), "ready-made phrases");
        clerk.does(&own.id, "/complete", &[]).await;
        let (_, mut form) = old.form("/correction").expect("form");
        for (name, value) in [("field", "tel"), ("phrase", "0"), ("due", "2026-12-08")] {
            form.push(name, value);
        }
        let late = clerk.visitor.post(&url, &form).await.expect("answer");
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("ほかの人が先に処理しました"));
        assert_eq!(world.count("application_correction").await, 0);
        world.end().await;
    }
}

both! {
    async fn a_file_that_a_browser_only_names_is_never_taken(world: World) {
        let Some(source) = world.sources.iter().find(|s| s.form().fields().flat_map(Field::leaves).any(|f| matches!(f.asks, Asks::Files(_)))) else {
            return;
        };
        let form = source.form();
        let file = form.fields().flat_map(Field::leaves).find(|f| matches!(f.asks, Asks::Files(_))).expect("a file").id.clone();
        let asked = Asked { fields: vec![file.clone(), "tel".into()], reason: REASON.into() };
        let old = madoguchi::application::answers::Answers::default();
        let open = correction::editable(form, &asked, &old);
        assert!(!open.contains(&file), "{open:?}");
        let mut typed = Input::new();
        typed.push(&*file, "0192f0c0-0000-7000-8000-000000000000/jpeg/10/a.jpg");
        let again = correction::drawn_again(form, (&asked, &old), &typed);
        assert_eq!(again.input.get(&file), None);
        world.end().await;
    }
}
