//! What LINE saw of us, what we know of our notices, and LINE being away.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use madoguchi::app::App;
use madoguchi::demo::visitor::Seen;
use madoguchi_base::on;
use madoguchi_line::channel::{BotPrompt, ChannelSettings};
use serde_json::Value;

use crate::world::{Citizen, World, client};

/// The address of pushes, as faults name it.
pub const PUSH: &str = "POST /v2/bot/message/push";

/// One push as LINE received it. Status 0: the connection was dropped.
#[derive(Clone, Debug)]
pub struct Push {
    pub at: i64,
    pub key: String,
    pub status: u64,
    pub body: String,
}

/// One notice as our database has it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    pub seq: i64,
    pub account_id: String,
    pub kind: String,
    pub state: String,
    pub retry_key: Option<String>,
    pub last_outcome: Option<String>,
}

/// Every notice of an app's database, in the order in which they were promised.
pub async fn notices_of(app: &App) -> Vec<Row> {
    let mut x = app.db.reader().await.expect("reader");
    let sql = "select seq, account_id, kind, state, retry_key, last_outcome from line_notice order by seq";
    on!(&mut x, |c| sqlx::query_as(sql).fetch_all(c).await).expect("notices")
}

impl World {
    pub fn pushes(&self) -> Vec<Push> {
        let all = self.ledger();
        assert!(all.len() < 1_000, "the ledger keeps the last thousand only");
        let pushes = all.iter().filter(|r| r["path"] == "/v2/bot/message/push");
        pushes
            .map(|r| Push {
                at: r["at"].as_i64().expect("a time"),
                key: r["headers"]["x-line-retry-key"].as_str().expect("a retry key").to_owned(),
                status: r["status"].as_u64().expect("a status"),
                body: r["body"].as_str().expect("a body").to_owned(),
            })
            .collect()
    }

    /// Statuses of the pushes so far.
    pub fn statuses(&self) -> Vec<u64> {
        self.pushes().iter().map(|p| p.status).collect()
    }

    /// How often we asked for a channel access token.
    pub fn token_calls(&self) -> usize {
        self.ledger().iter().filter(|r| r["path"] == "/oauth2/v3/token").count()
    }

    pub async fn notices(&self) -> Vec<Row> {
        notices_of(&self.app).await
    }

    pub async fn states(&self) -> Vec<String> {
        self.notices().await.into_iter().map(|n| n.state).collect()
    }

    /// Time goes on until every notice is accepted: a second and a half at a time, later by half minutes (one
    /// that was unlucky often waits for five minutes).
    pub async fn drains(&self) {
        for round in 0..600 {
            self.run_jobs().await;
            if self.states().await.iter().all(|s| s == "accepted") {
                return;
            }
            self.later(if round < 100 { 1_500 } else { 30_000 });
            // A token that could not be fetched is asked for again after a second of real time.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let open: Vec<Row> = self.notices().await.into_iter().filter(|n| n.state != "accepted").collect();
        panic!("not everything was sent: {open:?}; LINE answered {:?}", self.statuses());
    }

    /// Our channel as the emulator tells of it, with another api host.
    pub async fn channel_at(&self, api_base: String) -> ChannelSettings {
        let url = format!("{}/_emulator/channels", self.phone);
        let all: Value = client().get(url).send().await.expect("emulator").json().await.expect("json");
        let find = |kind: &str| {
            let one = all.as_array().into_iter().flatten().find(|c| c["kind"] == kind).expect("a channel");
            ["id", "secret"].map(|name| one[name].as_str().expect("a text").to_owned())
        };
        let ([login_id, login_secret], [messaging_id, messaging_secret]) = (find("login"), find("messaging"));
        ChannelSettings {
            login_id,
            login_secret,
            messaging_id,
            messaging_secret,
            access_base: self.phone.clone(),
            api_base,
            data_base: self.emulator.data_base(),
            callback_base: self.origin.clone(),
            bot_prompt: BotPrompt::Normal,
        }
    }

    /// Nobody listens at LINE's api host.
    pub async fn line_goes_away(&self) {
        let settings = self.channel_at("http://127.0.0.1:9".into()).await;
        self.app.line.set_channel(self.tenant, &settings).await.expect("channel");
    }

    pub async fn line_comes_back(&self) {
        let settings = self.channel_at(self.emulator.api_base()).await;
        self.app.line.set_channel(self.tenant, &settings).await.expect("channel");
    }

    /// Each notice arrived once, in the order of its person; one key has one body; LINE never took one twice.
    pub async fn every_notice_arrived_once_and_in_order(&self, people: &[&str]) {
        let notices = self.notices().await;
        assert!(notices.iter().all(|n| n.state == "accepted"), "{notices:?}");
        let of_key: HashMap<&str, &Row> =
            notices.iter().map(|n| (n.retry_key.as_deref().expect("a key"), n)).collect();
        assert_eq!(of_key.len(), notices.len(), "a key belongs to one notice");
        let mut arrived = HashSet::new();
        for person in people {
            let mut last = (0, String::new());
            for message in self.talk(person) {
                let key = message["retry_key"].as_str().expect("a key").to_lowercase();
                let notice = of_key.get(key.as_str()).expect("a message that was promised");
                assert!(arrived.insert(key), "{person} got {} twice", notice.kind);
                assert!(last.0 < notice.seq, "{person} got {} after {}", notice.kind, last.1);
                last = (notice.seq, notice.kind.clone());
            }
        }
        assert_eq!(arrived.len(), notices.len());
        let (mut bodies, mut taken) = (HashMap::new(), HashSet::new());
        for push in self.pushes() {
            let body = bodies.entry(push.key.clone()).or_insert_with(|| push.body.clone());
            assert_eq!(*body, push.body, "frozen bytes");
            assert!(push.status != 200 || taken.insert(push.key), "LINE took it twice");
        }
        assert_eq!(self.check().await, []);
    }
}

impl Citizen<'_> {
    /// The page of an application; the session may have ended meanwhile.
    pub async fn page_of(&mut self, id: &str) -> Seen {
        let url = format!("{}/a/{id}", self.world.site());
        let seen = self.visitor.enter(&url).await.expect("page");
        assert_eq!(seen.status, 200);
        seen
    }
}
