//! The emulator from outside, over HTTP, as programs and browsers meet it.

mod faults;
mod journal;
mod login;
mod menus;
mod phone;
mod push;
mod support;
mod tokens;
mod webhooks;
