//! The real programs as processes of their own, so that they can be killed: `madoguchi serve`, and LINE.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use madoguchi::check::{self, Finding};
use madoguchi::demo::city::{self, LineHosts};
use madoguchi::procedure;
use madoguchi::setup;
use madoguchi_base::Clock;
use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;
use madoguchi_line::Line;
use madoguchi_line::channel::ChannelSettings;
use serde_json::Value;
use sqlx::Connection as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::world::{On, client, database_url};

/// One test on each database, with a city that is served by processes.
#[macro_export]
macro_rules! both_served {
    ($(async fn $name:ident($city:ident: City) $body:block)*) => {
        $(mod $name {
            use super::*;
            async fn story($city: City) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story($crate::process::City::new($crate::world::On::Sqlite).await).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if $crate::world::has_postgres() {
                    story($crate::process::City::new($crate::world::On::Postgres).await).await;
                }
            }
        })*
    };
}

/// A municipality on disk, ready to be served, and a LINE beside it that outlives every kill.
pub struct City {
    pub on: On,
    pub url: String,
    /// `http://nishio.demo.localhost:PORT`.
    pub origin: String,
    pub staff: String,
    /// Where the emulator's phone and control addresses are.
    pub phone: String,
    pub api: String,
    pub http: reqwest::Client,
    _emulator: Child,
    pub ports: [u16; 2],
    channels: ChannelSettings,
    /// Lines for the section `[database]`.
    pub database: String,
    dir: tempfile::TempDir,
}

/// A port below those that outgoing connections get: a client must not sit on it while the server is down.
fn free_port() -> u16 {
    loop {
        let [a, b] = madoguchi_base::random::bytes();
        let port = 12_000 + u16::from_be_bytes([a, b]) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The emulator's program, beside ours; `cargo xtask test` builds it before.
fn emulator_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_madoguchi")).with_file_name("line-emulator");
    if !program.exists() {
        let built =
            Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "line-emulator"]).status();
        assert!(built.is_ok_and(|s| s.success()), "cargo build -p line-emulator");
    }
    program
}

pub async fn lines_until_ready(child: &mut Child) -> Vec<String> {
    let out = child.stdout.take().expect("output");
    let mut lines = BufReader::new(out).lines();
    let mut seen = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if line == "ready" {
            return seen;
        }
        seen.push(line);
    }
    panic!("it ended before it was ready: {seen:?}");
}

impl City {
    pub async fn new(on: On) -> Self {
        let dir = tempfile::tempdir().expect("dir");
        let url = database_url(on, dir.path()).await;
        Self::over(on, dir, url).await
    }

    /// A city whose database is elsewhere.
    pub async fn over(on: On, dir: tempfile::TempDir, url: String) -> Self {
        let ports = [free_port(), free_port()];
        let origin = format!("http://nishio.demo.localhost:{}", ports[0]);
        let staff = format!("http://staff.demo.localhost:{}", ports[1]);
        let webhook = format!("http://127.0.0.1:{}/line/232131/webhook", ports[0]);
        let seed = city::seed(vec![format!("{origin}/line/232131/callback")], webhook);
        let provider = seed.providers[0].clone();
        let file = dir.path().join("line.json");
        std::fs::write(&file, serde_json::to_vec(&seed).expect("json")).expect("write");
        let mut emulator = tokio::process::Command::new(emulator_program())
            .args(["--port", "0", "--config"])
            .arg(&file)
            .arg("--data")
            .arg(dir.path().join("line"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the emulator");
        let said = lines_until_ready(&mut emulator).await;
        let at = |name: &str| {
            let line = said.iter().find_map(|l| l.strip_prefix(name)).expect("an address");
            line.trim().to_owned()
        };
        let hosts = LineHosts { access: at("access "), api: at("api "), data: at("api-data ") };
        let (phone, api) = (hosts.access.clone(), hosts.api.clone());
        let db = setup::database(&url, 4).await.expect("database");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        let channels = city::channels(&provider, &hosts, &origin);
        let new = setup::NewTenant {
            municipality: procedure::builtin_municipality(),
            sources: procedure::builtin(),
            channels: channels.clone(),
            mode: Some(madoguchi_line::mode::LineMode::Full),
            public_url: origin.clone(),
        };
        let clock = Clock::system();
        setup::municipality(&db, &keys, &clock, new).await.expect("municipality");
        db.close().await;
        let (http, database) = (client(), "ballast_mb = 0\n".to_owned());
        Self { on, url, origin, staff, phone, api, http, _emulator: emulator, ports, channels, database, dir }
    }

    /// The program speaks to LINE's api host by another address from its next start on.
    pub async fn speaks_through(&self, api_base: &str) {
        let settings = ChannelSettings { api_base: api_base.to_owned(), ..self.channels.clone() };
        let db = self.open().await;
        let keys = Keys::load(&self.keys_dir()).expect("keys");
        let line = Line::new(db.clone(), keys, Clock::system()).expect("the LINE side");
        line.set_channel("232131".parse().expect("tenant"), &settings).await.expect("channel");
        db.close().await;
    }

    pub fn keys_dir(&self) -> PathBuf {
        self.folder().join("keys")
    }

    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub fn site(&self) -> String {
        format!("{}/nishio", self.origin)
    }

    /// Starts `madoguchi serve`, with a fault point or none; it may not be ready yet.
    pub fn spawn(&self, fault: &str) -> Child {
        self.spawn_at(fault, self.ports)
    }

    /// A second node (PostgreSQL only) on ports of its own.
    pub fn spawn_second(&self) -> Child {
        self.spawn_at("", [free_port(), free_port()])
    }

    fn spawn_at(&self, fault: &str, ports: [u16; 2]) -> Child {
        let database = format!("[database]\nurl = {:?}\nconnections = 8\n{}", self.url, self.database);
        let config = self.config(&self.keys_dir(), ports, &database);
        self.start(&ports[0].to_string(), &format!("fault_points = {fault:?}\n{config}"))
    }

    /// Settings of a server; `more` are whole tables.
    pub fn config(&self, keys: &Path, [public, staff]: [u16; 2], more: &str) -> String {
        format!(
            "public_url = {:?}\nstaff_url = {:?}\nkeys_dir = \"{}\"\n\
             [files]\nfolder = \"{}\"\n\
             [listen]\npublic = \"127.0.0.1:{public}\"\nstaff = \"127.0.0.1:{staff}\"\n\
             [log]\nlevel = \"warn\"\n{more}",
            self.origin,
            self.staff,
            keys.display(),
            self.folder().join("files").display(),
        )
    }

    /// Starts `madoguchi serve` with these settings; it may not be ready yet.
    pub fn start(&self, name: &str, config: &str) -> Child {
        let file = self.dir.path().join(format!("madoguchi-{name}.toml"));
        std::fs::write(&file, config).expect("write");
        let log = std::fs::File::options().append(true).create(true).open(self.dir.path().join("serve.log"));
        tokio::process::Command::new(env!("CARGO_BIN_EXE_madoguchi"))
            .args(["serve", "--config"])
            .arg(&file)
            .env("MADOGUCHI_LIMITS__SUBMITS_PER_HOUR", "0")
            .stdout(Stdio::piped())
            .stderr(log.expect("log"))
            .kill_on_drop(true)
            .spawn()
            .expect("madoguchi")
    }

    /// Starts `madoguchi serve` and waits until it says `ready`.
    pub async fn serve(&self, fault: &str) -> Child {
        let mut child = self.spawn(fault);
        lines_until_ready(&mut child).await;
        child
    }

    /// What the servers wrote to their logs.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("serve.log")).unwrap_or_default()
    }

    /// Every invariant. The database must not be served (SQLite); on PostgreSQL what the killed server had
    /// under way is waited for.
    pub async fn check(&self) -> Vec<Finding> {
        let db = self.open().await;
        let found = self.check_of(&db).await;
        db.close().await;
        found
    }

    pub async fn open(&self) -> Db {
        self.left_by_the_dead().await;
        setup::database(&self.url, 4).await.expect("database")
    }

    pub async fn check_of(&self, db: &Db) -> Vec<Finding> {
        let keys = Keys::load(&self.keys_dir()).expect("keys");
        check::run(db, &keys).await.expect("check")
    }

    /// Every invariant of what a killed server has left.
    pub async fn check_as_left(&self) -> Vec<Finding> {
        let (db, _copy) = self.as_left().await;
        let found = self.check_of(&db).await;
        db.close().await;
        found
    }

    /// What a killed server has left. On SQLite this is a copy of its files, log and all: taking up the log is
    /// left to the server that is restarted.
    pub async fn as_left(&self) -> (Db, tempfile::TempDir) {
        let copy = tempfile::tempdir().expect("folder");
        if self.on == On::Postgres {
            return (self.open().await, copy);
        }
        for name in ["madoguchi.db", "madoguchi.db-wal"] {
            let from = self.dir.path().join(name);
            if from.exists() {
                std::fs::copy(from, copy.path().join(name)).expect("copy");
            }
        }
        let url = format!("sqlite:{}", copy.path().join("madoguchi.db").display());
        (setup::database(&url, 2).await.expect("the copy opens"), copy)
    }

    async fn left_by_the_dead(&self) {
        if self.on == On::Sqlite {
            return;
        }
        let mut one = sqlx::PgConnection::connect(&self.url).await.expect("connect");
        let others = "select count(*) from pg_stat_activity where datname = current_database() \
                      and pid <> pg_backend_pid() and backend_type = 'client backend'";
        for _ in 0..1_000 {
            let left: i64 = sqlx::query_scalar(others).fetch_one(&mut one).await.expect("look");
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the dead server's connections do not end");
    }

    /// Asks the emulator's control addresses.
    pub async fn line(&self, what: &str) -> Value {
        let answer =
            self.http.get(format!("{}/_emulator/{what}", self.phone)).send().await.expect("emulator");
        answer.json().await.expect("json")
    }

    pub async fn line_does(&self, what: &str, body: Value) {
        let url = format!("{}/_emulator/{what}", self.phone);
        let answer = self.http.post(url).json(&body).send().await.expect("emulator");
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
    }

    /// What arrived in a person's talk.
    pub async fn talk(&self, persona: &str) -> Vec<Value> {
        let all = self.line(&format!("personas/{persona}/messages")).await;
        all.as_array().cloned().unwrap_or_default()
    }

    /// Every push that LINE received: retry key, status, body.
    pub async fn pushes(&self) -> Vec<(String, u64, String)> {
        let (mut all, mut since) = (Vec::new(), 0);
        loop {
            let page = self.line(&format!("requests?since={since}&limit=1000")).await;
            let Some(last) = page.as_array().and_then(|p| p.last()) else { return all };
            since = last["seq"].as_u64().expect("a number");
            let pushes =
                page.as_array().into_iter().flatten().filter(|r| r["path"] == "/v2/bot/message/push");
            all.extend(pushes.map(|r| {
                let key = r["headers"]["x-line-retry-key"].as_str().expect("a retry key").to_owned();
                let body = r["body"].as_str().expect("a body").to_owned();
                (key, r["status"].as_u64().unwrap_or(0), body)
            }));
        }
    }
}

/// Sends a signal by its name.
pub fn signal(child: &Child, name: &str) {
    let id = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
    assert!(sent.is_ok_and(|s| s.success()), "kill -{name}");
}
