//! Sizes as people write them: `500MB`, `2GiB`.
//!
//! In: text, or bytes. Out: bytes, or text. Touches nothing.

/// The units of a size. `K` and `KB` count by 1000, `KiB` by 1024.
const UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("K", 1000),
    ("KB", 1000),
    ("KIB", 1 << 10),
    ("M", 1_000_000),
    ("MB", 1_000_000),
    ("MIB", 1 << 20),
    ("G", 1_000_000_000),
    ("GB", 1_000_000_000),
    ("GIB", 1 << 30),
    ("T", 1_000_000_000_000),
    ("TB", 1_000_000_000_000),
    ("TIB", 1 << 40),
];

/// The default limit of a store.
pub const DEFAULT: u64 = 10_000_000_000;

/// Returns the bytes of a size.
///
/// # Errors
/// The text is not a size. The message has an example of one.
pub fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_uppercase();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    // Without floating point, so that the result is exact.
    let bytes = || -> Option<u128> {
        let factor = u128::from(factor?);
        let scale = 10_u128.checked_pow(u32::try_from(part.len()).ok()?)?;
        let all: u128 = format!("{whole}{part}").parse().ok()?;
        Some(all.checked_mul(factor)? / scale)
    };
    let bytes = bytes().and_then(|bytes| u64::try_from(bytes).ok());
    bytes.ok_or_else(|| "not a size such as `2GiB`".to_owned())
}

/// Formats bytes for people.
pub fn print(bytes: u64) -> String {
    let (factor, unit) = match bytes {
        0..1_000_000 => (1000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {unit}", bytes / factor, bytes % factor * 10 / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("500MB", 500_000_000),
            ("2GiB", 2 << 30),
            ("10 gb", 10_000_000_000),
            ("1.5G", 1_500_000_000),
            ("0.5KiB", 512),
            ("3T", 3_000_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "GB",
            "-1",
            "1.2.3",
            "1e9",
            "ten",
            "5 XB",
            "99999999999999999999T",
            "1.00000000000000000000000000000000000000001G",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_printed_in_three_units() {
        assert_eq!([0, 1_234_567, 10_000_000_000].map(print), ["0.0 kB", "1.2 MB", "10.0 GB"]);
    }
}
