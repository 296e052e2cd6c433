//! The emulator as a program of its own.

use clap::Parser;
use line_emulator::{Config, Seed};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// A LINE Platform and a phone on this machine. Not affiliated with LY Corporation.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port of the phone and the access host; the api host is the next, the api-data host the one after.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// Folder of the journals; without it everything is forgotten at the end.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where the (first) official account's webhooks go.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// A callback address of the (first) login channel; may be given several times.
    #[arg(long, value_name = "URL")]
    callback: Vec<String>,
    /// Providers and people as JSON, instead of the built-in ones.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Origin under which browsers reach the phone, e.g. http://line.demo.localhost:8090
    #[arg(long)]
    public_phone_host: Option<String>,
    /// An origin that may frame the phone; may be given several times.
    #[arg(long)]
    frame_ancestor: Vec<String>,
    /// A sentence at the top of every page for people.
    #[arg(long, value_name = "TEXT")]
    banner: Option<String>,
}

fn seed(path: Option<&PathBuf>) -> Result<Seed, String> {
    let Some(path) = path else { return Ok(Seed::demo()) };
    let text = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| format!("{} is not a seed: {e}", path.display()))
}

async fn run(arguments: Arguments) -> Result<(), String> {
    // Asked for first: a signal that comes while starting must not kill.
    let mut end = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    let port = arguments.port;
    let next = |n: u16| if port == 0 { 0 } else { port.saturating_add(n) };
    let seed = seed(arguments.config.as_ref())?;
    let providers = seed.providers.clone();
    let config = Config {
        bind: arguments.host,
        phone_port: port,
        api_port: next(1),
        data_port: next(2),
        data_dir: arguments.data,
        public_phone_host: arguments.public_phone_host,
        seed,
        frame_ancestors: arguments.frame_ancestor,
        clock_offset_ms: 0,
        banner: arguments.banner,
    };
    let emulator = line_emulator::start(config).await.map_err(|e| e.to_string())?;
    if let Some(first) = providers.first() {
        if arguments.webhook.is_some() {
            emulator.set_webhook(&first.messaging.id, arguments.webhook);
        }
        if !arguments.callback.is_empty() {
            emulator.set_callbacks(&first.login.id, arguments.callback);
        }
    }
    println!("phone {}", emulator.phone_url());
    println!("access {}", emulator.access_base());
    println!("api {}", emulator.api_base());
    println!("api-data {}", emulator.data_base());
    for provider in providers {
        println!("channel login {} secret {}", provider.login.id, provider.login.secret);
        let messaging = provider.messaging;
        println!("channel messaging {} secret {} token {}", messaging.id, messaging.secret, messaging.token);
    }
    println!("ready");
    tokio::select! {
        _ = end.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    emulator.shutdown().await;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("line-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}
