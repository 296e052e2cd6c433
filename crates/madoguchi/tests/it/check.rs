//! 点検: silent after a busy day, and each invariant speaks up when it is broken.

use std::collections::BTreeSet;

use madoguchi::check;
use madoguchi_base::Receipt;
use madoguchi_base::db::{Db, DbConfig};
use serde_json::json;

use crate::both;
use crate::world::{On, Wish, World};

/// Everything that happens on a day: arrivals, moves, a refusal, notes, failures of LINE, somebody who is no friend.
async fn busy(world: &World) {
    let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
    taro.visitor.befriends = false;
    let mut clerk = world.clerk().await;
    world
        .fault(json!({ "endpoint": "POST /v2/bot/message/push", "kind": "error-after-accept", "times": 1 }))
        .await;
    for source in &world.sources {
        let slug = source.procedure().id.as_str();
        let one = hanako.submits(slug, &world.sample(slug)).await;
        let two = taro.submits(slug, &world.sample(slug)).await;
        clerk.does(&one.id, "/accept", &[("identity", "yes")]).await;
        clerk.does(&one.id, "/note", &[("note", "電話で確認済み")]).await;
        world.run_jobs().await;
        clerk.does(&one.id, "/complete", &[]).await;
        if slug == "suido-start" {
            clerk.does(&two.id, "/reject", &[("reason", "市外のため")]).await;
        }
        world.later(600_000);
        world.run_jobs().await;
    }
    let again = hanako.submits("suido-start", &world.sample("suido-start")).await;
    let twice = hanako.submits("suido-start", &world.sample("suido-start")).await;
    clerk.asks(&again.id, &["tel"], "番号を確認してください。").await;
    hanako.corrects(&again.id, &[("tel", "080-1111-2222")]).await;
    clerk.asks(&again.id, &["tel"], "もう一度確認してください。").await;
    clerk.does(&twice.id, "/duplicate", &[("number", &again.number)]).await;
    world.clear_faults().await;
    world.later(60_000);
    world.run_jobs().await;
    // One notice still waits.
    hanako.submits("dog-death", &world.sample("dog-death")).await;
    madoguchi::jobs::run_once(&world.app, madoguchi_base::Millis(0)).await;
    for state in ["accepted", "waiting"] {
        assert!(world.count(&format!("line_notice where state = '{state}'")).await > 0, "{state}");
    }
}

/// Name of the invariant, the table that is spoilt, how. `{A}` is an application with a note, `{R}` a wrong receipt.
const SPOILT: &[(&str, &str, &str)] = &[
    ("application-key", "application_key", "delete from application_key where application_id = '{A}'"),
    ("key-epoch", "epoch_key", "delete from epoch_key"),
    (
        "arrival-once",
        "application_event",
        "update application_event set from_state = 'paid' where from_state is null and application_id = '{A}'",
    ),
    ("state-history", "application", "update application set state = 'paid' where application_id = '{A}'"),
    (
        "version-count",
        "application",
        "update application set version = version + 1 where application_id = '{A}'",
    ),
    ("event-application", "application", "delete from application where application_id = '{A}'"),
    ("event-notice", "line_notice", "delete from line_notice where application_id = '{A}'"),
    (
        "notice-event",
        "application_event",
        "update application_event set notice_id = null where application_id = '{A}' and notice_id is not null",
    ),
    (
        "submit-audit",
        "audit",
        "update audit set act = 'other' where application_id = '{A}' and act = 'application.submit'",
    ),
    ("application-account", "account", "delete from account"),
    (
        "application-owner",
        "application",
        "update application set account_id = (select max(account_id) from account c \
         where c.account_id <> application.account_id) where application_id = '{A}'",
    ),
    ("application-form", "procedure_version", "delete from procedure_version"),
    ("tenant-key", "tenant", "update tenant set public_key = (select hash from audit where seq = 1)"),
    ("session-account", "account", "delete from account"),
    ("correction-open", "application_correction", "delete from application_correction"),
    ("round-kept", "application_round", "delete from application_round"),
    ("correction-step", "application_correction", "update application_correction set application_id = 'x'"),
    ("duplicate-survivor", "application", "update application set duplicate_of = null"),
    ("note-application", "application", "delete from application where application_id = '{A}'"),
    (
        "attachment-application",
        "attachment",
        "insert into attachment (tenant_id, attachment_id, account_id, procedure_id, field, application_id, wrapped, \
         about_sealed, stored_bytes, scan, made_at) select '232131', 'x', '', '', '', 'nobody', hash, hash, 0, 'off', 0 \
         from audit where seq = 1",
    ),
    (
        "attachment-key",
        "attachment",
        "insert into attachment (tenant_id, attachment_id, account_id, procedure_id, field, about_sealed, stored_bytes, \
         scan, made_at) select '232131', 'x', '', '', '', hash, 0, 'off', 0 from audit where seq = 1",
    ),
    (
        "draft-key",
        "draft",
        "insert into draft (tenant_id, draft_id, account_id, procedure_id, form_version, key_id, sealed, saved_at, \
         expires_at) select '232131', 'x', '', '', 1, 'none', hash, 0, 0 from audit where seq = 1",
    ),
    ("receipt-digit", "application", "update application set receipt = '{R}' where application_id = '{A}'"),
    (
        "audit-unsigned",
        "audit",
        "update audit set seq = null, mac = null, detail = 'other' where seq = (select max(seq) from audit)",
    ),
    ("audit-gap", "audit", "delete from audit where seq = 5"),
    ("audit-content", "audit", "update audit set detail = 'other' where seq = 5"),
    ("audit-link", "audit", "update audit set mac = hash where seq = 5"),
    ("audit-head", "audit", "delete from audit where seq = (select max(seq) from audit)"),
    (
        "line-notice-frozen-whole",
        "line_notice",
        "update line_notice set body = null where state = 'accepted'",
    ),
    (
        "line-notice-waiting-unfrozen",
        "line_notice",
        "update line_notice set body = 'x' where state = 'waiting'",
    ),
    ("line-notice-accepted-time", "line_notice", "update line_notice set accepted_at = null"),
    ("line-notice-accepted-known", "line_notice", "update line_notice set first_unknown_at = 1"),
    ("line-notice-sending-claimed", "line_notice", "update line_notice set attempting_at = 1"),
    (
        "line-notice-parked-reason",
        "line_notice",
        "update line_notice set state = 'parked', accepted_at = null where state = 'accepted'",
    ),
    ("line-notice-state", "line_notice", "update line_notice set state = 'lost', accepted_at = null"),
    (
        "line-retry-key-once",
        "line_notice",
        "update line_notice set retry_key = 'same' where state = 'accepted'",
    ),
    ("line-lane-fence", "line_lane", "update line_lane set fence = -1"),
    ("line-attempt-owned", "line_lane", "delete from line_lane"),
    ("line-identity-erased", "line_identity", "update line_identity set user_sealed = null"),
    (
        "line-reminder-told",
        "line_reminder",
        "insert into line_reminder (tenant_id, id, account_id, application_id, procedure_id, kind, occasion, \
         receipt, page, not_before, not_after, state) values ('232131', 'a', 'a', '{A}', 'p', 'reminder', \
         'correction:0:1', 'r', 'p', 0, 0, 'told')",
    ),
    ("line-setting-mode", "line_setting", "update line_setting set mode = 'half'"),
    (
        "line-key-whole",
        "line_assertion_key",
        "insert into line_assertion_key (tenant_id, key_id, private_sealed, public_jwk, state, made_at) \
         select tenant_id, 'a', public_key, '{}', 'active', 0 from tenant where tenant_id = '232131'",
    ),
    (
        "line-key-one-active",
        "line_assertion_key",
        "insert into line_assertion_key (tenant_id, key_id, kid, private_sealed, public_jwk, state, made_at) \
         select tenant_id, k, k, public_key, '{}', 'active', 0 from tenant, \
         (select 'a' as k union all select 'b') two where tenant_id = '232131'",
    ),
    (
        "line-menu-one-current",
        "line_menu",
        "insert into line_menu (tenant_id, marker, state, content_hash, made_at) values \
         ('232131', 'a', 'current', '', 0), ('232131', 'b', 'current', '', 0)",
    ),
];

async fn names(world: &World) -> BTreeSet<&'static str> {
    world.check().await.into_iter().map(|f| f.name).collect()
}

both! {
    async fn a_busy_day_leaves_nothing_to_find_and_each_broken_invariant_is_named(world: World) {
        busy(&world).await;
        assert_eq!(world.check().await, []);
        let a = world.texts("select application_id from application_note order by note_id limit 1").await.remove(0);
        let receipt = world.texts(&format!("select receipt from application where application_id = '{a}'")).await;
        let wrong = (0..=9).map(|d| format!("{}{d}", &receipt[0][..11])).find(|r| r.parse::<Receipt>().is_err());
        let wrong = wrong.expect("a wrong digit");
        let back = if world.is_sqlite() { "" } else { "overriding system value " };
        for (name, table, sql) in SPOILT {
            world.sql(format!("create table saved as select * from {table}")).await;
            world.sql(sql.replace("{A}", &a).replace("{R}", &wrong)).await;
            let found = world.check().await;
            let mine: Vec<_> = found.iter().filter(|f| f.name == *name).collect();
            assert!(!mine.is_empty(), "{name} was broken and not reported: {found:?}");
            assert!(mine.iter().all(|f| f.tenant == "232131" && !f.id.is_empty()), "{mine:?}");
            world.sql(format!("delete from {table}")).await;
            world.sql(format!("insert into {table} {back}select * from saved")).await;
            world.sql("drop table saved").await;
            assert_eq!(names(&world).await, BTreeSet::new(), "whole again after {name}");
        }
        world.end().await;
    }
}

#[test]
fn every_invariant_has_its_turn() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect(file);
    let mut known: BTreeSet<String> = check::store::RULES.iter().map(|r| r.name.to_owned()).collect();
    let pattern = |text: &str, p: &str| -> Vec<String> {
        let found = regex::Regex::new(p).expect("pattern");
        found.captures_iter(text).map(|c| c[1].to_owned()).collect()
    };
    for file in ["madoguchi/src/check/mod.rs", "madoguchi/src/check/chain.rs", "madoguchi/src/check/files.rs"]
    {
        known.extend(pattern(&read(file), r#"(?:name: |broken\(\s*)"([a-z-]+)""#));
    }
    known.extend(pattern(&read("madoguchi-line/src/store/check.rs"), r#""(line-[a-z-]+)""#));
    let mut tried: BTreeSet<String> = SPOILT.iter().map(|(name, ..)| (*name).to_owned()).collect();
    tried.insert("database-integrity".into()); // the test below
    tried.insert("audit-rolled-back".into()); // audit.rs
    tried.insert("attachment-bytes".into()); // files.rs
    assert_eq!(known, tried);
    assert!(known.len() >= 30, "{}", known.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlites_own_integrity_check_is_listened_to() {
    use sqlx::Connection as _;
    let world = World::new(Wish::on(On::Sqlite)).await;
    let mut hanako = world.citizen("hanako").await;
    hanako.submits("suido-start", &world.sample("suido-start")).await;
    world.run_jobs().await;
    let (dir, url, keys) = (world.dir.clone(), world.url.clone(), world.app.keys.clone());
    world.end().await;
    let mut c = sqlx::SqliteConnection::connect(&url).await.expect("connect");
    // The schema now forbids what the rows hold.
    for sql in [
        "pragma writable_schema = on",
        "update sqlite_master set sql = replace(sql, 'notice_id      text', 'notice_id      text not null') \
         where name = 'application_event'",
        "update sqlite_master set sql = replace(sql, 'from_state     text', 'from_state     text not null') \
         where name = 'application_event'",
    ] {
        sqlx::query(sql).execute(&mut c).await.expect("spoil");
    }
    c.close().await.expect("close");
    let db = Db::open(DbConfig { url, connections: 2, ballast_mb: 0 }).await.expect("open");
    let found = check::run(&db, &keys).await.expect("check");
    assert!(found.iter().any(|f| f.name == "database-integrity"), "{found:?}");
    db.close().await;
    drop(dir);
}
