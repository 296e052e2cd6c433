//! The floor of madoguchi: two databases behind one way to write, ids, clocks, keys and sealing.
//!
//! What it is not: a place for helpers. It knows nothing of LINE, of forms or of pages, and stays small.

pub mod clock;
pub mod day;
pub mod db;
pub mod file;
pub mod id;
pub mod keys;
pub mod random;
pub mod receipt;
pub mod seal;

pub use clock::{Clock, Millis};
pub use day::Day;
pub use id::{AccountId, ApplicationId, AttachmentId, NoticeId, ProcedureId, StaffId, TenantId};
pub use receipt::Receipt;
