//! Ending the link with LINE: at any time, with or without LINE, and LINE is told where it can be.

use madoguchi::demo::visitor::Seen;
use serde_json::json;

use crate::both;
use crate::world::{Citizen, Receipt, World};

const DEAUTHORIZE: &str = "/user/v1/deauthorize";

impl World {
    /// Statuses with which LINE was told that a link has ended.
    fn told_of_ends(&self) -> Vec<u64> {
        let all = self.ledger();
        let told = all.iter().filter(|r| r["path"] == DEAUTHORIZE);
        told.map(|r| r["status"].as_u64().expect("a status")).collect()
    }

    /// Hanako has an application whose acceptance LINE does not know of yet.
    async fn with_a_waiting_notice(&self) -> (Citizen<'_>, Receipt) {
        let mut hanako = self.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &self.sample("suido-start")).await;
        self.run_jobs().await;
        self.clerk().await.does(&receipt.id, "/accept", &[]).await;
        (hanako, receipt)
    }

    async fn has_forgotten_hanako(&self, hanako: &mut Citizen<'_>, receipt: &Receipt) {
        assert_eq!(self.states().await, ["accepted", "stopped"], "nothing more is told");
        assert_eq!(
            self.count("line_identity where user_sealed is null and unlinked_at is not null").await,
            1
        );
        assert_eq!(self.count("session where revoked_at is null").await, 0, "signed out everywhere");
        assert_eq!(self.texts("select state from application").await, ["accepted"], "applications stay");
        let mine = hanako.opens("/a").await;
        assert!(mine.body.contains("LINEで続ける"), "asked again: {}", mine.body);
        self.run_jobs().await;
        assert_eq!(self.talk("hanako").len(), 1);
        // Whoever comes back finds the same applications.
        hanako.enters("suido-start").await;
        assert!(hanako.opens("/a").await.body.contains(&receipt.number));
        assert_eq!(self.check().await, []);
    }
}

async fn unlink_page(citizen: &mut Citizen<'_>) -> Seen {
    let mine = citizen.opens("/a").await;
    let page =
        citizen.visitor.get(&mine.link_to("/unlink").expect("a link on 私の申請")).await.expect("page");
    assert!(page.body.contains("LINEヤフー株式会社に知らされます"), "said before");
    page
}

both! {
    async fn who_ends_the_link_is_told_what_it_means_and_line_is_told_too(world: World) {
        let asked = world.citizen("maria").await.taps("suido-start").await;
        assert!(asked.body.contains("いつでも解除できます") && asked.body.contains("LINEヤフー株式会社"), "{}", asked.body);
        let (mut hanako, receipt) = world.with_a_waiting_notice().await;
        let page = unlink_page(&mut hanako).await;
        let to_line = page.link_to("/oauth2/v2.1/authorize?").expect("the way to LINE");
        let done = hanako.visitor.get(&to_line).await.expect("back");
        assert_eq!(done.url.path(), "/nishio/unlinked");
        assert!(done.url.query().is_none() && done.body.contains("知らせました"), "{}", done.body);
        assert_eq!(world.told_of_ends(), [204]);
        world.has_forgotten_hanako(&mut hanako, &receipt).await;
        let shown = hanako.visitor.trail.iter().any(|u| u.path().contains("consent"));
        assert!(shown, "LINE has forgotten the consent, and asked again");
        world.end().await;
    }
}

both! {
    async fn while_line_does_not_open_the_link_ends_here_and_the_page_says_how_to_end_it_there(world: World) {
        let (mut hanako, receipt) = world.with_a_waiting_notice().await;
        let page = unlink_page(&mut hanako).await;
        let done = hanako.visitor.send(&page, "/unlink", &[]).await.expect("done");
        assert!(done.body.contains("連動アプリ"), "{}", done.body);
        assert_eq!(world.told_of_ends().len(), 0);
        world.has_forgotten_hanako(&mut hanako, &receipt).await;
        world.end().await;
    }
}

both! {
    async fn where_line_fails_to_take_it_the_link_has_ended_all_the_same(world: World) {
        let (mut hanako, receipt) = world.with_a_waiting_notice().await;
        world.fault(json!({ "endpoint": "POST /user/v1/deauthorize", "kind": "error-before" })).await;
        let page = unlink_page(&mut hanako).await;
        let to_line = page.link_to("/oauth2/v2.1/authorize?").expect("the way to LINE");
        let done = hanako.visitor.get(&to_line).await.expect("back");
        assert!(done.body.contains("連動アプリ"), "{}", done.body);
        assert_eq!(world.told_of_ends(), [500, 500], "twice, then the person is told");
        world.clear_faults().await;
        world.has_forgotten_hanako(&mut hanako, &receipt).await;
        world.end().await;
    }
}

both! {
    async fn a_person_cannot_end_the_link_of_somebody_else_by_another_line(world: World) {
        let mut taro = world.citizen("taro").await;
        taro.submits("suido-start", &world.sample("suido-start")).await;
        let (mut hanako, _) = world.with_a_waiting_notice().await;
        let page = unlink_page(&mut hanako).await;
        let to_line = page.link_to("/oauth2/v2.1/authorize?").expect("the way to LINE");
        // The phone is handed to taro in between.
        hanako.visitor.get(&format!("{}/phone/taro", world.phone)).await.expect("phone");
        let done = hanako.visitor.get(&to_line).await.expect("back");
        assert_eq!(done.status, 409);
        assert!(done.body.contains("何も変えていません"), "{}", done.body);
        assert_eq!(world.told_of_ends().len(), 0);
        assert_eq!(world.count("line_identity where unlinked_at is null").await, 2);
        world.end().await;
    }
}
