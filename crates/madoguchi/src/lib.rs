//! The window: pages for citizens and staff, rules, jobs. Answers live here and only here.

#![recursion_limit = "256"]

pub mod account;
pub mod admin;
pub mod app;
pub mod application;
pub mod audit;
pub mod channel;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod cookies;
pub mod demo;
pub mod doctor;
pub mod edge;
pub mod error;
pub mod guide;
pub mod health;
pub mod host;
pub mod jobs;
pub mod limits;
pub mod logging;
pub mod office;
pub mod page;
pub mod parts;
pub mod procedure;
pub mod run;
pub mod scan;
pub mod serve;
pub mod setup;
pub mod site;
pub mod socket;
pub mod sql;
pub mod tenant;
pub mod webhook;
