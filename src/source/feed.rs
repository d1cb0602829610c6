//! RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, and JSON Feed.

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess},
};

use super::{
    collection::{Found, MAX_ENTRIES, moment},
    xml::{Attributes, Place, Visitor, join},
};
use crate::model::{time::Timestamp, url::Url};

/// Reads a feed in XML while it is walked.
pub(super) struct Feed<'f> {
    found: &'f mut Found,
    item: Option<Item>,
}

/// What is known of an item before it ends.
#[derive(Default)]
struct Item {
    depth: usize,
    base: Option<Url>,
    title: String,
    /// The text of `link`.
    link: Option<String>,
    /// `guid` of RSS that is an address, `id` of Atom, `rdf:about` of RSS 1.0: where there is no link.
    name: Option<String>,
    guid_is_address: bool,
    /// The best link of Atom so far, and how good it is.
    reference: Option<(u8, Url)>,
    published: Option<Timestamp>,
}

impl<'f> Feed<'f> {
    pub fn new(found: &'f mut Found) -> Self {
        Self { found, item: None }
    }
}

impl Visitor for Feed<'_> {
    fn open(&mut self, place: &Place<'_>, attributes: &Attributes) {
        let Some(item) = &mut self.item else {
            if matches!(place.name(), "item" | "entry") {
                self.item = Some(Item {
                    depth: place.depth(),
                    base: place.base.cloned(),
                    name: attributes.get("about").map(str::to_owned),
                    ..Item::default()
                });
            }
            return;
        };
        if place.depth() != item.depth + 1 {
            return;
        }
        match place.name() {
            "guid" => {
                item.guid_is_address = attributes
                    .get("isPermaLink")
                    .is_none_or(|is| !is.eq_ignore_ascii_case("false"));
            }
            "link" => {
                let to = attributes.get("href").and_then(|href| join(place.base, href));
                let worth = worth(attributes.get("rel"), attributes.get("type"));
                if let Some(to) = to
                    && item.reference.as_ref().is_none_or(|(best, _)| worth > *best)
                    && worth > 0
                {
                    item.reference = Some((worth, to));
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, place: &Place<'_>, text: &str) {
        let Some(item) = &mut self.item else {
            if place.name() == "title" && matches!(place.parent(), "channel" | "feed") {
                self.found.name(text);
            }
            return;
        };
        if place.depth() == item.depth {
            if let Some(item) = self.item.take() {
                item.put(self.found);
            }
        } else if place.depth() == item.depth + 1 && !text.is_empty() {
            item.learn(place.name(), text);
        }
    }

    fn is_full(&self) -> bool {
        self.found.is_full()
    }
}

impl Item {
    fn learn(&mut self, name: &str, text: &str) {
        match name {
            "title" => self.title = text.to_owned(),
            "link" => {
                self.link.get_or_insert_with(|| text.to_owned());
            }
            "guid" if self.guid_is_address => self.name = Some(text.to_owned()),
            "id" => self.name = Some(text.to_owned()),
            "pubDate" | "published" | "issued" | "dc:date" => self.published = self.published.or(moment(text)),
            _ => {}
        }
    }

    fn put(self, found: &mut Found) {
        let base = self.base.as_ref();
        let text = self.link.as_deref().and_then(|link| join(base, link));
        // A guid or an id is an address only when it is a whole one.
        let named = || self.name.as_deref().and_then(|name| join(None, name));
        let url = self.reference.map(|(_, url)| url).or(text).or_else(named);
        found.entry(url, &self.title, self.published, None);
    }
}

/// How well a link of Atom stands for its entry (RFC 4287 section 4.2.7.2); 0: not at all.
fn worth(rel: Option<&str>, media_type: Option<&str>) -> u8 {
    let html = media_type.is_none_or(|t| t.contains("html"));
    match rel.unwrap_or("alternate") {
        "alternate" | "" => 4 + u8::from(html),
        "related" | "via" | "canonical" => 1 + u8::from(html),
        _ => 0,
    }
}

/// Reads a JSON Feed (versions 1 and 1.1).
pub(super) fn json_feed(text: &str, base: Option<&Url>, found: &mut Found) -> Result<(), String> {
    let feed: JsonFeed = serde_json::from_str(text).map_err(|e| e.to_string())?;
    found.name(feed.title.as_deref().unwrap_or(""));
    for item in feed.items {
        let written = [item.url, item.external_url].into_iter().flatten();
        let url = written.filter_map(|url| join(base, &url)).next();
        let url = url.or_else(|| join(None, item.id.as_str()?));
        let published = item.date_published.as_deref().and_then(moment);
        found.entry(url, item.title.as_deref().unwrap_or(""), published, None);
    }
    Ok(())
}

#[derive(Deserialize)]
struct JsonFeed {
    title: Option<String>,
    #[serde(deserialize_with = "capped")]
    items: Vec<JsonItem>,
}

#[derive(Deserialize)]
struct JsonItem {
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    date_published: Option<String>,
    /// A number in some feeds, against the specification.
    #[serde(default)]
    id: serde_json::Value,
}

/// Items up to the cap and one more, which tells that there are more; the rest is not kept in memory.
fn capped<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<JsonItem>, D::Error> {
    struct Items;
    impl<'de> serde::de::Visitor<'de> for Items {
        type Value = Vec<JsonItem>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array of items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while items.len() <= MAX_ENTRIES {
                match from.next_element()? {
                    Some(item) => items.push(item),
                    None => return Ok(items),
                }
            }
            while from.next_element::<IgnoredAny>()?.is_some() {}
            Ok(items)
        }
    }
    from.deserialize_seq(Items)
}
