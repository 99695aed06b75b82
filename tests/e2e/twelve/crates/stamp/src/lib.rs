pub const STAMP: &str = env!("STAMP");
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
