//! What all handlers share.

use crate::clock::Clock;
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::login::pending::PendingLogins;
use crate::rate::Rates;
use crate::state::store::Store;
use crate::webhook::Webhooks;
use std::net::IpAddr;
use tokio_util::sync::CancellationToken;

/// What all handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) rates: Rates,
    pub(crate) webhooks: Webhooks,
    pub(crate) pending: PendingLogins,
    /// Origin of the phone and of the access host, as browsers see it.
    pub(crate) phone_origin: String,
    pub(crate) api_base: String,
    /// Address that is listened on.
    pub(crate) bind: IpAddr,
    /// `frame-ancestors` of every page.
    pub(crate) ancestors: Vec<String>,
    /// A sentence at the top of every page.
    pub(crate) banner: Option<String>,
    pub(crate) stop: CancellationToken,
}

impl App {
    pub(crate) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The content policy of our pages: no inline scripts; framed by the phone and who was named.
    /// Pictures of messages come from anywhere, so phones may show them.
    pub(crate) fn policy(&self, images: &str) -> String {
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {images}; \
             connect-src 'self'; frame-src http: https:; form-action 'self' http: https:; base-uri 'none'; \
             frame-ancestors 'self' {}",
            self.ancestors.join(" ")
        )
    }
}
