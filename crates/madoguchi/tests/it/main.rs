//! Stories over the whole program: app, emulator and database in one process, on SQLite and on PostgreSQL.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(
    missing_docs,
    clippy::allow_attributes,
    clippy::missing_panics_doc,
    reason = "tests are not an interface"
)]
#![allow(unreachable_pub, reason = "one binary: everything in it is private anyway")]

mod apart;
mod attach;
mod audit;
mod backup;
mod canary;
mod channel;
mod check;
mod clock;
mod cluster;
mod command;
mod correction;
mod crash;
mod database;
mod desk;
mod doctor;
mod draft;
mod failover;
mod files;
mod files_refused;
mod form;
mod full;
mod guessing;
mod guide;
mod hardening;
mod hosts;
mod keys;
mod kill;
mod lanes;
mod leaks;
mod limits;
mod line;
mod login;
mod menu;
mod meta;
mod million;
mod modes;
mod moves;
mod node;
mod notices_only;
mod office;
mod parked;
mod probe;
mod procedures;
mod process;
mod race;
mod relay;
mod reminders;
mod retention;
mod roles;
mod schema;
mod sender;
mod sending;
mod session;
mod sinks;
mod slow;
mod staff;
mod story;
mod stubborn;
mod submit;
mod tokens;
mod unlink;
mod webhook;
mod wire;
mod world;
