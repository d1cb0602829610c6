//! The raw markup, read tag by tag in one linear pass: where a link stands in a local file, how
//! much of a hostile document is safe to parse, and the links of what is not.
//!
//! A scanner, not a parser: it builds no tree and fixes no errors.

use super::words::{Key, Table, key};

/// Deepest nesting that is parsed.
const DEPTH: usize = 512;
/// Most attributes in one tag.
const ATTRIBUTES: usize = 4_096;
/// Most attributes in a document.
const ALL_ATTRIBUTES: usize = 600_000;
/// Most tags in a document.
const TAGS: usize = 300_000;
/// Most characters of the kinds that a parser stops at (`<` and `&`).
const STOPS: usize = 1_000_000;
/// Most bytes of a document.
const BYTES: usize = 12 * 1024 * 1024;

/// One tag of the source.
#[derive(Debug, Clone, Copy)]
pub struct Tag<'a> {
    /// Offset of `<`.
    pub start: usize,
    /// One past `>`, or the end of the source.
    pub end: usize,
    /// The name as written.
    pub name: &'a str,
    /// `</name>`.
    pub closing: bool,
    /// What stands between name and `>`.
    inside: &'a str,
    /// How many attributes, at most [`ATTRIBUTES`] and one.
    attributes: usize,
}

impl<'a> Tag<'a> {
    /// Whether the name is `name`.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Names and raw values of the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.inside }
    }
}

/// Names and raw values (entities as written) of the attributes of one tag.
pub struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self
            .rest
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
        if rest.is_empty() {
            return None;
        }
        let mut ends = rest.char_indices().skip(1);
        let name_end = ends.find(|(_, c)| c.is_ascii_whitespace() || matches!(c, '=' | '/' | '>'));
        let (name, after) = rest.split_at(name_end.map_or(rest.len(), |(at, _)| at));
        let Some(after) = after.trim_ascii_start().strip_prefix('=') else {
            self.rest = after;
            return Some((name, ""));
        };
        let after = after.trim_ascii_start();
        let (value, after) = match after.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => after[1..].split_once(quote as char).unwrap_or((&after[1..], "")),
            _ => after.split_at(
                after
                    .find(|c: char| c.is_ascii_whitespace() || c == '>')
                    .unwrap_or(after.len()),
            ),
        };
        self.rest = after;
        Some((name, value))
    }
}

/// Every tag from some offset on; comments are passed over.
pub struct Tags<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Tags<'a> {
    /// The tags of `source` from byte `at` on.
    pub fn new(source: &'a str, at: usize) -> Self {
        Self { source, at }
    }

    /// Where the next tag is looked for from.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Moves on to the end tag of the element `name`, whose content is not markup.
    pub fn skip_content(&mut self, name: &str) {
        let bytes = self.source.as_bytes();
        while let Some(found) = self.source[self.at..].find('<') {
            let start = self.at + found;
            self.at = start + 1;
            let tag = bytes[self.at..].strip_prefix(b"/");
            if tag
                .and_then(|tag| tag.get(..name.len()))
                .is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
            {
                self.at = start;
                return;
            }
        }
        self.at = self.source.len();
    }

    /// Where the comment ends whose text begins at `from`.
    fn comment_end(&self, from: usize) -> usize {
        let text = &self.source[from..];
        if text.starts_with('>') || text.starts_with("->") {
            return from;
        }
        let mut at = 0;
        while let Some(dashes) = text[at..].find("--") {
            at += dashes + 2;
            if text[at..].starts_with('>') || text[at..].starts_with("!>") {
                return from + at;
            }
            at -= 1;
        }
        self.source.len()
    }
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let bytes = self.source.as_bytes();
        loop {
            // The next tag is mostly near: nearer than a search by words of memory pays.
            let start = self.at + bytes[self.at..].iter().position(|&b| b == b'<')?;
            let closing = bytes.get(start + 1) == Some(&b'/');
            let name_start = start + 1 + usize::from(closing);
            if bytes.get(name_start).is_some_and(u8::is_ascii_alphabetic) {
                let name_end = bytes[name_start..]
                    .iter()
                    .position(|&b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
                let name_end = name_end.map_or(bytes.len(), |end| name_start + end);
                let (end, attributes) = tag_end(bytes, name_end);
                self.at = end;
                let (name, inside) = (&self.source[name_start..name_end], &self.source[name_end..end]);
                return Some(Tag {
                    start,
                    end,
                    name,
                    closing,
                    inside,
                    attributes,
                });
            }
            self.at = if bytes[start..].starts_with(b"<!--") {
                self.comment_end(start + 4)
            } else {
                start + 1
            };
        }
    }
}

/// From behind a tag's name to one past its `>`, and how many attributes stand between. Gives up
/// on a tag with too many of them.
fn tag_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let (mut at, mut attributes, mut in_word, mut awaits_value) = (from, 0, false, false);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'>' => return (at, attributes),
            b'"' | b'\'' if awaits_value => {
                let Some(length) = bytes[at..].iter().position(|&b| b == byte) else {
                    return (bytes.len(), attributes);
                };
                at += length + 1;
                (in_word, awaits_value) = (false, false);
            }
            b'=' if in_word && !awaits_value => awaits_value = true,
            b'/' if !awaits_value => in_word = false,
            _ if byte.is_ascii_whitespace() => in_word = awaits_value,
            _ if !in_word => {
                in_word = true;
                attributes += 1;
                if attributes > ATTRIBUTES {
                    return (at - 1, attributes);
                }
            }
            _ => awaits_value = false,
        }
    }
    (at, attributes)
}

/// How many bytes of `html` are safe to parse: all, unless nesting, attributes, tags or length
/// pass what takes a parser reasonable time. The cost of parsing grows with the square of the
/// first two.
pub fn safe_length(html: &str) -> usize {
    let mut open = Open::default();
    let mut tags = Tags::new(html, 0);
    let (mut count, mut attributes, mut roots) = (0, 0, 0);
    while let Some(tag) = tags.next() {
        count += 1;
        attributes += tag.attributes;
        let name = key(tag.name.as_bytes());
        if name == HTML || name == BODY {
            roots += tag.attributes;
        }
        let passes = roots > ATTRIBUTES
            || attributes > ALL_ATTRIBUTES
            || count > TAGS
            || tag.end > BYTES
            || tag.attributes > ATTRIBUTES;
        if passes || !open.see(&tag, name) {
            return tag.start;
        }
        if !tag.closing && RAW.contains(&name) && open.reads_raw(name) {
            tags.skip_content(tag.name);
        }
    }
    let stops = |bytes: &[u8]| bytes.iter().filter(|&&b| b == b'<' || b == b'&').count();
    let mut most = html.len().min(BYTES);
    if most > STOPS && stops(&html.as_bytes()[..most]) > STOPS {
        let mut seen = html.bytes().enumerate().filter(|(_, b)| matches!(b, b'<' | b'&'));
        most = seen.nth(STOPS).map_or(most, |(at, _)| at);
    }
    html.floor_char_boundary(most)
}

/// Elements whose content is text whatever it looks like.
const RAW: &[Key] = &[
    SCRIPT,
    key(b"style"),
    key(b"textarea"),
    key(b"title"),
    key(b"xmp"),
    key(b"iframe"),
    key(b"noembed"),
    key(b"noframes"),
];
/// Elements that have no content, or that their next sibling or parent closes.
const FLAT: u8 = 1;
/// Elements that a parser opens again in the next block when they were not closed.
const LASTING: u8 = 2;
/// Elements whose end tag closes whatever is open inside them.
const STRONG: u8 = 4;
/// Elements that the end tags of others do not reach through.
const WALL: u8 = 8;
/// Cells and rows of tables, and groups of rows.
const CELL: u8 = 16;
/// Elements whose content is not HTML.
const FOREIGN: u8 = 32;

/// What is to be known of each element.
static KINDS: Table = Table::of(&[
    (
        "a area base basefont bgsound body br col colgroup dd dt embed frame head hr html image img input keygen \
         li link meta nobr optgroup option p param rp rt script source style tbody td textarea tfoot th thead \
         title tr track wbr xmp",
        FLAT,
    ),
    ("b big code em font i s small strike strong tt u", LASTING),
    (
        "address applet article aside blockquote button center details dialog dir div dl fieldset figcaption \
         figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup iframe listing main marquee menu nav noembed \
         noframes noscript object ol plaintext pre search section select summary table template ul",
        STRONG,
    ),
    (
        "annotation-xml applet caption desc foreignobject marquee mi mn mo ms mtext object table template",
        WALL,
    ),
    ("tbody td tfoot th thead tr", CELL),
    ("math svg", FOREIGN),
]);

const BODY: Key = key(b"body");
const FORM: Key = key(b"form");
const HTML: Key = key(b"html");
const SCRIPT: Key = key(b"script");
const SELECT: Key = key(b"select");
const TABLE: Key = key(b"table");

/// The elements open at some point of the source, at most as deep as a parser would have them.
#[derive(Default)]
struct Open {
    stack: Vec<Entry>,
    /// Closed by their parents' end tags, so that a parser opens them again.
    lasting: usize,
    /// How many `<svg>` and `<math>` are in the stack.
    foreign: usize,
}

struct Entry {
    name: Key,
    kind: u8,
    /// What [`Open::lasting`] was when it was opened.
    lasting: usize,
}

impl Entry {
    fn is(&self, kind: u8) -> bool {
        self.kind & kind != 0
    }
}

impl Open {
    /// Takes note of a tag of the given name. False when the document has become too deep.
    fn see(&mut self, tag: &Tag<'_>, name: Key) -> bool {
        let kind = KINDS.get(name);
        if kind & CELL != 0 {
            self.cell();
        } else if tag.closing {
            self.close(name, kind);
        } else if kind & FLAT == 0 {
            self.open(name, kind, tag.inside.ends_with("/>"));
        }
        self.stack.len() + self.lasting <= DEPTH
    }

    fn open(&mut self, name: Key, kind: u8, empty: bool) {
        if self.foreign > 0 && kind & STRONG != 0 {
            self.leave_foreign();
        }
        let foreign = kind & FOREIGN != 0;
        if !empty || !foreign && self.foreign == 0 {
            self.foreign += usize::from(foreign);
            self.stack.push(Entry {
                name,
                kind,
                lasting: self.lasting,
            });
        }
    }

    /// A table's cell or row closes all that is open in the table.
    fn cell(&mut self) {
        if let Some(at) = self.stack.iter().rposition(|entry| entry.name == TABLE) {
            self.lasting = self.stack[at].lasting;
            self.truncate(at + 1, false);
        }
    }

    fn close(&mut self, name: Key, kind: u8) {
        let (lasting, strong) = (kind & LASTING != 0, kind & STRONG != 0);
        for at in (0..self.stack.len()).rev() {
            let entry = &self.stack[at];
            if entry.name == name {
                // `</form>` ends the form and leaves open what was opened in it.
                if name == FORM || lasting && self.stack[at..].iter().any(|inner| inner.is(STRONG)) {
                    self.stack.remove(at);
                } else {
                    self.truncate(at, true);
                }
                return;
            }
            if entry.is(WALL) || !strong && !lasting && entry.is(STRONG) {
                return;
            }
        }
        if lasting {
            self.lasting = self.lasting.saturating_sub(1);
        }
    }

    fn truncate(&mut self, to: usize, keep_lasting: bool) {
        for (nth, entry) in self.stack.drain(to..).enumerate() {
            self.foreign -= usize::from(entry.is(FOREIGN));
            self.lasting += usize::from(keep_lasting && nth > 0 && entry.is(LASTING));
        }
    }

    /// An HTML block inside `<svg>` or `<math>` ends them.
    fn leave_foreign(&mut self) {
        if let Some(at) = self.stack.iter().position(|entry| entry.is(FOREIGN)) {
            self.truncate(at, false);
        }
    }

    /// Whether the content of `name` is text here.
    fn reads_raw(&self, name: Key) -> bool {
        self.foreign == 0 && (name == SCRIPT || !self.stack.iter().any(|entry| entry.name == SELECT))
    }
}

/// The addresses of `<a href>` from byte `at` on, at most `most`, with `&amp;` decoded.
pub fn links_from(html: &str, at: usize, most: usize) -> Vec<String> {
    let mut links = Vec::new();
    let mut tags = Tags::new(html, at);
    while let Some(tag) = tags.next() {
        if links.len() == most {
            break;
        }
        if tag.closing {
            continue;
        }
        if tag.is("script") || tag.is("style") {
            tags.skip_content(tag.name);
        } else if tag.is("a") {
            let href = tag.attributes().find(|(name, _)| name.eq_ignore_ascii_case("href"));
            links.extend(href.map(|(_, value)| value.replace("&amp;", "&")));
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tags_as_they_are_written() {
        for (source, want) in [
            ("<A Href='x>y' b=c d>é</a >", "A[Href=x>y b=c d=] /a[]"),
            ("<!-- <a> --><b/><!--><i>", "b[] i[]"),
            ("<a b='unclosed>", "a[b=unclosed>]"),
            ("< a><1><é><p", "p[]"),
            ("<a b = c>", "a[b=c]"),
            ("<a ключ=значение>", "a[ключ=значение]"),
        ] {
            let tag = |tag: Tag<'_>| {
                let attributes: Vec<String> = tag.attributes().map(|(n, v)| format!("{n}={v}")).collect();
                format!(
                    "{}{}[{}]",
                    if tag.closing { "/" } else { "" },
                    tag.name,
                    attributes.join(" ")
                )
            };
            assert_eq!(
                Tags::new(source, 0).map(tag).collect::<Vec<_>>().join(" "),
                want,
                "{source}"
            );
        }
    }

    #[test]
    fn knows_what_is_safe_to_parse() {
        let many = |part: &str| part.repeat(3_000);
        for (part, safe) in [
            ("<p>x", true),
            ("<div>x</div>", true),
            ("<table><tr><td><font size=1>x<td>y</table>", true),
            ("<a name=x>y", true),
            ("<span><div>x</span></div>", false),
            ("<svg><title>x</title><path/></svg>", true),
            ("<script>a<b&&c<d</script>", true),
            ("<!-- <div> -->", true),
            ("<div>", false),
            ("<ul><li>", false),
            ("<div><font a=1></div>", false),
            ("<form><div></form>", false),
            ("<form><div></div></form>", true),
            ("<span><div></span>", false),
            ("<b><div></b>", false),
            ("<x/>", false),
        ] {
            let html = many(part);
            assert_eq!(safe_length(&html) == html.len(), safe, "{part}");
        }
        let attributes: String = (0..5_000).map(|n| format!(" a{n}=é")).collect();
        assert_eq!(safe_length(&format!("x<p{attributes}>")), 1);
    }

    #[test]
    fn finds_the_links_of_what_was_not_parsed() {
        let html = "<a href=x>1</a><script>'<a href=no>'</script><a title=t href='y?a&amp;b'><area href=z><a>";
        assert_eq!(links_from(html, 0, 9), ["x", "y?a&b"]);
        assert_eq!(links_from(html, 1, 9), ["y?a&b"]);
        assert_eq!(links_from(html, 0, 1), ["x"]);
    }
}
