//! Sitemaps and indexes of sitemaps (sitemaps.org), and OPML, which names feeds as an index names sitemaps.

use super::{
    collection::{Found, moment},
    xml::{Attributes, Place, Visitor, join},
};
use crate::model::{time::Timestamp, url::Url};

/// Reads a sitemap, or an index of sitemaps, while it is walked.
pub(super) struct Sitemap<'f> {
    found: &'f mut Found,
    location: Option<Url>,
    title: String,
    published: Option<Timestamp>,
}

impl<'f> Sitemap<'f> {
    pub fn new(found: &'f mut Found) -> Self {
        Self {
            found,
            location: None,
            title: String::new(),
            published: None,
        }
    }
}

impl Visitor for Sitemap<'_> {
    fn open(&mut self, _: &Place<'_>, _: &Attributes) {}

    fn close(&mut self, place: &Place<'_>, text: &str) {
        match (place.parent(), place.name()) {
            ("url" | "sitemap", "loc") => self.location = join(place.base, text),
            // `lastmod` is when the page last changed, and tells nothing of when it came out.
            ("news:news", "news:publication_date") => self.published = moment(text),
            ("news:news", "news:title") => self.title = text.to_owned(),
            ("urlset", "url") => {
                let title = std::mem::take(&mut self.title);
                self.found
                    .entry(self.location.take(), &title, self.published.take(), None);
            }
            ("sitemapindex", "sitemap") => self.found.child(self.location.take()),
            _ => {}
        }
    }

    fn is_full(&self) -> bool {
        self.found.is_full()
    }
}

/// Reads OPML while it is walked.
pub(super) struct Opml<'f>(pub &'f mut Found);

impl Visitor for Opml<'_> {
    fn open(&mut self, place: &Place<'_>, attributes: &Attributes) {
        if place.name() != "outline" {
            return;
        }
        let get = |name: &str| attributes.get(name).filter(|value| !value.is_empty());
        let kind = get("type").unwrap_or("").to_ascii_lowercase();
        let address = |written: Option<&str>| written.and_then(|written| join(place.base, written));
        if let Some(feed) = get("xmlUrl") {
            self.0.child(address(Some(feed)));
        } else if matches!(kind.as_str(), "include" | "rss" | "atom") && get("url").is_some() {
            self.0.child(address(get("url")));
        } else if let Some(page) = get("url").or(get("htmlUrl")) {
            let title = get("title").or(get("text")).unwrap_or("");
            let published = get("created").and_then(moment);
            self.0.entry(address(Some(page)), title, published, None);
        }
    }

    fn close(&mut self, place: &Place<'_>, text: &str) {
        if (place.parent(), place.name()) == ("head", "title") {
            self.0.name(text);
        }
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}
