//! Who is at the staff's site: the session, read from the database on every request.

use axum::http::HeaderMap;
use madoguchi_base::TenantId;
use madoguchi_base::db::{Class, Never};

use super::{Clerk, Departments, IDLE_MS, SEEN_EVERY_MS, store};
use crate::account::{Token, token_hash};
use crate::app::App;
use crate::cookies::{self, Use};
use crate::error::Error;

/// Sent by our script when it looks for news by itself: such a request is no visit, so that an open window on an
/// empty desk does not keep the session alive.
pub(super) const BY_ITSELF: &str = "x-madoguchi-refresh";

/// The member of staff whose session cookie these headers carry. Without an answer of the database nobody passes.
pub async fn admit(app: &App, tenant: TenantId, headers: &HeaderMap) -> Result<Option<Clerk>, Error> {
    let Some(token) = cookies::get(app, headers, tenant, Use::Staff).filter(|token| token.len() <= 64) else {
        return Ok(None);
    };
    let (hash, now) = (token_hash(token), app.clock.steady_wall());
    let mut x = app.db.reader().await?;
    let found = store::find_session(&mut x, tenant, &hash, (now, now.plus_ms(-IDLE_MS))).await?;
    drop(x);
    let Some(session) = found else { return Ok(None) };
    let (Ok(staff), Ok(role)) = (session.staff_id.parse(), session.role.parse()) else {
        return Err(Error::internal("office", "a staff session is not readable"));
    };
    if now.0 - session.seen_at >= SEEN_EVERY_MS && !headers.contains_key(BY_ITSELF) {
        let seen = app.db.write::<_, (), Never, _>(
            "staff.seen",
            Class::Vital,
            tenant,
            (tenant, hash, now),
            |(tenant, hash, now), tx| {
                Box::pin(async move { Ok(store::seen(tx, *tenant, hash, *now).await?) })
            },
        );
        if seen.await.is_err() {
            // The visit itself may go on; only the session's life is not prolonged.
            tracing::warn!("a staff visit could not be written down");
        }
    }
    let departments = Departments::read(&session.department);
    let token = Token(token.to_owned());
    let (name, filters) = (session.name, session.filters);
    Ok(Some(Clerk { tenant, staff, name, role, departments, filters, token }))
}
