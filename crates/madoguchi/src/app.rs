//! The application and every route of its two sites on one screen.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context as _;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method};
use madoguchi_base::db::Db;
use madoguchi_base::keys::Keys;
use madoguchi_base::seal::TenantPublic;
use madoguchi_base::{Clock, TenantId};
use madoguchi_line::{Line, Options};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account::sessions::Sessions;
use crate::application::agent::{KeyAgent, LocalAgent, remote::RemoteAgent};
use crate::application::epoch::Epochs;
use crate::application::intake::Intake;
use crate::application::still::StillTrue;
use crate::audit::job::Linker;
use crate::config::Settings;
use crate::edge::Side;
use crate::limits::Limits;
use crate::parts::{Part, roles};
use crate::procedure::{Catalogue, Site as CatalogueSite};
use crate::site::{Guard, Site};
use crate::{
    account, application, attachment, channel, demo, guide, health, host, office, page, procedure, retention,
    setup, tenant, webhook,
};

/// Everything that a handler may need. Clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] holds.
pub struct Inner {
    /// The database.
    pub db: Db,
    /// The same database for the lanes: another role, where the parts run apart.
    pub line_db: Db,
    /// The LINE side.
    pub line: Line,
    /// Root key.
    pub keys: Keys,
    /// Clocks.
    pub clock: Clock,
    /// Published procedures with their pages.
    pub catalogue: Catalogue,
    /// Citizens' sessions.
    pub sessions: Sessions,
    /// Epoch keys in use.
    pub epochs: Epochs,
    /// Where submissions are coalesced.
    pub intake: Intake,
    /// The one that can open answers.
    pub agent: Arc<dyn KeyAgent>,
    /// The same where it is in this process: it also answers at the socket.
    pub local_agent: Option<Arc<LocalAgent>>,
    /// Attached files.
    pub files: attachment::Files,
    /// Keys of drafts and of files that were not sent yet.
    pub draft_keys: crate::draft::DraftKeys,
    /// What one account may send.
    pub limits: Limits,
    /// Links the audit log.
    pub linker: Linker,
    /// Settings.
    pub settings: Settings,
    /// In `demo` only: what the demo page needs.
    pub demo: std::sync::OnceLock<demo::Demo>,
    /// Background tasks.
    pub tasks: TaskTracker,
    /// Cancelled when the process should end.
    pub stop: CancellationToken,
    /// Where the staff's listener and the workers run: a rush of citizens does not starve them.
    pub side: tokio::runtime::Handle,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Puts the parts together over an open, migrated database; everything runs on the caller's runtime.
    pub async fn start(db: Db, keys: Keys, clock: Clock, settings: Settings) -> anyhow::Result<Self> {
        Self::start_with(tokio::runtime::Handle::current(), db, keys, clock, settings).await
    }

    /// [`App::start`] with a runtime of its own for staff and workers.
    pub async fn start_with(
        side: tokio::runtime::Handle,
        db: Db,
        keys: Keys,
        clock: Clock,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let options = Options { crash: settings.crash_plan()?, ..Options::default() };
        // Before everything that keeps time by it.
        crate::clock::acts::start(&db, &clock).await?;
        let line_db = lanes_database(&db, &settings).await?;
        let line = Line::with_options(line_db.clone(), keys.clone(), clock.clone(), options)?;
        line.reload_channels().await?;
        line.ask_still(Arc::new(StillTrue::new(db.clone())));
        // Only the staff's process holds private keys.
        let local =
            settings.parts.staff.then(|| Arc::new(LocalAgent::new(db.clone(), keys.clone(), clock.clone())));
        let epochs = Epochs::new(db.clone(), clock.clone());
        let mut x = db.reader().await?;
        for row in tenant::acts::list(&mut x).await? {
            let id: TenantId = row.tenant_id.parse()?;
            if let Some(agent) = &local {
                agent.add(id, tenant::private_key(&keys, id, &row.public_key)?);
            }
            epochs.add(id, TenantPublic::from_bytes(row.public_key));
        }
        let catalogue = Catalogue::load(&mut x, &CatalogueSite { demo: settings.demo }, clock.wall()).await?;
        drop(x);
        // A tracker of its own: the intake's door stays open for as long as there is an app, and the end waits
        // for `tasks` only. When those have ended nobody is left who could submit.
        let intake =
            Intake::start(db.clone(), line.clone(), (keys.clone(), clock.clone()), &TaskTracker::new());
        Ok(Self(Arc::new(Inner {
            sessions: Sessions::new(clock.clone()),
            limits: Limits::new(clock.clone(), settings.limits.submits_per_hour),
            files: attachment::Files::new(&settings.files)?,
            draft_keys: crate::draft::DraftKeys::new(db.clone(), keys.clone(), clock.clone()),
            linker: Linker::new(&keys),
            db,
            line_db,
            line,
            keys,
            clock,
            catalogue,
            epochs,
            intake,
            agent: match &local {
                Some(local) => Arc::clone(local) as Arc<dyn KeyAgent>,
                None => Arc::new(RemoteAgent::new(settings.keys.agent_socket.clone())),
            },
            local_agent: local,
            settings,
            demo: std::sync::OnceLock::new(),
            tasks,
            stop,
            side,
        })))
    }

    /// The origin of a request to a bare loopback address, where plain http is in use: LINE must send the
    /// browser back to the host that holds its cookies.
    pub fn bare_origin(&self, headers: &HeaderMap) -> Option<String> {
        self.bare_host(headers).map(|host| format!("http://{host}"))
    }

    /// The host of a request, where that is a bare loopback address and the service is reached by plain http (or
    /// is the very address that a demo was given).
    pub fn bare_host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let own = &self.settings.public_url;
        if own.scheme() != "http" {
            return None;
        }
        let host = headers.get(HOST)?.to_str().ok()?;
        let ip = host::address(host)?;
        (ip.is_loopback() || own.host_str().and_then(host::address) == Some(ip)).then_some(host)
    }

    /// The address of one of the two sites.
    pub fn url_of(&self, side: Side) -> &url::Url {
        match side {
            Side::Public => &self.settings.public_url,
            Side::Staff => &self.settings.staff_url,
        }
    }

    /// Whether an `Origin` header names this site, and not the other one: its address, or, with plain http on
    /// loopback, the host that the request itself was sent to.
    pub fn is_own_origin(&self, side: Side, origin: &str, headers: &HeaderMap) -> bool {
        let url = self.url_of(side);
        if url.origin().ascii_serialization() == origin {
            return true;
        }
        let sent_to = headers.get(HOST).and_then(|h| h.to_str().ok());
        url.scheme() == "http"
            && sent_to.is_some_and(|h| host::is_loopback(h) && origin.strip_prefix("http://") == Some(h))
    }
}

/// The database as the lanes see it, once it is known that every part here may do what it needs.
async fn lanes_database(db: &Db, settings: &Settings) -> anyhow::Result<Db> {
    let url = &settings.database.line_url;
    let is_other = settings.parts.workers && !url.is_empty();
    roles::look(db, &settings.parts.roles(is_other)).await?;
    if !is_other {
        return Ok(db.clone());
    }
    let other = setup::database(url, settings.database.connections).await.context("database.line_url")?;
    roles::look(&other, &[Part::Line]).await?;
    Ok(other)
}

/// The citizens' site.
pub fn public_site(app: &App) -> Site {
    use Guard::{Citizen, Open, Public, Signature};
    let (get, post) = (Method::GET, Method::POST);
    let site = Site::new(app, Side::Public)
        .route(get.clone(), "/", Open, demo::citizen::front)
        .route(get.clone(), "/healthz", Open, health::alive)
        .route(get.clone(), "/readyz", Open, health::ready)
        .route(get.clone(), "/static/{hash}/{name}", Open, page::assets::file)
        .route(get.clone(), "/line/{tenant}/callback", Public, account::citizen::callback)
        .route(post.clone(), "/line/{tenant}/webhook", Signature, webhook::receive)
        .route(get.clone(), "/{tenant}/", Public, procedure::citizen::catalogue)
        .route(post.clone(), "/{tenant}/search", Public, procedure::citizen::search)
        .route(get.clone(), "/{tenant}/guide/{topic}", Public, guide::citizen::text)
        .route(get.clone(), "/{tenant}/guide/{topic}/{version}", Public, guide::citizen::version)
        .route(get.clone(), "/{tenant}/news", Public, guide::citizen::news)
        .route(get.clone(), "/{tenant}/survey", Citizen, guide::citizen::survey)
        .route(post.clone(), "/{tenant}/survey", Citizen, guide::citizen::answer)
        .route(get.clone(), "/{tenant}/p/{procedure}", Public, procedure::citizen::procedure)
        .route(get.clone(), "/{tenant}/p/{procedure}/form", Citizen, procedure::citizen::form)
        .route(post.clone(), "/{tenant}/p/{procedure}/form", Citizen, procedure::citizen::edit)
        .route(post.clone(), "/{tenant}/p/{procedure}/confirm", Citizen, procedure::citizen::confirm)
        .route(post.clone(), "/{tenant}/p/{procedure}/draft", Citizen, crate::draft::citizen::save)
        .route(get.clone(), "/{tenant}/p/{procedure}/draft", Citizen, crate::draft::citizen::go_on)
        .route(post.clone(), "/{tenant}/p/{procedure}/draft/remove", Citizen, crate::draft::citizen::remove)
        .route(post.clone(), "/{tenant}/p/{procedure}/files", Citizen, attachment::citizen::upload)
        .route(get.clone(), "/{tenant}/files/{attachment}", Citizen, attachment::citizen::unsent)
        .route(post.clone(), "/{tenant}/files/{attachment}/remove", Citizen, attachment::citizen::remove)
        .route(
            get.clone(),
            "/{tenant}/a/{application}/files/{attachment}",
            Citizen,
            attachment::citizen::sent,
        )
        .route(post.clone(), "/{tenant}/p/{procedure}/submit", Citizen, application::citizen::submit)
        .route(get.clone(), "/{tenant}/a", Citizen, application::citizen::mine)
        .route(get.clone(), "/{tenant}/a/{application}", Citizen, application::citizen::status)
        .route(get.clone(), "/{tenant}/a/{application}/answers", Citizen, application::citizen::answers)
        .route(get.clone(), "/{tenant}/a/{application}/correct", Citizen, application::citizen::correct_page)
        .route(post.clone(), "/{tenant}/a/{application}/correct", Citizen, application::citizen::correct)
        .route(
            get.clone(),
            "/{tenant}/a/{application}/withdraw",
            Citizen,
            application::citizen::withdraw_page,
        )
        .route(post.clone(), "/{tenant}/a/{application}/withdraw", Citizen, application::citizen::withdraw)
        .route(get.clone(), "/{tenant}/n/{token}", Citizen, application::citizen::notice)
        .route(get.clone(), "/{tenant}/friend", Citizen, account::citizen::friend)
        .route(get.clone(), "/{tenant}/unlink", Citizen, account::citizen::unlink_page)
        .route(post.clone(), "/{tenant}/unlink", Citizen, account::citizen::unlink_here)
        .route(get.clone(), "/{tenant}/unlinked", Public, account::citizen::unlinked)
        .route(post.clone(), "/{tenant}/sign-out", Citizen, account::citizen::sign_out);
    if app.settings.demo { demo::citizen::routes(site) } else { site }
}

/// The staff's site: own listener, own cookies.
pub fn staff_site(app: &App) -> Site {
    use Guard::{Admin, Clerk, Open, Public, Staff};
    let (get, post) = (Method::GET, Method::POST);
    Site::new(app, Side::Staff)
        .route(get.clone(), "/", Open, office::staff::front)
        .route(get.clone(), "/healthz", Open, health::alive)
        .route(get.clone(), "/readyz", Open, health::ready)
        .route(get.clone(), "/static/{hash}/{name}", Open, page::assets::file)
        .route(get.clone(), "/{tenant}/sign-in", Public, office::staff::sign_in_page)
        .route(post.clone(), "/{tenant}/sign-in", Public, office::staff::sign_in)
        .route(post.clone(), "/{tenant}/sign-out", Staff, office::staff::sign_out)
        .route(get.clone(), "/{tenant}/", Staff, office::staff::today)
        .route(get.clone(), "/{tenant}/today/{task}", Staff, office::staff::task)
        .route(get.clone(), "/{tenant}/list", Staff, office::staff::inbox)
        .route(post.clone(), "/{tenant}/print", Staff, office::staff::print)
        .route(post.clone(), "/{tenant}/filter", Staff, office::staff::filter)
        .route(post.clone(), "/{tenant}/search", Staff, office::staff::search)
        .route(get.clone(), "/{tenant}/a/{application}", Staff, office::staff::application)
        .route(get.clone(), "/{tenant}/a/{application}/told", Staff, office::staff::told)
        .route(post.clone(), "/{tenant}/a/{application}/accept", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/review", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/issue", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/ready", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/complete", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/reject", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/withdraw", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/duplicate", Clerk, office::staff::act)
        .route(post.clone(), "/{tenant}/a/{application}/reopen", Clerk, office::staff::act)
        .route(get.clone(), "/{tenant}/a/{application}/correction", Clerk, office::staff::ask_page)
        .route(post.clone(), "/{tenant}/a/{application}/correction", Clerk, office::staff::ask)
        .route(get.clone(), "/{tenant}/a/{application}/files/{attachment}", Staff, attachment::staff::file)
        .route(post.clone(), "/{tenant}/a/{application}/contact", Clerk, office::staff::contact)
        .route(post.clone(), "/{tenant}/a/{application}/note", Clerk, office::staff::note)
        .route(get.clone(), "/{tenant}/guide", Admin, guide::staff::overview)
        .route(get.clone(), "/{tenant}/guide/{topic}", Admin, guide::staff::edit)
        .route(post.clone(), "/{tenant}/guide/{topic}", Admin, guide::staff::publish)
        .route(post.clone(), "/{tenant}/news", Admin, guide::staff::announce)
        .route(post.clone(), "/{tenant}/news/{announcement}/withdraw", Admin, guide::staff::withdraw)
        .route(get.clone(), "/{tenant}/survey", Staff, guide::staff::survey)
        .route(get.clone(), "/{tenant}/line", Admin, channel::staff::page)
        .route(get.clone(), "/{tenant}/line/addresses", Admin, channel::staff::addresses)
        .route(get.clone(), "/{tenant}/line/menu.png", Admin, channel::staff::picture)
        .route(post.clone(), "/{tenant}/line/mode", Admin, channel::staff::set_mode)
        .route(post.clone(), "/{tenant}/line/relay", Admin, channel::staff::set_relay)
        .route(post.clone(), "/{tenant}/line/key", Admin, channel::staff::make_key)
        .route(post.clone(), "/{tenant}/line/key/use", Admin, channel::staff::use_key)
        .route(post.clone(), "/{tenant}/line/key/drop", Admin, channel::staff::drop_key)
        .route(post.clone(), "/{tenant}/line/menu/publish", Admin, channel::staff::publish)
        .route(post.clone(), "/{tenant}/line/menu/restore", Admin, channel::staff::restore)
        .route(get.clone(), "/{tenant}/accounts", Admin, office::staff::accounts)
        .route(post.clone(), "/{tenant}/accounts", Admin, office::staff::add_account)
        .route(post.clone(), "/{tenant}/accounts/{staff}", Admin, office::staff::change_account)
        .route(get.clone(), "/{tenant}/retention", Admin, retention::staff::overview)
        .route(post.clone(), "/{tenant}/retention", Admin, retention::staff::begin)
        .route(post.clone(), "/{tenant}/retention/release", Admin, retention::staff::release)
        .route(get.clone(), "/{tenant}/retention/{list}", Admin, retention::staff::list)
        .route(post.clone(), "/{tenant}/retention/{list}/approve", Admin, retention::staff::approve)
        .route(post.clone(), "/{tenant}/retention/{list}/cancel", Admin, retention::staff::cancel)
        .route(post.clone(), "/{tenant}/retention/{list}/hold", Admin, retention::staff::hold)
        .route(get, "/{tenant}/audit", Admin, office::staff::audit)
}
