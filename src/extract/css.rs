//! What a style sheet draws in: the addresses of `@import`, of `url()` and `src()` in any property, and
//! the strings of `image-set()`.
//!
//! A tokenizer after CSS Syntax level 3, in one linear pass and without recursion; which rule or
//! property an address stands in is looked at only as far as it decides whether it is loaded. A crate
//! that parses has its callers descend into blocks, so that a sheet of brackets would cost its stack.
//! Must not resolve addresses.

use std::borrow::Cow;

use super::links::LINKS_MAX;
use crate::model::{
    link::{Link, Place, Role},
    url::{RawHref, Url, resolve},
};

/// What a style sheet draws in, as links: what it imports has [`Role::Resource`], everything else
/// [`Role::Embed`].
pub fn links(css: &str, url: &Url) -> Vec<Link> {
    let link = |(address, role): (Cow<'_, str>, Role)| {
        let raw = RawHref(address.into_owned());
        Link {
            target: resolve(url, &raw),
            raw,
            anchor: String::new(),
            rel: String::new(),
            role,
            place: Place::Around,
            span: None,
            section: None,
            quotes: Vec::new(),
        }
    };
    references(css).into_iter().take(LINKS_MAX).map(link).collect()
}

/// The addresses in a style sheet or a `style` attribute, in order, as they mean: escapes undone. Those
/// that carry their content are left out.
pub fn references(css: &str) -> Vec<(Cow<'_, str>, Role)> {
    let mut scanner = Scanner {
        css,
        bytes: css.as_bytes(),
        at: 0,
        open: Vec::new(),
        prelude: Prelude::None,
        found: Vec::new(),
    };
    while scanner.step() {}
    scanner.found
}

/// What is open, innermost last.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    Brace,
    Bracket,
    /// Parentheses, and functions in which a string is no address.
    Parenthesis,
    /// `url(` or `src(` with its string still to come.
    Address,
    ImageSet,
}

/// Whether an at-rule has begun and its block not: addresses there are conditions and names, and none
/// is loaded but that of `@import`.
#[derive(Clone, Copy, PartialEq)]
enum Prelude {
    None,
    /// `@import`, its address still to come.
    Import,
    Other,
}

struct Scanner<'a> {
    css: &'a str,
    bytes: &'a [u8],
    at: usize,
    open: Vec<Block>,
    prelude: Prelude,
    found: Vec<(Cow<'a, str>, Role)>,
}

impl<'a> Scanner<'a> {
    /// Takes one token, and always moves on. False at the end.
    fn step(&mut self) -> bool {
        let Some(byte) = self.peek(0) else { return false };
        match byte {
            b'/' if self.peek(1) == Some(b'*') => self.comment(),
            b'"' | b'\'' => self.string(byte),
            b'@' => self.at_keyword(),
            b'#' => {
                self.at += 1;
                self.name();
            }
            b'<' if self.bytes[self.at..].starts_with(b"<!--") => self.at += 4,
            b'-' if self.bytes[self.at..].starts_with(b"-->") => self.at += 3,
            b'0'..=b'9' => self.number(),
            _ if self.starts_name() => self.name_or_function(),
            _ => {
                self.at += 1;
                self.delimiter(byte);
            }
        }
        true
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn comment(&mut self) {
        let text = &self.bytes[self.at + 2..];
        let end = text.windows(2).position(|two| two == b"*/");
        self.at = end.map_or(self.bytes.len(), |end| self.at + 2 + end + 2);
    }

    fn delimiter(&mut self, byte: u8) {
        match byte {
            b'(' => self.open.push(Block::Parenthesis),
            b'[' => self.open.push(Block::Bracket),
            b'{' => {
                self.prelude = Prelude::None;
                self.open.push(Block::Brace);
            }
            b')' if matches!(
                self.open.last(),
                Some(Block::Parenthesis | Block::Address | Block::ImageSet)
            ) =>
            {
                self.open.pop();
            }
            b']' if self.open.last() == Some(&Block::Bracket) => {
                self.open.pop();
            }
            // More forgiving than a browser of what was left open inside: one address too many costs a
            // request, one too few a picture.
            b'}' => {
                self.prelude = Prelude::None;
                while self.open.pop().is_some_and(|block| block != Block::Brace) {}
            }
            b';' => self.prelude = Prelude::None,
            _ => {}
        }
    }

    fn at_keyword(&mut self) {
        self.at += 1;
        if self.starts_name() {
            let is_import = self.name().eq_ignore_ascii_case("import") && self.open.is_empty();
            self.prelude = if is_import { Prelude::Import } else { Prelude::Other };
        }
    }

    /// A number with its unit, which is no name even if a parenthesis follows.
    fn number(&mut self) {
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.at += 1;
        }
        self.name();
    }

    fn name_or_function(&mut self) {
        let name = self.name();
        if self.peek(0) != Some(b'(') {
            self.expects_no_import();
            return;
        }
        self.at += 1;
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("url") {
            self.skip_space();
            match self.peek(0) {
                Some(b'"' | b'\'') => self.open.push(Block::Address),
                _ => self.unquoted(),
            }
        } else if is("src") {
            self.open.push(Block::Address);
        } else {
            self.expects_no_import();
            let set = is("image-set") || is("-webkit-image-set");
            self.open.push(if set { Block::ImageSet } else { Block::Parenthesis });
        }
    }

    /// `@import` is followed by its address, or is none.
    fn expects_no_import(&mut self) {
        if self.prelude == Prelude::Import {
            self.prelude = Prelude::Other;
        }
    }

    /// A string, and what it means where it stands.
    fn string(&mut self, quote: u8) {
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.peek(0) {
                Some(byte) if byte == quote => break,
                None => break,
                // Left open at the end of its line: a bad string, and no address.
                Some(b'\n' | b'\r' | b'\x0C') => return,
                Some(b'\\') => self.skip_escape(),
                Some(_) => self.at += 1,
            }
        }
        let written = &self.css[start..self.at];
        self.at = (self.at + 1).min(self.bytes.len());
        match self.open.last_mut() {
            Some(block @ Block::Address) => {
                *block = Block::Parenthesis;
                self.address(written);
            }
            Some(Block::ImageSet) => self.address(written),
            _ if self.prelude == Prelude::Import => self.address(written),
            _ => {}
        }
    }

    /// The rest of `url(` without quotes.
    fn unquoted(&mut self) {
        let start = self.at;
        let end = loop {
            match self.peek(0) {
                None | Some(b')') => break self.at,
                Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0C') => {
                    let end = self.at;
                    self.skip_space();
                    match self.peek(0) {
                        None | Some(b')') => break end,
                        _ => return self.bad_address(),
                    }
                }
                Some(b'"' | b'\'' | b'(' | 0..=8 | 0x0B | 0x0E..=0x1F | 0x7F) => return self.bad_address(),
                Some(b'\\') if self.is_escape(0) => self.skip_escape(),
                Some(b'\\') => return self.bad_address(),
                Some(_) => self.at += 1,
            }
        };
        self.at = (self.at + 1).min(self.bytes.len());
        self.address(&self.css[start..end]);
    }

    /// Passes over what is left of an address that is wrong.
    fn bad_address(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.skip_escape(),
                _ => self.at += 1,
            }
            if byte == b')' {
                break;
            }
        }
        self.expects_no_import();
    }

    fn address(&mut self, written: &'a str) {
        let role = match self.prelude {
            Prelude::Import => Role::Resource,
            Prelude::None => Role::Embed,
            Prelude::Other => return,
        };
        self.expects_no_import();
        // Before anything is copied: these may be long.
        if !super::is_inline(written) {
            self.found.push((unescape(written), role));
        }
    }

    fn starts_name(&self) -> bool {
        let starts = |ahead: usize| match self.peek(ahead) {
            Some(b'\\') => self.is_escape(ahead),
            Some(byte) => byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80,
            None => false,
        };
        starts(0) || self.peek(0) == Some(b'-') && (self.peek(1) == Some(b'-') || starts(1))
    }

    /// A backslash that escapes something outside of strings.
    fn is_escape(&self, ahead: usize) -> bool {
        self.peek(ahead) == Some(b'\\') && !matches!(self.peek(ahead + 1), None | Some(b'\n' | b'\r' | b'\x0C'))
    }

    /// Name code points from here on; none is an empty name.
    fn name(&mut self) -> Cow<'a, str> {
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || byte >= 0x80 {
                self.at += 1;
            } else if self.is_escape(0) {
                self.skip_escape();
            } else {
                break;
            }
        }
        unescape(&self.css[start..self.at])
    }

    /// A backslash and what it escapes.
    fn skip_escape(&mut self) {
        let after = &self.bytes[self.at + 1..];
        let length = match after {
            [b'\r', b'\n', ..] => 2,
            [first, ..] if first.is_ascii_hexdigit() => {
                let digits = after.iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
                digits + space_length(&after[digits..])
            }
            // A longer character's other bytes are as harmless as any.
            [_, ..] => 1,
            [] => 0,
        };
        self.at += 1 + length;
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(0), Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0C')) {
            self.at += 1;
        }
    }
}

/// Length of the one white space that ends the digits of an escape.
fn space_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b' ' | b'\t' | b'\n' | b'\r' | b'\x0C', ..] => 1,
        _ => 0,
    }
}

/// Undoes escapes: `\26 ` and `\000026` are `&`, `\x` is `x`, and a backslash at the end of a line
/// joins it with the next.
fn unescape(written: &str) -> Cow<'_, str> {
    let Some(first) = written.find('\\') else {
        return Cow::Borrowed(written);
    };
    let mut out = written[..first].to_owned();
    let mut rest = &written[first..];
    while let Some(after) = rest.strip_prefix('\\') {
        let digits = after.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        let taken = match after.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r' | b'\x0C', ..] => 1,
            _ if digits > 0 => {
                let code = u32::from_str_radix(&after[..digits], 16).ok();
                let c = code.filter(|code| *code != 0).and_then(char::from_u32);
                out.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                digits + space_length(&after.as_bytes()[digits..])
            }
            _ => {
                let c = after.chars().next();
                out.extend(c);
                c.map_or(0, char::len_utf8)
            }
        };
        rest = &after[taken..];
        let next = rest.find('\\').unwrap_or(rest.len());
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(out)
}

#[cfg(test)]
#[path = "css_tests.rs"]
mod tests;
