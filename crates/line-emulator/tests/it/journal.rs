use crate::support::{BOT, Line, TOKEN, answer};
use line_emulator::Seed;
use serde_json::json;
use std::io::Write;
use std::path::Path;

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

fn append(folder: &Path, name: &str, text: &str) {
    let file = std::fs::OpenOptions::new().append(true).open(folder.join(name));
    file.expect("journal").write_all(text.as_bytes()).expect("write");
}

#[tokio::test]
async fn everything_goes_on_after_a_restart_even_with_torn_last_lines() {
    let folder = tempfile::tempdir().expect("folder");
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    line.act("hanako", "add").await;
    line.act("taro", "block").await;
    let body = line.text_to("hanako", "前").await;
    let (_, sent) = answer(line.push(&body).header("x-line-retry-key", KEY)).await;
    let form = [("grant_type", "client_credentials"), ("client_id", BOT)];
    let secret = ("client_secret", crate::support::BOT_SECRET);
    let form = [form[0], form[1], secret];
    let (_, token) = answer(line.client.post(line.api("/oauth2/v3/token")).form(&form)).await;
    line.emulator.set_webhook(BOT, Some("http://127.0.0.1:1/".to_owned()));
    line.control("clock", json!({ "advance_seconds": 60 })).await;
    let ledger = line.emulator.requests(0, 100);
    // As after kill -9: nothing is closed, and a line was being written.
    drop(line);
    append(folder.path(), "state.jsonl", r#"{"e":"persona","id":"ha"#);
    append(folder.path(), "requests.jsonl", r#"{"seq":99,"at"#);

    for _ in 0..2 {
        let line = Line::with(Seed::demo(), Some(folder.path())).await;
        let (status, again) = answer(line.push(&body).header("x-line-retry-key", KEY)).await;
        assert_eq!((status, &again["sentMessages"]), (409, &sent["sentMessages"]));
        assert_eq!(line.arrived("hanako"), 1);
        assert_eq!(line.emulator.requests(0, 100)[..2], ledger[..2]);
        let bearer = token["access_token"].as_str().expect("token");
        assert_eq!(answer(line.client.get(line.api("/v2/bot/info")).bearer_auth(bearer)).await.0, 200);
        let channels = line.get_json(&line.access("/_emulator/channels")).await;
        assert_eq!(channels[1]["webhook"], "http://127.0.0.1:1/");
        line.emulator.shutdown().await;
    }
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    let seqs: Vec<_> = line.emulator.requests(0, 100).iter().map(|r| r["seq"].as_u64()).collect();
    let expected: Vec<_> = (1..=seqs.len() as u64).map(Some).collect();
    assert_eq!(seqs, expected, "numbers go on without a gap");
    let (_, after) = answer(line.push(&line.text_to("hanako", "後").await)).await;
    assert_ne!(after["sentMessages"], sent["sentMessages"], "message ids are not used again");
}

#[tokio::test]
async fn old_requests_are_read_from_the_journal() {
    let folder = tempfile::tempdir().expect("folder");
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    for number in 0..1100 {
        let request = line.client.get(line.api("/v2/bot/info")).query(&[("n", number)]).bearer_auth(TOKEN);
        request.send().await.expect("answer");
    }
    let queries = |since, limit| {
        let requests = line.emulator.requests(since, limit);
        requests.iter().map(|r| r["query"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(queries(0, 2), ["n=0", "n=1"], "from the file");
    assert_eq!(queries(98, 4), ["n=98", "n=99", "n=100", "n=101"], "from both");
    assert_eq!(queries(1098, 9), ["n=1098", "n=1099"], "from memory");
    assert_eq!(queries(0, 5000).len(), 1100);
    assert_eq!(queries(2000, 10).len(), 0);
}

#[tokio::test]
async fn a_word_is_searched_in_the_whole_journal_however_it_was_written() {
    let folder = tempfile::tempdir().expect("folder");
    let line = Line::with(Seed::demo(), Some(folder.path())).await;
    let escaped = r#"{"to":"x","messages":[{"type":"text","text":"\u897f\u5c3e\u5e02 Tanaka"}]}"#;
    answer(line.bot("POST", "/v2/bot/message/push").body(escaped)).await;
    let form = [("grant_type", "x"), ("client_id", "西尾市 本町")];
    answer(line.client.post(line.api("/oauth2/v3/token")).form(&form)).await;
    for number in 0..1100 {
        let request = line.client.get(line.api("/v2/bot/info")).query(&[("n", number)]).bearer_auth(TOKEN);
        request.send().await.expect("answer");
    }
    line.act("hanako", "add").await;
    let said = json!({ "channel": BOT, "text": "犬が\"ポチ\"です" });
    line.control("personas/hanako/say", said).await;
    let search = |q: &str| line.control("search", json!({ "q": q }));
    for (q, found, own) in [
        ("西尾市", 2, false),
        ("tanaka", 1, false),
        (" 西尾市 本町 ", 1, false),
        ("v2/bot/info", 1100, false),
        ("\"ポチ\"", 0, true),
        ("鈴木", 0, false),
    ] {
        let result = search(q).await;
        assert_eq!((&result["searched"], &result["last"]), (&json!(1102), &json!(1102)), "{q}");
        assert_eq!((&result["found"], &result["own"]), (&json!(found), &json!(own)), "{q}");
        let shown = result["requests"].as_array().expect("requests");
        assert_eq!(shown.len(), found.min(50), "{q}");
        assert!(shown.is_sorted_by(|a, b| a["seq"].as_u64() > b["seq"].as_u64()), "newest first");
    }
    let empty = line.client.post(line.access("/_emulator/search")).json(&json!({ "q": " " }));
    assert_eq!(answer(empty).await.0, 400);
    let address = line.client.get(line.access("/_emulator/search?q=x"));
    assert_eq!(answer(address).await.0, 404, "never in an address");
}
