//! Lines that fit a terminal and cannot steer it.

use crate::model::verdict::Class;

/// How the text is set.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns to fit into.
    pub width: usize,
    /// Whether ANSI colours are used.
    pub colour: bool,
}

/// A text without control characters and without those that turn the direction of what follows: what a hostile page
/// says must not steer a terminal, nor pass for something else.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c != '\n' && steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Control characters, and the embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A size, for people.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

/// Cuts to `width` characters, in the middle of addresses so that both ends can be read.
pub(super) fn clip(text: &str, width: usize) -> String {
    let text = &printable(text);
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let keep = width.saturating_sub(1);
    let (head, tail) = (keep - keep / 3, keep / 3);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// Cuts prose to `width` characters, at its end.
pub(super) fn clip_end(text: &str, width: usize) -> String {
    let text = &printable(text);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

/// Breaks at spaces into lines of at most `width` characters; a longer word is cut.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    fill(text, width, |word| clip(word, width))
}

/// Breaks at spaces into lines of at most `width` characters; a longer word has a line of its own.
pub(super) fn wrap_whole(text: &str, width: usize) -> Vec<String> {
    fill(text, width, printable)
}

fn fill(text: &str, width: usize, set: impl Fn(&str) -> String) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = set(word);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

impl Style {
    pub(super) fn bold(self, text: &str) -> String {
        self.dress(anstyle::Style::new().bold(), text)
    }

    pub(super) fn paint(self, class: Class, text: &str) -> String {
        use anstyle::AnsiColor as Colour;
        let colour = match class {
            Class::Dead | Class::Replaced => Colour::Red,
            Class::Changed | Class::Moved | Class::Suspect => Colour::Yellow,
            Class::Blocked | Class::Excluded => Colour::Cyan,
            Class::Ok => Colour::Green,
            Class::Skipped | Class::Unchecked => return text.to_owned(),
        };
        self.dress(colour.on_default().bold(), text)
    }

    pub(super) fn dress(self, style: anstyle::Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_clips_to_the_width() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), Vec::<String>::new());
        assert_eq!(wrap("an extraordinary one", 7), ["an", "extr…ry", "one"]);
        assert_eq!(wrap_whole("an extraordinary one", 7), ["an", "extraordinary", "one"]);
        assert_eq!(clip("short", 10), "short");
        let clipped = clip("http://example.org/a/very/long/path/to/a/page.html", 30);
        assert_eq!(clipped.chars().count(), 30);
        assert!(
            clipped.starts_with("http://example.org") && clipped.ends_with("page.html"),
            "{clipped}"
        );
    }
}
