//! Shared parts of the integration tests: a generated registry, random workspaces that use it, and
//! cargo itself as the judge of what a build needs.
//!
//! A test draws a [`workspace::Case`] through [`shrink::cases`]: a workspace and the scope of one
//! build. [`render`] turns it into manifests, [`edits`] change it, and [`oracle`] asks cargo for
//! its third-party units.
#![allow(dead_code, reason = "each test program uses a part of this module")]

pub mod coverage;
pub mod dice;
pub mod edits;
pub mod effects;
pub mod generate;
pub mod golden;
pub mod larder;
pub mod lock;
pub mod oracle;
pub mod profiles;
pub mod refactors;
pub mod registry;
pub mod render;
pub mod scope;
pub mod shrink;
pub mod skeleton;
pub mod style;
pub mod tidy;
pub mod units;
pub mod workspace;
