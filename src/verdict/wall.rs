//! Whether what answered is the page that was asked for, or a wall in front of it: a challenge for
//! robots, a login page, a consent page, the beginning of a text that must be paid for.
//!
//! No single word makes a wall: pages about captchas use the words, and pages with a comment form use
//! the widgets. Only a header field that a product sends with its challenges and with nothing else is
//! enough by itself.

use std::borrow::Cow;

use super::{
    access, detour,
    marks::{self, Mark, Marks},
    paywall,
};
use crate::model::{url::Url, verdict::Access};

/// An answer as a wall shows itself in it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Where the chain began.
    pub asked: &'a Url,
    /// Where it ended.
    pub url: &'a Url,
    /// The status there.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// The decoded body.
    pub bytes: &'a [u8],
    /// What it says, where it was read as HTML.
    pub page: Option<Said<'a>>,
}

/// What a wall is known by in a page that was read. The same for a page that is held already, so that
/// the same answer is always read the same way.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Its title.
    pub title: &'a str,
    /// Bytes of its main text.
    pub text_length: u64,
}

/// A wall, and what it was known by.
#[derive(Debug, Clone, PartialEq)]
pub struct Wall {
    /// Of which sort it is.
    pub access: Access,
    /// The signs of it, in words.
    pub signs: Vec<String>,
}

impl Wall {
    /// All signs in one line.
    pub fn detail(&self) -> String {
        format!("signs of {}: {}", self.access, self.signs.join("; "))
    }
}

/// How much of a source is looked at.
pub(super) const HEAD: usize = 64 << 10;
/// Statuses under which challenges come, beside 200.
const REFUSALS: &[u16] = &[202, 403, 405, 406, 412, 428, 429, 503];
/// A page with more main text than this, in bytes, is no challenge.
const SMALL: u64 = 2_000;
/// Hardly any main text.
const BARE: u64 = 400;
/// A source longer than this is not small: it may be an application that draws itself.
const BARE_SOURCE: usize = 32 << 10;
/// What signs must weigh together.
const ENOUGH: u32 = 3;

/// The wall that an answer is, if it is one.
pub fn read(seen: &Seen<'_>) -> Option<Wall> {
    if let Some((name, value)) = access::mark(seen.headers) {
        let colon = if value.is_empty() { "" } else { ": " };
        return Some(Wall {
            access: Access::BotWall,
            signs: vec![format!("header {name}{colon}{value}")],
        });
    }
    let answered = (200..300).contains(&seen.status);
    if !answered && !REFUSALS.contains(&seen.status) || answered && seen.page.is_none() {
        return None;
    }
    if answered && let Some((access, signs)) = detour::read(seen) {
        return Some(Wall { access, signs });
    }
    if let Some(signs) = challenge(seen) {
        return Some(Wall {
            access: Access::BotWall,
            signs,
        });
    }
    let said = seen.page.filter(|_| answered)?;
    let signs = paywall::read(head(seen.bytes), said.text_length)?;
    Some(Wall {
        access: Access::Paywall,
        signs,
    })
}

/// The part of a source that is looked at.
pub(super) fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD)]
}

fn challenge(seen: &Seen<'_>) -> Option<Vec<String>> {
    let text = seen.page.map(|said| said.text_length);
    if text.is_some_and(|length| length > SMALL) {
        return None;
    }
    let title = match seen.page {
        Some(said) => Cow::Borrowed(said.title),
        None => title_of(head(seen.bytes)),
    };
    let signs = Signs {
        title: marks::title(&title),
        product: marks::product(seen.headers),
        refused: REFUSALS.contains(&seen.status),
        bare: text.is_some_and(|length| length <= BARE) && seen.bytes.len() <= BARE_SOURCE,
        marks: Marks::default(),
    };
    // The source is searched only where something speaks for a wall already.
    let worth =
        signs.refused || signs.title > 0 || signs.product.is_some() || text.is_some_and(|length| length <= BARE);
    if !worth {
        return None;
    }
    let signs = Signs {
        marks: marks::scan(head(seen.bytes)),
        ..signs
    };
    signs.enough(seen.status).then(|| signs.told(&title, seen.status))
}

struct Signs {
    title: u32,
    product: Option<&'static str>,
    refused: bool,
    bare: bool,
    marks: Marks,
}

impl Signs {
    fn enough(&self, status: u16) -> bool {
        let part = self.marks.get(Mark::Challenge).is_some();
        let sentence = self.marks.get(Mark::Sentence).is_some();
        let widget = self.marks.get(Mark::Widget).is_some();
        // What a page says of itself. Without that, a status or a guarded site is no wall.
        let speaks = part || self.title > 0 || sentence;
        // A plain refusal keeps its own word unless the product behind it shows.
        let named = part || self.title > 1 || !matches!(status, 403 | 429);
        let others = [self.product.is_some(), self.refused, widget, sentence];
        let others = others.iter().filter(|there| **there).count() as u32;
        let kinds = others + u32::from(part) + u32::from(self.title > 0);
        let weight = others + 2 * u32::from(part) + self.title + u32::from(self.bare);
        let against = 2 * u32::from(
            self.marks
                .get(Mark::Furniture)
                .or(self.marks.get(Mark::Password))
                .is_some(),
        );
        speaks && named && kinds >= 2 && weight >= ENOUGH + against
    }

    fn told(&self, title: &str, status: u16) -> Vec<String> {
        let mut told = Vec::new();
        if self.title > 0 {
            told.push(format!("title {:?}", title.trim()));
        }
        if let Some(product) = self.product {
            told.push(format!("header of {product}"));
        }
        if self.refused {
            told.push(format!("status {status}"));
        }
        for mark in [Mark::Challenge, Mark::Widget, Mark::Sentence] {
            told.extend(self.marks.get(mark).map(|needle| format!("{needle:?} in its source")));
        }
        if self.bare {
            told.push("hardly any text".into());
        }
        told
    }
}

/// The title of a source that was not read as a page, as it is written there.
fn title_of(source: &[u8]) -> Cow<'static, str> {
    let text = String::from_utf8_lossy(source);
    let lower = text.to_ascii_lowercase();
    let title = || {
        let start = lower.find("<title")?;
        let start = start + lower[start..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(text[start..end].split_whitespace().collect::<Vec<_>>().join(" "))
    };
    Cow::Owned(title().unwrap_or_default())
}

#[cfg(test)]
#[path = "wall_tests.rs"]
mod tests;
