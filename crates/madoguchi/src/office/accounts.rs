//! Administration of staff accounts, for the command line and the demo.

use madoguchi_base::db::{Class, Db, Stop, Tx, WriteError};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Millis, StaffId, TenantId};

use super::password::{self, Hashed, Password};
use super::{Departments, Role, sign_in, store};
use crate::audit::{Actor, Record, acts as log};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewStaff {
    /// What is typed at sign-in: up to 64 characters, no blank; capitals and full width are the same.
    pub login: String,
    /// Name, as colleagues read it in the history.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// 担当課; none: all of them.
    pub department: Departments,
    /// The password's hash ([`super::password::Password::hash`]).
    pub password: Hashed,
}

/// Why an account was not made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// The login name is taken.
    #[error("there is already an account with this login name")]
    Taken,
    /// No such account.
    #[error("there is no account with this login name")]
    NotFound,
    /// The login name is empty, too long, or has blanks.
    #[error("a login name has 1 to 64 characters and no blanks")]
    Login,
    /// None of `viewer`, `clerk`, `admin`.
    #[error("a role is viewer, clerk or admin")]
    Role,
    /// The database did not take it.
    #[error("the database did not take it; nothing was changed")]
    Unavailable,
    /// It may or may not have been stored.
    #[error("the outcome is not known: look whether the account is there")]
    Unknown,
}

impl From<WriteError<StaffError>> for StaffError {
    fn from(e: WriteError<StaffError>) -> Self {
        match e {
            WriteError::Rejected(e) => e,
            WriteError::Busy | WriteError::Failed => Self::Unavailable,
            WriteError::Unknown => Self::Unknown,
        }
    }
}

impl From<password::Busy> for StaffError {
    fn from(_: password::Busy) -> Self {
        Self::Unavailable
    }
}

/// Makes an account with a random password, which is returned once and stored nowhere (`staff add`).
pub async fn add(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    login: &str,
    name: &str,
    role: &str,
) -> Result<String, StaffError> {
    let role = role.parse().map_err(|_| StaffError::Role)?;
    let password = Password::random();
    let name = if name.trim().is_empty() { login } else { name.trim() };
    let new = NewStaff {
        login: login.to_owned(),
        name: name.to_owned(),
        role,
        department: Departments::default(),
        password: password.hash().await?,
    };
    add_staff(db, (keys, clock), tenant, new).await?;
    Ok(password.as_str().to_owned())
}

/// Gives an account a random password, which is returned once, and ends its sessions (`staff reset`).
pub async fn reset(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    login: &str,
) -> Result<String, StaffError> {
    let password = Password::random();
    change(db, (keys, clock), tenant, login, Change::Password(password.hash().await?)).await?;
    Ok(password.as_str().to_owned())
}

fn login_of(typed: &str) -> Result<String, StaffError> {
    let login = sign_in::normal_login(typed);
    let fits = (1..=64).contains(&login.chars().count());
    if fits && !login.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Ok(login)
    } else {
        Err(StaffError::Login)
    }
}

/// Makes an account.
pub async fn add_staff(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    new: NewStaff,
) -> Result<StaffId, StaffError> {
    add_by(db, (keys, clock), tenant, Actor::System, new).await
}

/// [`add_staff`], by an administrator.
pub async fn add_by(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    by: Actor,
    new: NewStaff,
) -> Result<StaffId, StaffError> {
    let id = StaffId::new(clock);
    let row = store::New {
        tenant,
        id,
        login: login_of(&new.login)?,
        name: new.name,
        role: new.role.code(),
        department: new.department.code(),
        hash: new.password.as_str().to_owned(),
        at: clock.wall(),
    };
    let record =
        Record::new((keys, clock), tenant, by, "staff.add").detail(format!("{id} role={}", new.role));
    db.write("staff.add", Class::Person, tenant, (row, record), |(row, record), tx| {
        Box::pin(async move {
            if !store::insert(tx, row).await? {
                return Err(Stop::Reject(StaffError::Taken));
            }
            Ok(log::record(tx, std::slice::from_ref(record)).await?)
        })
    })
    .await?;
    Ok(id)
}

/// A change of an account. Each one ends the person's sessions.
#[derive(Clone, Debug)]
pub enum Change {
    /// Another password.
    Password(Hashed),
    /// Another role.
    Role(Role),
    /// Other departments.
    Departments(Departments),
    /// Closed: nobody signs in any more; the history keeps the name.
    Disable,
}

struct Wish {
    tenant: TenantId,
    login: String,
    change: Change,
    at: Millis,
    record: Record,
}

/// Changes an account and ends its sessions in the same transaction.
pub async fn change(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    login: &str,
    change: Change,
) -> Result<(), StaffError> {
    change_by(db, (keys, clock), tenant, Actor::System, login, change).await
}

/// [`change`], by an administrator.
pub async fn change_by(
    db: &Db,
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    by: Actor,
    login: &str,
    change: Change,
) -> Result<(), StaffError> {
    let act = match &change {
        Change::Password(_) => "staff.reset",
        Change::Role(_) => "staff.role",
        Change::Departments(_) => "staff.departments",
        Change::Disable => "staff.disable",
    };
    let record = Record::new((keys, clock), tenant, by, act);
    let wish = Wish { tenant, login: login_of(login)?, change, at: clock.wall(), record };
    db.write("staff.change", Class::Person, tenant, wish, |wish, tx| Box::pin(apply(tx, wish))).await?;
    Ok(())
}

async fn apply(tx: &mut Tx, w: &Wish) -> Result<(), Stop<StaffError>> {
    let (found, role) = match &w.change {
        Change::Password(hash) => (store::set_password(tx, w.tenant, &w.login, hash.as_str()).await?, None),
        Change::Role(role) => (store::set_role(tx, w.tenant, &w.login, role.code()).await?, Some(*role)),
        Change::Departments(all) => {
            (store::set_departments(tx, w.tenant, &w.login, &all.code()).await?, None)
        }
        Change::Disable => (store::disable(tx, w.tenant, &w.login, w.at).await?, None),
    };
    let Some(staff) = found else { return Err(Stop::Reject(StaffError::NotFound)) };
    store::revoke_all(tx, w.tenant, &staff, w.at).await?;
    let detail = role.map_or_else(|| staff.clone(), |role| format!("{staff} role={role}"));
    Ok(log::record(tx, &[w.record.clone().detail(detail)]).await?)
}
