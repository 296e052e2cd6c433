//! A person's words in place of the receipt number.

use madoguchi_base::{AccountId, ApplicationId, Clock, NoticeId, ProcedureId, TenantId};
use madoguchi_line::notice::{Notice, NoticeKind, PageToken};

fn told(clock: &Clock, tenant: TenantId, account: AccountId, application: ApplicationId, typed: &str) -> Notice {
    let procedure = ProcedureId::derive(tenant, "suido-start");
    Notice::new(
        NoticeId::new(clock),
        tenant,
        account,
        application,
        procedure,
        NoticeKind::Submitted,
        typed,
        None,
        None,
        PageToken::random(),
        clock.wall(),
    )
}

fn main() {}
