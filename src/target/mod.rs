//! What cargo leaves in a target directory, unit by unit: what an earlier directory brings, what a recipe still uses, and
//! what can go.
//!
//! ```text
//! seed directories ─units▶ seed ─copies▶ target directory ─cargo▶ used ─ledger▶ trim ─removes▶
//! ```
//!
//! cargo alone decides what is fresh: a seed only puts back what cargo itself wrote, and trimming only costs time. Nothing
//! here touches a unit of a local package.

pub mod builds;
pub mod copy;
pub mod ledger;
pub mod place;
pub mod records;
pub mod report;
pub mod seed;
pub mod trim;
pub mod unit;

pub use unit::{Unit, units};
