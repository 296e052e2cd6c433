//! The emulator from outside, over HTTP, as programs and browsers meet it.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod account;
mod clients;
mod devices;
mod events;
mod faults;
mod insight;
mod journal;
mod limits;
mod login;
mod menu_links;
mod menus;
mod named_tokens;
mod one_port;
mod operations;
mod phone;
mod process;
mod providers;
mod push;
mod restart;
mod sending;
mod shapes;
mod signed;
mod storm;
mod support;
mod tokens;
mod webhooks;
