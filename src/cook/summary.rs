//! The last line of a cook.
//!
//! In: the command of the build, and what was done. Out: one line within 80 columns. Touches
//! nothing.

/// Returns the command and what was done, within 80 columns. Adds the first of these `sizes` that
/// fits. If the line is still too long, shortens the command.
pub fn last_line(build: &str, done: &str, sizes: &[String]) -> String {
    const ROOM: usize = 80 - "      Cooked for : ".len();
    let room = ROOM.saturating_sub(done.chars().count());
    let fits = |size: &&str| build.chars().count() + size.chars().count() <= room;
    match sizes.iter().map(String::as_str).chain([""]).find(fits) {
        Some(size) => format!("for {build}: {done}{size}"),
        None => format!("for {}…: {done}", build.chars().take(room.saturating_sub(1)).collect::<String>()),
    }
}

pub fn megabytes(bytes: u64) -> String {
    let (whole, tenth) = (bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    if whole < 10 { format!("{whole}.{tenth} MB") } else { format!("{whole} MB") }
}
