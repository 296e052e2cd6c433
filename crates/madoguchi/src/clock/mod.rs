//! 時計: what the database knows of the wall clock, over restarts and between nodes.
//! Is: the highest time seen, and a jump that waits for a person. Is not: the clocks themselves
//! (`madoguchi_base::clock`) or the gate that every expiry job asks (`Clock::may_expire`).

pub mod acts;
pub mod job;
mod store;

use madoguchi_base::Millis;

/// What is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The highest wall time that any node has seen.
    pub highest: Millis,
    /// When the clock had jumped to, and what it should have shown, until a person confirms the time.
    pub halted: Option<(Millis, Millis)>,
    /// How often a person has confirmed the time.
    pub confirmed: i64,
}
