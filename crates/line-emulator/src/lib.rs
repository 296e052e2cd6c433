//! A LINE Platform and a phone on one machine, for developing and testing against.
//!
//! It stands in for `access.line.me` (login and consent), `api.line.me` and `api-data.line.me`
//! (messaging), shows the phone of made-up people in a browser, and keeps a ledger of everything
//! that it was told. It holds no real secrets. Not affiliated with LY Corporation.

mod api;
mod app;
mod clock;
mod config;
mod control;
mod deeds;
mod emulator;
mod error;
mod faults;
mod guard;
mod ids;
mod journal;
mod ledger;
mod login;
mod looks;
mod phone;
mod rate;
mod serve;
mod state;
mod webhook;
mod wire;

pub use clock::Clock;
pub use config::{Config, IdTokenAlg, LoginChannel, MessagingChannel, Persona, Provider, Seed, Traits};
pub use emulator::{Emulator, start};
pub use error::Error;
