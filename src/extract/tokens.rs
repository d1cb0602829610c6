//! A quick way through plain HTML: tokens for the tree builder, cut from the source without going through it
//! character by character. Follows the tokenizer of the HTML standard (section 13.2.5) in every state it knows.
//! Where a document leaves them (a script with a comment in it, CDATA, a NUL, a reference without its semicolon...)
//! it gives up, and the library's own tokenizer reads the document from its beginning.
//!
//! Must not build trees, nor differ from the library in any tree: `laws` below holds the two together.

use std::borrow::Cow;

use html5ever::{
    Attribute, LocalName, QualName,
    data::NAMED_ENTITIES,
    ns,
    tendril::StrTendril,
    tokenizer::{
        CharacterTokens, CommentToken, Doctype, DoctypeToken, EOFToken, EndTag, StartTag, Tag, TagKind, TagToken,
        Token, TokenSink, TokenSinkResult, states::RawKind,
    },
    tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink},
};
use memchr::{memchr, memchr2, memmem};
use scraper::{Html, HtmlTreeSink};

/// Parses a whole document.
pub fn parse(html: &str) -> Html {
    plain(html).unwrap_or_else(|| Html::parse_document(html))
}

/// Parses a document that is plain enough.
fn plain(html: &str) -> Option<Html> {
    let html = html.strip_prefix('\u{feff}').unwrap_or(html);
    let html = match memchr2(0, b'\r', html.as_bytes()) {
        None => Cow::Borrowed(html),
        // Line ends are line feeds before anything is read (13.2.3.5).
        Some(_) => Cow::Owned(html.replace("\r\n", "\n").replace('\r', "\n")),
    };
    if u32::try_from(html.len()).is_err() || memchr(0, html.as_bytes()).is_some() {
        return None;
    }
    let sink = HtmlTreeSink::new(Html::new_document());
    let builder = TreeBuilder::new(sink, TreeBuilderOpts::default());
    let mut source = Source {
        html: &html,
        whole: StrTendril::from(&*html),
        at: 0,
        builder: &builder,
    };
    source.run()?;
    Some(builder.sink.finish())
}

/// A document on its way to the tree builder.
struct Source<'a, B> {
    html: &'a str,
    /// The same; pieces of it are handed on without being copied.
    whole: StrTendril,
    at: usize,
    builder: &'a B,
}

/// What follows a token.
enum Next {
    Markup,
    /// Text up to the end tag of the element just begun.
    Raw(RawKind),
}

impl<B: TokenSink> Source<'_, B> {
    /// All tokens. `None` as soon as something is not plain.
    fn run(&mut self) -> Option<()> {
        while self.at < self.html.len() {
            match memchr(b'<', &self.bytes()[self.at..]) {
                Some(0) => self.markup()?,
                Some(length) => self.text(self.at + length)?,
                None => self.text(self.html.len())?,
            }
        }
        self.send(EOFToken)?;
        self.builder.end();
        Some(())
    }

    fn bytes(&self) -> &[u8] {
        self.html.as_bytes()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    fn piece(&self, start: usize, end: usize) -> StrTendril {
        self.whole.subtendril(start as u32, (end - start) as u32)
    }

    fn send(&self, token: Token) -> Option<Next> {
        match self.builder.process_token(token, 1) {
            TokenSinkResult::Continue | TokenSinkResult::Script(_) | TokenSinkResult::EncodingIndicator(_) => {
                Some(Next::Markup)
            }
            TokenSinkResult::RawData(kind) => Some(Next::Raw(kind)),
            TokenSinkResult::Plaintext => None,
        }
    }

    /// Characters up to `end`, with references in them.
    fn text(&mut self, end: usize) -> Option<()> {
        let text = match memchr(b'&', &self.bytes()[self.at..end]) {
            None => self.piece(self.at, end),
            Some(_) => StrTendril::from(resolved(&self.html[self.at..end], self.html.len() == end, false)?),
        };
        self.at = end;
        if !text.is_empty() {
            self.send(CharacterTokens(text))?;
        }
        Some(())
    }

    /// What begins with `<`.
    fn markup(&mut self) -> Option<()> {
        match (self.byte(self.at + 1)?, self.byte(self.at + 2)) {
            (b'!', _) => self.declaration(),
            (b'?', _) => self.bogus_comment(self.at + 1),
            (b'/', Some(b'a'..=b'z' | b'A'..=b'Z')) => self.tag(EndTag),
            (b'a'..=b'z' | b'A'..=b'Z', _) => self.tag(StartTag),
            (b'/', _) => None,
            _ => {
                let text = self.piece(self.at, self.at + 1);
                self.at += 1;
                self.send(CharacterTokens(text)).map(|_| ())
            }
        }
    }

    fn bogus_comment(&mut self, start: usize) -> Option<()> {
        let end = start + memchr(b'>', &self.bytes()[start..])?;
        self.send(CommentToken(self.piece(start, end)))?;
        self.at = end + 1;
        Some(())
    }

    /// Comments and the document type.
    fn declaration(&mut self) -> Option<()> {
        let rest = &self.html[self.at + 2..];
        let Some(comment) = rest.strip_prefix("--") else {
            let end = memchr(b'>', rest.as_bytes())?;
            let doctype = document_type(&rest[..end])?;
            self.send(DoctypeToken(doctype))?;
            self.at += 2 + end + 1;
            return Some(());
        };
        let length = memmem::find(comment.as_bytes(), b"-->")?;
        if comment.starts_with('>') || comment.starts_with("->") || comment[..length + 2].contains("--!>") {
            return None;
        }
        let start = self.at + 4;
        self.send(CommentToken(self.piece(start, start + length)))?;
        self.at = start + length + 3;
        Some(())
    }

    fn tag(&mut self, kind: TagKind) -> Option<()> {
        let start = self.at + if kind == EndTag { 2 } else { 1 };
        let length = self.bytes()[start..].iter().position(|&byte| ends_name(byte))?;
        let written = &self.html[start..start + length];
        let mut tag = Tag {
            kind,
            name: name(written),
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        };
        self.at = start + length;
        self.attributes(&mut tag)?;
        match self.send(TagToken(tag))? {
            Next::Markup => Some(()),
            Next::Raw(kind) => self.raw(kind, written.len(), start),
        }
    }

    /// Attributes up to and with the `>` of the tag.
    fn attributes(&mut self, tag: &mut Tag) -> Option<()> {
        loop {
            self.at += self.bytes()[self.at..].iter().position(|&byte| !is_space(byte))?;
            match (self.byte(self.at)?, self.byte(self.at + 1)) {
                (b'>', _) => {
                    self.at += 1;
                    return Some(());
                }
                (b'/', Some(b'>')) => {
                    tag.self_closing = true;
                    self.at += 2;
                    return Some(());
                }
                (b'/', _) => self.at += 1,
                _ => {
                    let attribute = self.attribute()?;
                    if tag.attrs.iter().any(|other| other.name == attribute.name) {
                        tag.had_duplicate_attributes = true;
                    } else {
                        tag.attrs.push(attribute);
                    }
                }
            }
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let start = self.at;
        // A name may begin with `=`.
        let length = self.bytes()[start + 1..]
            .iter()
            .position(|&byte| ends_name(byte) || byte == b'=')?;
        let end = start + 1 + length;
        let mut attribute = Attribute {
            name: QualName::new(None, ns!(), name(&self.html[start..end])),
            value: StrTendril::new(),
        };
        let gap = self.bytes()[end..].iter().position(|&byte| !is_space(byte))?;
        self.at = end + gap;
        if self.byte(self.at) == Some(b'=') {
            self.at += 1;
            self.at += self.bytes()[self.at..].iter().position(|&byte| !is_space(byte))?;
            attribute.value = self.value()?;
        }
        Some(attribute)
    }

    fn value(&mut self) -> Option<StrTendril> {
        let first = self.byte(self.at)?;
        let (start, end) = match first {
            b'"' | b'\'' => {
                let start = self.at + 1;
                let end = start + memchr(first, &self.bytes()[start..])?;
                self.at = end + 1;
                (start, end)
            }
            b'>' => return Some(StrTendril::new()),
            _ => {
                let rest = &self.bytes()[self.at..];
                let length = rest.iter().position(|&byte| is_space(byte) || byte == b'>')?;
                let start = self.at;
                self.at += length;
                (start, self.at)
            }
        };
        let value = &self.html[start..end];
        Some(match memchr(b'&', value.as_bytes()) {
            None => self.piece(start, end),
            Some(_) => StrTendril::from(resolved(value, false, true)?),
        })
    }

    /// The content of an element that holds no markup, up to its end tag or the end of the document.
    /// The element's name is `length` bytes at `name`.
    fn raw(&mut self, kind: RawKind, length: usize, name: usize) -> Option<()> {
        let content = &self.bytes()[self.at..];
        let name = &self.bytes()[name..name + length];
        let is_end = |at: usize| {
            let rest = &content[at + 2..];
            rest.len() > length && rest[..length].eq_ignore_ascii_case(name) && ends_name(rest[length])
        };
        let end = memmem::find_iter(content, b"</")
            .find(|&at| is_end(at))
            .unwrap_or(content.len());
        let end = self.at + end;
        match kind {
            RawKind::Rcdata => self.text(end),
            RawKind::ScriptData if memmem::find(&content[..end - self.at], b"<!--").is_some() => None,
            RawKind::ScriptData | RawKind::Rawtext => {
                let text = self.piece(self.at, end);
                self.at = end;
                if !text.is_empty() {
                    self.send(CharacterTokens(text))?;
                }
                Some(())
            }
            RawKind::ScriptDataEscaped(_) => None,
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b' ')
}

fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}

fn name(written: &str) -> LocalName {
    if written.bytes().any(|byte| byte.is_ascii_uppercase()) {
        LocalName::from(written.to_ascii_lowercase())
    } else {
        LocalName::from(written)
    }
}

/// What stands between `<!` and `>`.
fn document_type(text: &str) -> Option<Doctype> {
    let word = |text: &str, word: &str| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word));
    if !word(text, "doctype") || !text.is_ascii() {
        return None;
    }
    let rest = text["doctype".len()..].trim_matches(|c| is_space(c as u8));
    let (name, rest) = rest.split_once(|c| is_space(c as u8)).unwrap_or((rest, ""));
    if !name.eq_ignore_ascii_case("html") || text.as_bytes().get(7).is_none_or(|&byte| !is_space(byte)) {
        return None;
    }
    let mut doctype = Doctype {
        name: Some("html".into()),
        ..Doctype::default()
    };
    let rest = rest.trim_start_matches(|c| is_space(c as u8));
    if rest.is_empty() {
        return Some(doctype);
    }
    let mut quoted = rest.split('"');
    let keyword = quoted.next()?.trim_end_matches(|c| is_space(c as u8));
    let (first, between, second) = (quoted.next()?, quoted.next()?, quoted.next());
    let blank = |text: &str| text.bytes().all(is_space);
    let closed = second.is_none() || quoted.next().is_some_and(blank) && quoted.next().is_none();
    if !closed || !blank(between) || text.contains('\'') {
        return None;
    }
    if keyword.eq_ignore_ascii_case("public") {
        doctype.public_id = Some(first.into());
        doctype.system_id = second.map(StrTendril::from);
    } else if keyword.eq_ignore_ascii_case("system") && second.is_none() {
        doctype.system_id = Some(first.into());
    } else {
        return None;
    }
    Some(doctype)
}

/// A text with its character references resolved (13.2.5.72). `None` where it takes more than a look at what
/// stands between `&` and `;`. With `last`, the document ends with the text.
fn resolved(text: &str, last: bool, in_attribute: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let bytes = after.as_bytes();
        if bytes.first() == Some(&b'#') {
            let (length, c) = number(after)?;
            out.push(c);
            rest = &after[length..];
            continue;
        }
        let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let closed = bytes.get(length) == Some(&b';');
        if let Some((first, second)) = closed.then(|| named(&after[..=length])).flatten() {
            out.push(first);
            out.extend(second);
            rest = &after[length + 1..];
            continue;
        }
        // In an attribute, `&copy=` and `&copyright` are what they look like.
        let literal = in_attribute && (bytes.get(length) == Some(&b'=') || named(&after[..length]).is_none());
        let begins_one = || (1..=length).any(|end| named(&after[..end]).is_some());
        if last && length == bytes.len() || !literal && begins_one() {
            return None;
        }
        out.push('&');
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The one or two characters that a name stands for, given with its semicolon where it has one.
fn named(name: &str) -> Option<(char, Option<char>)> {
    // The table holds the beginnings of all names too, as zeros.
    let &(first, second) = NAMED_ENTITIES.get(name).filter(|(first, _)| *first != 0)?;
    Some((char::from_u32(first)?, char::from_u32(second).filter(|c| *c != '\0')))
}

/// The character that `#…;` stands for, and how long that is.
fn number(text: &str) -> Option<(usize, char)> {
    let end = memchr(b';', &text.as_bytes()[..text.len().min(10)])?;
    let digits = &text[1..end];
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok()?,
        None if !digits.starts_with('+') => digits.parse().ok()?,
        _ => return None,
    };
    match number {
        9 | 10 | 0x20..0x7f | 0xa0..=0xfdcf | 0xfdf0..=0xfffd => Some((end + 1, char::from_u32(number)?)),
        0x1_0000.. if number & 0xfffe != 0xfffe => Some((end + 1, char::from_u32(number)?)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod laws;
