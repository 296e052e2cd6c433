//! What the third pane shows: what LINE received, and that no answer is in it.

use std::collections::BTreeSet;
use std::time::Duration;

use askama::Template;
use serde::Serialize;
use serde_json::{Value, json};

use super::Demo;
use super::visitor::{Lost, Visitor};
use crate::app::App;
use crate::application::acts;
use crate::application::agent::Proof;
use crate::application::answers::{Answers, Purpose, out};
use crate::error::Error;
use crate::scan::{Haystack, fold};

/// Applications that one comparison opens.
const MOST: i64 = 200;

/// The page with three panes.
#[derive(Template)]
#[template(path = "demo/pages/front.html")]
pub(super) struct FrontPage<'a> {
    /// The phone, for a frame.
    pub phone: String,
    /// The staff's site, for a frame.
    pub staff: String,
    /// Sign-in name and password.
    pub clerk: &'a (String, String),
}

impl FrontPage<'_> {
    fn asset(name: &str) -> &'static str {
        crate::page::assets::path(name)
    }
}

/// The emulator's control addresses.
pub struct Control {
    base: String,
    http: reqwest::Client,
}

impl Control {
    /// On the phone's port.
    pub fn new(base: String) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { base, http })
    }

    /// `false`: every host of LINE answers 500 before it does anything.
    pub async fn line(&self, on: bool) -> Result<(), reqwest::Error> {
        let url = format!("{}/_emulator/faults", self.base);
        let request = if on {
            self.http.delete(url)
        } else {
            self.http.post(url).json(&json!({ "endpoint": "*", "kind": "error-before" }))
        };
        request.send().await?.error_for_status().map(drop)
    }

    /// Whether the person is a friend of the account now.
    pub async fn is_friend(&self, persona: &str, channel: &str) -> Result<bool, reqwest::Error> {
        let url = format!("{}/_emulator/personas", self.base);
        let people: Vec<Value> = self.http.get(url).send().await?.error_for_status()?.json().await?;
        let talks = people.iter().filter(|p| p["id"] == persona).filter_map(|p| p["channels"].as_array());
        Ok(talks.flatten().any(|c| c["channel"] == channel && c["friend"] == true))
    }

    /// The person blocks the account, or takes that back.
    pub async fn block(&self, persona: &str, channel: &str, on: bool) -> Result<(), reqwest::Error> {
        let act = if on { "block" } else { "unblock" };
        let url = format!("{}/_emulator/personas/{persona}/{act}", self.base);
        self.http.post(url).json(&json!({ "channel": channel })).send().await?.error_for_status().map(drop)
    }
}

fn every_request(demo: &Demo) -> Vec<Value> {
    let mut all = Vec::new();
    let mut since = 0;
    loop {
        let page = demo.emulator.requests(since, 1_000);
        let Some(last) = page.last().and_then(|r| r["seq"].as_u64()) else { return all };
        since = last;
        all.extend(page);
    }
}

/// The bytes of a request that LINE saw: everything but its own answer.
fn received(request: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in ["method", "path", "query", "headers", "body", "body_base64"] {
        match &request[part] {
            Value::String(text) => bytes.extend_from_slice(text.as_bytes()),
            Value::Null => {}
            other => bytes.extend_from_slice(other.to_string().as_bytes()),
        }
        bytes.push(b'\n');
    }
    bytes
}

/// Requests (raw and decoded) and words of the talk in which `q` stands.
pub(super) fn search(demo: &Demo, q: &str) -> Value {
    let word = fold(q);
    let all = every_request(demo);
    let hit = |r: &&Value| Haystack::new(&received(r)).has(&word);
    let hits: Vec<u64> = all.iter().filter(hit).filter_map(|r| r["seq"].as_u64()).collect();
    // What a person writes into the talk goes to LINE by their own hand: it is shown as theirs.
    let own = !word.is_empty()
        && super::city::PEOPLE.iter().any(|(id, ..)| {
            demo.emulator.said(id).iter().any(|text| Haystack::new(text.as_bytes()).has(&word))
        });
    let shown: Vec<&Value> =
        all.iter().rev().filter(|r| hits.contains(&r["seq"].as_u64().unwrap_or(0))).take(50).collect();
    json!({ "requests": all.len(), "found": hits.len(), "shown": shown, "own": own })
}

/// What the comparison came to.
#[derive(Serialize)]
pub(super) struct Report {
    applications: usize,
    answers: usize,
    /// Answers too short to tell from chance (はい, 2, …).
    short: usize,
    /// Applications that could not be opened: then the count proves nothing about them.
    unopened: usize,
    requests: usize,
    bytes: usize,
    found: usize,
    /// Labels of the fields whose answers were found: never the answers.
    fields: Vec<String>,
}

/// Compares every answer with every byte.
pub(super) async fn compare(app: &App, demo: &Demo) -> Result<Report, Error> {
    let requests = every_request(demo);
    let received: Vec<Vec<u8>> = requests.iter().map(received).collect();
    let bytes = received.iter().map(Vec::len).sum();
    let mut report = Report {
        applications: 0,
        answers: 0,
        short: 0,
        unopened: 0,
        requests: requests.len(),
        bytes,
        found: 0,
        fields: Vec::new(),
    };
    let words = every_answer(app, demo, &mut report).await?;
    let (found, fields) = tokio::task::spawn_blocking(move || {
        let stacks: Vec<Haystack> = received.iter().map(|b| Haystack::new(b)).collect();
        let leaked: Vec<&(String, String)> =
            words.iter().filter(|(_, word)| stacks.iter().any(|s| s.has(word))).collect();
        let fields: BTreeSet<String> = leaked.iter().map(|(label, _)| label.clone()).collect();
        (leaked.len(), fields.into_iter().collect())
    })
    .await
    .map_err(|_| Error::internal("demo", "the comparison did not end"))?;
    report.found = found;
    report.fields = fields;
    Ok(report)
}

/// Labels and folded answers of the newest applications; opened as the clerk, and audited like any look.
async fn every_answer(
    app: &App,
    demo: &Demo,
    report: &mut Report,
) -> Result<BTreeSet<(String, String)>, Error> {
    let mut x = app.db.reader().await?;
    let all = acts::list_newest(&mut x, demo.tenant, app.clock.wall().plus_secs(60), MOST).await?;
    drop(x);
    let token = clerk_session(demo).await.map_err(|_| Error::Busy)?;
    let shelf = app.catalogue.shelf(demo.tenant).ok_or(Error::NotFound)?;
    let mut words = BTreeSet::new();
    for a in all {
        let opened = app.agent.open(demo.tenant, a.id, "demo-compare", Proof::Staff(&token)).await;
        let answers = opened.ok().and_then(|o| Answers::from_canonical(&o.answers).ok());
        let (Some(answers), Some(published)) = (answers, shelf.find(a.procedure, a.form_version)) else {
            report.unopened += 1;
            continue;
        };
        report.applications += 1;
        let shown = out::rows(&answers, &published.form, Purpose::Page);
        let typed = out::input(&answers, &published.form, Purpose::Page);
        let names =
            [("氏名", "sei", "mei"), ("フリガナ", "sei_kana", "mei_kana")].map(|(label, sei, mei)| {
                // Short names alone stand in other text by chance; together they do not.
                let part = |id| typed.get(id).unwrap_or_default().to_owned();
                (label.to_owned(), part(sei) + &part(mei))
            });
        let shown = shown.iter().map(|r| (r.label.clone(), r.value.clone()));
        let typed = typed.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (label, value) in shown.chain(typed.collect::<Vec<_>>()).chain(names) {
            let word = fold(&value);
            if tells(&word) {
                report.answers += 1;
                words.insert((label, word));
            } else {
                report.short += 1;
            }
        }
    }
    Ok(words)
}

/// Signs in like a clerk: the key agent accepts nothing less than a session.
async fn clerk_session(demo: &Demo) -> Result<String, Lost> {
    let mut clerk = Visitor::new()?;
    let page = clerk.get(&format!("{}/nishio/sign-in", demo.staff)).await?;
    let (login, password) = &demo.checker;
    let seen = clerk.send(&page, "/sign-in", &[("login", login), ("password", password)]).await?;
    clerk.cookie("staff").ok_or(Lost::Missing { what: "a session", status: seen.status })
}

/// Long enough that it does not stand in other text by chance.
fn tells(word: &str) -> bool {
    let wide = word.chars().filter(|c| !c.is_ascii()).count();
    wide >= 3 || word.len() >= 6
}
