//! Ids: `Copy` newtypes with private fields, so that text that a person typed fits into none of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use aws_lc_rs::digest;
use uuid::{ContextV7, Timestamp, Uuid};

use crate::Clock;

/// A municipality: its 団体コード, five digits and a check digit (232131 = 西尾市).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(u32);

/// Not a 団体コード.
#[derive(Debug, thiserror::Error)]
#[error("a municipality's code has six digits, the last of which checks the others")]
pub struct TenantIdError;

impl FromStr for TenantId {
    type Err = TenantIdError;
    fn from_str(s: &str) -> Result<Self, TenantIdError> {
        if s.len() != 6 || !s.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TenantIdError);
        }
        let n: u32 = s.parse().map_err(|_| TenantIdError)?;
        if check_digit(n / 10) == n % 10 { Ok(Self(n)) } else { Err(TenantIdError) }
    }
}

/// 総務省「全国地方公共団体コード」: weights 6…2, (11 − Σ mod 11), last digit.
fn check_digit(five: u32) -> u32 {
    let sum: u32 = (0..5).map(|i| (five / 10_u32.pow(i) % 10) * (i + 2)).sum();
    (11 - sum % 11) % 10
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (UUIDv7), ordered by the clock's wall time.
            pub fn new(clock: &Clock) -> Self {
                Self(new_uuid(clock))
            }

            /// The id behind a UUID that came out of the database or an address.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, uuid::Error> {
                Uuid::try_parse(s).map(Self)
            }
        }
    )*};
}

ids! {
    /// A citizen's account in one municipality.
    AccountId;
    /// One application (申請・請求・届出・申込み・通報).
    ApplicationId;
    /// A file that belongs to an application, or to one that is not submitted yet.
    AttachmentId;
    /// A procedure of a municipality.
    ProcedureId;
    /// One piece of news for one person.
    NoticeId;
    /// A member of the municipality's staff.
    StaffId;
}

impl ProcedureId {
    /// The id that a procedure's name has in a municipality, the same on every machine.
    pub fn derive(tenant: TenantId, slug: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, format!("procedure/{tenant}/{slug}").as_bytes());
        let mut first = [0_u8; 16];
        first.copy_from_slice(&hash.as_ref()[..16]);
        Self(Uuid::new_v8(first))
    }
}

/// A UUIDv7 whose time is the clock's and whose rest is a counter over random bits: ids that one process makes
/// sort in the order in which it made them, even within a millisecond.
pub fn new_uuid(clock: &Clock) -> Uuid {
    static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let ms = clock.wall().0.max(0).unsigned_abs();
    let nanos = u32::try_from(ms % 1_000).unwrap_or(0) * 1_000_000;
    let order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Uuid::new_v7(Timestamp::from_unix(&*order, ms / 1_000, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_of_their_making() {
        let clock = Clock::fixed(crate::Millis(1_795_327_200_000));
        let made: Vec<Uuid> = (0..5_000).map(|_| new_uuid(&clock)).collect();
        let mut sorted = made.clone();
        sorted.sort();
        assert_eq!(made, sorted);
    }

    #[test]
    fn a_municipality_code_is_checked_by_its_last_digit() {
        assert_eq!("232131".parse::<TenantId>().expect("Nishio").to_string(), "232131");
        assert_eq!("011002".parse::<TenantId>().expect("Sapporo").to_string(), "011002");
        assert!("131016".parse::<TenantId>().is_ok());
        for wrong in ["232132", "23213", "２３２１３１", "23213x", ""] {
            assert!(wrong.parse::<TenantId>().is_err(), "{wrong}");
        }
    }
}
