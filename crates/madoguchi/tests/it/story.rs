//! One application, from the tap to the LINE message.

use madoguchi_line::mode::LineMode;

use crate::both;
use crate::world::{Wish, World};

async fn one_application(world: &World) {
    let mut hanako = world.citizen("hanako").await;
    let asked = hanako.taps("suido-start").await;
    assert!(asked.body.contains("LINEで続ける"), "our own page comes first");
    let form = hanako.enters("suido-start").await;
    assert!(form.url.path().ends_with("/p/suido-start/form"), "{}", form.url);
    let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
    assert_eq!(receipt.number.len(), 14);
    world.run_jobs().await;
    let talk = world.talk("hanako");
    assert_eq!(talk.len(), 1, "{talk:?}");
    let text = talk[0]["message"]["template"]["text"].as_str().expect("a text");
    assert!(text.contains("お申し込みが届きました") && text.contains(&receipt.number), "{text}");

    let mut clerk = world.clerk().await;
    clerk.does(&receipt.id, "/accept", &[]).await;
    clerk.does(&receipt.id, "/complete", &[]).await;
    world.run_jobs().await;
    assert_eq!(world.talk("hanako").len(), 3);
    let page = hanako.opens(&format!("/a/{}", receipt.id)).await;
    assert_eq!(page.attribute("data-state").as_deref(), Some("done"));
    assert_eq!(world.check().await, []);

    let again = hanako.taps("suido-start").await;
    assert!(again.url.path().ends_with("/form"), "a returning visit asks nothing: {}", again.url);
}

both! {
    async fn an_application_goes_from_the_tap_to_the_line_message(world: World) {
        one_application(&world).await;
        world.end().await;
    }
}

both! {
    wish: |wish| Wish { mode: LineMode::NotifyOnly, ..wish };
    async fn the_same_where_a_municipality_uses_line_for_notices_only(world: World) {
        one_application(&world).await;
        world.end().await;
    }
}
