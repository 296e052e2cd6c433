//! Who is at the desk: roles, departments, and what each may do (pure).

use std::fmt;
use std::str::FromStr;

use madoguchi_base::{StaffId, TenantId};

use crate::account::Token;

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads applications.
    Viewer,
    /// Reads and moves applications.
    Clerk,
    /// That in every department; accounts of staff; the audit log.
    Admin,
}

/// Not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer, clerk or admin")]
pub struct UnknownRole;

impl Role {
    /// All, the one with the fewest rights first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Clerk, Self::Admin];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Clerk => "clerk",
            Self::Admin => "admin",
        }
    }

    /// What staff read.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Viewer => "閲覧者（見るだけ）",
            Self::Clerk => "担当者",
            Self::Admin => "管理者",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(s: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|r| r.code() == s).ok_or(UnknownRole)
    }
}

/// A member of staff who is signed in, as the guard found them.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// Municipality.
    pub tenant: TenantId,
    /// Who.
    pub staff: StaffId,
    /// Name, for pages and the history.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Departments (ids of the municipality's sections).
    pub departments: Departments,
    /// Their filters, as they are stored with the session.
    pub filters: String,
    /// The session token, the proof for the key agent. Never logged.
    pub token: Token,
}

impl Clerk {
    /// May they change anything?
    pub fn may_act(&self) -> bool {
        self.role != Role::Viewer
    }

    /// Are applications of this section theirs to see?
    pub fn sees(&self, section: &str) -> bool {
        self.departments.covers(self.role, section)
    }
}

/// The departments of an account; none means all of them (a general counter).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Departments(Vec<String>);

impl Departments {
    /// As they are stored: ids with spaces between them.
    pub fn read(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }

    /// The stored text.
    pub fn code(&self) -> String {
        self.0.join(" ")
    }

    /// Is a section one of them? Administrators have all.
    pub fn covers(&self, role: Role, section: &str) -> bool {
        role == Role::Admin || self.0.is_empty() || self.0.iter().any(|own| own == section)
    }

    /// Is it named?
    pub fn names(&self, section: &str) -> bool {
        self.0.iter().any(|own| own == section)
    }

    /// No limit?
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_covers_itself_none_covers_all_and_administrators_see_everything() {
        let (water, all) = (Departments::read("water  tax"), Departments::read(""));
        assert_eq!(water.code(), "water tax");
        assert!(water.covers(Role::Clerk, "tax") && !water.covers(Role::Clerk, "insurance"));
        assert!(all.covers(Role::Viewer, "insurance") && water.covers(Role::Admin, "insurance"));
    }

    #[test]
    fn roles_read_back() {
        for role in Role::ALL {
            assert_eq!(role.code().parse(), Ok(role));
        }
        assert!("boss".parse::<Role>().is_err());
    }
}
