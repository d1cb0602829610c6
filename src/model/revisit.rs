//! What is known of the links that are visited again and again, and what the next runs would fetch of them.

use std::collections::BTreeMap;

use super::{time::Timestamp, url::Url, words::words};

/// The version of the plan's JSON form.
pub const SCHEMA_VERSION: u32 = 1;

words! {
    /// Why a run fetches a link; the first that is so.
    pub enum Why {
        /// It was never visited.
        Unchecked = "unchecked",
        /// It is suspect, and another failure counts.
        Suspect = "suspect",
        /// It is dead, and due to be asked again.
        Dead = "dead",
        /// It was not visited for so long that it is, whatever it is worth.
        Cap = "cap",
        /// It is worth a visit: it may well have changed.
        Worth = "worth",
        /// It is not due yet, but the allowance has room for it.
        Spare = "spare",
    }
}

/// What is known of a link that articles have now. Addresses that are fetched once for all are one link.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its address; of several, the one that was cited first.
    pub url: Url,
    /// Rows of its addresses.
    pub urls: Vec<i64>,
    /// What its addresses have in common: the canonical form.
    pub key: String,
    /// The host it is on.
    pub host: String,
    /// Rows of the articles that cite it, in order.
    pub articles: Vec<i64>,
    /// Rows of the articles that stand at its address.
    pub read_as: Vec<i64>,
    /// When it was last visited, whatever came of it.
    pub last: Option<Timestamp>,
    /// Visits that brought the page, oldest first.
    pub visits: Vec<Look>,
}

/// A visit that brought the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// Whether its main text was another one than at the look before.
    pub changed: bool,
}

/// What the next runs would fetch. Its JSON form is public: `docs/plan.schema.json`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Plan {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Fetches a day at most.
    pub budget: u32,
    /// Links that share them.
    pub links: u64,
    /// The worth at which a link is due; null where the budget is too small to visit each in time.
    pub threshold: Option<f64>,
    /// The runs.
    pub runs: Vec<PlannedRun>,
    /// What they fetch, in their order.
    pub fetches: Vec<PlannedFetch>,
}

/// One of the runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedRun {
    /// When it begins.
    pub at: Timestamp,
    /// Links that it may fetch.
    pub allowance: u64,
    /// Links that it would fetch.
    pub fetches: u64,
    /// Those by why.
    pub by_reason: BTreeMap<&'static str, u64>,
}

/// A link that a run would fetch.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PlannedFetch {
    /// When the run begins.
    pub at: Timestamp,
    /// The link.
    pub url: String,
    /// Why it is fetched.
    pub reason: Why,
    /// When it is due; before `at` when it had to wait.
    pub due: Timestamp,
    /// When it was last visited.
    pub last_visit: Option<Timestamp>,
    /// Days between two changes of it, as believed.
    pub changes_every: Span,
    /// What the visit is worth: days of being up to date, over all articles that cite it.
    pub worth: f64,
    /// Articles that cite it.
    pub articles: u64,
}

/// Days, with the range in which they are believed to be, four chances to one.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Span {
    /// It is as likely that they are less as that they are more.
    pub days: f64,
    /// With one chance of ten, it is less.
    pub from: f64,
    /// With one chance of ten, it is more.
    pub to: f64,
}
