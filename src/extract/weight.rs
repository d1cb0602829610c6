//! How much there is to read in a text and in a subtree.
//!
//! Must not know what is main text. No script is favoured: what counts is about one word in any of them.

/// What a subtree holds, in weighted characters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weight {
    /// All text.
    pub all: u32,
    /// Text inside links.
    pub link: u32,
    /// Runs of text long enough to be prose, outside links.
    pub prose: u32,
    /// Runs of text as long inside links: titles of other pages.
    pub titles: u32,
}

impl Weight {
    /// What a run of text holds.
    pub fn of(text: &str, linked: bool) -> Self {
        let all = weigh(text);
        let run = if all >= PROSE { all } else { 0 };
        match linked {
            true => Weight {
                all,
                link: all,
                prose: 0,
                titles: run,
            },
            false => Weight {
                all,
                link: 0,
                prose: run,
                titles: 0,
            },
        }
    }

    /// Adds what a part holds.
    pub fn add(&mut self, part: Self) {
        self.all = self.all.saturating_add(part.all);
        self.link = self.link.saturating_add(part.link);
        self.prose = self.prose.saturating_add(part.prose);
        self.titles = self.titles.saturating_add(part.titles);
    }

    /// How much there is to read: a list of titles is less than prose, and more than nothing.
    pub fn worth(self) -> u32 {
        self.prose.saturating_add(self.titles / 3)
    }
}

/// A run of text that weighs less is no prose.
pub const PROSE: u32 = 25;

/// Characters of writing systems without spaces count double: a word of them is short.
pub fn weigh(text: &str) -> u32 {
    if text.is_ascii() {
        return text.bytes().filter(|b| !b.is_ascii_whitespace()).count() as u32;
    }
    let weigh = |(at, &byte): (usize, &u8)| match STARTS[byte as usize] {
        UNSURE => text[at..].chars().next().map_or(0, weigh_char),
        weight => u32::from(weight),
    };
    text.as_bytes().iter().enumerate().map(weigh).sum()
}

fn weigh_char(c: char) -> u32 {
    match c as u32 {
        _ if c.is_whitespace() => 0,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => 2,
        0x2E80..=0xD7FF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => 2,
        _ => 1,
    }
}

/// The first byte alone does not tell what a character weighs.
const UNSURE: u8 = 3;

/// What a character weighs by its first byte in UTF-8; bytes that begin none weigh nothing.
static STARTS: [u8; 256] = {
    let mut weights = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        weights[byte] = match byte {
            0x09..=0x0D | 0x20 | 0x80..=0xBF => 0,
            0xC2 | 0xE0..=0xE3 | 0xEF | 0xF0 => UNSURE,
            0xE4..=0xED => 2,
            _ => 1,
        };
        byte += 1;
    }
    weights
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_words_of_any_script_about_the_same() {
        for (text, want) in [
            ("", 0),
            (" a b\n", 2),
            ("é ü", 2),
            ("слово", 5),
            ("كلمة", 4),
            ("日本語", 6),
            ("한국", 4),
            ("คำ", 4),
            ("\u{3000}\u{A0}", 0),
            ("𠀀", 2),
            ("🙂", 1),
        ] {
            assert_eq!(weigh(text), want, "{text:?}");
        }
    }
}
