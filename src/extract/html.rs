//! An HTML page: everything a [`Page`] has, read from one tree.
//!
//! Must not choose the main text or hash anything itself.

use super::{
    Asked, Locator, assets, byline, digest, head,
    links::{self, LINKS_MAX},
    main_text, nfc, noarchive, noise, quotes, shell, source,
    tree::{Tag, Tree},
    volatile,
};
use crate::model::{
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Reads a page. `mark` is the length of the byte order mark before `html` when links get spans;
/// `asked` for: what the page needs to look as it did, what it quotes beside its links.
pub fn read(html: &str, url: &Url, mark: Option<usize>, asked: Asked<'_>) -> Page {
    let safe = source::safe_length(html);
    let tree = Tree::parse(&html[..safe]);
    let mut signs = noise::signs(&tree);
    volatile::mark(&tree, &mut signs, asked.volatile);
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
        title: head::title(&tree),
        byline: byline::find(&tree),
        language: head::language(&tree),
        published: head::published(&tree, &main.kept),
        canonical: head::canonical(&tree, &base),
        document: digest::of_tree(&tree, &signs, &main.kept),
        text_digest: digest::of_text(&text),
        text,
        links,
        assets,
        noarchive: noarchive::in_page(&tree),
        shell: shell::is_shell(&tree),
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

fn base(tree: &Tree, url: &Url) -> Url {
    let href = head::all(tree, Tag::Base).find_map(|at| tree.attr(at, "href"));
    let joined = href.and_then(|href| url.join(href.trim()).ok());
    joined
        .filter(|base| matches!(base.scheme(), "http" | "https"))
        .unwrap_or_else(|| url.clone())
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
