//! A bulletin: one message with everything that is new for one receiver. The JSON form of it is public:
//! `docs/bulletin.schema.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    difference::Excerpt,
    job::JobOutcome,
    report::{LinkReport, Report},
    time::Timestamp,
    verdict::Class,
    words::words,
};

words! {
    /// What a bulletin is for.
    pub enum Occasion {
        /// Something is new.
        News = "bulletin.news",
        /// Somebody wants to see whether it arrives.
        Test = "bulletin.test",
    }
}

/// One message with everything that is new for one receiver.
#[derive(Debug, Clone)]
pub struct Bulletin {
    /// What it is for.
    pub occasion: Occasion,
    /// The archive that it tells of, as its user calls it.
    pub archive: String,
    /// What is new in links, articles and certificates; `new_since` is empty for a receiver who was never told
    /// anything, and is told what stands.
    pub report: Report,
    /// All links that are new, those that are left out of `report` included.
    pub counted: Counted,
    /// What changed behind changed links, by their place in `report.links`.
    pub differences: BTreeMap<usize, Excerpt>,
    /// Jobs that went wrong since.
    pub jobs: Vec<JobTrouble>,
    /// Other receivers that cannot be told at present.
    pub notifiers: Vec<FailingNotifier>,
}

/// Links that are new, by what somebody has to do about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Links that need attention, by class.
    pub attention: BTreeMap<Class, u64>,
    /// Links that answer, and lack words or a place that an article holds on to.
    pub lacking: u64,
    /// Links of which nothing can be known: blocked or excluded.
    pub unknown: u64,
    /// Links that are fine again.
    pub fine: u64,
}

/// What went wrong with a job since a receiver was told last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobTrouble {
    /// The job's name.
    pub job: String,
    /// How often it went wrong.
    pub times: u64,
    /// What became of it the last time.
    pub outcome: JobOutcome,
    /// When it was due then.
    pub due_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// As the process told it.
    pub exit_code: Option<i32>,
    /// The file of what it printed.
    pub log: Option<String>,
}

/// Somebody who should be told things, and cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailingNotifier {
    /// As the configuration calls it.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// How often in a row.
    pub failures: u64,
    /// Why, the last time.
    pub why: String,
}

/// Links in one bulletin at most; `evercite report` tells of more.
pub const MOST_LINKS: usize = 200;

impl Bulletin {
    /// A bulletin of what a report says is new, without what changed behind its links.
    pub fn of(occasion: Occasion, archive: String, mut report: Report) -> Self {
        // That nobody asked yet is no news.
        report.links.retain(|link| link.class != Class::Unchecked);
        let counted = Counted::of(&report.links);
        report.links.truncate(MOST_LINKS);
        let told = report.links.iter().map(|link| &link.article);
        let told: BTreeSet<_> = told
            .chain(report.source_changes.iter().map(|change| &change.article))
            .collect();
        report.articles.retain(|one| told.contains(&one.article));
        Self {
            occasion,
            archive,
            report,
            counted,
            differences: BTreeMap::new(),
            jobs: Vec::new(),
            notifiers: Vec::new(),
        }
    }

    /// Whether there is anything to tell.
    pub fn is_news(&self) -> bool {
        let since = self.report.new_since;
        let new_failure = |one: &FailingNotifier| since.is_none_or(|since| one.since >= since);
        !self.report.links.is_empty()
            || !self.report.source_changes.is_empty()
            || !self.report.certificates.is_empty()
            || !self.jobs.is_empty()
            || self.has_outage()
            // One that was told of stays in every bulletin, but is no reason for one.
            || self.notifiers.iter().any(new_failure)
    }

    /// Whether the newest run gave no verdicts, and that was not told before.
    pub fn has_outage(&self) -> bool {
        let run = self.report.last_run.as_ref().filter(|run| run.outage);
        run.is_some_and(|run| self.report.new_since.is_none_or(|since| run.started_at > since))
    }

    /// Links that are new and not in it.
    pub fn left_out(&self) -> u64 {
        self.counted.all().saturating_sub(self.report.links.len() as u64)
    }
}

impl Counted {
    fn of(links: &[LinkReport]) -> Self {
        let mut counted = Self::default();
        for link in links {
            match link.class {
                Class::Ok if link.lacks_a_passage() => counted.lacking += 1,
                Class::Ok => counted.fine += 1,
                Class::Blocked | Class::Excluded => counted.unknown += 1,
                class => *counted.attention.entry(class).or_default() += 1,
            }
        }
        counted
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.attention.values().sum::<u64>() + self.lacking + self.unknown + self.fine
    }
}
