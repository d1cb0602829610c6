//! Where exactly the address of a link is written in a local document, so that it and nothing else can be replaced.
//!
//! Must not change anything, nor decide what to.

use std::ops::Range;

use pulldown_cmark::{Options, Parser};

use super::source::Tags;
use crate::model::link::{Link, Span};

/// How an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In an attribute; whether between quotation marks.
    Attribute {
        /// `href="…"` or `href='…'`.
        quoted: bool,
    },
    /// In Markdown, after the words or in a definition; whether between `<` and `>`.
    Destination {
        /// `](<…>)`.
        angled: bool,
    },
    /// As it is read: in plain text, or between `<` and `>` as its own words.
    Bare,
}

/// Which bytes of a document are the address of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Bytes of the document.
    pub range: Range<usize>,
    /// How they are to be written.
    pub form: Form,
    /// Where attributes may be added to the link's tag, if it has one.
    pub attributes: Option<usize>,
}

impl Destination {
    /// The same, of a text that begins so far into another.
    fn moved(self, by: usize) -> Self {
        Self {
            range: self.range.start + by..self.range.end + by,
            attributes: self.attributes.map(|at| at + by),
            ..self
        }
    }

    /// Another address in that form. Addresses are serialised: without space, quotation marks, `<` and `>`.
    pub fn written(&self, address: &str) -> String {
        match self.form {
            Form::Attribute { quoted: true } => address.replace('&', "&amp;"),
            Form::Attribute { quoted: false } => format!("\"{}\"", address.replace('&', "&amp;")),
            Form::Destination { angled: false } if address.contains(['(', ')']) => format!("<{address}>"),
            Form::Destination { .. } | Form::Bare => address.to_owned(),
        }
    }
}

/// The bytes of each link's address; `None` where that is not certain. `document` begins with a byte order mark or
/// not, as the file does: spans count from its beginning.
pub fn destinations(document: &str, links: &[Link]) -> Vec<Option<Destination>> {
    let definitions = definitions(document);
    let find = |link: &Link| {
        let Span { start, end, .. } = link.span?;
        let markup = document.get(start..end)?;
        if let Some(found) = one(markup, &link.raw.0) {
            return Some(found.moved(start));
        }
        let label = label(markup)?;
        let (_, range) = definitions.iter().find(|(name, _)| same_label(name, label))?;
        Some(definition(&document[range.clone()], &link.raw.0)?.moved(range.start))
    };
    links.iter().map(find).collect()
}

fn one(markup: &str, raw: &str) -> Option<Destination> {
    let bare = |range| Destination {
        range,
        form: Form::Bare,
        attributes: None,
    };
    if markup == raw {
        return Some(bare(0..markup.len()));
    }
    if let Some(inside) = markup.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'))
        && inside == raw
    {
        return Some(bare(1..markup.len() - 1));
    }
    match markup.starts_with('<') {
        true => in_tag(markup, raw),
        false => inline(markup, raw),
    }
}

/// The attribute of the first tag that has the address.
fn in_tag(markup: &str, raw: &str) -> Option<Destination> {
    let tag = Tags::new(markup, 0).next()?;
    let (_, value) = tag.attributes().find(|(name, value)| {
        ["href", "src", "data", "poster"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
            && unescaped(value).trim() == raw.trim()
    })?;
    // A slice of the markup: its place is the distance between the two.
    let start = value.as_ptr() as usize - markup.as_ptr() as usize;
    let end = start + value.len();
    let quoted = start > 0 && matches!(markup.as_bytes()[start - 1], b'"' | b'\'');
    Some(Destination {
        range: start..end,
        form: Form::Attribute { quoted },
        attributes: Some(end + usize::from(quoted)),
    })
}

fn unescaped(value: &str) -> String {
    let fragment = scraper::Html::parse_fragment(&format!("<p>{}</p>", value.replace('<', "&lt;")));
    fragment.root_element().text().collect()
}

/// `[words](address "title")`: the last place where that is what stands up to the end.
fn inline(markup: &str, raw: &str) -> Option<Destination> {
    let begins = markup.rmatch_indices("](").map(|(at, _)| at + 2);
    for begin in begins {
        let inside = markup.strip_suffix(')').and_then(|markup| markup.get(begin..));
        if let Some(found) = inside.and_then(|inside| destination(inside, raw)) {
            return Some(found.moved(begin));
        }
    }
    None
}

/// `[label]: address "title"`
fn definition(markup: &str, raw: &str) -> Option<Destination> {
    let begin = markup.find("]:")? + 2;
    Some(destination(&markup[begin..], raw)?.moved(begin))
}

/// An address, and after it nothing or a title.
fn destination(text: &str, raw: &str) -> Option<Destination> {
    let start = text.len() - text.trim_start().len();
    let rest = &text[start..];
    let (range, angled) = match rest.strip_prefix('<') {
        Some(inside) => {
            let end = inside.find('>')?;
            (start + 1..start + 1 + end, true)
        }
        None => {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (start..start + end, false)
        }
    };
    let after = text[range.end + usize::from(angled)..].trim();
    let is_title = |open: char, close: char| after.len() > 1 && after.starts_with(open) && after.ends_with(close);
    let ends = after.is_empty() || is_title('"', '"') || is_title('\'', '\'') || is_title('(', ')');
    let written = &text[range.clone()];
    (ends && (written == raw || markdown_unescaped(written) == raw)).then_some(Destination {
        range,
        form: Form::Destination { angled },
        attributes: None,
    })
}

/// Backslashes before punctuation and character references undone.
fn markdown_unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.next_if(|next| c == '\\' && next.is_ascii_punctuation()) {
            Some(next) => out.push(next),
            None => out.push(c),
        }
    }
    unescaped(&out)
}

/// The label of `[words][label]`, `[label][]` or `[label]`.
fn label(markup: &str) -> Option<&str> {
    let inside = markup.strip_suffix(']')?;
    match inside.strip_suffix('[') {
        Some(collapsed) => collapsed.strip_suffix(']')?.split_once('[').map(|(_, label)| label),
        None => inside
            .rsplit_once('[')
            .map(|(_, label)| label)
            .filter(|label| !label.is_empty()),
    }
}

fn same_label(a: &str, b: &str) -> bool {
    super::fold(a).to_lowercase() == super::fold(b).to_lowercase()
}

/// Link reference definitions of Markdown and where they stand. Other documents have none that a link points to.
fn definitions(document: &str) -> Vec<(String, Range<usize>)> {
    let mark = if document.starts_with('\u{feff}') { 3 } else { 0 };
    let parser = Parser::new_ext(&document[mark..], Options::all());
    let found = parser.reference_definitions().iter();
    found
        .map(|(label, definition)| {
            let span = &definition.span;
            (label.to_owned(), mark + span.start..mark + span.end)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{extract, model::url::Url};

    /// The document with each address between `«` and `»`.
    fn marked(document: &str, media_type: &str) -> String {
        let page = extract::read(&extract::Body {
            bytes: document.as_bytes(),
            media_type: Some(media_type),
            charset: None,
            url: &Url::parse("http://example.org/").unwrap(),
            local: true,
            assets: false,
            quotes: false,
            volatile: &[],
        });
        let mut places: Vec<Range<usize>> = destinations(document, &page.links)
            .into_iter()
            .flatten()
            .map(|found| found.range)
            .collect();
        places.sort_by_key(|range| std::cmp::Reverse(range.start));
        places.dedup();
        let mut out = document.to_owned();
        for range in places {
            out.insert(range.end, '»');
            out.insert(range.start, '«');
        }
        out
    }

    #[test]
    fn finds_the_address_and_nothing_else() {
        for (media_type, document) in [
            (
                "text/html",
                "<p><a class=x href=\"«http://a.example/?x=1&amp;y=2»\" rel=me>w</a></p>",
            ),
            (
                "text/html",
                "<a href='«http://a.example/»'><img src=\"«http://a.example/i.png»\" alt=a></a>",
            ),
            ("text/html", "<a href=«http://a.example/»>w</a>"),
            ("text/html", "<A\n HREF = \"«http://a.example/b»\"\n>w</A>"),
            ("text/markdown", "See [the words](«http://a.example/»)."),
            (
                "text/markdown",
                "See [the words](<«http://a.example/a(b)»> \"A title\").",
            ),
            (
                "text/markdown",
                "See [the words]( «http://a.example/w_(x)» 'A title' ).",
            ),
            (
                "text/markdown",
                "[![alt](«http://a.example/i.png»)](«http://a.example/»)",
            ),
            ("text/markdown", "[a `](http://not.example/)` b](«http://a.example/»)"),
            (
                "text/markdown",
                "<«http://a.example/auto»> and «http://a.example/bare».",
            ),
            (
                "text/markdown",
                "[one][Ref], [ref][], [REF]\n\n[ref]: «http://a.example/» \"T\"\n",
            ),
            ("text/markdown", "[one][r]\n\n[r]:\n  <«http://a.example/»>\n"),
            (
                "text/markdown",
                "Text <a href=\"«http://a.example/»\">w</a> more\n\n<div>\n<a href='«http://b.example/»'>w</a>\n</div>\n",
            ),
            ("text/markdown", "[esc](«http://a.example/a\\_b&amp;c»)"),
            ("text/plain", "See «http://a.example/x» for more."),
            ("text/markdown", "\u{feff}[w](«http://a.example/»)"),
        ] {
            let bare = document.replace(['«', '»'], "");
            assert_eq!(marked(&bare, media_type), document, "{media_type}");
        }
    }

    #[test]
    fn writes_another_in_the_same_form() {
        let written = |form| {
            let place = Destination {
                range: 0..0,
                form,
                attributes: None,
            };
            place.written("http://a.example/(x)?a=1&b=2")
        };
        for (form, want) in [
            (Form::Attribute { quoted: true }, "http://a.example/(x)?a=1&amp;b=2"),
            (
                Form::Attribute { quoted: false },
                "\"http://a.example/(x)?a=1&amp;b=2\"",
            ),
            (Form::Destination { angled: true }, "http://a.example/(x)?a=1&b=2"),
            (Form::Destination { angled: false }, "<http://a.example/(x)?a=1&b=2>"),
            (Form::Bare, "http://a.example/(x)?a=1&b=2"),
        ] {
            assert_eq!(written(form), want);
        }
    }
}
