//! An HTML page: title, language, dates, canonical address and links, read from the tree.
//!
//! Must not choose the main text or hash anything itself.

use super::{
    digest, fold, fold_to, main_text, nfc,
    source::{self, Tags},
    tree::{Tag, Tree},
    unescape,
};
use crate::model::{
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Most links kept of one page.
const LINKS_MAX: usize = 50_000;

/// Reads a page. `mark` is the length of the byte order mark before `html` when links get spans.
pub fn read(html: &str, url: &Url, mark: Option<usize>) -> Page {
    let safe = source::safe_length(html);
    let tree = Tree::parse(&html[..safe]);
    let main = main_text::find(&tree);
    let base = base(&tree, url);
    let mut links = Links {
        tree: &tree,
        kept: &main.kept,
        base: &base,
        found: Vec::new(),
        section: None,
    };
    links.collect();
    let mut links = links.found;
    if safe < html.len() {
        let rest = source::links_from(html, safe, LINKS_MAX - links.len());
        links.extend(rest.into_iter().map(|href| bare(href, &base)));
    }
    if let Some(mark) = mark {
        locate(html, mark, &mut links);
    }
    let text = nfc(main.text);
    Page {
        kind: PageKind::Html,
        charset: "UTF-8",
        title: title(&tree),
        language: language(&tree),
        published: published(&tree, &main.kept),
        canonical: canonical(&tree, &base),
        document: digest::of_tree(&tree),
        text_digest: digest::of_text(&text),
        text,
        links,
        cut: safe < html.len(),
    }
}

/// A link of which nothing but the address is known.
fn bare(href: String, base: &Url) -> Link {
    let raw = RawHref(href);
    Link {
        target: resolve(base, &raw),
        raw,
        anchor: String::new(),
        rel: String::new(),
        role: Role::Cite,
        place: Place::Around,
        span: None,
        section: None,
    }
}

/// The links in a piece of HTML that stands in another kind of document.
pub fn links_of(html: &str, base: &Url) -> Vec<Link> {
    let tree = Tree::parse(&html[..source::safe_length(html)]);
    let kept = vec![true; tree.len()];
    let mut links = Links {
        tree: &tree,
        kept: &kept,
        base,
        found: Vec::new(),
        section: None,
    };
    links.collect();
    links.found
}

/// The nodes that are `tag`, in order.
fn all(tree: &Tree, tag: Tag) -> impl Iterator<Item = usize> {
    (1..tree.len()).filter(move |&at| tree.tag(at) == tag)
}

fn title(tree: &Tree) -> String {
    let in_svg = |at: usize| tree.tag(tree.parent(at)) == Tag::Svg || tree.tag(tree.parent(at)) == Tag::Other;
    let written = all(tree, Tag::Title)
        .find(|&at| !in_svg(at))
        .map(|at| fold(&tree.text_of(at)));
    written
        .filter(|title| !title.is_empty())
        .or_else(|| meta(tree, &["og:title", "twitter:title", "dc.title"]).map(fold))
        .filter(|title| !title.is_empty())
        .or_else(|| {
            all(tree, Tag::H1)
                .map(|at| fold(&tree.text_of(at)))
                .find(|title| !title.is_empty())
        })
        .unwrap_or_default()
}

/// Content of the first `<meta>` whose name, property or itemprop is one of `names`, in the order
/// of `names`.
fn meta<'a>(tree: &'a Tree, names: &[&str]) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for at in all(tree, Tag::Meta) {
        let Some(content) = tree.attr(at, "content").filter(|content| !content.trim().is_empty()) else {
            continue;
        };
        for key in ["property", "name", "itemprop"]
            .iter()
            .filter_map(|key| tree.attr(at, key))
        {
            let rank = names.iter().position(|name| name.eq_ignore_ascii_case(key.trim()));
            if let Some(rank) = rank.filter(|rank| best.is_none_or(|(old, _)| *rank < old)) {
                best = Some((rank, content));
            }
        }
    }
    best.map(|(_, content)| content)
}

fn language(tree: &Tree) -> Option<String> {
    let root = all(tree, Tag::Html)
        .next()
        .and_then(|at| tree.attr(at, "lang").or_else(|| tree.attr(at, "xml:lang")));
    let pragma = || {
        let is_pragma = |at: &usize| {
            tree.attr(*at, "http-equiv")
                .is_some_and(|e| e.eq_ignore_ascii_case("content-language"))
        };
        all(tree, Tag::Meta)
            .find(is_pragma)
            .and_then(|at| tree.attr(at, "content"))
    };
    let tag = root
        .filter(|tag| !tag.trim().is_empty())
        .or_else(pragma)?
        .trim()
        .replace('_', "-");
    let fits = tag.len() <= 35 && !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then_some(tag)
}

fn base(tree: &Tree, url: &Url) -> Url {
    let href = all(tree, Tag::Base).find_map(|at| tree.attr(at, "href"));
    let joined = href.and_then(|href| url.join(href.trim()).ok());
    joined
        .filter(|base| matches!(base.scheme(), "http" | "https"))
        .unwrap_or_else(|| url.clone())
}

fn canonical(tree: &Tree, base: &Url) -> Option<String> {
    let is_canonical = |at: &usize| has_word(tree.attr(*at, "rel"), "canonical");
    let linked = all(tree, Tag::Link)
        .filter(is_canonical)
        .filter_map(|at| tree.attr(at, "href"));
    linked
        .chain(meta(tree, &["og:url"]))
        .find_map(|href| resolve(base, &RawHref(href.to_owned())).ok())
        .map(|target| target.url.into())
}

fn has_word(list: Option<&str>, word: &str) -> bool {
    list.is_some_and(|list| list.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case(word)))
}

/// Names of `<meta>` that tell the date of publication, the surest first.
const DATES: &[&str] = &[
    "article:published_time",
    "datepublished",
    "og:published_time",
    "citation_publication_date",
    "citation_date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "date",
];

fn published(tree: &Tree, kept: &[bool]) -> Option<String> {
    let linked_data = || {
        let data = all(tree, Tag::Script).map(|at| tree.text_of(at));
        data.filter_map(|data| date_published(&data)).next()
    };
    let marked = || {
        let is_published = |at: &usize| {
            tree.attr(*at, "itemprop")
                .is_some_and(|p| p.eq_ignore_ascii_case("datePublished"))
        };
        let stated = |at: usize| {
            tree.attr(at, "datetime")
                .or_else(|| tree.attr(at, "content"))
                .and_then(day)
        };
        let mut times = (1..tree.len()).filter(|&at| tree.tag(at) != Tag::Text && tree.tag(at) != Tag::Meta);
        times.clone().filter(is_published).find_map(stated).or_else(|| {
            let inside = |at: usize| kept[at] || kept[tree.parent(at)] || is_in(tree, at, Tag::Article);
            times
                .find(|&at| tree.tag(at) == Tag::Time && tree.attr(at, "datetime").is_some() && inside(at))
                .and_then(stated)
        })
    };
    meta(tree, DATES).and_then(day).or_else(linked_data).or_else(marked)
}

fn is_in(tree: &Tree, at: usize, tag: Tag) -> bool {
    let mut at = at;
    while at > 0 {
        if tree.tag(at) == tag {
            return true;
        }
        at = tree.parent(at);
    }
    false
}

/// The value of `datePublished` in JSON-LD.
fn date_published(json: &str) -> Option<String> {
    let after = &json[json.find("\"datePublished\"")? + 15..];
    let value = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    day(value.split('"').next()?)
}

/// `YYYY-MM-DD` from the start of a date such as `2017-09-14T08:00`, `2017/9/14` or `20170914`.
fn day(written: &str) -> Option<String> {
    let written = written.trim();
    let digits = written.bytes().take_while(u8::is_ascii_digit).count();
    let (year, month, day) = if digits == 8 {
        (&written[..4], &written[4..6], &written[6..8])
    } else {
        let mut parts = written.split(|c: char| !c.is_ascii_digit());
        (parts.next()?, parts.next()?, parts.next()?)
    };
    let (y, m, d) = (
        year.parse::<u32>().ok()?,
        month.parse::<u32>().ok()?,
        day.parse::<u32>().ok()?,
    );
    let fits = year.len() == 4 && (1..=12).contains(&m) && (1..=31).contains(&d) && y > 1000;
    fits.then(|| format!("{y:04}-{m:02}-{d:02}"))
}

struct Links<'a> {
    tree: &'a Tree,
    kept: &'a [bool],
    base: &'a Url,
    found: Vec<Link>,
    section: Option<String>,
}

impl Links<'_> {
    fn collect(&mut self) {
        let tree = self.tree;
        for at in 1..tree.len() {
            if self.found.len() >= LINKS_MAX {
                return;
            }
            let tag = tree.tag(at);
            if tag.is_heading() && self.kept[at] {
                self.section = Some(fold_to(&tree.text_of(at), Link::ANCHOR_MAX)).filter(|s| !s.is_empty());
            }
            match tag {
                Tag::A | Tag::Area => self.add(at, Role::Cite, &["href"]),
                Tag::Img | Tag::Source => {
                    self.add(at, Role::Embed, &["src"]);
                    self.add_set(at);
                }
                Tag::Video => self.add(at, Role::Embed, &["src", "poster"]),
                Tag::Audio | Tag::Iframe | Tag::Frame | Tag::Embed | Tag::Track => self.add(at, Role::Embed, &["src"]),
                Tag::Object => self.add(at, Role::Embed, &["data"]),
                Tag::Input if tree.attr(at, "type").is_some_and(|t| t.eq_ignore_ascii_case("image")) => {
                    self.add(at, Role::Embed, &["src"]);
                }
                Tag::Script => self.add(at, Role::Resource, &["src"]),
                Tag::Link if is_resource(tree.attr(at, "rel").unwrap_or("")) => self.add(at, Role::Resource, &["href"]),
                _ => {}
            }
        }
    }

    fn add(&mut self, at: usize, role: Role, names: &[&str]) {
        for name in names {
            if let Some(href) = self.tree.attr(at, name) {
                self.push(at, role, href);
            }
        }
    }

    fn add_set(&mut self, at: usize) {
        let Some(set) = self.tree.attr(at, "srcset") else {
            return;
        };
        let src = self.tree.attr(at, "src").unwrap_or("");
        let mut seen = vec![src];
        for candidate in candidates(set) {
            if !seen.contains(&candidate) {
                self.push(at, Role::Embed, candidate);
                if seen.len() < 64 {
                    seen.push(candidate);
                }
            }
        }
    }

    /// Adds a link, unless it embeds something that is in the address itself.
    fn push(&mut self, at: usize, role: Role, href: &str) {
        let inline = |start: &str| {
            href.trim_start()
                .get(..start.len())
                .is_some_and(|s| s.eq_ignore_ascii_case(start))
        };
        if self.found.len() >= LINKS_MAX
            || role != Role::Cite
                && (inline("data:") || inline("about:") || inline("javascript:") || href.trim().is_empty())
        {
            return;
        }
        let raw = RawHref(href.to_owned());
        let main = self.kept[at];
        self.found.push(Link {
            target: resolve(self.base, &raw),
            raw,
            anchor: self.anchor(at, role),
            rel: self
                .tree
                .attr(at, "rel")
                .map(|rel| fold(rel).to_lowercase())
                .unwrap_or_default(),
            role,
            place: if main { Place::Main } else { Place::Around },
            span: None,
            section: self.section.clone().filter(|_| main),
        });
    }

    /// Visible text, or else the text of images, or else what the element is called.
    fn anchor(&self, at: usize, role: Role) -> String {
        let tree = self.tree;
        let mut words = String::new();
        if role == Role::Cite {
            for node in at + 1..tree.end(at) {
                if words.len() > Link::ANCHOR_MAX * 8 {
                    break;
                }
                let hidden = matches!(tree.tag(tree.parent(node)), Tag::Script | Tag::Style | Tag::Title);
                if !hidden {
                    words.push_str(tree.text(node));
                }
            }
        }
        let visible = fold_to(&words, Link::ANCHOR_MAX);
        if !visible.is_empty() || role == Role::Resource {
            return visible;
        }
        let alt = (at..tree.end(at))
            .filter_map(|node| tree.attr(node, "alt"))
            .find(|alt| !alt.trim().is_empty());
        let named = alt
            .or_else(|| tree.attr(at, "aria-label"))
            .or_else(|| tree.attr(at, "title"));
        fold_to(named.unwrap_or(""), Link::ANCHOR_MAX)
    }
}

/// Whether `<link rel>` names something that the page needs to look as it did.
fn is_resource(rel: &str) -> bool {
    const NEEDED: &[&str] = &[
        "stylesheet",
        "icon",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "mask-icon",
        "preload",
        "modulepreload",
        "prefetch",
        "manifest",
    ];
    rel.split_ascii_whitespace()
        .any(|word| NEEDED.iter().any(|needed| needed.eq_ignore_ascii_case(word)))
}

/// The addresses of a `srcset` (HTML standard, "parse a srcset attribute").
fn candidates(set: &str) -> impl Iterator<Item = &str> {
    let mut rest = set;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        if address.is_empty() {
            return None;
        }
        let bare = address.trim_end_matches(',');
        rest = if bare.len() < address.len() {
            after
        } else {
            after.find(',').map_or("", |at| &after[at + 1..])
        };
        Some(bare)
    })
}

/// Finds where each link is written, by walking the source along with the links.
fn locate(html: &str, mark: usize, links: &mut [Link]) {
    let mut locator = super::Locator::new(html, mark);
    let written = written(html);
    let mut from = 0;
    for link in links.iter_mut() {
        let wanted = link.raw.0.trim();
        let ahead = written[from..]
            .iter()
            .take(256)
            .position(|(value, ..)| unescape(value).trim() == wanted);
        let Some(ahead) = ahead else { continue };
        let (_, start, end) = written[from + ahead];
        link.span = Some(locator.span(start, end));
        from += ahead + usize::from(link.role == Role::Cite);
    }
}

/// Every attribute that may be a link, with the span of its element's markup.
fn written(html: &str) -> Vec<(&str, usize, usize)> {
    let mut found: Vec<(&str, usize, usize)> = Vec::new();
    let mut open: Option<std::ops::Range<usize>> = None;
    let mut tags = Tags::new(html, 0);
    while let Some(tag) = tags.next() {
        if tag.is("a")
            && let Some(range) = open.take().filter(|_| tag.closing)
        {
            found[range].iter_mut().for_each(|entry| entry.2 = tag.end);
        }
        if tag.closing {
            continue;
        }
        let first = found.len();
        for (name, value) in tag.attributes() {
            if ["href", "src", "data", "poster"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
            {
                found.push((value, tag.start, tag.end));
            } else if name.eq_ignore_ascii_case("srcset") {
                found.extend(candidates(value).map(|address| (address, tag.start, tag.end)));
            }
        }
        if tag.is("a") {
            open = Some(first..found.len());
        }
        if tag.is("script") || tag.is("style") {
            tags.skip_content(tag.name);
        }
    }
    found
}
