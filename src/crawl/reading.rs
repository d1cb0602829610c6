//! How far the body of an exchange is to be read, and what is taken from it.

use crate::{
    archive::HeldPage,
    extract,
    model::{
        capture::{Capture, Exchange, Outcome, Purpose},
        link::Role,
        page::{Page, PageKind},
        run::Assets,
        url::Url,
    },
    verdict::wall::{self, Said, Seen},
};

/// How far an exchange's body is to be read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// Where the chain began, at a hop after that.
    pub asked: Option<&'a Url>,
    pub purpose: Purpose,
    /// Links from the article, or style sheets from the page.
    pub depth: u32,
    /// Even if it has been read before.
    pub again: bool,
    /// With what it needs to look as it did.
    pub assets: bool,
    /// The end of its chain.
    pub last: bool,
    /// Blocks of it that are known to change by themselves.
    pub volatile: &'a [u64],
}

impl Reading<'_> {
    /// The page in a body, where it is one.
    pub fn read(&self, exchange: &Exchange, bytes: &[u8], capture: &Capture) -> Option<Page> {
        if !self.last || !capture.is_good() {
            return None;
        }
        let media_type = match self.purpose {
            Purpose::Robots | Purpose::Probe | Purpose::Volatile => return None,
            // Of assets only style sheets lead further; the others are bytes.
            Purpose::Asset if is_style(capture, &exchange.url) => Some("text/css"),
            Purpose::Asset => return None,
            Purpose::Article | Purpose::Citation => capture.media_type.as_deref(),
        };
        let mut page = extract::read(&extract::Body {
            bytes,
            media_type,
            charset: capture.charset.as_deref(),
            url: match &exchange.outcome {
                Outcome::Local { base: Some(base), .. } => base,
                _ => &exchange.url,
            },
            local: matches!(exchange.outcome, Outcome::Local { .. }),
            assets: self.assets,
            quotes: self.purpose == Purpose::Article,
            volatile: self.volatile,
        });
        if self.purpose == Purpose::Asset {
            page.assets = drawn_in(&page, self.depth);
        }
        Some(page)
    }

    /// Looks whether the end of a chain is a wall before the page that was asked for.
    pub fn look_for_a_wall(&self, exchange: &Exchange, bytes: &[u8], page: Option<Said<'_>>, capture: &mut Capture) {
        let Outcome::Answer(answer) = &exchange.outcome else {
            return;
        };
        if !self.last || !matches!(self.purpose, Purpose::Article | Purpose::Citation) {
            return;
        }
        let found = wall::read(&Seen {
            asked: self.asked.unwrap_or(&exchange.url),
            url: &exchange.url,
            status: answer.status,
            headers: &answer.headers,
            bytes,
            page,
        });
        if let Some(found) = found {
            capture.access = found.access;
            capture.detail = Some(match capture.detail.take() {
                Some(detail) => format!("{detail}; {}", found.detail()),
                None => found.detail(),
            });
        }
    }

    /// Whether the site asks `agent` to keep no copy of this. A local file is the user's own, and robots.txt
    /// is there to be remembered.
    pub fn asks_for_no_copy(&self, exchange: &Exchange, page: Option<&Page>, agent: &str) -> bool {
        let Outcome::Answer(answer) = &exchange.outcome else {
            return false;
        };
        let says_so = |(name, value): &(String, Vec<u8>)| {
            name == "x-robots-tag" && extract::noarchive::in_header(&String::from_utf8_lossy(value), agent)
        };
        !matches!(self.purpose, Purpose::Robots | Purpose::Probe | Purpose::Volatile)
            && (page.is_some_and(|page| page.noarchive) || answer.headers.iter().any(says_so))
    }
}

/// Whether an asset is a style sheet: as it says itself, or by its name where it says nothing.
fn is_style(asset: &Capture, url: &Url) -> bool {
    match asset.media_type.as_deref() {
        Some(media_type) => media_type == "text/css",
        None => url.path().ends_with(".css"),
    }
}

/// What a style sheet draws in, without what it imports where it was itself imported too far down.
fn drawn_in(sheet: &Page, depth: u32) -> Vec<Url> {
    let wanted = |role| role == Role::Embed || depth <= Assets::IMPORTS;
    let links = sheet.links.iter().filter(|link| wanted(link.role));
    links
        .filter_map(|link| link.target.as_ref().ok())
        .take(Assets::PER_PAGE)
        .map(|target| target.url.clone())
        .collect()
}

/// What a wall is known by in an HTML page, read now or before: the same words give the same reading.
pub(super) fn said<'a>(page: Option<&'a Page>, known: Option<&'a HeldPage>) -> Option<Said<'a>> {
    let (kind, title, text_length) = match (page, known) {
        (Some(page), _) => (page.kind, page.title.as_str(), page.text.len() as u64),
        (None, Some(known)) => (known.kind, known.title.as_str(), known.text_length),
        (None, None) => return None,
    };
    (kind == PageKind::Html).then_some(Said { title, text_length })
}
