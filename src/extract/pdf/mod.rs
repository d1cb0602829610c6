//! PDF: its pages' text, its title, its links.
//!
//! The only user of `lopdf`, and of it only values, filters, decryption and tables of characters. Its
//! loader, its text and its ToUnicode tables are not used: a small file can make them work for hours
//! or fill the memory. Here everything is paid for from one [`Budget`].

mod content;
mod font;
mod syntax;

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId, decode_text_string};

use self::{
    content::{Glyph, Reader, joined},
    font::number,
    syntax::Budget,
};
use super::{digest, fold, fold_to, nfc, text, unescape};
use crate::model::{
    digest::DocumentDigest,
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Bytes of a file that are read.
const FILE: usize = 64 << 20;
const PAGES: usize = 2_000;
/// Nodes of the tree that the pages stand in.
const TREE: usize = 20_000;
const LINKS: usize = 20_000;
/// Bytes of an address.
const ADDRESS: usize = 8 << 10;
/// Characters of a first line that stands in for a title.
const TITLE: usize = 200;

/// Reads a PDF. `None` when no page can be found in it.
pub fn read(bytes: &[u8], url: &Url) -> Option<Page> {
    // Everything here gives up in good order; the crate below decrypts and decompresses what strangers
    // wrote, and a slip there should cost this page its text, not the run its worker.
    std::panic::catch_unwind(|| document(bytes, url)).unwrap_or(None)
}

fn document(bytes: &[u8], url: &Url) -> Option<Page> {
    let mut budget = Budget::new();
    let mut file = syntax::read(&bytes[..bytes.len().min(FILE)], &mut budget);
    budget.short |= bytes.len() > FILE;
    if file.locked {
        return Some(Page {
            document: DocumentDigest::of(bytes),
            ..blank()
        });
    }
    find_root(&mut file.document);
    let document = &file.document;
    let pages = pages(document, &mut budget);
    if pages.is_empty() {
        return None;
    }
    let mut reader = Reader::new(document);
    let mut links = Vec::new();
    let mut drawn = Vec::new();
    for page in &pages {
        let content = contents(document, page.dict, &mut budget);
        let notes = annotations(document, page.dict, &mut budget);
        reader.glyphs = (!notes.is_empty()).then(Vec::new);
        let start = reader.text.len();
        reader.page(&content, page.resources, &mut budget);
        drawn.push(DocumentDigest::of(&content));
        let glyphs = reader.glyphs.take().unwrap_or_default();
        for (href, area) in notes {
            if links.len() < LINKS && budget.pay(glyphs.len()) {
                add_link(
                    &mut links,
                    href,
                    &words_in(&reader.text[start..], start, &glyphs, area),
                    url,
                );
            }
        }
    }
    let text = nfc(text::lines(&joined(&reader.text)));
    let title = info_title(document)
        .or_else(|| xmp_title(document, &mut budget))
        .unwrap_or_else(|| fold_to(text.lines().next().unwrap_or(""), TITLE));
    let language = document
        .catalog()
        .ok()
        .and_then(|c| c.get_deref(b"Lang", document).ok());
    let language = language.and_then(|lang| decode_text_string(lang).ok());
    Some(Page {
        title,
        language: language.map(|lang| fold_to(&lang, 35)).filter(|lang| !lang.is_empty()),
        document: digest_of(&text, &drawn, &links, document),
        text_digest: digest::of_text(&text),
        text,
        links,
        cut: budget.short,
        ..blank()
    })
}

fn blank() -> Page {
    Page {
        assets: Vec::new(),
        noarchive: false,
        shell: false,
        kind: PageKind::Pdf,
        charset: "",
        title: String::new(),
        byline: None,
        language: None,
        published: None,
        canonical: None,
        text: String::new(),
        document: DocumentDigest::of(b""),
        text_digest: digest::of_text(""),
        links: Vec::new(),
        cut: false,
    }
}

/// Digest of what a reader sees: the text, how many pages, where the links lead, the images. Dates,
/// identifiers, the order of objects and their places in the file do not count. Pages without text are
/// told by the instructions that draw them.
fn digest_of(text: &str, drawn: &[DocumentDigest], links: &[Link], document: &Document) -> DocumentDigest {
    let mut out = format!("{}\n{text}\n", drawn.len()).into_bytes();
    for link in links {
        out.extend_from_slice(link.raw.0.as_bytes());
        out.push(b'\n');
    }
    if text.is_empty() {
        drawn.iter().for_each(|page| out.extend_from_slice(&page.0));
    }
    let images = document.objects.values().filter_map(|object| object.as_stream().ok());
    let images = images.filter(|stream| stream.dict.get(b"Subtype").and_then(Object::as_name).ok() == Some(b"Image"));
    let mut images: Vec<_> = images.map(|image| DocumentDigest::of(&image.content).0).collect();
    images.sort_unstable();
    images.iter().for_each(|image| out.extend_from_slice(image));
    DocumentDigest::of(&out)
}

/// A file whose end is lost has no trailer that names its root.
fn find_root(document: &mut Document) {
    if document.catalog().is_err() {
        let root = document
            .objects
            .iter()
            .rev()
            .find(|(_, o)| o.type_name().ok() == Some(b"Catalog"));
        if let Some((&id, _)) = root {
            document.trailer.set("Root", Object::Reference(id));
        }
    }
}

struct PdfPage<'a> {
    dict: &'a Dictionary,
    resources: Option<&'a Dictionary>,
}

/// The pages in order; in a file whose tree is lost, in the order of their numbers.
fn pages<'a>(document: &'a Document, budget: &mut Budget) -> Vec<PdfPage<'a>> {
    let mut pages = Vec::new();
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages"));
    let mut waiting: Vec<(&Object, Option<&Dictionary>)> = root.into_iter().map(|root| (root, None)).collect();
    let mut nodes = 0;
    while let Some((node, above)) = waiting.pop() {
        nodes += 1;
        if pages.len() >= PAGES || nodes > TREE {
            budget.short = true;
            break;
        }
        let Ok((id, node)) = document.dereference(node) else {
            continue;
        };
        let Ok(dict) = node.as_dict() else { continue };
        if id.is_some_and(|id| !seen.insert(id)) {
            continue;
        }
        let resources = dict
            .get_deref(b"Resources", document)
            .and_then(Object::as_dict)
            .ok()
            .or(above);
        match dict.get_deref(b"Kids", document).and_then(Object::as_array) {
            Ok(kids) if !budget.pay(16 * kids.len()) => break,
            Ok(kids) => waiting.extend(kids.iter().take(TREE).rev().map(|kid| (kid, resources))),
            Err(_) => pages.push(PdfPage { dict, resources }),
        }
        waiting.truncate(10 * TREE);
    }
    if pages.is_empty() {
        let all = document.objects.values().filter_map(|object| object.as_dict().ok());
        let all = all.filter(|dict| dict.has_type(b"Page")).take(PAGES);
        pages.extend(all.map(|dict| PdfPage {
            dict,
            resources: dict.get_deref(b"Resources", document).and_then(Object::as_dict).ok(),
        }));
    }
    pages
}

/// What draws a page: one stream, or several that are one.
fn contents(document: &Document, page: &Dictionary, budget: &mut Budget) -> Vec<u8> {
    let Ok(contents) = page.get_deref(b"Contents", document) else {
        return Vec::new();
    };
    let single = std::slice::from_ref(contents);
    let parts = contents.as_array().map_or(single, Vec::as_slice);
    let mut all = Vec::new();
    for part in parts.iter().take(10_000) {
        if let Ok((_, Object::Stream(stream))) = document.dereference(part)
            && let Some(content) = budget.decode(stream, 32 << 20)
        {
            all.extend_from_slice(&content);
            all.push(b'\n');
        }
    }
    all
}

/// The addresses that areas of a page lead to.
fn annotations(document: &Document, page: &Dictionary, budget: &mut Budget) -> Vec<(String, [f64; 4])> {
    let notes = page.get_deref(b"Annots", document).and_then(Object::as_array);
    let notes = notes
        .into_iter()
        .flatten()
        .take_while(|_| budget.pay(256))
        .take(LINKS / 10);
    let notes = notes.filter_map(|note| {
        let note = document.dereference(note).ok()?.1.as_dict().ok()?;
        let action = note.get_deref(b"A", document).ok()?.as_dict().ok()?;
        let href = action.get_deref(b"URI", document).ok()?.as_str().ok()?;
        let href = String::from_utf8_lossy(&href[..href.len().min(ADDRESS)])
            .trim()
            .to_owned();
        let area = note
            .get_deref(b"Rect", document)
            .ok()
            .and_then(|area| area.as_array().ok());
        let side = |nth: usize| area.and_then(|area| number(area.get(nth)?)).unwrap_or(0.0);
        let (a, b, c, d) = (side(0), side(1), side(2), side(3));
        (!href.is_empty()).then(|| (href, [a.min(c), b.min(d), a.max(c), b.max(d)]))
    });
    notes.collect()
}

/// The words that stand in an area. `text` begins at `start` of what the glyphs count in.
fn words_in(text: &str, start: usize, glyphs: &[Glyph], [left, low, right, high]: [f64; 4]) -> String {
    let mut words = String::new();
    for (nth, glyph) in glyphs.iter().enumerate() {
        // Half a unit aside, so that a letter that begins where the area ends is not in it.
        let inside = glyph.x >= left - 0.5 && glyph.x < right - 0.5 && glyph.y >= low && glyph.y <= high;
        if inside && words.len() < 4 * Link::ANCHOR_MAX {
            let end = glyphs.get(nth + 1).map_or(text.len(), |next| next.at - start);
            words.push_str(text.get(glyph.at - start..end).unwrap_or(""));
        }
    }
    fold_to(&joined(&words), Link::ANCHOR_MAX)
}

/// Adds a link, or to the last one when that goes on in the next line.
fn add_link(links: &mut Vec<Link>, href: String, words: &str, url: &Url) {
    if let Some(last) = links.last_mut()
        && last.raw.0 == href
    {
        last.anchor = fold_to(&format!("{} {words}", last.anchor), Link::ANCHOR_MAX);
        return;
    }
    let raw = RawHref(href);
    let anchor = match words {
        "" => raw.0.chars().take(Link::ANCHOR_MAX).collect(),
        words => words.to_owned(),
    };
    links.push(Link {
        target: resolve(url, &raw),
        raw,
        anchor,
        rel: String::new(),
        role: Role::Cite,
        place: Place::Main,
        span: None,
        section: None,
        quotes: Vec::new(),
    });
}

/// The title in the document's information, unless a program wrote it rather than a person.
fn info_title(document: &Document) -> Option<String> {
    let info = document.trailer.get_deref(b"Info", document).ok()?.as_dict().ok()?;
    let title = fold(&decode_text_string(info.get_deref(b"Title", document).ok()?).ok()?);
    let title = title.strip_prefix("Microsoft Word - ").unwrap_or(&title);
    let empty = title.is_empty() || title.eq_ignore_ascii_case("untitled");
    (!empty).then(|| fold_to(title, 2 * TITLE))
}

/// The title in the document's XMP packet.
fn xmp_title(document: &Document, budget: &mut Budget) -> Option<String> {
    let packet = document
        .catalog()
        .ok()?
        .get_deref(b"Metadata", document)
        .ok()?
        .as_stream()
        .ok()?;
    let packet = budget.decode(packet, 1 << 20)?;
    let packet = String::from_utf8_lossy(&packet);
    let (_, from) = packet.split_once("<dc:title")?;
    let (title, _) = from.split_once("</dc:title>")?;
    let (_, item) = title.split_once("<rdf:li")?;
    let (_, words) = item.split_once('>')?;
    let words = words.split('<').next()?;
    let words = unescape(words).replace("&lt;", "<").replace("&gt;", ">");
    Some(fold_to(&words, 2 * TITLE)).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests;
