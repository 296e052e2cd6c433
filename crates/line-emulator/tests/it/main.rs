//! The emulator from outside, over HTTP, as programs and browsers meet it.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod devices;
mod events;
mod faults;
mod journal;
mod login;
mod menus;
mod one_port;
mod operations;
mod phone;
mod process;
mod providers;
mod push;
mod sending;
mod signed;
mod storm;
mod support;
mod tokens;
mod webhooks;
