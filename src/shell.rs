//! Command lines that can be pasted.
//!
//! In: words. Out: one line that a POSIX shell splits into the same words. Touches nothing.

/// Returns a word quoted for a POSIX shell.
pub fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Returns words as one line.
pub fn line(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    words.into_iter().map(|w| word(w.as_ref())).collect::<Vec<_>>().join(" ")
}
