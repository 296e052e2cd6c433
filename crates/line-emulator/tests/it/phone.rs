use crate::login::{authorize, decide, seen};
use crate::support::{Line, answer, header};
use line_emulator::{Config, start};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_phone_knows_its_person_and_allows_no_inline_script() {
    let config =
        Config { frame_ancestors: vec!["http://nishio.demo.localhost:8080".into()], ..Config::default() };
    let emulator = start(config).await.expect("start");
    let line = Line { emulator, client: crate::support::client() };
    let page = line.client.get(line.access("/phone/hanako?embed=1")).send().await.expect("answer");
    let cookie = header(&page, "set-cookie");
    assert!(cookie.starts_with("phone_person=hanako;") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Domain"), "host-only");
    let policy = header(&page, "content-security-policy");
    assert!(policy.contains("script-src 'self'"));
    assert!(policy.contains("frame-ancestors 'self' http://nishio.demo.localhost:8080"));
    let html = page.text().await.expect("page");
    assert!(html.contains("西尾 花子") && !html.contains("LINE"), "no name of another company in the frame");
    assert_eq!(line.client.get(line.access("/phone/nobody")).send().await.expect("answer").status(), 404);
    assert!(line.emulator.requests(0, 10).is_empty(), "the phone is not in the ledger");
}

#[tokio::test]
async fn news_reach_a_waiting_phone_and_a_stop_lets_it_go() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let state = line.get_json(&line.access("/phone/hanako/state")).await;
    let version = state["version"].as_str().expect("version").to_owned();
    let wait = |version: String| {
        let url = line.access("/phone/hanako/state");
        line.client.get(url).query(&[("after", version)]).send()
    };
    let push = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer(line.push(&line.text_to("hanako", "できました").await)).await
    };
    let begin = Instant::now();
    let (news, _) = tokio::join!(wait(version), push);
    let news: serde_json::Value = news.expect("answer").json().await.expect("JSON");
    assert_eq!(news["talks"][0]["lines"][0]["message"]["text"], "できました");
    assert!(begin.elapsed() < Duration::from_secs(10));
    let waiting = wait(news["version"].as_str().expect("version").to_owned());
    let Line { emulator, .. } = line;
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        emulator.shutdown().await;
    };
    let (answer, ()) = tokio::join!(waiting, stop);
    assert_eq!(answer.expect("answer").status(), 200);
    assert!(begin.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn pages_of_other_sites_cannot_use_our_own_addresses() {
    let line = Line::start().await;
    for path in ["/_emulator/channels", "/phone", "/phone/hanako", "/"] {
        let asked = |host: &str| line.client.get(line.access(path)).header("host", host).send();
        for host in ["evil.example", "evil.example:8090", "192.0.2.1", "localhost.evil.example"] {
            let got = asked(host).await.expect("answer");
            assert_eq!(got.status(), 421, "{path} as {host}");
            assert!(!got.text().await.expect("text").contains("secret"), "{path} as {host}");
        }
        for host in ["localhost:1", "line.demo.localhost:1", "[::1]"] {
            assert!(asked(host).await.expect("answer").status().as_u16() < 400, "{path} as {host}");
        }
    }
    let post = |kind: &'static str| {
        let request = line.client.post(line.access("/_emulator/personas"));
        request
            .header("origin", "https://evil.example")
            .header("content-type", kind)
            .body(r#"{"count":1}"#)
            .send()
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        assert_eq!(post(kind).await.expect("answer").status(), 415, "{kind}");
    }
    assert_eq!(post("application/json; charset=utf-8").await.expect("answer").status(), 201);
    let program = line.client.post(line.access("/_emulator/personas")).body(r#"{"count":1}"#).send();
    assert_eq!(program.await.expect("answer").status(), 201, "a program need not say the type");
    let empty = line.client.post(line.access("/_emulator/webhooks")).send().await.expect("answer");
    assert_eq!(empty.status(), 200, "nothing to say needs no type");
}

#[tokio::test]
async fn every_page_for_people_begins_with_the_banner() {
    const BANNER: &str = "デモ：<架空>の窓口です。";
    let line = Line::of(Config { banner: Some(BANNER.into()), ..Config::default() }).await;
    let get = |path: &str| seen(line.client.get(line.access(path)));
    let mut pages = Vec::new();
    for path in
        ["/phone", "/phones", "/phone/hanako", "/phone/hanako?embed=1", "/phone/nobody", "/oauth2/none"]
    {
        pages.push((path, get(path).await));
    }
    let sheet = authorize(&line, "maria", &[("bot_prompt", "aggressive")]).await;
    let friend = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    let expired = decide(&line, &sheet, "consent", &[("decision", "allow")]).await;
    pages.extend([("consent", sheet), ("friend", friend), ("expired", expired)]);
    pages.push(("choose", authorize(&line, "", &[]).await));
    pages.push(("error", authorize(&line, "taro", &[("client_id", "1")]).await));
    for (name, page) in pages {
        let (before, after) = page.page.split_once("<p class=\"note\" role=\"note\">").expect(name);
        assert!(before.trim_end().ends_with('>') && !before.contains("<main"), "{name}: at the top");
        assert!(after.starts_with("デモ：&#60;架空&#62;の窓口です。</p>"), "{name}: {after}");
    }
    let plain = Line::start().await;
    let page = seen(plain.client.get(plain.access("/phone/hanako"))).await.page;
    assert!(!page.contains("role=\"note\""));
}

#[tokio::test]
async fn of_several_phones_the_one_that_is_touched_is_in_the_hand() {
    let line = Line::start().await;
    let page = seen(line.client.get(line.access("/phones?people=taro,maria"))).await.page;
    assert!(page.contains("/phone/taro?embed=1") && page.contains("/phone/maria?embed=1"));
    assert!(!page.contains("/phone/hanako?embed=1"));
    let hold = |who: &str| line.client.post(line.access(&format!("/phone/{who}/hold")));
    let answer = hold("taro").send().await.expect("answer");
    assert_eq!(answer.status(), 204);
    assert!(header(&answer, "set-cookie").starts_with("phone_person=taro;"));
    assert_eq!(hold("nobody").send().await.expect("answer").status(), 404);
    for site in ["cross-site", "same-site"] {
        let foreign = hold("taro").header("sec-fetch-site", site).send().await.expect("answer");
        assert_eq!(foreign.status(), 403, "another page must not choose who is here: {site}");
    }
}

#[tokio::test]
async fn only_phones_show_pictures_of_other_origins() {
    let line = Line::start().await;
    let policy = async |path: &str| {
        let answer = line.client.get(line.access(path)).send().await.expect("answer");
        header(&answer, "content-security-policy")
    };
    assert!(policy("/phone/hanako").await.contains("img-src 'self' data: http: https:;"));
    assert!(policy("/oauth2/v2.1/authorize").await.contains("img-src 'self' data: ;"));
}
