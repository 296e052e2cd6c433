//! Starting and stopping.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::login::pending::PendingLogins;
use crate::rate::Rates;
use crate::serve;
use crate::state::event::Event;
use crate::state::store::Store;
use crate::webhook::Webhooks;
use crate::wire::Host;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A running emulator. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Emulator {
    app: Arc<App>,
    tracker: TaskTracker,
    data_base: String,
}

/// Binds all ports first, then reads the journals, then serves.
pub async fn start(config: Config) -> Result<Emulator, Error> {
    let phone = bind(config.bind, config.phone_port).await?;
    let api = bind(config.bind, config.api_port).await?;
    let data = bind(config.bind, config.data_port).await?;
    let [access_base, api_base, data_base] = [&phone, &api, &data].map(|l| base(l, config.bind));
    let stop = CancellationToken::new();
    let tracker = TaskTracker::new();
    let folder = config.data_dir.as_deref();
    let store = Store::open(folder, config.seed)?;
    let clock = Clock::with_offset(config.clock_offset_ms + store.lock().advanced_ms);
    let phone_origin = config.public_phone_host.unwrap_or(access_base);
    let app = Arc::new(App {
        store,
        ledger: Ledger::open(folder)?,
        faults: Faults::default(),
        rates: Rates::default(),
        webhooks: Webhooks::new(tracker.clone(), stop.clone(), clock.clone())?,
        clock,
        pending: PendingLogins::default(),
        phone_origin: phone_origin.trim_end_matches('/').to_owned(),
        api_base,
        bind: config.bind,
        ancestors: config.frame_ancestors,
        banner: config.banner,
        stop,
    });
    for (listener, host) in [(phone, Host::Access), (api, Host::Api), (data, Host::Data)] {
        tracker.spawn(listen(listener, host, app.clone(), tracker.clone()));
    }
    tracker.spawn(settle(app.clone()));
    Ok(Emulator { app, tracker, data_base })
}

/// Work that is to be done after an answer is done even if nobody asks.
async fn settle(app: Arc<App>) {
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(200)) => app.settle(),
        }
    }
}

async fn bind(ip: IpAddr, port: u16) -> Result<TcpListener, Error> {
    let address = SocketAddr::new(ip, port);
    TcpListener::bind(address).await.map_err(|source| Error::Bind { address: address.to_string(), source })
}

/// Programs on this machine reach a listener on all addresses through loopback.
fn base(listener: &TcpListener, ip: IpAddr) -> String {
    let port = listener.local_addr().map_or(0, |a| a.port());
    match ip {
        IpAddr::V6(ip) if !ip.is_unspecified() => format!("http://[{ip}]:{port}"),
        IpAddr::V4(ip) if !ip.is_unspecified() => format!("http://{ip}:{port}"),
        _ => format!("http://127.0.0.1:{port}"),
    }
}

async fn listen(listener: TcpListener, host: Host, app: Arc<App>, tracker: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = app.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tracker.spawn(converse(stream, host, app.clone()));
            }
            Err(error) => {
                // Out of file handles, mostly: others have to end first.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, host: Host, app: Arc<App>) {
    // Small answers would otherwise wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let stop = app.stop.clone();
    let service = service_fn(move |request| serve::answer(app.clone(), host, request));
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Emulator {
    /// Address of the list of phones, as browsers see it; `/{persona}` after it is one of them.
    pub fn phone_url(&self) -> String {
        format!("{}/phone", self.app.phone_origin)
    }

    /// Base of `access.line.me`, as browsers see it: they carry the cookie that says whose phone
    /// this is, so it has to be the phone's own host.
    pub fn access_base(&self) -> String {
        self.app.phone_origin.clone()
    }

    /// Base of `api.line.me`.
    pub fn api_base(&self) -> String {
        self.app.api_base.clone()
    }

    /// Base of `api-data.line.me`.
    pub fn data_base(&self) -> String {
        self.data_base.clone()
    }

    /// Registers the callback addresses of a Login channel.
    pub fn set_callbacks(&self, login_channel: &str, callbacks: Vec<String>) {
        let channel = login_channel.to_owned();
        self.app.store.lock().record(Event::Callbacks { channel, callbacks });
        self.app.store.flush();
    }

    /// Sets where a Messaging API channel's webhooks go.
    pub fn set_webhook(&self, messaging_channel: &str, url: Option<String>) {
        let channel = messaging_channel.to_owned();
        self.app.store.lock().record(Event::Webhook { channel, url });
        self.app.store.flush();
    }

    /// The emulator's clock.
    pub fn clock(&self) -> Clock {
        self.app.clock.clone()
    }

    /// Up to `limit` requests after number `since`.
    pub fn requests(&self, since: u64, limit: usize) -> Vec<Value> {
        let lines = self.app.ledger.since(since, limit);
        lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// What arrived in the person's talks.
    pub fn messages(&self, persona: &str) -> Vec<Value> {
        crate::control::arrived(&self.app, persona).unwrap_or_default()
    }

    /// What a person wrote into their talks, oldest first.
    pub fn said(&self, persona: &str) -> Vec<String> {
        crate::control::said(&self.app, persona)
    }

    /// Ends everything: open connections are answered, waiting phones are let go.
    pub async fn shutdown(self) {
        self.app.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(Duration::from_secs(5), self.tracker.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        self.app.ledger.flush();
        self.app.store.flush();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.app.stop.cancel();
        self.tracker.close();
    }
}
