//! A feed file (Atom, RFC 4287): an entry for each message, the newest first. The file is its own memory: it is read
//! back, and what is ours in it stays as it was written.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use uuid::Uuid;

use super::Message;
use crate::model::time::Timestamp;

/// Entries that a feed keeps.
pub const KEPT: usize = 50;
/// Addresses that an entry links to, at most.
const LINKS: usize = 50;
const NAMESPACE: &str = "http://www.w3.org/2005/Atom";
/// Tells our files from anybody else's.
const GENERATOR: &str = "Evercite";

/// What is kept of a feed that is there already.
struct Feed<'a> {
    id: String,
    /// The id of each entry, and the entry as it is written.
    entries: Vec<(String, &'a str)>,
}

/// The feed with one more entry. `before` is the file as it is, `None` where there is none yet. The error says why
/// the file is none that may be written over.
pub fn grown(before: Option<&str>, title: &str, message: &Message) -> Result<String, String> {
    let own = urn(message.id);
    let feed = match before {
        Some(text) => read(text)?,
        // A feed and its first entry are two things.
        None => Feed {
            id: urn(Uuid::from_u128(message.id.as_u128() ^ 1)),
            entries: Vec::new(),
        },
    };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"{NAMESPACE}\">\n  <id>{}</id>\n  \
         <title>{}</title>\n  <updated>{}</updated>\n  <author><name>{GENERATOR}</name></author>\n  \
         <generator version=\"{}\">{GENERATOR}</generator>\n",
        escape(&feed.id),
        escape(title),
        message.at,
        env!("CARGO_PKG_VERSION"),
    );
    out.push_str(&entry(&own, message));
    // One that is told again takes the place of the first.
    let kept = feed.entries.iter().filter(|(id, _)| *id != own).take(KEPT - 1);
    for (_, text) in kept {
        out.push_str("  ");
        out.push_str(text);
        out.push('\n');
    }
    out.push_str("</feed>\n");
    Ok(out)
}

fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}

fn entry(id: &str, message: &Message) -> String {
    let at: Timestamp = message.at;
    let links: String = message
        .links
        .iter()
        .take(LINKS)
        .map(|url| format!("    <link rel=\"related\" href=\"{}\"/>\n", escape(url)))
        .collect();
    // HTML in XML: what a page says is escaped once for each of them.
    let html = format!("<pre>{}</pre>", escape(&message.text));
    format!(
        "  <entry>\n    <id>{id}</id>\n    <title>{}</title>\n    <published>{at}</published>\n    \
         <updated>{at}</updated>\n{links}    <content type=\"html\">{}</content>\n  </entry>\n",
        escape(&message.subject),
        escape(&html),
    )
}

/// Text as it may stand in an element or an attribute of XML 1.0; characters that it has no place for are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // A bare carriage return would be read as a line feed.
            c if c.is_control() => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Reads a feed back; the error says what is wrong with it.
fn read(text: &str) -> Result<Feed<'_>, String> {
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        let start = position(&reader);
        let event = reader.read_event();
        let end = position(&reader);
        match event.map_err(|e| damaged(&e.to_string(), end))? {
            Event::Start(tag) => walk.open(&tag, start)?,
            Event::Empty(tag) => {
                walk.open(&tag, start)?;
                walk.close(text.get(walk.entry..end));
            }
            Event::End(_) => walk.close(text.get(walk.entry..end)),
            Event::Text(said) => walk.said(&said),
            Event::Eof => break,
            _ => {}
        }
    }
    match walk {
        Walk { path, .. } if !path.is_empty() => Err(damaged("it ends too early", text.len())),
        Walk { generator, .. } if generator != GENERATOR => Err("it is no feed that Evercite has made".into()),
        Walk { id, .. } if id.is_empty() => Err(damaged("it has no id", 0)),
        Walk { entries, .. } if entries.iter().any(|(id, _)| id.is_empty()) => Err(damaged("an entry has no id", 0)),
        Walk { id, entries, .. } => Ok(Feed { id, entries }),
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn damaged(why: &str, at: usize) -> String {
    format!("it is damaged: {why} (at byte {at})")
}

/// Where reading stands, and what was found so far.
#[derive(Default)]
struct Walk<'a> {
    path: Vec<String>,
    id: String,
    generator: String,
    /// Where the entry began that is being read, and its id.
    entry: usize,
    entry_id: String,
    entries: Vec<(String, &'a str)>,
}

impl<'a> Walk<'a> {
    fn open(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<(), String> {
        let mut is_atom = false;
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| damaged(&e.to_string(), start))?;
            is_atom |= attribute.key.as_ref() == "xmlns" && &*attribute.value == NAMESPACE;
        }
        self.path.push(tag.name().as_ref().to_owned());
        match self.path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["feed"] if is_atom && self.id.is_empty() => {}
            [_] => return Err("it is no Atom feed".into()),
            ["feed", "entry"] => (self.entry, self.entry_id) = (start, String::new()),
            _ => {}
        }
        Ok(())
    }

    fn said(&mut self, text: &str) {
        match self.path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["feed", "id"] => self.id.push_str(text.trim()),
            ["feed", "generator"] => self.generator.push_str(text.trim()),
            ["feed", "entry", "id"] => self.entry_id.push_str(text.trim()),
            _ => {}
        }
    }

    /// `entry` is what was written since the newest entry began.
    fn close(&mut self, entry: Option<&'a str>) {
        if let (["feed", "entry"], Some(entry)) = (&self.path.iter().map(String::as_str).collect::<Vec<_>>()[..], entry)
        {
            self.entries.push((std::mem::take(&mut self.entry_id), entry));
        }
        self.path.pop();
    }
}
