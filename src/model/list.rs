//! Lists of articles: what a feed, a sitemap or a file of bookmarks names, and lists that are watched.

use super::{time::Timestamp, url::Url, words::words};

words! {
    /// What kind of list it is.
    pub enum ListKind {
        /// RSS 0.9x, 1.0 or 2.0.
        Rss = "rss",
        /// Atom.
        Atom = "atom",
        /// JSON Feed.
        JsonFeed = "json-feed",
        /// A sitemap in XML.
        Sitemap = "sitemap",
        /// A sitemap that names other sitemaps.
        SitemapIndex = "sitemap-index",
        /// OPML: feeds that somebody reads.
        Opml = "opml",
        /// Bookmarks as browsers export them.
        Bookmarks = "bookmarks",
        /// JSON Lines.
        JsonLines = "json-lines",
        /// One address a line.
        Lines = "lines",
    }
}

impl ListKind {
    /// As it stands in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            ListKind::Rss => "an RSS feed",
            ListKind::Atom => "an Atom feed",
            ListKind::JsonFeed => "a JSON Feed",
            ListKind::Sitemap => "a sitemap",
            ListKind::SitemapIndex => "a sitemap index",
            ListKind::Opml => "an OPML file",
            ListKind::Bookmarks => "a file of bookmarks",
            ListKind::JsonLines => "a list in JSON Lines",
            ListKind::Lines => "a list of addresses",
        }
    }
}

/// What one list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// What kind of list it is.
    pub kind: ListKind,
    /// What it calls itself; may be empty.
    pub title: String,
    /// What it lists, in its order, each address once.
    pub entries: Vec<Entry>,
    /// Lists that it names, to be read as well: sitemaps of an index, feeds of an OPML file.
    pub more: Vec<Url>,
    /// What a person should know of the reading, one sentence each.
    pub notes: Vec<String>,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// An absolute web address, without fragment and credentials.
    pub url: Url,
    /// What the list calls it; may be empty.
    pub title: String,
    /// When it came out, or was put on the list.
    pub published: Option<Timestamp>,
    /// The day its sources were cited, where the list says so in that very word.
    pub cited_at: Option<Timestamp>,
}

/// A list that is read again at every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// URL, or path relative to the project (absolute outside it).
    pub locator: String,
    /// What kind it was when it was last read.
    pub kind: ListKind,
    /// What it calls itself.
    pub title: String,
    /// The address that relative links of a local list stand for.
    pub base: Option<String>,
    /// Whether an entry's date becomes the day that its article's links are held against.
    pub dated: bool,
    /// Since when it is watched.
    pub added_at: Timestamp,
    /// When it was last read well.
    pub read_at: Timestamp,
    /// Why it could not be read the last time; `None` when it could.
    pub failure: Option<String>,
}
