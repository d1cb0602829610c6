//! An HTML page: title, language, dates, canonical address, and its links, read from the tree.
//!
//! Must not choose the main text or hash anything itself.

use super::{
    Asked, Locator, assets, digest, fold,
    links::{self, LINKS_MAX, WORDS},
    main_text, nfc, noarchive, noise, quotes, source,
    tree::{Tag, Tree},
};
use crate::model::{
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Reads a page. `mark` is the length of the byte order mark before `html` when links get spans;
/// `asked` for: what the page needs to look as it did, what it quotes beside its links.
pub fn read(html: &str, url: &Url, mark: Option<usize>, asked: Asked) -> Page {
    let safe = source::safe_length(html);
    let tree = Tree::parse(&html[..safe]);
    let signs = noise::signs(&tree);
    let main = main_text::find(&tree, &signs);
    let base = base(&tree, url);
    let mut links = links::collect(&tree, &main.kept, &base);
    if asked.quotes {
        quotes::of_tree(&tree, &main.kept, &base, &mut links);
    }
    if safe < html.len() {
        let rest = source::links_from(html, safe, LINKS_MAX - links.len());
        links.extend(rest.into_iter().map(|href| bare(href, &base)));
    }
    if let Some(mark) = mark {
        let mut locator = Locator::new(html, mark);
        let places = links::places(html, &links);
        for (link, place) in links.iter_mut().zip(places) {
            link.span = place.map(|(start, end)| locator.span(start, end));
        }
    }
    let text = nfc(main.text);
    let assets = match asked.assets {
        true => assets::collect(&tree, html, &base),
        false => Vec::new(),
    };
    Page {
        kind: PageKind::Html,
        charset: "UTF-8",
        title: title(&tree),
        language: language(&tree),
        published: published(&tree, &main.kept),
        canonical: canonical(&tree, &base),
        document: digest::of_tree(&tree, &signs),
        text_digest: digest::of_text(&text),
        text,
        links,
        assets,
        noarchive: noarchive::in_page(&tree),
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
        quotes: Vec::new(),
    }
}

/// The links in a piece of HTML that stands in another kind of document, with where in it each
/// is written; with what it quotes beside them, when that is asked for.
pub fn links_of(html: &str, base: &Url, with_quotes: bool) -> Vec<(Link, Option<(usize, usize)>)> {
    let tree = Tree::parse(&html[..source::safe_length(html)]);
    let kept = vec![true; tree.len()];
    let mut links = links::collect(&tree, &kept, base);
    if with_quotes {
        quotes::of_tree(&tree, &kept, base, &mut links);
    }
    let places = links::places(html, &links);
    links.into_iter().zip(places).collect()
}

/// The nodes that are `tag`, in order.
fn all(tree: &Tree, tag: Tag) -> impl Iterator<Item = usize> {
    (1..tree.len()).filter(move |&at| tree.tag(at) == tag)
}

fn title(tree: &Tree) -> String {
    let in_svg = |at: usize| tree.tag(tree.parent(at)) == Tag::Svg || tree.tag(tree.parent(at)) == Tag::Other;
    let written = all(tree, Tag::Title)
        .find(|&at| !in_svg(at))
        .map(|at| fold(&tree.text_of(at, WORDS)));
    written
        .filter(|title| !title.is_empty())
        .or_else(|| meta(tree, &["og:title", "twitter:title", "dc.title"]).map(fold))
        .filter(|title| !title.is_empty())
        .or_else(|| {
            all(tree, Tag::H1)
                .map(|at| fold(&tree.text_of(at, WORDS)))
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
        let data = all(tree, Tag::Script).map(|at| tree.text_of(at, usize::MAX));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::url::Skip;

    fn page(html: &str) -> Page {
        read(
            html,
            &Url::parse("https://example.org/a/b").unwrap(),
            Some(0),
            Asked::default(),
        )
    }

    #[test]
    fn reads_what_the_head_says() {
        for (html, title, language, published, canonical) in [
            (
                "<html lang=tr><title> Başlık \n iki </title>",
                "Başlık iki",
                Some("tr"),
                None,
                None,
            ),
            (
                "<meta property=og:title content='Заголовок'><h1>x</h1>",
                "Заголовок",
                None,
                None,
                None,
            ),
            (
                "<h1>見出し</h1><svg><title>icon</title></svg>",
                "見出し",
                None,
                None,
                None,
            ),
            (
                "<link rel=canonical href=/c#x><html xml:lang=zh_CN>",
                "",
                Some("zh-CN"),
                None,
                Some("https://example.org/c"),
            ),
            (
                "<base href=/z/><link rel='x Canonical' href=c>",
                "",
                None,
                None,
                Some("https://example.org/z/c"),
            ),
            (
                "<meta property='article:published_time' content='2021-03-04T10:00:00Z'>",
                "",
                None,
                Some("2021-03-04"),
                None,
            ),
            ("<meta name=date content=20210304>", "", None, Some("2021-03-04"), None),
            (
                "<script type='application/ld+json'>{\"datePublished\": \"2020-1-2\"}</script>",
                "",
                None,
                Some("2020-01-02"),
                None,
            ),
            (
                "<article><p>x<time datetime='2019-05-06'>gestern</time></article>",
                "",
                None,
                Some("2019-05-06"),
                None,
            ),
            (
                "<p>Текст страницы.</p><footer><time datetime='2019-05-06'>x</time></footer>",
                "",
                None,
                None,
                None,
            ),
            ("<meta name=date content='soon'>", "", None, None, None),
        ] {
            let page = page(html);
            let got = (
                page.title.as_str(),
                page.language.as_deref(),
                page.published.as_deref(),
                page.canonical.as_deref(),
            );
            assert_eq!(got, (title, language, published, canonical), "{html}");
        }
    }

    #[test]
    fn tells_where_links_stand() {
        let prose = "Ein langer Absatz, der gewiss genug Text für einen Haupttext enthält, denn er hört nicht auf.";
        let html = format!(
            "<nav><a href=n>n</a></nav>\n<main><h2>Kopf</h2><p>{prose}\n é<a rel='NoFollow  x' href=m>m</a> <a href='#'>t</a></main>"
        );
        let page = page(&html);
        let got: Vec<_> = page
            .links
            .iter()
            .map(|l| (l.raw.0.as_str(), l.place, l.section.as_deref()))
            .collect();
        assert_eq!(
            got,
            [
                ("n", Place::Around, None),
                ("m", Place::Main, Some("Kopf")),
                ("#", Place::Main, Some("Kopf"))
            ]
        );
        assert_eq!(page.links[1].rel, "nofollow x");
        assert_eq!(page.links[2].target, Err(Skip::FragmentOnly));
        let span = page.links[1].span.unwrap();
        assert_eq!(&html[span.start..span.end], "<a rel='NoFollow  x' href=m>m</a>");
        assert_eq!((span.line, span.column), (3, 3));
    }

    #[test]
    fn reads_a_hostile_page_in_part() {
        let deep = format!("{}<a href='/x?a&amp;b'>x</a>", "<div>".repeat(5_000));
        let page = page(&deep);
        assert!(page.cut);
        assert_eq!(
            page.links.iter().map(|l| l.raw.0.as_str()).collect::<Vec<_>>(),
            ["/x?a&b"]
        );
    }
}
