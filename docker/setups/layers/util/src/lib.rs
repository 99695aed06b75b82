use either::Either;

/// The letter `r` in a word, or in nothing.
pub fn title(word: &str) -> String {
    let shown = if word.is_empty() { Either::Left("nothing") } else { Either::Right(word) };
    format!("r in {shown}")
}
