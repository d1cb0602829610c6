//! A page as it is looked at under suspicion: what tells an error page, a parked name, another owner.

use super::words::words;

/// What a body shows when more is asked of it than its text. Made anew from the archived bytes whenever
/// it is wanted, and never stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sketch {
    /// Title, white space folded.
    pub title: String,
    /// The first headings, white space folded.
    pub headings: Vec<String>,
    /// Main text, one block a line.
    pub text: String,
    /// Language it declares.
    pub language: Option<String>,
    /// The sorted set of hashes of its elements, each with its classes and those of its parent: how the
    /// page is built, whatever it says.
    pub skeleton: Vec<u64>,
    /// A name in `class` or `id` of the page as a whole that error pages have.
    pub error_mark: Option<String>,
    /// It asks search engines not to list it.
    pub noindex: bool,
    /// A service for parked names that it draws on, or leads to.
    pub parking: Option<String>,
}

words! {
    /// How a host came to show what it shows for addresses that do not exist.
    pub enum Shown {
        /// An address that somebody cited answered 404 or 410.
        Cited = "cited",
        /// An address that we made up.
        Probe = "probe",
    }
}

/// What a host answers where there is nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorPage {
    /// How it came to be seen.
    pub shown: Shown,
    /// Where: an address that does not exist.
    pub url: String,
    /// The directory that address is in, with its slash.
    pub directory: String,
    /// Where its redirects ended.
    pub final_url: String,
    /// How many redirects.
    pub redirects: usize,
    /// Status at the end; `None` when no answer came.
    pub status: Option<u16>,
    /// What it looks like, where it has a body to be read.
    pub sketch: Option<Sketch>,
}

impl ErrorPage {
    /// Whether the host said so in the status line.
    pub fn is_honest(&self) -> bool {
        matches!(self.status, Some(400..=599))
    }
}

words! {
    /// A sign that a page is not there.
    pub enum Sign {
        /// Its host shows the same under 404 or 410.
        LikeErrorPage = "like-the-error-page",
        /// Its host shows the same for an address that we made up.
        LikeProbe = "like-an-address-made-up",
        /// Addresses made up elsewhere on the host show the same as well.
        LikeEveryProbe = "like-any-address-made-up",
        /// Many addresses end at one, or bring one text.
        Collapse = "many-addresses-one-page",
        /// It leads to the home page.
        ToRoot = "leads-to-the-home-page",
        /// Nearly nothing in common with our earlier copy, title included.
        Replaced = "not-our-copy",
        /// It declares the home page as its own address.
        RootCanonical = "says-it-is-the-home-page",
        /// The page as a whole, or the address it ended at, is named as error pages are.
        Named = "named-as-an-error",
        /// Title, heading or first words say that nothing is here.
        Phrase = "says-so",
        /// Hardly any text, and not to be listed by search engines.
        Unlisted = "thin-and-unlisted",
    }
}
