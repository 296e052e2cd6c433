//! A running emulator and short ways to ask it.

use line_emulator::{Config, Emulator, Seed, start};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;

pub(crate) const LOGIN: &str = "1650000001";
pub(crate) const BOT: &str = "1650000002";
pub(crate) const TOKEN: &str = "emulator-long-lived-token";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const BOT_SECRET: &str = "fedcba9876543210fedcba9876543210";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:8080/line/mihon/callback";

pub(crate) struct Line {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
}

pub(crate) fn client() -> Client {
    let policy = reqwest::redirect::Policy::none();
    Client::builder().no_proxy().redirect(policy).build().expect("client")
}

impl Line {
    pub(crate) async fn start() -> Self {
        Self::with(Seed::demo(), None).await
    }

    pub(crate) async fn with(seed: Seed, folder: Option<&Path>) -> Self {
        Self::of(Config { seed, data_dir: folder.map(Into::into), ..Config::default() }).await
    }

    pub(crate) async fn of(config: Config) -> Self {
        let emulator = start(config).await.expect("the emulator starts");
        Self { emulator, client: client() }
    }

    pub(crate) fn access(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.access_base())
    }

    pub(crate) fn api(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.api_base())
    }

    pub(crate) fn data(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.data_base())
    }

    /// A control address, which must accept.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(self.access(&format!("/_emulator/{path}"))).json(&body);
        let answer = request.send().await.expect("answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    pub(crate) async fn act(&self, persona: &str, deed: &str) {
        self.control(&format!("personas/{persona}/{deed}"), json!({ "channel": BOT })).await;
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    pub(crate) async fn user_id(&self, persona: &str) -> String {
        let people = self.get_json(&self.access("/_emulator/personas")).await;
        let person = people.as_array().expect("list").iter().find(|p| p["id"] == persona).expect("person");
        person["channels"][0]["user_id"].as_str().expect("id").to_owned()
    }

    pub(crate) async fn get_json(&self, url: &str) -> Value {
        self.client.get(url).send().await.expect("answer").json().await.expect("JSON")
    }

    pub(crate) fn bot(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("method");
        self.client.request(method, self.api(path)).bearer_auth(TOKEN)
    }

    pub(crate) fn push(&self, body: &Value) -> RequestBuilder {
        self.bot("POST", "/v2/bot/message/push").json(body)
    }

    pub(crate) async fn text_to(&self, persona: &str, text: &str) -> Value {
        json!({ "to": self.user_id(persona).await, "messages": [{ "type": "text", "text": text }] })
    }

    pub(crate) fn arrived(&self, persona: &str) -> usize {
        self.emulator.messages(persona).len()
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("answer");
    let status = answer.status().as_u16();
    let body = answer.text().await.expect("body");
    (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

pub(crate) fn header(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name).and_then(|v| v.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// Hidden fields of a page, by name.
pub(crate) fn seen_fields(page: &str) -> HashMap<String, String> {
    let quoted = |text: &str| text.split('"').next().unwrap_or_default().to_owned();
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .map(|input| (quoted(input), input.split("value=\"").nth(1).map(quoted).unwrap_or_default()))
        .collect()
}
