//! Articles, what they cite, and what that tells: the citation graph and parts of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{time::Timestamp, verdict::Class, words::words};

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// Pages that more articles cite than this say nothing of any two of them: no pairs are made of those.
pub const COMMON: usize = 100;

words! {
    /// Which part of the graph.
    pub enum Part {
        /// Articles and all they cite.
        Citations = "citations",
        /// Pages that several articles cite, and how many of them each two articles share.
        CitedTogether = "cited-together",
        /// The pages that most articles cite.
        MostCited = "most-cited",
        /// Captured pages that no article on the list cites any more.
        Orphans = "orphans",
        /// Articles and archived pages that link to a dead page.
        CitingDead = "citing-dead",
    }
}

words! {
    /// Who links.
    pub enum Source {
        /// An article on the list.
        Article = "article",
        /// An archived page.
        Page = "page",
    }
}

/// A link from an article or a page.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GraphLink {
    /// Who links.
    pub source: Source,
    /// The article as `list` shows it, or the address of the page.
    pub from: String,
    /// Title of the article or page.
    pub title: String,
    /// The address that is linked to.
    pub to: String,
    /// With which fragment.
    pub fragment: Option<String>,
    /// What became of what is linked to.
    pub class: Class,
}

/// A page that is, or was, linked to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GraphPage {
    /// Its address.
    pub url: String,
    /// What became of it; of several links to it, the gravest. `None` where no article cites it.
    pub class: Option<Class>,
    /// Articles of those told of here that cite it.
    pub articles: u64,
    /// Archived pages that link to it, whatever version of theirs did; told for [`Part::MostCited`].
    pub pages: Option<u64>,
    /// When it was last captured; told for [`Part::Orphans`].
    pub last_captured: Option<Timestamp>,
}

/// Two articles that cite the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pair {
    /// An article.
    pub one: String,
    /// Another one.
    pub other: String,
    /// Pages that both cite.
    pub shared: u64,
}

/// A part of the citation graph. Its JSON form is public: `docs/graph.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Graph {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Which part.
    pub part: Part,
    /// The article it was asked for of, if of one.
    pub article: Option<String>,
    /// Pages that are linked to.
    pub pages: Vec<GraphPage>,
    /// Links to them; none for [`Part::MostCited`] and [`Part::Orphans`].
    pub links: Vec<GraphLink>,
    /// For [`Part::CitedTogether`]: the articles that share most first.
    pub pairs: Vec<Pair>,
}

impl Graph {
    /// The graph of these links. Of an article: the pairs that it is one of.
    pub fn of_links(part: Part, article: Option<&str>, links: Vec<GraphLink>) -> Self {
        let mut pages: BTreeMap<&str, (Class, BTreeSet<&str>)> = BTreeMap::new();
        for link in &links {
            let (class, citing) = pages.entry(&link.to).or_insert((link.class, BTreeSet::new()));
            *class = link.class.min(*class);
            if link.source == Source::Article {
                citing.insert(&link.from);
            }
        }
        let pairs = match part {
            Part::CitedTogether => pairs(article, pages.values().map(|(_, citing)| citing)),
            _ => Vec::new(),
        };
        let mut told: Vec<GraphPage> = pages
            .iter()
            .map(|(url, (class, citing))| GraphPage {
                url: (*url).to_owned(),
                class: Some(*class),
                articles: citing.len() as u64,
                pages: None,
                last_captured: None,
            })
            .collect();
        if part == Part::CitedTogether {
            told.sort_by_key(|page| std::cmp::Reverse(page.articles));
        }
        Self {
            pairs,
            pages: told,
            ..Self::of_pages(part, article, Vec::new())
        }
        .with(links)
    }

    /// A graph of pages alone.
    pub fn of_pages(part: Part, article: Option<&str>, pages: Vec<GraphPage>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            part,
            article: article.map(str::to_owned),
            pages,
            links: Vec::new(),
            pairs: Vec::new(),
        }
    }

    fn with(mut self, links: Vec<GraphLink>) -> Self {
        self.links = links;
        self
    }
}

/// How many pages each two articles share, those with most first.
fn pairs<'a>(article: Option<&str>, citing: impl Iterator<Item = &'a BTreeSet<&'a str>>) -> Vec<Pair> {
    let mut shared: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for articles in citing.filter(|articles| articles.len() <= COMMON) {
        for one in articles
            .iter()
            .filter(|one| article.is_none_or(|article| **one == article))
        {
            // In the order of their names; of one article, with it first.
            let others = articles.iter().filter(|other| match article {
                None => *other > one,
                Some(_) => *other != one,
            });
            for other in others {
                *shared.entry((one, other)).or_default() += 1;
            }
        }
    }
    let mut pairs: Vec<Pair> = shared
        .into_iter()
        .map(|((one, other), shared)| Pair {
            one: one.to_owned(),
            other: other.to_owned(),
            shared,
        })
        .collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.shared));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: &str, to: &str, class: Class) -> GraphLink {
        GraphLink {
            source: Source::Article,
            from: from.into(),
            title: String::new(),
            to: to.into(),
            fragment: None,
            class,
        }
    }

    fn shared(graph: &Graph) -> Vec<(&str, &str, u64)> {
        graph
            .pairs
            .iter()
            .map(|p| (p.one.as_str(), p.other.as_str(), p.shared))
            .collect()
    }

    #[test]
    fn what_articles_share_is_counted_once_a_page() {
        let links = vec![
            link("a", "x", Class::Ok),
            link("a", "y", Class::Ok),
            link("b", "x", Class::Dead),
            link("b", "x", Class::Ok),
            link("b", "y", Class::Ok),
            link("c", "y", Class::Ok),
        ];
        let graph = Graph::of_links(Part::CitedTogether, None, links.clone());
        assert_eq!(shared(&graph), [("a", "b", 2), ("a", "c", 1), ("b", "c", 1)]);
        let pages: Vec<(&str, Option<Class>, u64)> = graph
            .pages
            .iter()
            .map(|p| (p.url.as_str(), p.class, p.articles))
            .collect();
        assert_eq!(pages, [("y", Some(Class::Ok), 3), ("x", Some(Class::Dead), 2)]);
        let of_b = Graph::of_links(Part::CitedTogether, Some("b"), links.clone());
        assert_eq!(shared(&of_b), [("b", "a", 2), ("b", "c", 1)]);
        assert!(Graph::of_links(Part::Citations, None, links).pairs.is_empty());
    }

    #[test]
    fn what_everybody_cites_makes_no_pairs() {
        let names: Vec<String> = (0..=COMMON).map(|n| n.to_string()).collect();
        let links = names.iter().map(|name| link(name, "x", Class::Ok)).collect();
        let graph = Graph::of_links(Part::CitedTogether, None, links);
        assert!(graph.pairs.is_empty());
        assert_eq!(graph.pages[0].articles, COMMON as u64 + 1);
    }
}
