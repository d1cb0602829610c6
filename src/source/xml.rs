//! XML as lists use it: one walk over the elements, each with its own text. Nothing is expanded and
//! nothing fetched: a document type is passed over, and an entity that it declares stays as written.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::model::url::Url;

/// Elements inside each other at most. Honest lists stay under thirty.
const DEPTH: usize = 256;
/// Bytes of text kept of one element; addresses and titles are shorter.
const TEXT: usize = 64 << 10;

/// Takes in what a walk comes by.
pub(super) trait Visitor {
    /// An element begins.
    fn open(&mut self, place: &Place<'_>, attributes: &Attributes);
    /// An element ends; `text` is its own, trimmed, without that of its children.
    fn close(&mut self, place: &Place<'_>, text: &str);
    /// True once nothing more is wanted.
    fn is_full(&self) -> bool;
}

/// Where a walk stands.
pub(super) struct Place<'a> {
    frames: &'a [Frame],
    /// What addresses here are relative to.
    pub base: Option<&'a Url>,
}

impl Place<'_> {
    /// The element itself: its local name when it is of the root's vocabulary, else as written, with a
    /// colon in any case.
    pub fn name(&self) -> &str {
        self.frames.last().map_or("", |frame| &frame.name)
    }

    /// The element around it.
    pub fn parent(&self) -> &str {
        self.frames.iter().rev().nth(1).map_or("", |frame| &frame.name)
    }

    /// 1 for the root.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }
}

/// The attributes of one element.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn of(tag: &BytesStart<'_>) -> Result<Self, String> {
        // Looking for names that stand twice is quadratic; the first one counts here.
        let mut found = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| e.to_string())?;
            found.push((attribute.key.as_ref().to_owned(), unescape(&attribute.value)));
        }
        Ok(Self(found))
    }

    /// By local name; case does not count, because writers of OPML do not heed it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let local = |key: &str| key.rsplit(':').next().is_some_and(|key| key.eq_ignore_ascii_case(name));
        let mut with_prefix = self.0.iter().filter(|(key, _)| local(key));
        with_prefix.next().map(|(_, value)| value.trim())
    }

    /// By the whole name as written.
    fn exact(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

struct Frame {
    name: String,
    text: String,
    /// The text of what is inside belongs to it: a title with markup.
    inclusive: bool,
}

/// The local name of the root element.
pub(super) fn root(text: &str) -> Option<String> {
    let mut reader = reader(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => return Some(tag.local_name().as_ref().to_owned()),
            Ok(Event::Eof) | Err(_) => return None,
            // Text before the root is no XML, but a web page may begin like that.
            Ok(Event::Text(text)) if !text.trim().is_empty() => return None,
            Ok(_) => {}
        }
    }
}

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    // `?a=1&b=2` is written in many feeds, wrong as it is.
    config.allow_dangling_amp = true;
    reader
}

/// Walks a document. The error says where and why it stopped; the visitor has what came before.
pub(super) fn walk(text: &str, base: Option<&Url>, visitor: &mut dyn Visitor) -> Result<(), String> {
    let mut reader = reader(text);
    let mut walk = Walk {
        own: Own::default(),
        frames: Vec::new(),
        bases: base.map(|base| (0, base.clone())).into_iter().collect(),
    };
    loop {
        let event = reader.read_event();
        let at = |why: String| format!("{why} (at byte {})", reader.buffer_position());
        match event.map_err(|e| at(e.to_string()))? {
            Event::Start(tag) => walk.open(&tag, visitor).map_err(at)?,
            Event::End(_) => walk.close(visitor),
            Event::Text(text) => walk.text(&text),
            Event::CData(text) => walk.text(&text),
            Event::GeneralRef(entity) => walk.text(&unescape(&format!("&{};", &*entity))),
            Event::Eof if walk.frames.is_empty() => return Ok(()),
            Event::Eof => return Err(at(format!("it ends inside <{}>", walk.place().name()))),
            _ => {}
        }
        if visitor.is_full() {
            return Ok(());
        }
    }
}

struct Walk {
    own: Own,
    frames: Vec<Frame>,
    /// Bases with the depth of the element that gives each.
    bases: Vec<(usize, Url)>,
}

impl Walk {
    fn place(&self) -> Place<'_> {
        Place {
            frames: &self.frames,
            base: self.bases.last().map(|(_, base)| base),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, visitor: &mut dyn Visitor) -> Result<(), String> {
        if self.frames.len() == DEPTH {
            return Err(format!("elements stand more than {DEPTH} deep in each other"));
        }
        let attributes = Attributes::of(tag)?;
        let name = self.own.name(tag.name().as_ref(), &attributes, self.frames.is_empty());
        let inclusive = name == "title" || self.frames.last().is_some_and(|frame| frame.inclusive);
        self.frames.push(Frame {
            name,
            text: String::new(),
            inclusive,
        });
        if let Some(written) = attributes.exact("xml:base")
            && let Some(base) = join(self.place().base, written)
        {
            self.bases.push((self.frames.len(), base));
        }
        visitor.open(&self.place(), &attributes);
        Ok(())
    }

    fn close(&mut self, visitor: &mut dyn Visitor) {
        let text = match self.frames.last_mut() {
            Some(frame) => std::mem::take(&mut frame.text),
            None => return,
        };
        visitor.close(&self.place(), text.trim());
        let depth = self.frames.len();
        self.bases.retain(|(at, _)| *at < depth);
        let inclusive = self.frames.pop().is_some_and(|frame| frame.inclusive);
        if inclusive && self.frames.last().is_some_and(|frame| frame.inclusive) {
            self.text(&text);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(frame) = self.frames.last_mut()
            && frame.text.len() + text.len() <= TEXT
        {
            frame.text.push_str(text);
        }
    }
}

/// The vocabulary of the root. Prefixes are compared as written: bindings are not looked up, because
/// a document may make as many of them as it likes, and lists are written with the usual prefixes.
#[derive(Default)]
struct Own {
    prefix: String,
    space: Option<String>,
    /// RSS 1.0: the root is RDF, and the vocabulary is that of its children.
    rdf: bool,
}

impl Own {
    fn name(&mut self, written: &str, attributes: &Attributes, is_root: bool) -> String {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let declaration = match prefix {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        let space = attributes.exact(&declaration);
        if is_root {
            self.rdf = local == "RDF";
            self.prefix = prefix.to_owned();
            self.space = space.map(str::to_owned);
            return local.to_owned();
        }
        let own = match self.rdf {
            true => matches!(prefix, "" | "rss"),
            false => prefix == self.prefix && (space.is_none() || space == self.space.as_deref()),
        };
        match (own, prefix) {
            (true, _) => local.to_owned(),
            (false, "") => format!(":{local}"),
            (false, _) => written.to_owned(),
        }
    }
}

/// An address, resolved where there is a base.
pub(super) fn join(base: Option<&Url>, written: &str) -> Option<Url> {
    match base {
        Some(base) => base.join(written.trim()).ok(),
        None => Url::parse(written.trim()).ok(),
    }
}

/// Undoes the references that every document knows: the five names of XML and numbers. Others, and
/// what only looks like one, stay as written.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest that is known has ten characters; a search to the end would make this quadratic.
        let window = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at);
        match window.and_then(|end| Some((end, character(&rest[1..end])?))) {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let number = name.strip_prefix('#');
    match (name, number.map(|number| number.strip_prefix(['x', 'X']).ok_or(number))) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(Ok(hex))) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
        (_, Some(Err(decimal))) => decimal.parse().ok().and_then(char::from_u32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes down what it is told.
    #[derive(Default)]
    struct Scribe(Vec<String>);

    impl Visitor for Scribe {
        fn open(&mut self, _: &Place<'_>, _: &Attributes) {}

        fn close(&mut self, place: &Place<'_>, text: &str) {
            let base = place.base.map_or("", Url::as_str);
            self.0
                .push(format!("{}/{} {text} {base}", place.parent(), place.name()));
        }

        fn is_full(&self) -> bool {
            false
        }
    }

    #[test]
    fn text_belongs_to_its_element() {
        for (text, want) in [
            ("<a>x<b>y</b>z</a>", &["a/b y ", "/a xz "][..]),
            ("<a><![CDATA[<i>&amp;]]> &lt;</a>", &["/a <i>&amp; < "]),
            ("<a>?b=1&c=2&amp;d=&unknown;</a>", &["/a ?b=1&c=2&d=&unknown; "]),
            (
                "<a><title>x <b>y</b></title></a>",
                &["title/b y ", "a/title x y ", "/a  "],
            ),
            (
                "<a xml:base='http://h/x/'><b xml:base='y/'/><c/></a>",
                &["a/b  http://h/x/y/", "a/c  http://h/x/", "/a  http://h/x/"],
            ),
        ] {
            let mut scribe = Scribe::default();
            walk(text, None, &mut scribe).unwrap();
            assert_eq!(scribe.0, want, "{text}");
        }
    }

    #[test]
    fn only_the_vocabulary_of_the_root_has_short_names() {
        for (text, want) in [
            ("<p:a><p:b/><b/></p:a>", ["a/b", "a/:b"]),
            ("<a><q:b/><b/></a>", ["a/q:b", "a/b"]),
            ("<a xmlns='u'><b xmlns='v'/><b xmlns='u'/></a>", ["a/:b", "a/b"]),
            ("<r:RDF><b/><rss:c/></r:RDF>", ["RDF/b", "RDF/c"]),
        ] {
            let mut scribe = Scribe::default();
            walk(text, None, &mut scribe).unwrap();
            let names: Vec<&str> = scribe.0[..2].iter().map(|line| line.trim()).collect();
            assert_eq!(names, want, "{text}");
        }
    }

    #[test]
    fn undoes_references() {
        for (written, meant) in [
            ("a&amp;b&lt;&gt;&quot;&apos;", "a&b<>\"'"),
            ("&#65;&#x42;&#X43;", "ABC"),
            ("&amp;amp;", "&amp;"),
            (
                "&nbsp;&&;&#;&#x110000;&#xD800;&æøå;&",
                "&nbsp;&&;&#;&#x110000;&#xD800;&æøå;&",
            ),
        ] {
            assert_eq!(unescape(written), meant);
        }
    }
}
