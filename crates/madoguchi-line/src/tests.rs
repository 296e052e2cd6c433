//! The LINE side on a real database (SQLite), with a LINE that is not there. Stories with a LINE that
//! answers are told in the window's tests, with the emulator, on both databases.

use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use madoguchi_base::db::{Class, Db, DbConfig, Never, Stop, Tx};
use madoguchi_base::keys::Keys;
use madoguchi_base::{
    AccountId, ApplicationId, Clock, Day, Millis, NoticeId, ProcedureId, Receipt, TenantId, on,
};
use sqlx::migrate::Migrator;

use crate::Line;
use crate::channel::{BotPrompt, ChannelSettings};
use crate::friends::{self, Reach};
use crate::login;
use crate::notice::{self, DeliveryState, Notice, NoticeKind, PageToken};
use crate::store;
use crate::wording::{self, ProcedureKind, Sentence, Wording};

const USER: &str = "U0123456789abcdef0123456789abcdef";
const SECRET: &str = "messagingsecret";

struct Desk {
    line: Line,
    db: Db,
    keys: Keys,
    clock: Clock,
    tenant: TenantId,
    account: AccountId,
    _dir: tempfile::TempDir,
}

impl Desk {
    /// A municipality with a channel whose addresses answer nothing, and one linked person.
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("dir");
        let url = format!("sqlite:{}", dir.path().join("t.db").display());
        let db = Db::open(DbConfig { url, connections: 2, ballast_mb: 0 }).await.expect("database");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let sqlite = Migrator::new(root.join("sqlite")).await.expect("migrations");
        let postgres = Migrator::new(root.join("postgres")).await.expect("migrations");
        db.migrate(&sqlite, &postgres).await.expect("migrated");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        let clock = Clock::fixed(Millis(1_795_327_200_000));
        let line = Line::new(db.clone(), keys.clone(), clock.clone()).expect("line");
        let tenant = "232131".parse().expect("Nishio");
        let account = AccountId::new(&clock);
        let desk = Self { line, db, keys, clock, tenant, account, _dir: dir };
        let settings = ChannelSettings {
            login_id: "1".into(),
            login_secret: "loginsecret".into(),
            messaging_id: "2".into(),
            messaging_secret: SECRET.into(),
            access_base: "http://127.0.0.1:9".into(),
            api_base: "http://127.0.0.1:9".into(),
            data_base: "http://127.0.0.1:9".into(),
            callback_base: "http://nishio.demo.localhost:8080".into(),
            bot_prompt: BotPrompt::Normal,
        };
        desk.write(move |(), tx| {
            Box::pin(async move {
                Ok(crate::mode::set(tx, tenant, crate::mode::LineMode::Full, Millis(0)).await?)
            })
        })
        .await;
        desk.line.set_channel(tenant, &settings).await.expect("channel");
        desk.link().await;
        desk
    }

    async fn write<F>(&self, f: F)
    where
        F: for<'a> Fn(&'a (), &'a mut Tx) -> BoxFuture<'a, Result<(), Stop<Never>>> + Send + Sync + 'static,
    {
        self.db.write("test", Class::Person, self.tenant, (), f).await.expect("written");
    }

    async fn link(&self) {
        let hash = self.line.inner.user_hash(self.tenant, USER);
        let sealed = self.keys.seal(&login::user_aad(self.tenant, &hash), USER.as_bytes());
        let (tenant, account, at) = (self.tenant, self.account, self.clock.wall());
        self.write(move |(), tx| {
            let (hash, sealed) = (hash.clone(), sealed.clone());
            Box::pin(async move {
                store::identity::insert(tx, tenant, account, &hash, &sealed, at).await?;
                Ok(())
            })
        })
        .await;
    }

    fn notice(&self, application: ApplicationId, kind: NoticeKind) -> Notice {
        Notice::new(
            NoticeId::new(&self.clock),
            self.tenant,
            self.account,
            application,
            ProcedureId::derive(self.tenant, "suido-start"),
            kind,
            Receipt::random(),
            Day::new(2026, 12, 1),
            None,
            PageToken::random(),
            self.clock.wall(),
        )
    }

    async fn enqueue(&self, notices: Vec<Notice>) {
        self.write(move |(), tx| {
            let notices = notices.clone();
            Box::pin(async move { Ok(notice::enqueue(tx, &notices).await?) })
        })
        .await;
    }

    async fn states(&self, application: ApplicationId) -> Vec<DeliveryState> {
        let mut reader = self.db.reader().await.expect("reader");
        let views = notice::of_application(&mut reader, self.tenant, application).await.expect("views");
        views.into_iter().map(|v| v.state).collect()
    }

    async fn keys_of(&self, application: ApplicationId) -> Vec<(String, Option<String>, Option<i64>)> {
        let mut reader = self.db.reader().await.expect("reader");
        on!(&mut reader, |c| sqlx::query_as(
            "select state, retry_key, first_unknown_at from line_notice where application_id = $1 order by seq"
        )
        .bind(application.to_string())
        .fetch_all(c)
        .await)
        .expect("rows")
    }

    async fn is_sound(&self) {
        let mut reader = self.db.reader().await.expect("reader");
        assert_eq!(crate::check::invariants(&mut reader).await.expect("checked"), []);
    }

    async fn hears(&self, events: &str) {
        let body = format!("{{\"destination\":\"U1\",\"events\":[{events}]}}");
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
        let signature = STANDARD.encode(mac);
        self.line.webhook(self.tenant, Some(&signature), body.as_bytes()).await.expect("taken");
    }

    async fn reach(&self) -> Reach {
        let mut reader = self.db.reader().await.expect("reader");
        friends::state(&mut reader, self.tenant, self.account).await.expect("state")
    }
}

fn event(id: &str, kind: &str, at: i64) -> String {
    format!(
        "{{\"type\":\"{kind}\",\"timestamp\":{at},\"webhookEventId\":\"{id}\",\
         \"source\":{{\"type\":\"user\",\"userId\":\"{USER}\"}}}}"
    )
}

#[tokio::test]
async fn while_line_is_away_notices_wait_with_frozen_keys_and_end_in_time() {
    let desk = Desk::new().await;
    let application = ApplicationId::new(&desk.clock);
    let kinds = [NoticeKind::Submitted, NoticeKind::Accepted];
    desk.enqueue(kinds.map(|k| desk.notice(application, k)).to_vec()).await;
    desk.line.run_once().await;
    assert_eq!(desk.states(application).await, [DeliveryState::Waiting; 2]);
    let before = desk.keys_of(application).await;
    assert!(before[0].1.is_some() && before[0].2.is_none(), "frozen, certainly not sent: {before:?}");
    assert!(before[1].1.is_none(), "the older notice of the account blocks the younger one");
    desk.is_sound().await;
    desk.clock.advance_ms(3_600_000);
    desk.line.run_once().await;
    assert_eq!(desk.keys_of(application).await[0].1, before[0].1, "the same key an hour later");
    desk.clock.advance_ms(20 * 3_600_000);
    desk.line.run_once().await;
    assert_ne!(desk.keys_of(application).await[0].1, before[0].1, "never sent: the old key is renewed");
    desk.clock.advance_ms(8 * 86_400_000);
    desk.line.run_once().await;
    desk.line.run_once().await;
    assert_eq!(desk.states(application).await, [DeliveryState::Expired; 2]);
    desk.is_sound().await;
}

#[tokio::test]
async fn an_attempt_that_nobody_recorded_is_doubtful_and_keeps_its_key() {
    let desk = Desk::new().await;
    let application = ApplicationId::new(&desk.clock);
    desk.enqueue(vec![desk.notice(application, NoticeKind::Submitted)]).await;
    desk.line.run_once().await;
    let key = desk.keys_of(application).await[0].1.clone();
    // As a crash between the claim and the record leaves it.
    desk.write(|(), tx| {
        Box::pin(async move {
            on!(tx, |c| sqlx::query("update line_notice set state = 'sending', attempting_at = key_at + 5")
                .execute(c)
                .await
                .map(drop))?;
            Ok(())
        })
    })
    .await;
    let again = Line::new(desk.db.clone(), desk.keys.clone(), desk.clock.clone()).expect("line");
    again.reload_channels().await.expect("channels");
    again.run_once().await;
    assert!(desk.keys_of(application).await[0].2.is_some(), "taken over although nothing else is due");
    let after = desk.keys_of(application).await;
    assert_eq!(after[0].1, key);
    assert!(after[0].2.is_some(), "doubtful from the claim on: {after:?}");
    assert_eq!(desk.states(application).await, [DeliveryState::Checking]);
    desk.clock.advance_ms(20 * 3_600_000 + 60_000);
    again.run_once().await;
    assert_eq!(desk.keys_of(application).await[0], ("parked".into(), key, after[0].2));
    desk.is_sound().await;
}

#[tokio::test]
async fn who_unlinks_is_left_alone() {
    let desk = Desk::new().await;
    let application = ApplicationId::new(&desk.clock);
    desk.enqueue(vec![desk.notice(application, NoticeKind::Submitted)]).await;
    desk.line.run_once().await;
    let (tenant, account, at) = (desk.tenant, desk.account, desk.clock.wall());
    desk.write(move |(), tx| {
        Box::pin(async move {
            login::unlink(tx, tenant, account, at).await?;
            Ok(())
        })
    })
    .await;
    assert_eq!(desk.states(application).await, [DeliveryState::Stopped]);
    assert_eq!(desk.reach().await, Reach::NotReachable);
    desk.is_sound().await;
}

#[tokio::test]
async fn friend_state_goes_by_the_time_of_the_event_and_each_event_counts_once() {
    let desk = Desk::new().await;
    assert_eq!(desk.reach().await, Reach::Unknown);
    desk.hears("").await;
    desk.hears(&event("e2", "unfollow", 2_000)).await;
    desk.hears(&event("e1", "follow", 1_000)).await;
    assert_eq!(desk.reach().await, Reach::NotReachable, "the follow came late");
    desk.hears(&[event("e3", "follow", 3_000), event("e3", "unfollow", 9_000)].join(",")).await;
    desk.hears(&event("e3", "unfollow", 9_000)).await;
    assert_eq!(desk.reach().await, Reach::Friend, "an id has its effect once");
    let application = ApplicationId::new(&desk.clock);
    desk.hears(&event("e4", "unfollow", 4_000)).await;
    desk.enqueue(vec![desk.notice(application, NoticeKind::Submitted)]).await;
    desk.line.run_once().await;
    assert_eq!(desk.states(application).await, [DeliveryState::Undeliverable]);
    desk.is_sound().await;
}

#[tokio::test]
async fn the_published_wording_is_what_is_frozen() {
    let desk = Desk::new().await;
    let tenant = desk.tenant;
    let procedure = ProcedureId::derive(tenant, "suido-start");
    let at = desk.clock.wall();
    desk.write(move |(), tx| {
        Box::pin(async move {
            let title = "水道の使用開始";
            let Ok(w) = Wording::new(title, false, ProcedureKind::Contract, "https://a.example") else {
                return Ok(());
            };
            wording::publish(tx, tenant, procedure, &w, at).await?;
            wording::publish(tx, tenant, procedure, &w, at).await?;
            let sentence = Sentence::parse("{手続}、たしかに届きました。\n{受付番号}").ok();
            Ok(wording::reword(tx, tenant, procedure, NoticeKind::Submitted, sentence.as_ref()).await?)
        })
    })
    .await;
    let application = ApplicationId::new(&desk.clock);
    let made = desk.notice(application, NoticeKind::Submitted);
    desk.enqueue(vec![made]).await;
    desk.line.run_once().await;
    let mut reader = desk.db.reader().await.expect("reader");
    let views = notice::of_application(&mut reader, tenant, application).await.expect("views");
    let text = views[0].text.clone().expect("frozen");
    assert_eq!(text, format!("水道の使用開始、たしかに届きました。\n{}", made.receipt));
    let found = notice::by_page(&mut reader, tenant, &made.page.to_string()).await.expect("asked");
    assert_eq!(found, Some((desk.account, application)));
    assert_eq!(notice::by_page(&mut reader, tenant, "nothing").await.expect("asked"), None);
}

#[tokio::test]
async fn what_is_due_is_found_by_its_index() {
    let desk = Desk::new().await;
    let mut reader = desk.db.reader().await.expect("reader");
    let plan: Vec<(i64, i64, i64, String)> = on!(&mut reader, |c| sqlx::query_as(
        "explain query plan select n.id from line_notice n where n.tenant_id = $1 \
         and n.state in ('waiting', 'frozen') and n.next_at <= $2 \
         and not exists (select 1 from line_notice o where o.tenant_id = n.tenant_id \
         and o.account_id = n.account_id and o.seq < n.seq and o.state in ('waiting', 'frozen', 'sending')) \
         order by n.next_at, n.seq limit $3"
    )
    .fetch_all(c)
    .await)
    .expect("plan");
    let plan: Vec<String> = plan.into_iter().map(|(_, _, _, detail)| detail).collect();
    let plan = plan.join("; ");
    assert!(plan.contains("line_notice_due"), "{plan}");
    assert!(plan.contains("line_notice_open"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
