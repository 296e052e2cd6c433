//! What other folders may read and write of municipalities.

pub use super::store::{Row, insert, list};
