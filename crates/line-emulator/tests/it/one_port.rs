//! Programs that know one base address only.

use crate::support::{BOT, CALLBACK, LOGIN, Line, SECRET, TOKEN, answer, header};
use serde_json::json;
use tokio::process::Command;

#[tokio::test]
async fn the_phones_port_answers_for_every_host_and_the_others_for_their_own_only() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let push = line.text_to("hanako", "x").await;
    let request = |method: reqwest::Method, path: &str| {
        line.client.request(method, line.access(path)).bearer_auth(TOKEN)
    };
    assert_eq!(answer(request(reqwest::Method::POST, "/v2/bot/message/push").json(&push)).await.0, 200);
    assert_eq!(line.arrived("hanako"), 1);
    let picture = "/v2/bot/richmenu/richmenu-1/content";
    let data = request(reqwest::Method::GET, picture);
    assert_eq!(answer(data).await, (404, json!({ "message": "Not found" })), "there is no such menu");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", CALLBACK),
        ("client_id", LOGIN),
        ("client_secret", SECRET),
    ];
    let (status, said) = answer(line.client.post(line.access("/oauth2/v2.1/token")).form(&form)).await;
    assert_eq!((status, &said["error"]), (400, &json!("invalid_grant")));
    let unknown = request(reqwest::Method::GET, "/v2/bot/nonsense").send().await.expect("answer");
    assert_eq!(
        (unknown.status().as_u16(), header(&unknown, "content-type").as_str()),
        (404, "application/json")
    );
    let page = line.client.get(line.access("/oauth2/none")).send().await.expect("answer");
    assert!(header(&page, "content-type").starts_with("text/html"), "people get pages");

    let hosts: Vec<_> = line.emulator.requests(0, 10).iter().map(|r| r["host"].clone()).collect();
    assert_eq!(
        hosts,
        ["api", "api-data", "api", "api", "access"],
        "the ledger names the host that was meant"
    );
    let strict = line.client.get(line.api(picture)).bearer_auth(TOKEN);
    assert_eq!(answer(strict).await.0, 404);
    let strict = line.client.post(line.data("/v2/bot/message/push")).bearer_auth(TOKEN).json(&push);
    assert_eq!(answer(strict).await.0, 404, "api-data is another host");
}

#[tokio::test]
async fn the_example_with_curl_does_what_it_says() {
    let line = Line::start().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/curl/hello.sh");
    let run = Command::new("sh").arg(script).env("LINE_BASE", line.emulator.access_base()).output().await;
    let run = run.expect("sh and curl are there");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("push: 200") && said.contains("the same again: 409"), "{said}");
    assert_eq!(line.emulator.messages("hanako").len(), 1);
    assert_eq!(line.emulator.messages("hanako")[0]["channel"], BOT);
}
