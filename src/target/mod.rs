//! The target directory by units: which ones an earlier directory brings, which ones recipes still
//! use, and which ones are removed.
//!
//! ```text
//! seed directories ─units▶ seed ─copies▶ target directory ─cargo▶ used ─ledger▶ trim ─removes▶
//! ```
//!
//! cargo alone decides what is fresh. A seed only restores what cargo itself wrote, and trimming
//! only costs time. Nothing here touches a unit of a local package.

pub mod builds;
pub mod copy;
pub mod ledger;
pub mod machine;
pub mod packed;
pub mod place;
pub mod records;
pub mod report;
pub mod seed;
pub mod trim;
pub mod unit;

pub use unit::{Unit, units};
