//! SQL of the check. Like `report`, it may read any table and writes none.

use madoguchi_base::db::Exec;
use madoguchi_base::on;

/// An invariant whose exceptions one statement finds: municipality and id.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What a finding means.
    pub meaning: &'static str,
    /// Finds exceptions.
    pub sql: &'static str,
}

/// Every such invariant.
pub const RULES: &[Rule] = &[
    Rule {
        name: "application-key",
        meaning: "an application has no key and cannot be opened",
        sql: "select a.tenant_id, a.application_id from application a left join application_key k \
              on k.tenant_id = a.tenant_id and k.application_id = a.application_id \
              where k.application_id is null and a.destroyed_at is null limit 20",
    },
    Rule {
        name: "key-epoch",
        meaning: "an application's key is wrapped under an epoch that is not stored",
        sql: "select k.tenant_id, k.application_id from application_key k left join epoch_key e \
              on e.tenant_id = k.tenant_id and e.epoch_id = k.epoch_id where e.epoch_id is null limit 20",
    },
    Rule {
        name: "arrival-once",
        meaning: "an application did not arrive exactly once",
        sql: "select a.tenant_id, a.application_id from application a where (select count(*) from \
              application_event e where e.tenant_id = a.tenant_id and e.application_id = a.application_id \
              and e.from_state is null) <> 1 limit 20",
    },
    Rule {
        name: "state-history",
        meaning: "an application's state is not the end of its history",
        sql: "select a.tenant_id, a.application_id from application a where a.state <> coalesce((select e.to_state \
              from application_event e where e.tenant_id = a.tenant_id and e.application_id = a.application_id \
              order by e.event_id desc limit 1), '') limit 20",
    },
    Rule {
        name: "version-count",
        meaning: "an application's version does not count its history",
        sql: "select a.tenant_id, a.application_id from application a where a.version <> (select count(*) from \
              application_event e where e.tenant_id = a.tenant_id and e.application_id = a.application_id) limit 20",
    },
    Rule {
        name: "event-application",
        meaning: "a step of history belongs to no application",
        sql: "select e.tenant_id, e.event_id from application_event e left join application a \
              on a.tenant_id = e.tenant_id and a.application_id = e.application_id \
              where a.application_id is null limit 20",
    },
    Rule {
        name: "event-notice",
        meaning: "a promised notice does not exist",
        sql: "select e.tenant_id, e.event_id from application_event e left join line_notice n \
              on n.tenant_id = e.tenant_id and n.id = e.notice_id \
              where e.notice_id is not null and n.id is null limit 20",
    },
    Rule {
        name: "notice-event",
        meaning: "a notice was promised by no step of history",
        sql: "select n.tenant_id, n.id from line_notice n where n.occasion is null and not exists (select 1 from \
              application_event e where e.tenant_id = n.tenant_id and e.application_id = n.application_id \
              and e.notice_id = n.id) limit 20",
    },
    Rule {
        name: "submit-audit",
        meaning: "an arrival is missing in the audit log",
        sql: "select a.tenant_id, a.application_id from application a where not exists (select 1 from audit u \
              where u.tenant_id = a.tenant_id and u.application_id = a.application_id \
              and u.act = 'application.submit') limit 20",
    },
    Rule {
        name: "application-account",
        meaning: "an application belongs to no account",
        sql: "select a.tenant_id, a.application_id from application a left join account c \
              on c.tenant_id = a.tenant_id and c.account_id = a.account_id where c.account_id is null limit 20",
    },
    Rule {
        name: "application-owner",
        meaning: "an application is not that of the account that sent it",
        sql: "select a.tenant_id, a.application_id from application a join application_event e \
              on e.tenant_id = a.tenant_id and e.application_id = a.application_id and e.from_state is null \
              where e.actor_id <> a.account_id limit 20",
    },
    Rule {
        name: "application-form",
        meaning: "the version of the form that was filled in is not stored",
        sql: "select a.tenant_id, a.application_id from application a left join procedure_version v \
              on v.tenant_id = a.tenant_id and v.procedure_id = a.procedure_id and v.version = a.form_version \
              where v.version is null limit 20",
    },
    Rule {
        name: "session-account",
        meaning: "a session belongs to no account",
        sql: "select s.tenant_id, s.account_id from session s left join account c \
              on c.tenant_id = s.tenant_id and c.account_id = s.account_id where c.account_id is null limit 20",
    },
    Rule {
        name: "correction-open",
        meaning: "an application waits for a correction that nobody asked for",
        sql: "select a.tenant_id, a.application_id from application a where a.state = 'correction' and \
              (a.due is null or not exists (select 1 from application_correction c where c.tenant_id = a.tenant_id \
              and c.application_id = a.application_id and c.round = a.round and c.answered_at is null)) limit 20",
    },
    Rule {
        name: "round-kept",
        meaning: "answers that a correction replaced are gone",
        sql: "select a.tenant_id, a.application_id from application a where a.round <> (select count(*) from \
              application_round r where r.tenant_id = a.tenant_id and r.application_id = a.application_id \
              and r.round < a.round) limit 20",
    },
    Rule {
        name: "correction-step",
        meaning: "a correction was asked for by no step of history",
        sql: "select c.tenant_id, c.event_id from application_correction c left join application_event e \
              on e.tenant_id = c.tenant_id and e.event_id = c.event_id and e.to_state = 'correction' \
              and e.application_id = c.application_id where e.event_id is null limit 20",
    },
    Rule {
        name: "duplicate-survivor",
        meaning: "a duplicate points at no application",
        sql: "select a.tenant_id, a.application_id from application a left join application b \
              on b.tenant_id = a.tenant_id and b.application_id = a.duplicate_of \
              where a.state = 'duplicate' and b.application_id is null limit 20",
    },
    Rule {
        name: "attachment-application",
        meaning: "an attached file belongs to an application that does not exist, or to somebody else's",
        sql: "select f.tenant_id, f.attachment_id from attachment f left join application a \
              on a.tenant_id = f.tenant_id and a.application_id = f.application_id \
              and a.account_id = f.account_id and a.procedure_id = f.procedure_id \
              where f.application_id is not null and a.application_id is null limit 20",
    },
    Rule {
        name: "attachment-key",
        meaning: "an attached file has no key, or one too many",
        sql: "select tenant_id, attachment_id from attachment \
              where (application_id is null) <> (wrapped is null) \
              or (draft_wrapped is null) <> (draft_key_id is null) \
              or (application_id is null and draft_wrapped is null) \
              or (application_id is not null and scan <> 'waiting' and draft_wrapped is not null) limit 20",
    },
    Rule {
        name: "draft-key",
        meaning: "a draft or a file that was not sent lies under a key that is not stored",
        sql: "select w.tenant_id, w.id from (select tenant_id, draft_id as id, key_id from draft union all \
              select tenant_id, attachment_id as id, draft_key_id as key_id from attachment \
              where draft_key_id is not null) as w left join draft_key k \
              on k.tenant_id = w.tenant_id and k.key_id = w.key_id where k.key_id is null limit 20",
    },
    Rule {
        name: "note-application",
        meaning: "an internal note belongs to no application",
        sql: "select n.tenant_id, n.note_id from application_note n left join application a \
              on a.tenant_id = n.tenant_id and a.application_id = n.application_id \
              where a.application_id is null limit 20",
    },
];

/// Exceptions of one rule.
pub async fn broken(x: &mut impl Exec, rule: &Rule) -> Result<Vec<(String, String)>, sqlx::Error> {
    on!(x, |c| sqlx::query_as(rule.sql).fetch_all(c).await)
}

/// Receipt numbers after a key: municipality, application, digits.
pub async fn receipts(
    x: &mut impl Exec,
    after: &(String, String),
    limit: i64,
) -> Result<Vec<(String, String, String)>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
            "select tenant_id, application_id, receipt from application \
             where tenant_id > $1 or (tenant_id = $1 and application_id > $2) \
             order by tenant_id, application_id limit $3",
        )
        .bind(after.0.as_str())
        .bind(after.1.as_str())
        .bind(limit)
        .fetch_all(c)
        .await
    })
}

/// SQLite looks at its own file: `ok`, or a line for each fault.
pub async fn integrity(x: &mut impl Exec) -> Result<Vec<String>, sqlx::Error> {
    on!(x, |c| sqlx::query_scalar("pragma integrity_check(20)").fetch_all(c).await)
}
