//! The binary `madoguchi`.

use std::process::ExitCode;

use clap::Parser as _;
use nix::sys::stat::{Mode, umask};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    // Database, backups, keys, the demo's password: whatever we write is for our own user only.
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
    let cli = madoguchi::cli::Cli::parse();
    // Two runtimes: citizens on one; staff and workers on the other, so that a rush does not starve them.
    let side = Builder::new_multi_thread().worker_threads(1).thread_name("side").enable_all().build();
    let main = Builder::new_multi_thread().enable_all().build();
    let (Ok(side), Ok(main)) = (side, main) else {
        eprintln!("madoguchi: no threads could be started: raise the limit of processes");
        return ExitCode::FAILURE;
    };
    match main.block_on(madoguchi::cli::run(cli, side.handle().clone())) {
        Ok(code) => code,
        Err(e) => {
            // One line with what to do; causes are joined, none of them holds what a person typed.
            eprintln!("madoguchi: {e:#}");
            ExitCode::FAILURE
        }
    }
}
