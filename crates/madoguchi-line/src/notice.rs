//! News for one person about one application: what kind, when, which number. Never why, never a name.
//!
//! What it is not: a message. The sentence is the municipality's and is added at delivery (`wording`).
//! A [`Notice`] is `Copy + 'static` and made of fixed-size newtypes only, so nothing that a person
//! typed fits into one; a test that puts a string into it does not compile.

mod kind;
mod view;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{
    AccountId, ApplicationId, Day, Millis, NoticeId, ProcedureId, Receipt, TenantId, random,
};

use crate::reminder::Occasion;
use crate::store;

pub use kind::NoticeKind;
pub use view::{DeliveryState, NoticeView};

/// A notice that nothing said about its end is given up after this many seconds (seven days).
const LIFE_SECS: i64 = 7 * 86_400;

/// The random part of a notice's address, `/{tenant}/n/{token}`: sixteen random bytes that open nothing by
/// themselves (the page asks for a session). Made here only, so that no text fits into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageToken([u8; 16]);

impl PageToken {
    /// A new random token.
    pub fn random() -> Self {
        Self(random::bytes())
    }
}

impl std::fmt::Display for PageToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// News for one person about one application.
///
/// It is made of ids, numbers and days. Text does not fit in, which the compiler checks:
///
/// ```compile_fail,E0560
/// use madoguchi_line::notice::Notice;
/// fn with_name(notice: Notice, typed: String) -> Notice {
///     Notice { name: typed, ..notice }
/// }
/// ```
/// ```compile_fail,E0423
/// use madoguchi_line::notice::PageToken;
/// fn smuggled(typed: [u8; 16]) -> PageToken {
///     PageToken(typed)
/// }
/// ```
/// ```compile_fail,E0308
/// use madoguchi_base::{AccountId, ApplicationId, Clock, NoticeId, ProcedureId, TenantId};
/// use madoguchi_line::notice::{Notice, NoticeKind, PageToken};
/// fn told(c: &Clock, t: TenantId, a: AccountId, b: ApplicationId, typed: &str) -> Notice {
///     let p = ProcedureId::derive(t, "suido-start");
///     let kind = NoticeKind::Submitted;
///     Notice::new(NoticeId::new(c), t, a, b, p, kind, typed, None, None, PageToken::random(), c.wall())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    pub(crate) id: NoticeId,
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    pub(crate) application: ApplicationId,
    pub(crate) procedure: ProcedureId,
    pub(crate) kind: NoticeKind,
    pub(crate) receipt: Receipt,
    pub(crate) due: Option<Day>,
    pub(crate) days: Option<u16>,
    pub(crate) page: PageToken,
    pub(crate) at: Millis,
    pub(crate) not_after: Millis,
    /// What it reminds of; `None` for news.
    pub(crate) occasion: Option<Occasion>,
}

/// The promise of this crate, checked by the compiler: a notice owns no text and borrows none.
const fn assert_fixed_size<T: Copy + Send + Sync + 'static>() {}
const _: () = assert_fixed_size::<Notice>();

impl Notice {
    /// A notice made at `at`. `due` is the day told as {期限}; `days` the number told as {日数}.
    ///
    /// It is not sent any more after the end of `due` where the news is about that day (correction,
    /// reminder, payment), otherwise seven days after `at`.
    #[expect(clippy::too_many_arguments, reason = "each is a type of its own; none can be mistaken")]
    pub fn new(
        id: NoticeId,
        tenant: TenantId,
        account: AccountId,
        application: ApplicationId,
        procedure: ProcedureId,
        kind: NoticeKind,
        receipt: Receipt,
        due: Option<Day>,
        days: Option<u16>,
        page: PageToken,
        at: Millis,
    ) -> Self {
        let end = due.filter(|_| kind.ends_with_due()).map(|d| d.plus_days(1).start());
        let not_after = end.unwrap_or_else(|| at.plus_secs(LIFE_SECS));
        let occasion = None;
        Self {
            id,
            tenant,
            account,
            application,
            procedure,
            kind,
            receipt,
            due,
            days,
            page,
            at,
            not_after,
            occasion,
        }
    }

    /// The same notice as a reminder.
    pub(crate) fn of(self, occasion: Occasion) -> Self {
        Self { occasion: Some(occasion), ..self }
    }

    /// The same notice with another last moment: later than this it is not sent any more.
    #[must_use]
    pub fn not_after(self, at: Millis) -> Self {
        Self { not_after: at, ..self }
    }
}

/// Promises notices in the transaction of the event that they tell of: up to 64 in one statement, more in
/// several. Call [`crate::Line::wake`] after the commit.
pub async fn enqueue(tx: &mut Tx, notices: &[Notice]) -> Result<(), sqlx::Error> {
    for chunk in notices.chunks(store::notice::ENQUEUE_MAX) {
        store::notice::enqueue(tx, chunk).await?;
    }
    Ok(())
}

/// All notices of one application, oldest first, with what LINE was told.
pub async fn of_application(
    x: &mut impl Exec,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<NoticeView>, sqlx::Error> {
    let rows = store::notice::of_application(x, tenant, application).await?;
    Ok(rows.into_iter().filter_map(view::read).collect())
}

/// Whose notice, and of which application, the address `/{tenant}/n/{token}` belongs to.
pub async fn by_page(
    x: &mut impl Exec,
    tenant: TenantId,
    token: &str,
) -> Result<Option<(AccountId, ApplicationId)>, sqlx::Error> {
    let found = store::notice::by_page(x, tenant, token).await?;
    Ok(found.and_then(|(account, application)| Some((account.parse().ok()?, application.parse().ok()?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_about_a_day_ends_with_that_day() {
        let clock = madoguchi_base::Clock::fixed(Millis(1_795_327_200_000));
        let due = Day::new(2026, 12, 1);
        let made = |kind| {
            Notice::new(
                NoticeId::new(&clock),
                "232131".parse().expect("Nishio"),
                AccountId::new(&clock),
                ApplicationId::new(&clock),
                ProcedureId::derive("232131".parse().expect("Nishio"), "suido-start"),
                kind,
                Receipt::random(),
                due,
                None,
                PageToken::random(),
                clock.wall(),
            )
        };
        assert_eq!(made(NoticeKind::Reminder).not_after, Day::new(2026, 12, 2).expect("day").start());
        assert_eq!(made(NoticeKind::Submitted).not_after, clock.wall().plus_secs(LIFE_SECS));
    }
}
