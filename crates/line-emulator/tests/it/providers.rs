use crate::support::{Line, answer};
use line_emulator::Seed;
use serde_json::json;

/// A second city beside the built-in one.
fn two() -> Seed {
    let mut seed = Seed::demo();
    let mut other = seed.providers[0].clone();
    other.name = "となり町".into();
    other.login.id = "1660000001".into();
    other.messaging.id = "1660000002".into();
    other.messaging.token = "token-of-the-other".into();
    seed.providers.push(other);
    seed
}

#[tokio::test]
async fn the_same_person_has_another_id_at_each_provider_and_tokens_stay_apart() {
    let line = Line::with(two(), None).await;
    let people = line.get_json(&line.access("/_emulator/personas")).await;
    let (ours, theirs) = (&people[0]["channels"][0], &people[0]["channels"][1]);
    assert_ne!(ours["user_id"], theirs["user_id"]);
    let add = json!({ "channel": theirs["channel"] });
    line.control("personas/hanako/add", add).await;
    let profile = |token: &str, user: &serde_json::Value| {
        let url = line.api(&format!("/v2/bot/profile/{}", user.as_str().unwrap_or_default()));
        answer(line.client.get(url).bearer_auth(token))
    };
    assert_eq!(profile("token-of-the-other", &theirs["user_id"]).await.0, 200);
    assert_eq!(profile(crate::support::TOKEN, &theirs["user_id"]).await.0, 404);
    let push = json!({ "to": theirs["user_id"], "messages": [{ "type": "text", "text": "x" }] });
    let wrong = answer(line.push(&push)).await;
    assert_eq!(wrong, (400, json!({ "message": "Failed to send messages" })));
    assert_eq!(line.arrived("hanako"), 0);
}

#[tokio::test]
async fn a_retry_key_belongs_to_its_channel() {
    let line = Line::with(two(), None).await;
    let people = line.get_json(&line.access("/_emulator/personas")).await;
    for (token, index) in [(crate::support::TOKEN, 0), ("token-of-the-other", 1)] {
        let to = &people[0]["channels"][index]["user_id"];
        let push = json!({ "to": to, "messages": [{ "type": "text", "text": "x" }] });
        let request = line.client.post(line.api("/v2/bot/message/push")).bearer_auth(token).json(&push);
        let request = request.header("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000");
        assert_eq!(answer(request).await.0, 200);
    }
}
