//! The emulator by itself: pushes with the ledger on a disk, and its memory with a city of people.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::Options;
use crate::empty::Empty;
use crate::load::{self, Ask, Connection, Make, Plan};
use crate::report::{Report, ms};
use crate::server::Process;

/// Its own ports, beside those of the demo.
const PORT: u16 = 18_160;
/// Token and channel of the city that the emulator begins with.
const TOKEN: &str = "emulator-long-lived-token";
const CHANNEL: &str = "1650000002";
/// Connections and receivers of the load.
const CONNECTIONS: usize = 64;
const RECEIVERS: usize = 512;
/// People of the case `emulator-personas`.
const PERSONAS: usize = 100_000;

async fn start(programs: &Path, data: &Path) -> Result<Process> {
    let mut command = Command::new(programs.join("line-emulator"));
    command.args(["--port", &PORT.to_string(), "--data"]).arg(data).stdin(Stdio::null());
    let (process, _) = Process::start(&mut command).await?;
    Ok(process)
}

fn request(method: &Method, port: u16, path: &str, body: &Value) -> Result<Ask> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(HOST, format!("127.0.0.1:{port}")).header(CONTENT_TYPE, "application/json");
    let request = request.header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    Ok(request.body(Full::new(Bytes::from(body.to_string())))?)
}

/// One of the emulator's own addresses.
async fn ask(method: &Method, path: &str, body: &Value) -> Result<Value> {
    let answer = Connection::open(PORT).await?.ask(request(method, PORT, path, body)?).await?;
    ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_slice(answer.body()).context("JSON")
}

/// Pushes that are accepted, each in the ledger and in the journal before its answer.
pub(crate) async fn push(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    let process = start(&options.programs, data.path()).await?;
    // LINE's 2,000 a second would be all that is measured.
    let limit = json!({ "endpoint": "POST /v2/bot/message/push", "count": 1_000_000, "per_ms": 1000 });
    ask(&Method::POST, "/_emulator/limits", &limit).await?;
    let people = json!({ "count": RECEIVERS, "friend_of": CHANNEL });
    ask(&Method::POST, "/_emulator/personas", &people).await?;
    let list = ask(&Method::GET, "/_emulator/personas?since=3", &Value::Null).await?;
    let users = list.as_array().context("no list")?.iter();
    let users = users.filter_map(|person| person["channels"][0]["user_id"].as_str());
    let text = "受付番号 4821-0937-5512 の状況が変わりました。";
    let bodies = users.map(|to| json!({ "to": to, "messages": [{ "type": "text", "text": text }] }));
    let path = "/v2/bot/message/push";
    let asks =
        bodies.map(|body| request(&Method::POST, PORT + 1, path, &body)).collect::<Result<Vec<Ask>>>()?;
    let make: Make = Arc::new(move |connection, number| {
        asks[(number as usize * CONNECTIONS + connection) % asks.len()].clone()
    });
    let plan = |port| Plan {
        port,
        connections: CONNECTIONS,
        duration: Duration::from_secs(options.seconds),
        rate: None,
        expect: StatusCode::OK,
        sample_every: 0,
    };
    let measured = load::run(plan(PORT + 1), Arc::clone(&make)).await?;
    let rss_mb = process.rss_mb();
    process.stop().await?;
    let empty = Empty::start(64).await?;
    let bare = load::run(plan(empty.port), make).await?;
    let limit = Some(("empty handler that reads the same body", bare.per_second()));
    Report { rss_mb, limit, ..Report::of("emulator-push", &measured) }.print();
    Ok(())
}

/// Memory with so many people who are friends of an account; how long making them took beside it.
pub(crate) async fn personas(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    let process = start(&options.programs, data.path()).await?;
    let began = std::time::Instant::now();
    let people = json!({ "count": PERSONAS, "friend_of": CHANNEL });
    ask(&Method::POST, "/_emulator/personas", &people).await?;
    let made_ms = ms(began.elapsed());
    let rss_mb = process.rss_mb();
    let value = rss_mb.unwrap_or_default();
    process.stop().await?;
    let more = vec![("personas", PERSONAS as f64), ("made_ms", made_ms)];
    Report { name: "emulator-personas", value, unit: "MB", rss_mb, more, ..Report::default() }.print();
    Ok(())
}
