//! Text → HTML.
//!
//! In: any text, such as the name of a package or a path. Out: text that a browser shows and does
//! not take as markup, in an element or in a quoted attribute. Touches nothing.

/// Returns a text as HTML. Control characters become the sign of a character that cannot be shown.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // These turn the order of what follows, so that a name could look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns a template with its marks, such as `{{title}}`, replaced. A value is never searched for
/// marks.
pub fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (mark, rest) = part.split_once("}}").expect("each mark of the template ends");
        let value = values.iter().find(|(name, _)| *name == mark);
        page.push_str(value.expect("each mark of the template has a value").1);
        page.push_str(rest);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
        assert_eq!(
            escape("</script><img src=x onerror=alert(1)>"),
            "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"
        );
        assert_eq!(escape("a\x1b[31m\u{202e}b\0"), "a\u{fffd}[31m\u{fffd}b\u{fffd}");
        assert_eq!(escape("größe 1.0+a_b"), "größe 1.0+a_b");
    }

    #[test]
    fn a_value_is_not_searched_for_marks() {
        assert_eq!(filled("<{{a}}|{{b}}>", &[("a", "{{b}}"), ("b", "2")]), "<{{b}}|2>");
    }
}
