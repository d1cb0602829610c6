//! The four readings of a citation's newest chain, with what they rest on.

use super::{
    chain,
    content::{self, Compared, Without},
    drift, owner, passages, soft404,
};
use crate::model::{
    drift::NoticeKind,
    facts::{CitationFacts, HopFacts, Inspection, PageFacts, TextCopy},
    passage::{Fate, Hold, Passage},
    verdict::{Access, Content, Resource, Scores, Transport},
};

/// The readings, and in words what they rest on.
pub(super) struct Readings {
    pub transport: Transport,
    pub access: Access,
    pub resource: Resource,
    pub content: Content,
    pub scores: Option<Scores>,
    pub since_last: Content,
    pub status: Option<u16>,
    pub final_url: Option<String>,
    pub moved_to: Option<String>,
    /// Its text was found at another address, to which nothing leads from here.
    pub is_elsewhere: bool,
    pub passages: Vec<Passage>,
    /// A notice that the baseline did not have.
    pub notice: Option<NoticeKind>,
    pub evidence: Vec<String>,
}

impl Readings {
    pub fn of(facts: &CitationFacts, hop: &HopFacts, inspection: &Inspection) -> Self {
        let mut readings = Self::of_chain(facts, hop);
        if readings.is_answer() {
            readings.content(facts, inspection);
            readings.presence(facts, inspection);
        }
        if readings.is_answer() && facts.chain.page.is_some() {
            readings.passages = passages::check(facts, inspection);
            readings
                .evidence
                .extend(readings.passages.iter().filter_map(passages::says));
        }
        readings.moved(facts, inspection);
        readings.company(inspection);
        readings
    }

    /// What the chain itself tells.
    fn of_chain(facts: &CitationFacts, hop: &HopFacts) -> Self {
        let mut evidence = Vec::new();
        if facts.chain.hops.len() > 1 {
            let path: Vec<String> = facts.chain.hops.iter().map(describe_hop).collect();
            evidence.push(format!("redirects: {}", path.join(" -> ")));
        } else if let Some(status) = hop.status {
            evidence.push(format!("status {status}"));
        }
        evidence.extend(hop.detail.clone());
        if !hop.whole {
            evidence.push("the body did not come whole".into());
        }
        let mut access = hop.access;
        if access == Access::Open
            && let Some(login) = chain::login_page(&facts.chain)
        {
            access = Access::LoginRedirect;
            evidence.push(format!("leads to the login page {login}"));
        }
        Self {
            transport: hop.transport,
            access,
            resource: resource(hop),
            content: Content::NotCompared,
            scores: None,
            since_last: Content::NotCompared,
            status: hop.status,
            final_url: (facts.chain.hops.len() > 1).then(|| hop.url.clone()),
            moved_to: chain::moved_to(&facts.chain).map(str::to_owned),
            is_elsewhere: false,
            passages: Vec::new(),
            notice: None,
            evidence,
        }
    }

    /// Whether something answered that may be the page.
    fn is_answer(&self) -> bool {
        self.transport == Transport::Ok && self.access == Access::Open && self.resource == Resource::Ok
    }

    /// Reading 4: against the baseline, and against the last good copy.
    fn content(&mut self, facts: &CitationFacts, inspection: &Inspection) {
        let Some(new) = &facts.chain.page else { return };
        match (&facts.baseline, baseline_page(facts)) {
            (Some(baseline), Some(old)) => {
                let texts = inspection.baseline.as_deref().zip(inspection.text.as_deref());
                let compared = content::compare(old, new, texts);
                self.tell(&compared, &baseline.captured_at.date(), texts);
                self.look_for_notice(old, new, texts);
                (self.content, self.scores) = (compared.content, compared.scores);
            }
            (Some(_), None) => {}
            (None, _) if new.shell => {
                self.evidence
                    .push("only a script would draw what the page says: it cannot be compared later".into());
            }
            // This copy becomes the baseline: against itself it is identical.
            (None, _) => self.content = Content::Identical,
        }
        if let Some(last) = &facts.last_page {
            self.since_last = match baseline_page(facts) {
                Some(old) if is_same(old, last) => self.content,
                _ => {
                    let texts = inspection.last_good.as_deref().zip(inspection.text.as_deref());
                    content::compare(last, new, texts).content
                }
            };
        }
    }

    /// What comparing with the copy of `day` has shown.
    fn tell(&mut self, compared: &Compared, day: &str, texts: Option<(&str, &str)>) {
        let why = match compared.without {
            Some(Without::Opaque) => format!("not the same bytes as the copy of {day}; their text is not read"),
            Some(Without::Locked) => {
                format!("not the same pages as the copy of {day}, and without text to compare: scanned, or locked")
            }
            Some(Without::Shell) => "not compared: only a script would draw what the page says".into(),
            Some(Without::Textless) => "no main text to compare".into(),
            Some(Without::Withheld) => format!(
                "the text is not that of {day}; how much has changed cannot be told, for the site asks that no copy be kept"
            ),
            None => {
                if let (Some(scores), Some((before, after))) = (compared.scores, texts) {
                    self.evidence.push(format!(
                        "against the copy of {day}: similarity {:.2}, {:.0}% of the old text still there",
                        scores.jaccard,
                        100.0 * scores.containment
                    ));
                    self.tell_changes(&drift::changes(before, after));
                }
                return;
            }
        };
        self.evidence.push(why);
    }

    /// What no score shows: the sentences, and the facts inside those that stayed.
    fn tell_changes(&mut self, changes: &drift::Changes<'_>) {
        let (gone, come) = (
            changes.removed.len() - changes.altered.len(),
            changes.added.len() - changes.altered.len(),
        );
        let altered = changes.altered.len();
        self.evidence
            .push(format!("{gone} sentences removed, {come} added, {altered} altered"));
        for change in changes.facts().take(FACTS) {
            let (old, new) = (clip(change.old), clip(change.new));
            self.evidence.push(match (old.is_empty(), new.is_empty()) {
                (false, true) => format!("a {} is gone: {old:?}", change.kind),
                (true, false) => format!("a {} was put in: {new:?}", change.kind),
                _ => format!("a {} changed: {old:?} is {new:?} now", change.kind),
            });
        }
    }

    /// A notice of correction or withdrawal that has appeared, if only in the title.
    fn look_for_notice(&mut self, old: &PageFacts, new: &PageFacts, texts: Option<(&str, &str)>) {
        let (before, after) = texts.unwrap_or_default();
        let side = |title, text| drift::Side { title, text };
        if let Some(notice) = drift::notice(side(&old.title, before), side(&new.title, after)) {
            self.evidence.push(format!(
                "a notice has appeared ({}): {:?}",
                notice.kind,
                clip(&notice.text)
            ));
            self.notice = Some(notice.kind);
        }
    }

    /// Whether what answers is the page at all.
    fn presence(&mut self, facts: &CitationFacts, inspection: &Inspection) {
        if matches!(self.content, Content::Identical | Content::Cosmetic) && inspection.sketch.is_none() {
            return;
        }
        let seen = soft404::look(facts, inspection);
        let mut found = |resource, why: Vec<String>| {
            self.resource = resource;
            self.evidence.extend(why);
        };
        let parked = inspection
            .sketch
            .as_ref()
            .and_then(|sketch| owner::parked(&seen, sketch));
        if let Some(why) = parked {
            found(Resource::Parked, why);
        } else if let Some(why) = owner::usurped(facts, inspection, &seen) {
            found(Resource::Usurped, why);
        } else if soft404::is_not_there(&seen) {
            found(Resource::Soft404, seen.into_iter().map(|seen| seen.says).collect());
        } else if let Some(to_root) = soft404::only_to_root(&seen).filter(|_| facts.baseline.is_none()) {
            found(Resource::RedirectToRoot, vec![to_root.to_owned()]);
        }
    }

    /// Whether the page is somewhere else now: by a permanent redirect, or because its text was found at
    /// another address.
    fn moved(&mut self, facts: &CitationFacts, inspection: &Inspection) {
        match self.resource {
            Resource::Ok if self.is_answer() && self.moved_to.is_some() && facts.baseline.is_some() => {
                let same = matches!(
                    self.content,
                    Content::Identical | Content::Cosmetic | Content::Minor | Content::Appended
                );
                self.resource = if same {
                    Resource::MovedSame
                } else {
                    Resource::MovedOther
                };
            }
            Resource::Ok => {}
            _ => {
                self.moved_to = None;
                self.copies(facts, inspection);
            }
        }
    }

    /// Other addresses at which the lost text stands. Where it is only since it was last seen here, it has
    /// moved; otherwise it always had a copy.
    fn copies(&mut self, facts: &CitationFacts, inspection: &Inspection) {
        let Some(baseline) = &facts.baseline else { return };
        let gone = self.transport == Transport::NoSuchName || is_gone(self.resource);
        let new_home = |copy: &&TextCopy| copy.is_newer;
        match inspection.copies.iter().find(new_home).filter(|_| gone) {
            Some(copy) => {
                self.evidence.push(format!(
                    "the text of {} stands at {}, seen there last on {}",
                    baseline.captured_at.date(),
                    copy.url,
                    copy.last_seen.date()
                ));
                self.resource = Resource::MovedSame;
                (self.moved_to, self.is_elsewhere) = (Some(copy.url.clone()), true);
            }
            None => self.evidence.extend(inspection.copies.iter().map(|copy| {
                format!(
                    "the same text stands at {}, as it did on {}",
                    copy.url,
                    copy.first_seen.date()
                )
            })),
        }
    }

    /// What the rest of the run says of a failure.
    fn company(&mut self, inspection: &Inspection) {
        let company = inspection.company;
        let failed = self.transport != Transport::Ok || self.resource == Resource::ServerError;
        if failed && company.failed_alike >= INCIDENT && company.failed_alike * 5 >= company.host_links * 4 {
            self.evidence
                .push("nearly all links to this host fail the same way: one incident of the host".into());
        }
    }
}

impl Readings {
    /// The fragment that was there and is not any more.
    pub fn lost_place(&self) -> Option<&Passage> {
        let lost = |p: &&Passage| p.hold == Hold::Fragment && p.fate == Fate::Missing && p.last_seen.is_some();
        self.passages.iter().find(lost)
    }
}

/// Changed facts told of one page, and characters of each.
const FACTS: usize = 8;
const CLIP: usize = 160;

fn clip(text: &str) -> String {
    match text.char_indices().nth(CLIP) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Links to a host that fail alike from so many on are one incident.
const INCIDENT: u64 = 3;

/// Answers that say that the page is no longer at its address.
pub(super) fn is_gone(resource: Resource) -> bool {
    matches!(resource, Resource::NotFound | Resource::Gone) || was_not_there(resource)
}

/// Answers that look good and are not the page.
pub(super) fn was_not_there(resource: Resource) -> bool {
    matches!(
        resource,
        Resource::Soft404 | Resource::Parked | Resource::Usurped | Resource::RedirectToRoot
    )
}

pub(super) fn baseline_page(facts: &CitationFacts) -> Option<&PageFacts> {
    facts.baseline.as_ref().and_then(|baseline| baseline.page.as_ref())
}

/// Whether two versions cannot be told apart by what is compared.
pub(super) fn is_same(a: &PageFacts, b: &PageFacts) -> bool {
    a.kind == b.kind && a.document == b.document && a.text == b.text
}

pub(super) fn is_good(hop: &HopFacts) -> bool {
    hop.transport == Transport::Ok && hop.access == Access::Open && matches!(hop.status, None | Some(200..=299 | 304))
}

fn describe_hop(hop: &HopFacts) -> String {
    match hop.status {
        Some(status) => format!("{status} {}", hop.url),
        None => format!("{} {}", hop.transport, hop.url),
    }
}

fn resource(hop: &HopFacts) -> Resource {
    if hop.transport != Transport::Ok {
        return Resource::Unknown;
    }
    match hop.status {
        Some(404) => Resource::NotFound,
        Some(410) => Resource::Gone,
        Some(204 | 205) => Resource::Empty,
        Some(200..=299) if hop.length.unwrap_or(0) == 0 => Resource::Empty,
        None | Some(200..=299 | 304) => Resource::Ok,
        Some(400..=499) => Resource::OtherClientError,
        Some(500..=599) => Resource::ServerError,
        Some(_) => Resource::Unknown,
    }
}
