//! Many notices, much trouble, a clock that the test moves: each arrives once, in the order of its person.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_base::db::{Class, Never, Stop};
use madoguchi_base::keys::Aad;
use madoguchi_base::{AccountId, ApplicationId, NoticeId, ProcedureId, Receipt};
use madoguchi_line::notice::{self, Notice, NoticeKind, PageToken};
use madoguchi_line::{Line, Options};
use serde_json::{Value, json};

use crate::both;
use crate::line::PUSH;
use crate::world::{On, Wish, World, client, has_postgres};

const CHANNEL: &str = "1657000002";

/// People who have signed in some time ago, without the way through a browser.
struct Crowd {
    ids: Vec<String>,
    accounts: Vec<AccountId>,
}

impl World {
    /// `count` people who are friends of the account and known to us.
    async fn crowd(&self, count: usize) -> Crowd {
        let url = format!("{}/_emulator/personas", self.phone);
        let made = client().post(&url).json(&json!({ "count": count, "friend_of": CHANNEL })).send();
        let made: Value = made.await.expect("emulator").json().await.expect("json");
        let ids: Vec<String> = made["ids"]
            .as_array()
            .expect("ids")
            .iter()
            .map(|i| i.as_str().expect("an id").to_owned())
            .collect();
        let all: Value = client().get(&url).send().await.expect("emulator").json().await.expect("json");
        let users: HashMap<&str, &str> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|p| Some((p["id"].as_str()?, p["channels"][0]["user_id"].as_str()?)))
            .collect();
        let mut accounts = Vec::new();
        for some in ids.chunks(100) {
            let rows: Vec<String> = some
                .iter()
                .map(|id| {
                    let account = AccountId::new(&self.clock);
                    accounts.push(account);
                    self.identity(account, users[id.as_str()])
                })
                .collect();
            let rows = rows.join(", ");
            self.sql(format!(
                "insert into line_identity (tenant_id, account_id, user_hash, user_sealed, linked_at) values {rows}"
            ))
            .await;
        }
        Crowd { ids, accounts }
    }

    /// A row of `line_identity` as sign-in writes it.
    fn identity(&self, account: AccountId, user: &str) -> String {
        let mac = self.app.keys.mac("line-user", &[self.tenant.to_string().as_bytes(), user.as_bytes()]);
        let hash = URL_SAFE_NO_PAD.encode(mac);
        let aad =
            Aad { tenant: self.tenant, table: "line_identity", column: "user_sealed", row: &hash, round: 0 };
        let sealed = hex::encode(self.app.keys.seal(&aad, user.as_bytes()));
        let blob = if self.is_sqlite() { format!("x'{sealed}'") } else { format!("'\\x{sealed}'") };
        format!("('{}', '{account}', '{hash}', {blob}, 1)", self.tenant)
    }

    /// Promises each person `each` notices, numbered from 1, person by person.
    async fn promises(&self, crowd: &Crowd, each: u16) {
        let mut all = Vec::new();
        for account in &crowd.accounts {
            let application = ApplicationId::new(&self.clock);
            for n in 1..=each {
                all.push(Notice::new(
                    NoticeId::new(&self.clock),
                    self.tenant,
                    *account,
                    application,
                    ProcedureId::derive(self.tenant, "suido-start"),
                    NoticeKind::Accepted,
                    Receipt::random(),
                    None,
                    Some(n),
                    PageToken::random(),
                    self.clock.wall(),
                ));
            }
        }
        for some in all.chunks(64) {
            let written = self.app.db.write("test", Class::Bulk, self.tenant, some.to_vec(), |some, tx| {
                Box::pin(async move { Ok::<_, Stop<Never>>(notice::enqueue(tx, some).await?) })
            });
            written.await.expect("promised");
        }
    }

    /// Everybody has every number once, in order.
    fn all_have_all_in_order(&self, crowd: &Crowd, each: u16) {
        let wanted: Vec<u16> = (1..=each).collect();
        for id in &crowd.ids {
            let numbers: Vec<u16> = self.talk(id).iter().map(number).collect();
            assert_eq!(numbers, wanted, "{id}");
        }
    }

    async fn open_notices(&self) -> i64 {
        self.count("line_notice where state <> 'accepted'").await
    }

    /// A LINE side that does not wait ten seconds for an answer.
    async fn impatient(&self, answer_within: Duration) -> Line {
        let options = Options { answer_within: Some(answer_within), ..Options::default() };
        let (db, keys) = (self.app.db.clone(), self.app.keys.clone());
        let line = Line::with_options(db, keys, self.clock.clone(), options).expect("line");
        line.reload_channels().await.expect("channels");
        line
    }
}

/// The number of days in 「結果のお知らせの目安は{日数}日です」.
fn number(message: &Value) -> u16 {
    let text = message["message"]["template"]["text"].as_str().expect("a text");
    let rest = text.split_once("目安は").expect("the line with the number").1;
    rest.split('日').next().expect("a number").parse().expect("a number")
}

/// 500 after acceptance for every third, no answer for some: everybody has each exactly once.
async fn doubtful(world: &World, people: usize, each: u16) {
    let crowd = world.crowd(people).await;
    world.promises(&crowd, each).await;
    world.fault(json!({ "endpoint": PUSH, "kind": "error-after-accept", "every": 3 })).await;
    world
        .fault(json!({ "endpoint": PUSH, "kind": "hang-after-accept", "every": 41, "times": 40, "delay_ms": 60_000 }))
        .await;
    let line = world.impatient(Duration::from_millis(700)).await;
    for round in 0..2_000 {
        line.run_once().await;
        if world.open_notices().await == 0 {
            break;
        }
        world.later(if round < 100 { 1_500 } else { 30_000 });
    }
    assert_eq!(world.open_notices().await, 0, "LINE took everything in the end");
    world.all_have_all_in_order(&crowd, each);
}

/// Nobody at LINE for six hours, thousands waiting: people submit, and afterwards everything arrives in order.
async fn six_hours(world: &World, people: usize, each: u16) {
    let crowd = world.crowd(people).await;
    let mut hanako = world.citizen("hanako").await;
    hanako.enters("suido-start").await;
    world.line_goes_away().await;
    world.promises(&crowd, each).await;
    for _ in 0..12 {
        world.run_jobs().await;
        world.later(30 * 60_000);
    }
    assert_eq!(world.statuses().len(), 0);
    assert_eq!(world.open_notices().await, i64::try_from(people).expect("few") * i64::from(each));
    world.line_comes_back().await;
    let mut taro = world.citizen("taro").await;
    taro.submits("suido-start", &world.sample("suido-start")).await;
    for _ in 0..2_000 {
        world.run_jobs().await;
        if world.open_notices().await == 0 {
            break;
        }
        world.later(1_500);
    }
    assert_eq!(world.open_notices().await, 0);
    world.all_have_all_in_order(&crowd, each);
    assert_eq!(world.talk("taro").len(), 1, "who came in between, too");
}

both! {
    async fn a_thousand_doubtful_notices_reach_everybody_exactly_once_and_in_order(world: World) {
        doubtful(&world, 200, 5).await;
        world.end().await;
    }
}

both! {
    async fn two_thousand_notices_of_few_people_wait_six_hours_for_line_and_then_arrive_in_order(world: World) {
        six_hours(&world, 20, 100).await;
        world.end().await;
    }
}

/// The full counts, for somebody with time: `cargo nextest run --run-ignored only hardening`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: the full counts"]
async fn five_thousand_doubtful_notices_and_twenty_thousand_after_six_hours() {
    for on in [On::Sqlite, On::Postgres] {
        if on == On::Sqlite || has_postgres() {
            let world = World::new(Wish::on(on)).await;
            doubtful(&world, 1_000, 5).await;
            world.end().await;
            let world = World::new(Wish::on(on)).await;
            six_hours(&world, 2_000, 10).await;
            world.end().await;
        }
    }
}
