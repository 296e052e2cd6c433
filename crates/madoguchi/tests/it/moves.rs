//! 取下げ, documents, hand-over, duplicates, reopening: the rest of the table of moves.

use madoguchi::procedure::Source;
use madoguchi::procedure::definition::Blocks;
use madoguchi_base::Millis;
use reqwest::StatusCode;

use crate::both;
use crate::correction::{REASON, SLUG, accepted, state};
use crate::world::{On, Wish, World, has_postgres};

both! {
    async fn a_citizen_withdraws_once_where_that_is_allowed(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let (one, two) = (hanako.submits(SLUG, &world.sample(SLUG)).await, hanako.submits(SLUG, &world.sample(SLUG)).await);
        let page = hanako.opens(&format!("/a/{}", one.id)).await;
        assert!(page.link_to("/withdraw").is_some());
        let ask = hanako.opens(&format!("/a/{}/withdraw", one.id)).await;
        assert!(ask.body.contains("元に戻すことはできません"));
        for _ in 0..3 {
            let done = hanako.visitor.send(&ask, "/withdraw", &[]).await.expect("answer");
            assert_eq!(done.attribute("data-state").as_deref(), Some("withdrawn"), "{}", done.body);
            assert!(done.link_to("/withdraw").is_none());
        }
        world.run_jobs().await;
        let told = world.talk("hanako").iter().filter(|m| m.to_string().contains("取り下げました")).count();
        assert_eq!(told, 1);

        // In the second one the clerk was faster than the page.
        let ask = hanako.opens(&format!("/a/{}/withdraw", two.id)).await;
        let mut clerk = world.clerk().await;
        clerk.does(&two.id, "/accept", &[]).await;
        clerk.does(&two.id, "/complete", &[]).await;
        let late = hanako.visitor.send(&ask, "/withdraw", &[]).await.expect("answer");
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("状況が変わっています"));
        assert!(hanako.opens(&format!("/a/{}", two.id)).await.link_to("/withdraw").is_none());
        let mut states = world.texts("select state from application").await;
        states.sort();
        assert_eq!(states, ["done", "withdrawn"]);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_request_can_be_withdrawn_instead_of_answered(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        let open = hanako.opens(&format!("/a/{}/correct", own.id)).await;
        let ask = hanako.opens(&format!("/a/{}/withdraw", own.id)).await;
        hanako.visitor.send(&ask, "/withdraw", &[]).await.expect("answer");
        assert_eq!(state(&world).await, ["withdrawn 0 -"]);
        let late = hanako.visitor.send(&open, "/correct", &[("tel", "080-1111-2222")]).await.expect("answer");
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(clerk.opens(&own.id).await.form("/reopen").is_err(), "what was withdrawn stays so");
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

/// 犬の登録 in small: an 申請 with documents to look at and something to hand over.
pub fn dog() -> Source {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures/");
    let read = |file: &str| std::fs::read_to_string(format!("{root}{file}")).expect(file);
    let text = read("suido-start.yaml")
        .replace("id: suido-start\n", "id: test-dog\n")
        .replace("kind: contract", "kind: application")
        .replace("assurance: L1", "assurance: L2")
        .replace("deliver: []", "deliver: [pickup]")
        .replace("withdraw: true", "withdraw: false");
    let blocks: Blocks = serde_saphyr::from_str(&read("blocks.yaml")).expect("blocks");
    Source::parse("test-dog.yaml", &text, &blocks).expect("a procedure")
}

async fn counter(on: On) {
    let mut wish = Wish::on(on);
    wish.sources.push(dog());
    let world = World::new(wish).await;
    let mut hanako = world.citizen("hanako").await;
    let own = hanako.submits("test-dog", &world.sample("test-dog")).await;
    let mut clerk = world.clerk().await;
    let page = clerk.does(&own.id, "/accept", &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("本人確認書類を確認してから"));
    let page = clerk.does(&own.id, "/accept", &[("identity", "yes")]).await;
    assert_eq!(page.attribute("data-state").as_deref(), Some("accepted"));
    assert!(page.body.contains("本人確認書類を確認済み"));
    let who = "application where identity_by is not null and identity_at is not null";
    assert_eq!(world.count(who).await, 1);
    assert!(
        hanako.opens(&format!("/a/{}", own.id)).await.link_to("/withdraw").is_none(),
        "accepted, and not allowed"
    );
    clerk.does(&own.id, "/review", &[]).await;
    clerk.asks(&own.id, &["tel"], REASON).await;
    hanako.corrects(&own.id, &[("tel", "080-1111-2222")]).await;
    assert_eq!(
        world.texts("select state from application").await,
        ["in_review"],
        "back where it was asked from"
    );
    clerk.does(&own.id, "/ready", &[]).await;
    world.run_jobs().await;
    let talk = world.talk("hanako").pop().expect("a message").to_string();
    assert!(talk.contains("窓口でお渡しできます") && talk.contains(&own.number), "{talk}");
    let told = world.talk("hanako").len();
    assert!(hanako.opens(&format!("/a/{}", own.id)).await.body.contains("平日 午前8時30分"));
    clerk.does(&own.id, "/complete", &[]).await;
    world.run_jobs().await;
    assert_eq!(world.talk("hanako").len(), told, "whoever was handed it knows");
    assert!(hanako.opens(&format!("/a/{}", own.id)).await.body.contains("完了（お渡し済み）"));

    // Taken up again with a reason that only colleagues read.
    let page = clerk.does(&own.id, "/reopen", &[("reason", "")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("再開する理由を書いてください"));
    let page = clerk.does(&own.id, "/reopen", &[("reason", "鑑札の番号を間違えた")]).await;
    assert!(page.body.contains("再開の理由：鑑札の番号を間違えた"), "{}", page.body);
    assert_eq!(page.attribute("data-state").as_deref(), Some("in_review"));
    let mine = hanako.opens(&format!("/a/{}", own.id)).await;
    assert!(mine.body.contains("審査中") && !mine.body.contains("鑑札の番号"));
    let law = [("reason", "書類が違います"), ("law", "条例3条"), ("remedy", "審査請求ができます")];
    clerk.does(&own.id, "/reject", &law).await;
    let page = clerk.does(&own.id, "/reopen", &[("reason", "書類が見つかった")]).await;
    assert!(!page.body.contains("却下の理由"), "history now");
    assert_eq!(world.check().await, []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_looked_at_and_things_handed_over_on_sqlite() {
    counter(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_looked_at_and_things_handed_over_on_postgres() {
    if has_postgres() {
        counter(On::Postgres).await;
    }
}

both! {
    async fn a_duplicate_points_at_the_one_that_goes_on(world: World) {
        let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
        let one = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let two = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let others = taro.submits(SLUG, &world.sample(SLUG)).await;
        let mut clerk = world.clerk().await;
        for wrong in ["", "1234", two.number.as_str(), others.number.as_str()] {
            let page = clerk.does(&two.id, "/duplicate", &[("number", wrong)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        let page = clerk.does(&two.id, "/duplicate", &[("number", &one.number.replace('-', ""))]).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("duplicate"), "{}", page.body);
        assert!(page.body.contains(&format!("続きは受付番号 {}", one.number)));
        let mine = hanako.opens(&format!("/a/{}", two.id)).await;
        assert!(mine.body.contains(&format!("重複（受付番号 {} に続きがあります）", one.number)));
        madoguchi::jobs::run_once(&world.app, Millis(0)).await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}
