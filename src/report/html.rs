//! What our HTML pages have in common: one file each, without scripts of others, fonts or images, that works offline,
//! in light and dark, on paper, by keyboard, and aloud.

/// Lets nothing be asked for, and nothing run but our own style and script.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("style.css");

/// A whole page. `body` is HTML already; `script` is our own, or empty.
pub(super) fn page(title: &str, body: &str, script: &str) -> String {
    let title = escape(title);
    let script = match script {
        "" => String::new(),
        script => format!("<script>\n{script}</script>\n"),
    };
    format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">
<meta name=\"referrer\" content=\"no-referrer\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
{body}{script}</body>
</html>
"
    )
}

/// Text as it may stand in an element or in an attribute between quotation marks. What steers a terminal or turns
/// the direction of what follows is replaced.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in super::printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An address as a link, if it is one that a browser may follow without harm; else as text.
pub(super) fn link(address: &str, words: &str) -> String {
    match address.starts_with("http://") || address.starts_with("https://") {
        true => format!(
            "<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>",
            escape(address),
            escape(words)
        ),
        false => escape(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_becomes_markup() {
        for (said, want) in [
            ("a < b & c", "a &lt; b &amp; c"),
            (
                "\"><script>alert('x')</script>",
                "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;",
            ),
            ("\u{1b}[31m\u{202e}", "\u{fffd}[31m\u{fffd}"),
        ] {
            assert_eq!(escape(said), want);
        }
        assert_eq!(link("javascript:alert(1)", "x"), "x");
        assert!(link("https://example.org/\"onclick=\"", "x").contains("&quot;onclick=&quot;"));
    }
}
