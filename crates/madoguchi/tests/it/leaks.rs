//! The canary can sing: a leak planted in any disguise, in any sink, is found. And nothing leaks when things break.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::canary::{Words, assert_nothing_leaked, canary_world, life};
use crate::sinks::Sinks;
use crate::world::{On, World, client, has_postgres, receipt};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    e.write_all(bytes).expect("memory");
    e.finish().expect("memory")
}

fn percent(word: &str) -> String {
    word.bytes().fold(String::new(), |all, b| all + &format!("%{b:02X}"))
}

fn escaped(word: &str) -> String {
    word.encode_utf16().fold(String::new(), |all, u| all + &format!("\\u{u:04x}"))
}

/// One word in every disguise: what it is called, how it looks in a text.
fn disguises(word: &str) -> Vec<(&'static str, String)> {
    vec![
        ("raw", word.to_owned()),
        ("escaped", escaped(word)),
        ("percent", percent(word)),
        ("base64", STANDARD.encode(word)),
        ("gzip in base64", STANDARD.encode(gzip(word.as_bytes()))),
        ("hiragana", word.replace("カナリア", "かなりあ")),
        ("half width", word.replace("カナリア", "ｶﾅﾘｱ")),
    ]
}

fn unique() -> String {
    // Its own digits in each disguise, so that one find does not stand in for another.
    format!("カナリア{}", madoguchi_base::random::alnum(12).to_lowercase())
}

/// Pushes `text` to a person by the channel's long-lived token, as a careless program would.
async fn push(world: &World, body: String) {
    let channels: serde_json::Value = client()
        .get(format!("{}/_emulator/channels", world.phone))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let messaging = channels.as_array().unwrap().iter().find(|c| c["kind"] == "messaging").unwrap();
    let url = format!("{}/v2/bot/message/push", world.emulator.api_base());
    let request = client().post(url).bearer_auth(messaging["token"].as_str().unwrap());
    request.header("content-type", "application/json").body(body).send().await.expect("answered");
}

async fn a_planted_leak_is_found(on: On) {
    let world = canary_world(on).await;
    for (n, (disguise, _)) in disguises("").into_iter().enumerate() {
        let words = [unique(), unique(), unique()];
        let text = |word: &str| disguises(word).swap_remove(n).1;
        // The text is put in as it is: "\u…" must reach LINE as an escape.
        push(&world, format!(r#"{{"to":"U1","messages":[{{"type":"text","text":"{}"}}]}}"#, text(&words[0])))
            .await;
        tracing::debug!(target: "somebody", "careless: {}", text(&words[1]));
        // With blanks around it: in the file's bytes, the neighbouring columns follow without any.
        let cell = format!(" {} ", text(&words[2]));
        world
            .sql(format!(
                "insert into line_sentence (tenant_id, procedure_id, notice_kind, sentence) \
                 values ('{}', 'p{n}', 'k', '{cell}')",
                world.tenant
            ))
            .await;
        let line = Sinks::line(&world);
        assert_eq!(line.with(&words[0]), ["LINE POST /v2/bot/message/push"], "{disguise}");
        assert!(!Sinks::log().with(&words[1]).is_empty(), "{disguise}: log");
        assert_eq!(Sinks::cells(&world, &[]).await.with(&words[2]), ["line_sentence.sentence"], "{disguise}");
        let files = Sinks::files(&world).await;
        let readable = world.is_sqlite() || files.len("file") > 0;
        assert!(!readable || !files.with(&words[2]).is_empty(), "{disguise}: file");
        assert_eq!(line.with(&unique()), Vec::<&str>::new());
    }
    // Bytes that are no text at all, and a word in an address, a header and a query.
    let words = [unique(), unique(), unique()];
    let url =
        format!("{}/v2/bot/profile/{}?q={}", world.emulator.api_base(), STANDARD.encode(&words[0]), words[1]);
    let header = percent(&words[2]);
    client().get(url).header("x-note", header).send().await.expect("answered");
    let zipped = unique();
    let url = format!("{}/v2/bot/message/push", world.emulator.api_base());
    client().post(url).body(gzip(zipped.as_bytes())).send().await.expect("answered");
    let line = Sinks::line(&world);
    for word in words.iter().chain([&zipped]) {
        assert_eq!(line.with(word).len(), 1, "{word}");
    }
    world.end().await;
}

/// LINE answers 500, 401, 429, resets, accepts and says 500; the disk is full; a row is in the way; a key is used
/// for other answers. Words must not escape by the way of an error either.
async fn nothing_leaks_when_things_break(on: On) {
    let world = canary_world(on).await;
    let mut words = Words::default();
    let push = "POST /v2/bot/message/push";
    let kinds = ["error-before", "error-after-accept", "unauthorized", "rate-limit", "reset", "quota"];
    for (n, kind) in kinds.into_iter().enumerate() {
        world.fault(json!({ "endpoint": push, "kind": kind, "times": 2 })).await;
        let (mut citizen, mut clerk) = (world.citizen("taro").await, world.clerk().await);
        for turn in [0, 2] {
            life(&mut words, (&mut citizen, &mut clerk), &world.sources[n % 3], turn).await;
        }
        for _ in 0..6 {
            world.later(120_000);
            world.run_jobs().await;
        }
        world.clear_faults().await;
    }
    let faults: Vec<String> =
        world.ledger().iter().filter_map(|r| r["fault"].as_str().map(str::to_owned)).collect();
    assert!(faults.len() >= 6, "the faults happened: {faults:?}");
    signing_in_while_line_breaks(&world).await;
    submits_that_fail(&world, &mut words).await;
    assert_nothing_leaked(&world, &words).await;
    world.end().await;
}

async fn signing_in_while_line_breaks(world: &World) {
    for endpoint in ["POST /oauth2/v2.1/token", "GET /friendship/v1/status", "POST /oauth2/v2.1/revoke"] {
        for kind in ["error-before", "reset"] {
            world.fault(json!({ "endpoint": endpoint, "kind": kind, "times": 1 })).await;
            let mut maria = world.citizen("maria").await;
            let seen = maria.enters("suido-start").await;
            assert!([200, 400, 503].contains(&seen.status.as_u16()), "{endpoint} {kind}: {}", seen.status);
            world.clear_faults().await;
        }
    }
}

async fn submits_that_fail(world: &World, words: &mut Words) {
    let mut citizen = world.citizen("hanako").await;
    let slug = "suido-stop";
    let one = words.form(world, world.source(slug), 0);
    let two = words.form(world, world.source(slug), 0);
    let (first, key) = citizen.confirmed(slug, &one).await;
    let (second, other_key) = citizen.confirmed(slug, &two).await;

    // A row in the way: the database's own message would quote the key.
    world
        .sql(format!(
            "insert into application_event (tenant_id, event_id, application_id, command_id, at, actor_kind, \
             actor_id, to_state, round) values ('{}', 'x', 'x', 'submit:{key}', 0, 'system', '', 'submitted', 0)",
            world.tenant
        ))
        .await;
    assert_eq!(citizen.presses(slug, &first, &key).await.status.as_u16(), 503);
    world.sql("delete from application_event where event_id = 'x'").await;
    if world.is_sqlite() {
        world.sql("pragma max_page_count = 1").await;
        let mut full = citizen.presses(slug, &first, &key).await;
        for _ in 0..50 {
            if full.status.as_u16() == 503 {
                break;
            }
            let (token, key) = citizen.confirmed(slug, &one).await;
            full = citizen.presses(slug, &token, &key).await;
        }
        assert_eq!(full.status.as_u16(), 503, "the disk is full");
        assert!(full.body.contains("もう一度送る"), "{}", full.body);
        world.sql("pragma max_page_count = 1000000").await;
    }
    let stored = citizen.presses(slug, &first, &key).await;
    assert_eq!(stored.status.as_u16(), 303, "{}", stored.body);
    assert_eq!(citizen.presses(slug, &second, &key).await.status.as_u16(), 409);
    let page = citizen.visitor.get(&format!("{}{}", world.origin, stored.location())).await.expect("page");
    receipt(&page);
    assert_eq!(citizen.presses(slug, &second, &other_key).await.status.as_u16(), 303);
    assert_eq!(world.check().await, []);
}

macro_rules! on_both {
    ($($name:ident),*) => {$(
        mod $name {
            use super::*;
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(On::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if has_postgres() {
                    super::$name(On::Postgres).await;
                }
            }
        }
    )*};
}

on_both!(a_planted_leak_is_found, nothing_leaks_when_things_break);
