//! The difference between two texts.
//!
//! In: two texts. Out: a unified diff, as `diff -u` prints it. Touches nothing.

/// Lines of context around a change.
const AROUND: usize = 3;

/// One line of the difference.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Old(&'a str),
    New(&'a str),
}

/// Returns the unified diff from `old` to `new`, which messages call `name`; empty if they are the
/// same.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let lines = lines(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let mut text = format!("--- {name}\n+++ {name}\n");
    for (start, end) in hunks(&lines) {
        let count = |slice: &[Line<'_>], other: fn(&Line<'_>) -> bool| slice.iter().filter(|line| !other(line)).count();
        let is_new: fn(&Line<'_>) -> bool = |line| matches!(line, Line::New(_));
        let is_old: fn(&Line<'_>) -> bool = |line| matches!(line, Line::Old(_));
        let range = |other| {
            let (before, within) = (count(&lines[..start], other), count(&lines[start..end], other));
            // As in `diff -u`, an empty range names the line before it.
            format!("{},{within}", if within == 0 { before } else { before + 1 })
        };
        text.extend(["@@ -", &range(is_new), " +", &range(is_old), " @@\n"]);
        for line in &lines[start..end] {
            let (sign, line) = match line {
                Line::Same(line) => (" ", line),
                Line::Old(line) => ("-", line),
                Line::New(line) => ("+", line),
            };
            text.extend([sign, line, "\n"]);
        }
    }
    text
}

/// The ranges of lines that are shown.
fn hunks(lines: &[Line<'_>]) -> Vec<(usize, usize)> {
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for (i, _) in lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))) {
        let (start, end) = (i.saturating_sub(AROUND), (i + 1 + AROUND).min(lines.len()));
        match hunks.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => hunks.push((start, end)),
        }
    }
    hunks
}

/// All lines of both texts, with the longest common subsequence as what is the same. Files here
/// have hundreds of lines, so the table is small.
fn lines<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let mut longest = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] =
                if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            lines.push(Line::Old(old[i]));
            i += 1;
        } else {
            lines.push(Line::New(new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = old.replace("5\n", "five\n");
        assert_eq!(unified("a", old, &new), "--- a\n+++ a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
        assert_eq!(unified("a", old, old), "");
    }

    #[test]
    fn changes_far_from_each_other_are_apart() {
        let old: String = (1..=20).flat_map(|n: u8| [n.to_string(), "\n".to_owned()]).collect();
        let new = old.replace("\n2\n", "\n").replace("\n19\n", "\n19\n19\n");
        let text = unified("a", &old, &new);
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
        assert!(text.contains("@@ -1,5 +1,4 @@\n 1\n-2\n 3\n"), "{text}");
        assert_eq!(unified("a", "", "x\n"), "--- a\n+++ a\n@@ -0,0 +1,1 @@\n+x\n");
    }
}
