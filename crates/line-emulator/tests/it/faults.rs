use crate::login::{authorize, decide};
use crate::support::{BOT, Line, answer, header};
use crate::webhooks::Receiver;
use serde_json::json;
use std::time::{Duration, Instant};

const PUSH: &str = "POST /v2/bot/message/push";
const AUTHORIZE: &str = "GET /oauth2/v2.1/authorize";
const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

async fn friend() -> (Line, serde_json::Value) {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let body = line.text_to("hanako", "x").await;
    (line, body)
}

#[tokio::test]
async fn error_before_does_nothing_and_error_after_accept_has_delivered() {
    let (line, body) = friend().await;
    line.fault(json!({ "endpoint": PUSH, "kind": "error-before", "times": 1 })).await;
    assert_eq!(answer(line.push(&body).header("x-line-retry-key", KEY)).await.0, 500);
    assert_eq!(line.arrived("hanako"), 0);
    line.fault(json!({ "endpoint": PUSH, "kind": "error-after-accept", "times": 1 })).await;
    assert_eq!(answer(line.push(&body).header("x-line-retry-key", KEY)).await.0, 500);
    assert_eq!(line.arrived("hanako"), 1);
    assert_eq!(answer(line.push(&body).header("x-line-retry-key", KEY)).await.0, 409);
    assert_eq!(line.arrived("hanako"), 1);
}

#[tokio::test]
async fn a_hang_has_delivered_and_then_drops_the_connection() {
    let (line, body) = friend().await;
    line.fault(json!({ "endpoint": PUSH, "kind": "hang-after-accept", "times": 1, "delay_ms": 300 })).await;
    let begin = Instant::now();
    assert!(line.push(&body).send().await.is_err());
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(line.arrived("hanako"), 1);
    let ledger = line.emulator.requests(0, 10);
    assert_eq!((&ledger[0]["status"], &ledger[0]["fault"]), (&json!(0), &json!("hang-after-accept")));
}

#[tokio::test]
async fn a_reset_closes_the_connection_and_nothing_was_done() {
    let (line, body) = friend().await;
    line.fault(json!({ "endpoint": "*", "kind": "reset", "times": 1 })).await;
    assert!(line.push(&body).send().await.is_err());
    assert_eq!(line.arrived("hanako"), 0);
    assert_eq!(answer(line.push(&body)).await.0, 200);
}

#[tokio::test]
async fn slow_is_late_but_well() {
    let (line, body) = friend().await;
    line.fault(json!({ "endpoint": PUSH, "kind": "slow", "delay_ms": 200 })).await;
    let begin = Instant::now();
    assert_eq!(answer(line.push(&body)).await.0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn refusals_have_lines_own_bodies() {
    let (line, body) = friend().await;
    let cases = [
        ("rate-limit", 429, "The API rate limit has been exceeded. Try again later."),
        ("quota", 429, "You have reached your monthly limit."),
        (
            "unauthorized",
            401,
            "Authentication failed. Confirm that the access token in the authorization header is valid.",
        ),
    ];
    for (kind, status, text) in cases {
        line.fault(json!({ "endpoint": PUSH, "kind": kind, "times": 1, "retry_after": 7 })).await;
        let response = line.push(&body).send().await.expect("answer");
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(header(&response, "retry-after"), "7");
        assert_eq!(response.json::<serde_json::Value>().await.expect("JSON"), json!({ "message": text }));
    }
    assert_eq!(line.arrived("hanako"), 0);
}

#[tokio::test]
async fn faults_come_every_nth_time_for_a_channel_and_a_while_until_cleared() {
    let (line, body) = friend().await;
    let order = json!({
        "endpoint": PUSH, "kind": "error-before", "every": 2, "seconds": 60, "channel": BOT,
    });
    line.fault(order).await;
    line.fault(json!({ "endpoint": PUSH, "kind": "reset", "channel": "another" })).await;
    let send = async || answer(line.push(&body)).await.0;
    assert_eq!([send().await, send().await, send().await, send().await], [200, 500, 200, 500]);
    line.emulator.clock().advance_ms(60_000);
    assert_eq!([send().await, send().await], [200, 200]);
    line.fault(json!({ "endpoint": "GET /v2/bot/profile/{userId}", "kind": "error-before" })).await;
    let profile = || answer(line.bot("GET", "/v2/bot/profile/x"));
    assert_eq!(profile().await.0, 500);
    line.client.delete(line.access("/_emulator/faults")).send().await.expect("answer");
    assert_eq!(profile().await.0, 400);
}

#[tokio::test]
async fn too_many_pushes_in_a_second_meet_lines_rate_limit() {
    let (line, body) = friend().await;
    line.control("limits", json!({ "endpoint": PUSH, "count": 3, "per_ms": 60_000 })).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(answer(line.push(&body)).await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[tokio::test]
async fn people_get_a_page_where_programs_get_json() {
    let (line, body) = friend().await;
    for (kind, status) in [("error-before", 500), ("error-after-accept", 500), ("rate-limit", 429)] {
        line.fault(json!({ "endpoint": "*", "kind": kind, "retry_after": 7 })).await;
        let seen = authorize(&line, "hanako", &[]).await;
        assert_eq!((seen.status, seen.to), (status, None), "{kind}");
        for text in [
            "ただいまLINEを利用できません。",
            "時間をおいて、もう一度お試しください。",
            "模型です",
            "<html lang=\"ja\">",
        ] {
            assert!(seen.page.contains(text), "{kind}: {}", seen.page);
        }
        let consent =
            line.client.post(line.access("/oauth2/v2.1/authorize/consent")).send().await.expect("answer");
        assert_eq!(header(&consent, "content-type"), "text/html; charset=utf-8");
        assert!(header(&consent, "content-security-policy").contains("script-src 'self'"));
        for json in [line.push(&body), line.client.get(line.access("/.well-known/openid-configuration"))] {
            let got = json.send().await.expect("answer");
            assert_eq!(
                (got.status().as_u16(), header(&got, "content-type")),
                (status, "application/json".into())
            );
        }
        line.client.delete(line.access("/_emulator/faults")).send().await.expect("answer");
    }
    let sheet = authorize(&line, "hanako", &[]).await;
    assert!(sheet.page.contains("許可する"));
}

#[tokio::test]
async fn a_hang_and_a_late_answer_go_by_the_emulators_clock() {
    let (line, body) = friend().await;
    for kind in ["slow", "hang-after-accept"] {
        line.fault(json!({ "endpoint": PUSH, "kind": kind, "times": 1, "delay_ms": 3_600_000 })).await;
        let begin = Instant::now();
        // Nothing tells from outside when the wait begins, so the clock is moved until it is over.
        let hours = async {
            loop {
                line.emulator.clock().advance_ms(3_600_000);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let sent = tokio::select! {
            sent = line.push(&body).send() => sent,
            () = hours => unreachable!("hours do not end"),
        };
        assert_eq!(sent.is_ok(), kind == "slow");
        assert!(begin.elapsed() < Duration::from_secs(59), "an hour of the emulator's");
    }
    assert_eq!(line.arrived("hanako"), 2);
}

#[tokio::test]
async fn friends_change_while_a_push_is_worked_on() {
    let (line, body) = friend().await;
    let mut hook = Receiver::start(&line).await;
    let key = || line.push(&body).header("x-line-retry-key", KEY);
    line.fault(json!({ "endpoint": PUSH, "kind": "friends-change", "times": 1 })).await;
    assert_eq!(answer(key()).await.0, 200, "accepted, as LINE does for those who have blocked");
    assert_eq!(line.arrived("hanako"), 0, "blocked before LINE looked");
    assert_eq!(hook.next().await.0["type"], "unfollow");
    assert_eq!(answer(key()).await.0, 409);

    let back = json!({ "endpoint": PUSH, "kind": "friends-change", "times": 1, "deed": "unblock" });
    line.fault(back).await;
    assert_eq!(answer(line.push(&body)).await.0, 200);
    assert_eq!(line.arrived("hanako"), 1, "unblocked in time");
    assert_eq!(hook.next().await.0["follow"]["isUnblocked"], true);

    let late = json!({
        "endpoint": PUSH, "kind": "friends-change", "times": 1, "when": "after", "people": ["hanako", "taro"],
    });
    line.fault(late).await;
    assert_eq!(answer(line.push(&body)).await.0, 200);
    assert_eq!(line.arrived("hanako"), 2, "delivered, and blocked before the answer came");
    assert_eq!(hook.next().await.0["type"], "unfollow");
    assert!(hook.rest().is_empty(), "taro was no friend: nothing to tell");
    assert_eq!(answer(line.push(&body)).await.0, 200);
    assert_eq!(line.arrived("hanako"), 2);
}

#[tokio::test]
async fn some_of_many_recipients_block_and_unblock_while_a_multicast_is_sent() {
    const MULTICAST: &str = "POST /v2/bot/message/multicast";
    let line = Line::start().await;
    let mut to = Vec::new();
    for person in ["hanako", "taro", "maria"] {
        line.act(person, "add").await;
        to.push(line.user_id(person).await);
    }
    let mut hook = Receiver::start(&line).await;
    let body = json!({ "to": to, "messages": [{ "type": "text", "text": "x" }] });
    let send = || answer(line.bot("POST", "/v2/bot/message/multicast").json(&body));
    line.fault(json!({ "endpoint": MULTICAST, "kind": "friends-change", "times": 1, "people": ["taro"] }))
        .await;
    assert_eq!(send().await, (200, json!({})));
    assert_eq!([line.arrived("hanako"), line.arrived("taro"), line.arrived("maria")], [1, 0, 1]);
    let unfollow = hook.next().await.0;
    assert_eq!(
        (&unfollow["type"], unfollow["source"]["userId"].as_str()),
        (&json!("unfollow"), Some(to[1].as_str()))
    );
    let all = json!({ "endpoint": MULTICAST, "kind": "friends-change", "times": 1, "deed": "block", "when": "after" });
    line.fault(all).await;
    assert_eq!(send().await.0, 200);
    assert_eq!([line.arrived("hanako"), line.arrived("taro"), line.arrived("maria")], [2, 0, 2]);
    assert_eq!(
        [hook.next().await.0["type"].clone(), hook.next().await.0["type"].clone()],
        ["unfollow", "unfollow"]
    );
    assert_eq!(send().await.0, 200);
    assert_eq!(line.arrived("hanako"), 2, "all have blocked by now");
}

#[tokio::test]
async fn an_order_that_cannot_be_met_is_refused_with_a_reason() {
    let line = Line::start().await;
    for wrong in [
        json!({ "endpoint": "push", "kind": "reset" }),
        json!({ "endpoint": "*", "kind": "meteor" }),
        json!({ "endpoint": "*", "kind": "reset", "evry": 2 }),
        json!({ "endpoint": "*", "kind": "reset", "times": 0 }),
    ] {
        let request = line.client.post(line.access("/_emulator/faults")).json(&wrong);
        let (status, said) = answer(request).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(said["message"].as_str().is_some_and(|m| !m.is_empty()), "{said}");
    }
}

#[tokio::test]
async fn the_kinds_of_the_login_journey_do_what_they_say() {
    let line = Line::start().await;
    let consent = authorize(&line, "hanako", &[]).await;
    decide(&line, &consent, "consent", &[("decision", "allow")]).await;
    let order = |kind: &str| json!({ "endpoint": AUTHORIZE, "kind": kind, "times": 1 });
    line.fault(order("auto-login-failure")).await;
    let failed = authorize(&line, "hanako", &[]).await;
    assert!(failed.field("code").is_some() && failed.field("state").as_deref() != Some("s7a7e"));
    line.fault(order("auto-login-failure")).await;
    let sso = authorize(&line, "hanako", &[("disable_auto_login", "true")]).await;
    assert_eq!(sso.field("state").as_deref(), Some("s7a7e"), "nothing to fail where auto-login is off");
    line.client.delete(line.access("/_emulator/faults")).send().await.expect("answer");
    for kind in ["browser-switch", "return-in-other-browser"] {
        line.fault(order(kind)).await;
        let to = authorize(&line, "hanako", &[]).await.to.expect("redirect");
        assert_eq!(to.host_str(), Some("localhost"), "{kind}: no cookie of 127.0.0.1 goes there");
        let to = authorize(&line, "hanako", &[]).await.to.expect("redirect");
        assert_eq!(to.host_str(), Some("127.0.0.1"), "{kind}: once");
    }
    line.fault(json!({ "endpoint": AUTHORIZE, "kind": "browser-switch", "channel": "another" })).await;
    let to = authorize(&line, "hanako", &[]).await.to.expect("redirect");
    assert_eq!(to.host_str(), Some("127.0.0.1"), "another channel's order");
}
