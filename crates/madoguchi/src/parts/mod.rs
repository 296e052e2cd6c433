//! 部分: the parts of the program, and what each of them may do with each table when they run apart.
//! Is: the one list of rights; `madoguchi migrate --roles` gives them, `serve` compares them, tests try the rest.
//! Is not: who may see a page (that is `site::Guard`). On SQLite there is one process and nothing to give.

pub mod roles;

use std::fmt;

/// A part with a database role of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Citizens' listener: the one that strangers reach.
    Public,
    /// Staff's listener and the key agent.
    Staff,
    /// The lanes that speak to LINE.
    Line,
    /// Jobs over the whole database.
    Jobs,
}

impl Part {
    /// All, in the order of the columns of [`RIGHTS`].
    pub const ALL: [Self; 4] = [Self::Public, Self::Staff, Self::Line, Self::Jobs];

    /// The end of the role's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Staff => "staff",
            Self::Line => "line",
            Self::Jobs => "jobs",
        }
    }

    /// The role's name.
    pub fn role(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.name())
    }

    /// What this part may do with a table; nothing where the list does not name it.
    pub fn rights(self, table: &str) -> Vec<Right> {
        let row = RIGHTS.iter().find(|(name, _)| *name == table);
        row.map(|(_, all)| parse(all[self as usize])).unwrap_or_default()
    }
}

/// What may be done with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Reading.
    Select,
    /// Adding rows.
    Insert,
    /// Changing rows.
    Update,
    /// Removing rows.
    Delete,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// One right, of the whole table or of some columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// What.
    pub verb: Verb,
    /// Only these columns; empty: all of them.
    pub columns: Vec<&'static str>,
}

/// Every table with what each part may do: public, staff, line, jobs. `r` select, `a` insert, `w` update,
/// `d` delete; `w(a,b)`: these columns only. A table that is missing here fails a test.
///
/// The rules behind it (docs/adr/0012): public reads no key and no staff table, and adds to the audit log without
/// reading it; nobody but the jobs links it, nobody removes from it, and nobody removes an application (what it
/// held goes with its 保存期間).
#[rustfmt::skip]
pub const RIGHTS: &[(&str, [&str; 4])] = &[
    // table                 public                                     staff      line    jobs
    ("_sqlx_migrations",    ["r",                                       "r",       "r",    "r"]),
    // Every process looks at the clock; the jobs' part writes down what it has seen.
    ("clock_mark",          ["r",                                       "r",       "",     "raw(highest_at,halted_at,halted_from,confirmed)"]),
    ("tenant",              ["r",                                       "r",       "",     "r"]),
    ("procedure_shelf",     ["r",                                       "r",       "",     "r"]),
    ("procedure",           ["r",                                       "r",       "",     "r"]),
    ("procedure_version",   ["r",                                       "r",       "",     "r"]),
    // Public texts: every part but the lanes knows the whole catalogue.
    ("guide_page",          ["r",                                       "ra",      "",     "r"]),
    ("announcement",        ["r", "raw(version,changed_at,removed_at)",            "",     "r"]),
    ("survey_answer",       ["a",                                       "r",       "",     ""]),
    ("account",             ["raw(consent_version,consented_at)",       "",        "",     ""]),
    ("session",             ["raw(seen_at,changed_at,revoked_at)",      "r",       "",     "rd"]),
    ("epoch_key",           ["a",                                       "r",       "",     ""]),
    ("application",         ["raw(answers_sealed,answers_mac,round,state,version,changed_at,due,days_left,answered_at)",
     "rw(state,version,changed_at,reason_sealed,due,days_left,answered_at,identity_by,identity_at,duplicate_of)", "",
     "rw(answers_sealed,answers_mac,reason_sealed,destroyed_at)"]),
    // What is over is destroyed by the jobs, after two people have said so.
    ("application_round",   ["ra", "r",                 "", "r(tenant_id,application_id)d"]),
    ("application_correction", ["rw(answered_at)", "ra", "", "r(tenant_id,application_id)w(sealed)"]),
    ("application_key",     ["a", "r",                  "", "r(tenant_id,application_id)d"]),
    ("application_contact", ["",                                        "ra",      "",     ""]),
    ("application_event",   ["ra",                                      "ra",      "",     ""]),
    ("application_note",    ["", "ra",                  "", "r(tenant_id,application_id)d"]),
    ("retention_list",      ["", "raw(state,decided_at,decided_by)", "", "rw(state,finished_at)"]),
    ("retention_item",      ["", "rw(state,at)",        "",                                "raw(state,at)"]),
    ("retention_hold",      ["",                                        "rad",     "",     "r"]),
    ("audit",               ["a",                                       "ra",      "",     "raw(seq,mac)"]),
    ("audit_head",          ["",                                        "",        "",     "raw(seq,mac)"]),
    // Accounts are made and changed on the staff's site, by administrators.
    ("staff",               ["", "raw(role,department,password_hash,disabled_at)", "",     ""]),
    ("staff_session",       ["",                        "raw(seen_at,revoked_at,filters)", "", "rd"]),
    ("sign_in_attempt",     ["",                                        "raw(wrong,last_at,next_at)", "", "rd"]),
    // Staff publish rich menus: that speaks to LINE from their process.
    ("line_channel",        ["r",                                       "r",       "r",    ""]),
    ("line_setting",        ["r", "raw(mode,relay_to,changed_at)",                 "r",    ""]),
    ("line_assertion_key",  ["r", "raw(kid,state,private_sealed)",                 "r",    ""]),
    // What is not submitted yet: written and read by the public part, removed by the jobs.
    ("draft_key",           ["ra",                                      "",        "",     "rd"]),
    ("draft",               ["rawd",                                    "",        "",     "rd"]),
    ("attachment",          ["rawd",                                    "r",       "",     "rwd"]),
    // Staff's pages say whether LINE reaches the person; the sealed id is not for them.
    ("line_identity",       ["raw(user_sealed,linked_at,unlinked_at)",
     "r(tenant_id,account_id,user_hash,unlinked_at)",                              "r",    ""]),
    ("line_friend",         ["raw(friend,friend_at)", "r",    "raw(friend,friend_at)",       ""]),
    // Where citizens are served by the process with the lanes, its role receives webhooks.
    ("line_webhook_event",  ["ra",                                      "",        "rad",  ""]),
    ("line_relay",          ["raw", "r",                                            "raw",  ""]),
    ("line_wording",        ["",                                        "",        "r",    ""]),
    ("line_sentence",       ["",                                        "",        "r",    ""]),
    // Pages say why a notice waits.
    ("line_lane",           ["r(tenant_id,hold)",        "r(tenant_id,hold)",      "raw",  ""]),
    // A reminder whose time has come becomes a notice.
    ("line_notice",         ["ra",                                      "ra",      "raw",  ""]),
    ("line_menu_draft",     ["", "raw(spec,picture,changed_at)", "r",                          ""]),
    ("line_reminder",       ["", "ra",                                  "rw(state,settled_at)", ""]),
    ("line_menu",           ["",                                        "raw",     "raw",  ""]),
];

/// Reads `rw(a,b)d`.
fn parse(text: &'static str) -> Vec<Right> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some(letter) = rest.chars().next() {
        let verb = match letter {
            'r' => Verb::Select,
            'a' => Verb::Insert,
            'w' => Verb::Update,
            _ => Verb::Delete,
        };
        rest = &rest[1..];
        let mut columns = Vec::new();
        if let Some((list, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
            columns = list.split(',').collect();
            rest = after;
        }
        all.push(Right { verb, columns });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_rights() {
        let whole = |verb| Right { verb, columns: Vec::new() };
        let some = Right { verb: Verb::Update, columns: vec!["a", "b"] };
        assert_eq!(parse("rw(a,b)d"), [whole(Verb::Select), some, whole(Verb::Delete)]);
        assert_eq!(parse(""), []);
    }

    #[test]
    fn the_list_is_well_formed_and_keeps_its_rules() {
        for (table, all) in RIGHTS {
            assert_eq!(RIGHTS.iter().filter(|(name, _)| name == table).count(), 1, "{table} twice");
            for letters in all {
                let bare = letters.split('(').map(|p| p.rsplit(')').next().unwrap_or(p)).collect::<String>();
                assert!(bare.chars().all(|c| "rawd".contains(c)), "{table}: {letters}");
            }
            let may = |part: Part, verb| part.rights(table).iter().any(|r| r.verb == verb);
            if ["application", "application_event", "audit"].contains(table) {
                assert!(!Part::ALL.iter().any(|p| may(*p, Verb::Delete)), "{table} is never removed from");
            } else if table.starts_with("application") {
                let by = |p: &&Part| may(**p, Verb::Delete);
                assert!(
                    Part::ALL.iter().find(by).is_none_or(|p| *p == Part::Jobs),
                    "{table}: by retention only"
                );
            }
            if !table.starts_with("line_") && *table != "_sqlx_migrations" {
                assert_eq!(Part::Line.rights(table), [], "{table}: the lane has `line_*` only");
            }
            if table.starts_with("staff") || table.starts_with("sign_in") {
                assert_eq!(Part::Public.rights(table), [], "{table} is no citizen's");
            }
        }
        assert_eq!(Part::Public.rights("audit"), [Right { verb: Verb::Insert, columns: Vec::new() }]);
        for keys in ["epoch_key", "application_key"] {
            assert_eq!(Part::Public.rights(keys), [Right { verb: Verb::Insert, columns: Vec::new() }]);
        }
    }
}
