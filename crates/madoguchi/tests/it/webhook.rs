//! What LINE tells us (webhooks): taken as LINE signed it, once, by its own time, and without what people write.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_base::{AccountId, on};
use madoguchi_line::friends::{self, Reach};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::both;
use crate::sending::wait_until;
use crate::world::{NOW, World, client};

/// LINE's signature over a body.
pub fn signed(secret: &str, body: &[u8]) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body))
}

pub fn address(world: &World) -> String {
    let port = world.origin.rsplit_once(':').expect("a port").1;
    format!("http://127.0.0.1:{port}/line/232131/webhook")
}

pub async fn post(world: &World, signature: Option<&str>, body: Vec<u8>) -> StatusCode {
    let mut request = client().post(address(world)).body(body);
    if let Some(signature) = signature {
        request = request.header("x-line-signature", signature);
    }
    request.send().await.expect("an answer").status()
}

/// Secrets of the messaging and of the login channel.
pub async fn secrets(world: &World) -> [String; 2] {
    let all: Value = control(world, "channels").await;
    ["messaging", "login"].map(|kind| {
        let one = all.as_array().into_iter().flatten().find(|c| c["kind"] == kind).expect("a channel");
        one["secret"].as_str().expect("a text").to_owned()
    })
}

async fn control(world: &World, what: &str) -> Value {
    let url = format!("{}/_emulator/{what}", world.phone);
    client().get(url).send().await.expect("emulator").json().await.expect("json")
}

pub async fn user_of(world: &World, persona: &str) -> String {
    let all = control(world, "personas").await;
    let one = all.as_array().into_iter().flatten().find(|p| p["id"] == persona).expect("a person");
    one["channels"][0]["user_id"].as_str().expect("an id").to_owned()
}

async fn accounts(world: &World) -> BTreeSet<String> {
    let mut x = world.app.db.reader().await.expect("reader");
    let all: Vec<String> =
        on!(&mut x, |c| sqlx::query_scalar("select account_id from line_identity").fetch_all(c).await)
            .expect("accounts");
    all.into_iter().collect()
}

/// A person signs in without becoming a friend; LINE's user id and our account.
pub async fn signs_in(world: &World, persona: &str) -> (String, AccountId) {
    let before = accounts(world).await;
    let mut citizen = world.citizen(persona).await;
    citizen.visitor.befriends = false;
    citizen.enters("suido-start").await;
    let new = accounts(world).await.difference(&before).next().cloned().expect("an account");
    (user_of(world, persona).await, new.parse().expect("an id"))
}

pub async fn reach(world: &World, account: AccountId) -> Reach {
    let mut x = world.app.db.reader().await.expect("reader");
    friends::state(&mut x, world.tenant, account).await.expect("state")
}

async fn events_stored(world: &World) -> i64 {
    let mut x = world.app.db.reader().await.expect("reader");
    on!(&mut x, |c| sqlx::query_scalar("select count(*) from line_webhook_event").fetch_one(c).await)
        .expect("count")
}

pub fn event(kind: &str, user: &str, id: &str, at: i64) -> Value {
    json!({
        "type": kind, "mode": "active", "timestamp": at, "webhookEventId": id,
        "source": { "type": "user", "userId": user }, "deliveryContext": { "isRedelivery": false },
    })
}

pub fn envelope(events: &[Value]) -> Vec<u8> {
    json!({ "destination": "U00000000000000000000000000000000", "events": events }).to_string().into_bytes()
}

both! {
    async fn what_line_has_not_signed_is_refused_and_has_no_effect(world: World) {
        let (user, account) = signs_in(&world, "hanako").await;
        let [secret, login_secret] = secrets(&world).await;
        let body = envelope(&[event("follow", &user, "01REFUSED", NOW.0 + 60_000)]);
        let good = signed(&secret, &body);
        // The same meaning, written otherwise.
        let value: Value = serde_json::from_slice(&body).expect("json");
        let written_anew = serde_json::to_vec_pretty(&value).expect("json");
        let spelt = String::from_utf8(body.clone()).expect("text").replace("follow", "\\u0066ollow").into_bytes();
        let mut one_byte = body.clone();
        *one_byte.iter_mut().rfind(|b| **b == b'0').expect("a digit") = b'1';
        let other = signed(&login_secret, &body);
        let hex = hex::encode(STANDARD.decode(&good).expect("base64"));
        let cases: [(&str, Option<&str>, &[u8]); 10] = [
            ("no signature", None, &body),
            ("an empty signature", Some(""), &body),
            ("not base64", Some("これは署名ではない!"), &body),
            ("in hex", Some(&hex), &body),
            ("cut off", Some(&good[..good.len() - 4]), &body),
            ("of another channel", Some(&other), &body),
            ("one byte changed", Some(&good), &one_byte),
            ("a byte more", Some(&good), &[body.as_slice(), b"\n"].concat()),
            ("written anew", Some(&good), &written_anew),
            ("escaped otherwise", Some(&good), &spelt),
        ];
        for (what, signature, body) in cases {
            let signature = signature.filter(|s| s.is_ascii());
            assert_eq!(post(&world, signature, body.to_vec()).await, StatusCode::UNAUTHORIZED, "{what}");
        }
        assert_eq!((reach(&world, account).await, events_stored(&world).await), (Reach::NotReachable, 0));
        assert_eq!(post(&world, Some(&good), body.clone()).await, StatusCode::OK);
        assert_eq!((reach(&world, account).await, events_stored(&world).await), (Reach::Friend, 1));

        let request = client().post(address(&world).replace("232131", "132098")).body(body);
        let elsewhere = request.header("x-line-signature", &good).send().await.expect("an answer");
        assert!(elsewhere.status().is_client_error(), "a municipality that is not ours");
        world.end().await;
    }
}

both! {
    async fn an_empty_delivery_and_events_of_the_future_are_acknowledged_and_change_nothing(world: World) {
        let (user, account) = signs_in(&world, "hanako").await;
        let [secret, _] = secrets(&world).await;
        let at = NOW.0 + 60_000;
        let mut odd = vec![
            event("membership", &user, "01ODD1", at),
            event("somethingNew", &user, "01ODD2", at),
            json!({ "type": "follow" }),
            json!({ "type": "follow", "timestamp": at, "webhookEventId": "01ODD3", "source": { "type": "group" } }),
            json!({}),
        ];
        let mut known = event("accountLink", &user, "01ODD4", at);
        known["added"] = json!({ "deep": [1, { "x": null }] });
        odd.push(known);
        let bodies = [envelope(&[]), envelope(&odd), br#"{"destination":"U0"}"#.to_vec()];
        for body in bodies {
            let signature = signed(&secret, &body);
            assert_eq!(post(&world, Some(&signature), body).await, StatusCode::OK);
        }
        for body in [&b""[..], b"7", b"<html>", br#"{"events":{}}"#] {
            let status = post(&world, Some(&signed(&secret, body)), body.to_vec()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "signed, but no webhook: {body:?}");
        }
        assert_eq!((reach(&world, account).await, events_stored(&world).await), (Reach::NotReachable, 0));
        let follow = envelope(&[json!({ "type": "wholly-new" }), event("follow", &user, "01REAL", at)]);
        assert_eq!(post(&world, Some(&signed(&secret, &follow)), follow).await, StatusCode::OK);
        assert_eq!(reach(&world, account).await, Reach::Friend, "a known event among unknown ones counts");
        world.end().await;
    }
}

both! {
    async fn ten_thousand_webhooks_that_come_twice_and_out_of_order_leave_the_state_of_the_last(world: World) {
        let mut people = Vec::new();
        for persona in ["hanako", "taro", "maria", "ichiro"] {
            people.push(signs_in(&world, persona).await);
        }
        let [secret, _] = secrets(&world).await;
        let mut deliveries = Vec::new();
        let mut ends = Vec::new();
        for (p, (user, _)) in people.iter().enumerate() {
            let mut last = "";
            for n in 0..1_250_i64 {
                let [coin] = madoguchi_base::random::bytes();
                last = if coin % 2 == 0 { "follow" } else { "unfollow" };
                let one = event(last, user, &format!("01EVENT{p}X{n}"), NOW.0 + 1_000 + n * 480);
                for time in 0..2 {
                    let mut one = one.clone();
                    one["deliveryContext"]["isRedelivery"] = (time > 0).into();
                    deliveries.push(one);
                }
            }
            ends.push(if last == "follow" { Reach::Friend } else { Reach::NotReachable });
        }
        shuffle(&mut deliveries);
        assert_eq!(deliveries.len(), 10_000);
        let batches: Vec<Vec<u8>> = deliveries.chunks(57).map(envelope).collect();
        let mut lines: [Vec<Vec<u8>>; 3] = Default::default();
        for (n, batch) in batches.into_iter().enumerate() {
            lines[n % 3].push(batch);
        }
        let lines = lines.map(|line| {
            let (world, secret) = (&world, &secret);
            async move {
                for body in line {
                    let signature = signed(secret, &body);
                    assert_eq!(post(world, Some(&signature), body).await, StatusCode::OK);
                }
            }
        });
        futures_util::future::join_all(lines).await;
        for ((_, account), end) in people.iter().zip(ends) {
            assert_eq!(reach(&world, *account).await, end);
        }
        assert_eq!(events_stored(&world).await, 5_000, "each counted once");
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

fn shuffle<T>(all: &mut [T]) {
    for n in (1..all.len()).rev() {
        let [a, b] = madoguchi_base::random::bytes();
        all.swap(n, usize::from(u16::from_be_bytes([a, b])) % (n + 1));
    }
}

both! {
    async fn what_people_write_to_the_account_is_never_stored_and_their_coming_and_going_is(world: World) {
        let (_, account) = signs_in(&world, "hanako").await;
        let [secret, _] = secrets(&world).await;
        let channel = "1657000002";
        world.control("webhooks", json!({ "duplicate": true, "shuffle": true })).await;
        for deed in ["add", "block", "unblock", "block", "unblock"] {
            world.control(&format!("personas/hanako/{deed}"), json!({ "channel": channel })).await;
            world.later(1_000);
        }
        let (words, button) = ("わたしの住所は一色町QZXVWJ七番地", "postback-data-KXQJZW");
        world.control("personas/hanako/say", json!({ "channel": channel, "text": words })).await;
        world.control("personas/hanako/postback", json!({ "channel": channel, "data": button })).await;
        wait_until("all were delivered", 10, async || events_stored(&world).await == 5).await;
        wait_until("by their own time", 5, async || reach(&world, account).await == Reach::Friend).await;
        // A delivery of ours with both: the follow is stored, the words beside it are not.
        let mut said = event("message", &user_of(&world, "hanako").await, "01SAIDXQJ", NOW.0 + 90_000);
        said["message"] = json!({ "type": "text", "id": "1", "text": words });
        let follow = event("follow", &user_of(&world, "hanako").await, "01STOREDXQJ", NOW.0 + 91_000);
        let body = envelope(&[said, follow]);
        assert_eq!(post(&world, Some(&signed(&secret, &body)), body).await, StatusCode::OK);
        assert!(is_stored(&world, "01STOREDXQJ").await, "the search finds what is there");
        for absent in ["QZXVWJ", "一色町", "KXQJZW", "01SAIDXQJ"] {
            assert!(!is_stored(&world, absent).await, "{absent} was stored");
        }
        world.control("webhooks", json!({ "wrong_signature": true })).await;
        world.control("personas/hanako/block", json!({ "channel": channel })).await;
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
        assert_eq!(reach(&world, account).await, Reach::Friend, "not signed by LINE");
        world.end().await;
    }
}

/// Whether `word` stands anywhere in the database: in its files (SQLite), or in any row as text or as bytes.
async fn is_stored(world: &World, said: &str) -> bool {
    if let Some(path) = world.url.strip_prefix("sqlite:") {
        return ["", "-wal"].iter().any(|end| {
            let bytes = std::fs::read(format!("{path}{end}")).unwrap_or_default();
            bytes.windows(said.len()).any(|w| w == said.as_bytes())
        });
    }
    let mut one = sqlx::PgConnection::connect(&world.url).await.expect("connect");
    let tables: Vec<String> =
        sqlx::query_scalar("select table_name from information_schema.tables where table_schema = 'public'")
            .fetch_all(&mut one)
            .await
            .expect("tables");
    for table in tables {
        let sql = format!("select count(*) from \"{table}\" t where t::text like $1 or t::text like $2");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(format!("%{said}%"))
            .bind(format!("%{}%", hex::encode(said)))
            .fetch_one(&mut one)
            .await
            .expect("search");
        if found > 0 {
            return true;
        }
    }
    false
}
