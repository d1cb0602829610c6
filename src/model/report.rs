//! What is told to people and machines. The JSON form of [`Report`] is public and versioned:
//! `docs/report.schema.json` describes it.

use serde::Serialize;

use super::{
    link::Place,
    passage::{Fate, Passage},
    revision::SourceEvent,
    statistics::Step,
    time::Timestamp,
    verdict::{Access, Class, Content, Resource, Scores, Transport},
};

/// Version of the JSON form. Raised when a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// A report over one or all articles of an archive.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the report was made.
    pub generated_at: Timestamp,
    /// Where it tells only what is new: since when.
    pub new_since: Option<Timestamp>,
    /// The newest run that finished, if any.
    pub last_run: Option<RunSummary>,
    /// The articles it covers.
    pub articles: Vec<ArticleSummary>,
    /// Sums over every link covered, whether listed or not.
    pub totals: Totals,
    /// How long they last.
    pub survival: Survival,
    /// Hosts of which several links are checked and some are lost: the twenty with the most certain rot first.
    pub hosts: Vec<HostRot>,
    /// The links, ordered by article, then class, then URL.
    pub links: Vec<LinkReport>,
    /// What was done to the links of the articles, ordered by article, then time: in the newest run that
    /// visited the article and in its main text, or ever and anywhere when every link is listed.
    pub source_changes: Vec<SourceChange>,
    /// Hosts of checked links whose certificate ends soon, the next to end first.
    pub certificates: Vec<CertificateEnd>,
}

/// A certificate that ends soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateEnd {
    /// Whose it is.
    pub host: String,
    /// When it ends, as of the newest visit.
    pub ends: Timestamp,
    /// Links of the report that lead there.
    pub links: u64,
}

/// A run in a few words.
#[derive(Debug, Clone, Serialize)]
pub struct RunSummary {
    /// Stable name of the run.
    pub uid: String,
    /// `snapshot` or `check`.
    pub kind: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Set when most hosts failed at once, so that no verdict was given.
    pub outage: bool,
}

/// An article in a few words.
#[derive(Debug, Clone, Serialize)]
pub struct ArticleSummary {
    /// URL, or path, as `evercite list` shows it.
    pub article: String,
    /// Its title.
    pub title: String,
    /// The day its citations are held against, where given.
    pub cited_at: Option<Timestamp>,
    /// When it was last read.
    pub last_captured: Option<Timestamp>,
}

/// Sums. One citation is one address with its fragment in one article, however often it occurs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Totals {
    /// What is counted, in words.
    pub definition: &'static str,
    /// Distinct addresses the articles have, skipped ones included: the denominator of `by_class`.
    pub links: u64,
    /// Links that could be checked: `links` less skipped, excluded and unchecked. The denominator
    /// of shares shown to people.
    pub checked: u64,
    /// Links no longer in the newest version of their article; not part of the other figures.
    pub removed: u64,
    /// Links of each class; sums to `links`.
    pub by_class: std::collections::BTreeMap<String, u64>,
    /// Links dead or replaced that have a good copy in the archive.
    pub saved: u64,
}

/// The definition printed with [`Totals`].
pub const TOTALS_DEFINITION: &str = "one link is one distinct address (with its fragment) in one article, however often \
     it occurs there; checked = links less skipped, excluded and unchecked; saved = dead or replaced links with a good \
     copy in the archive";

/// How long links last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survival {
    /// What is estimated, in words.
    pub definition: &'static str,
    /// Links that the estimate rests on.
    pub links: u64,
    /// Those of them that are lost.
    pub lost: u64,
    /// Links that are dead or replaced, but not confirmed yet: counted as lasting until they were last seen well.
    pub unconfirmed: u64,
    /// Links of whose age nothing is known.
    pub left_out: u64,
    /// The curve: each day on which a link was lost or last seen, in order.
    pub steps: Vec<Step>,
}

/// What became of the links to one host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostRot {
    /// Its name.
    pub host: String,
    /// Checked links of the report that lead there.
    pub links: u64,
    /// Those of them that are dead or replaced.
    pub lost: u64,
    /// Lower end of Wilson's 95% interval of the share lost: what hosts are ordered by.
    pub at_least: f64,
}

/// One link of one article.
#[derive(Debug, Clone, Serialize)]
pub struct LinkReport {
    /// The article, as in [`ArticleSummary`].
    pub article: String,
    /// As resolved; for skipped links as written.
    pub url: String,
    /// Fragment, without `#`.
    pub fragment: Option<String>,
    /// What became of it.
    pub class: Class,
    /// Reading 1, where checked.
    pub transport: Option<Transport>,
    /// Reading 2, where checked.
    pub access: Option<Access>,
    /// Reading 3, where checked.
    pub resource: Option<Resource>,
    /// Reading 4, where checked.
    pub content: Option<Content>,
    /// Similarity to the baseline, where compared.
    pub scores: Option<Scores>,
    /// HTTP status at the end of the chain.
    pub status: Option<u16>,
    /// Where the chain ended.
    pub final_url: Option<String>,
    /// Where the page is now, by a permanent redirect or because its text was found there.
    pub moved_to: Option<String>,
    /// Reading 4 against the last good copy before, where checked.
    pub since_last: Option<Content>,
    /// Every exchange of the newest attempt, first hop first.
    pub hops: Vec<Hop>,
    /// Quoted words and fragments, and what became of them.
    pub passages: Vec<Passage>,
    /// One sentence.
    pub reason: String,
    /// What the verdict rests on.
    pub evidence: Vec<String>,
    /// When this class began.
    pub since: Option<Timestamp>,
    /// Whether it was seen on two different days.
    pub confirmed: bool,
    /// At the source: `present`, `removed` or `retargeted`.
    pub state: String,
    /// Where a retargeted link leads now, with fragment.
    pub retargeted_to: Option<String>,
    /// When the link was first seen in the article.
    pub first_seen: Timestamp,
    /// When it was last asked for.
    pub last_checked: Option<Timestamp>,
    /// When a good answer was last had.
    pub last_good: Option<Timestamp>,
    /// What it is held against.
    pub baseline: Option<Baseline>,
    /// What users noted beside its address, oldest first.
    pub notes: Vec<String>,
    /// The words the reader sees.
    pub anchor: String,
    /// Where it stands in the article.
    pub places: Vec<PlaceInArticle>,
}

/// What tells a link of a report from all others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkName {
    /// The article, as in [`ArticleSummary`].
    pub article: String,
    /// As resolved; for skipped links as written.
    pub url: String,
    /// Fragment, without `#`.
    pub fragment: Option<String>,
}

/// What an author did to a link, from one version of the article to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceChange {
    /// The article, as in [`ArticleSummary`].
    pub article: String,
    /// What was done.
    pub what: SourceEvent,
    /// The link: what it led to, for one that was retargeted.
    pub url: String,
    /// Fragment, without `#`.
    pub fragment: Option<String>,
    /// When the version that has it so was first read.
    pub at: Timestamp,
    /// When the version before was last read.
    pub since: Option<Timestamp>,
    /// Where the link stands, or stood.
    pub place: Place,
    /// The words it had; `None` for a link that was not there.
    pub anchor_before: Option<String>,
    /// The words it has; `None` for a link that is gone.
    pub anchor_after: Option<String>,
    /// Where a retargeted link leads now.
    pub now_url: Option<String>,
    /// The fragment of that address, without `#`.
    pub now_fragment: Option<String>,
    /// What became of the page it leads or led to, as last judged.
    pub class: Class,
}

impl LinkReport {
    /// What tells it from all others.
    pub fn name(&self) -> LinkName {
        LinkName {
            article: self.article.clone(),
            url: self.url.clone(),
            fragment: self.fragment.clone(),
        }
    }

    /// A link that nobody asked for yet.
    pub fn unvisited(article: &str, url: &str, first_seen: Timestamp) -> Self {
        Self {
            article: article.to_owned(),
            url: url.to_owned(),
            fragment: None,
            class: Class::Unchecked,
            transport: None,
            access: None,
            resource: None,
            content: None,
            scores: None,
            status: None,
            final_url: None,
            moved_to: None,
            since_last: None,
            hops: Vec::new(),
            passages: Vec::new(),
            reason: "not visited yet".into(),
            evidence: Vec::new(),
            since: None,
            confirmed: false,
            state: "present".into(),
            retargeted_to: None,
            first_seen,
            last_checked: None,
            last_good: None,
            baseline: None,
            notes: Vec::new(),
            anchor: String::new(),
            places: Vec::new(),
        }
    }

    /// Whether something that the article holds on to is missing.
    pub fn lacks_a_passage(&self) -> bool {
        self.passages.iter().any(|passage| passage.fate == Fate::Missing)
    }
}

/// One exchange of a chain.
#[derive(Debug, Clone, Serialize)]
pub struct Hop {
    /// What was asked for.
    pub url: String,
    /// HTTP status, where an answer came.
    pub status: Option<u16>,
    /// How the connection went.
    pub transport: Transport,
}

/// What a citation is held against.
#[derive(Debug, Clone, Serialize)]
pub struct Baseline {
    /// When that copy was taken.
    pub captured_at: Timestamp,
    /// `first-good`, `nearest-cited-at`, `pinned` or `accepted`.
    pub chosen: String,
}

/// Where a link stands.
#[derive(Debug, Clone, Serialize)]
pub struct PlaceInArticle {
    /// From 1, counted over every link of the article.
    pub ordinal: i64,
    /// Line in the source, from 1, where known.
    pub line: Option<i64>,
    /// Column in characters, from 1, where known.
    pub column: Option<i64>,
    /// The heading it stands under.
    pub section: Option<String>,
    /// In the main text or around it.
    pub place: Place,
}
