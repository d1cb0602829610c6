//! When a run has drained: judge every citation it visited. What cannot be judged without asking more
//! waits for that; the rest is written.

use std::{collections::HashMap, sync::mpsc::sync_channel, time::Duration};

use super::Summary;
use crate::{
    archive::{Archive, ArchiveError, Companies, KeptBody, Reader, SeenError, Writer, pack},
    extract,
    model::{
        facts::{CitationFacts, Inspection, Judged},
        passage::Anchors,
        sketch::Sketch,
        time::Timestamp,
        url::{self, Url},
        verdict::Class,
    },
    verdict::{self, Policy, confirm, passages, suspicion},
};

/// Citations judged and written at once: what bounds memory.
const BATCH: usize = 128;
/// Such batches that are read ahead.
const AHEAD: usize = 2;
/// Addresses made up in one run at most, and for one host.
const PROBES: usize = 1_000;
const PROBES_PER_HOST: usize = 8;
/// Directories whose error pages are held ready.
const DIRECTORIES: usize = 64;
/// Sketches of them, by capture.
const SKETCHES: usize = 256;

/// Judges the citations of one run, in as many passes as it takes.
pub(super) struct Judge<'a> {
    reader: &'a Reader,
    writer: &'a Writer,
    run_id: i64,
    policy: &'a Policy,
    companies: Option<Companies>,
    errors: HashMap<String, Vec<(SeenError, Option<Sketch>)>>,
    /// By capture.
    sketches: HashMap<i64, Option<Sketch>>,
    /// Addresses that were made up, with the pass that asked for them, and how many for each host.
    made_up: HashMap<Url, u32>,
    probed: HashMap<String, usize>,
    passes: u32,
    /// Whether new pages are looked at twice, and those that were, by citation: where, and the first capture.
    second_look: bool,
    seconds: HashMap<i64, (Url, i64)>,
    /// Looks at failing links still to be had within the run, and how far apart.
    looks: u32,
    apart: Duration,
}

/// What a pass would like asked before the next one.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Addresses that do not exist.
    pub probes: Vec<Url>,
    /// New pages to be looked at once more.
    pub seconds: Vec<Url>,
    /// Citations that wait for them, or are to be asked again themselves.
    pub citations: Vec<i64>,
    /// Those of them to be asked again, and when.
    pub again: Vec<i64>,
    pub due: Timestamp,
}

impl Wants {
    pub fn is_empty(&self) -> bool {
        self.citations.is_empty()
    }
}

/// Which citations a pass is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// Every one that the run has visited.
    All,
    /// Those that an earlier pass left open.
    Open(&'a [i64]),
}

impl<'a> Judge<'a> {
    pub fn new(reader: &'a Reader, writer: &'a Writer, run_id: i64, policy: &'a Policy) -> Self {
        let (looks, apart) = match policy.confirmation {
            verdict::Confirmation::Days => (0, Duration::ZERO),
            verdict::Confirmation::After(wait) => (confirm::STRIKES - 1, wait),
        };
        Self {
            reader,
            writer,
            run_id,
            policy,
            companies: None,
            errors: HashMap::new(),
            sketches: HashMap::new(),
            made_up: HashMap::new(),
            probed: HashMap::new(),
            passes: 0,
            second_look: false,
            seconds: HashMap::new(),
            looks,
            apart,
        }
    }

    /// Whether new pages without validators are to be looked at twice.
    pub fn looking_twice(mut self, second_look: bool) -> Self {
        self.second_look = second_look;
        self
    }

    /// Judges what can be judged. Nothing at all when the outage is ours.
    pub fn pass(
        &mut self,
        archive: &Archive,
        which: Which<'_>,
        now: Timestamp,
        summary: &mut Summary,
    ) -> Result<Wants, ArchiveError> {
        let (hosts, failing) = self.reader.reachability(self.run_id)?;
        summary.outage = verdict::is_our_outage(hosts, failing);
        let mut wants = Wants {
            due: now.plus(self.apart),
            ..Wants::default()
        };
        if summary.outage {
            return Ok(wants);
        }
        self.errors.clear();
        self.passes += 1;
        match which {
            Which::All => self.all(archive, now, summary, &mut wants)?,
            Which::Open(citations) => {
                // What was counted may have become more.
                self.companies = None;
                for part in citations.chunks(BATCH) {
                    for citation in part {
                        self.learn(*citation)?;
                    }
                    let batch = self.reader.facts_of(self.run_id, part)?;
                    self.batch(&batch, now, summary, &mut wants)?;
                }
            }
        }
        self.looks = self.looks.saturating_sub(1);
        Ok(wants)
    }

    /// Judges every citation that the run has visited, while the next ones are read.
    fn all(
        &mut self,
        archive: &Archive,
        now: Timestamp,
        summary: &mut Summary,
        wants: &mut Wants,
    ) -> Result<(), ArchiveError> {
        let run_id = self.run_id;
        std::thread::scope(|scope| {
            let (sender, batches) = sync_channel(AHEAD);
            let reading = scope.spawn(move || {
                let (reader, mut after) = (archive.reader()?, 0);
                while let (batch, Some(last)) = reader.citations_to_judge(run_id, after, BATCH)? {
                    after = last;
                    if sender.send(batch).is_err() {
                        // Judging has failed, and says why.
                        break;
                    }
                }
                Ok(())
            });
            for batch in batches {
                self.batch(&batch, now, summary, wants)?;
            }
            reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Judges one citation by what is archived, without asking anybody. `None` when nothing is to be said.
    pub fn again(&mut self, facts: &CitationFacts, now: Timestamp) -> Result<Option<Judged>, ArchiveError> {
        let mut inspection = self.inspect(facts)?;
        self.look_closer(facts, &mut inspection, now)?;
        self.judge(facts, &mut inspection)
    }

    fn batch(
        &mut self,
        batch: &[CitationFacts],
        now: Timestamp,
        summary: &mut Summary,
        wants: &mut Wants,
    ) -> Result<(), ArchiveError> {
        let mut judged: Vec<Judged> = Vec::new();
        for facts in batch {
            if let Some(url) = self.wants_second_look(facts)? {
                // An address that several links share gets one task all the same.
                wants.seconds.push(url);
                wants.citations.push(facts.citation);
                continue;
            }
            let mut inspection = self.inspect(facts)?;
            let probes = self.look_closer(facts, &mut inspection, now)?;
            if self.waits_for(probes, wants) {
                wants.citations.push(facts.citation);
                continue;
            }
            let one = self.judge(facts, &mut inspection)?;
            let standing = one.as_ref().map(|one| &one.verdict).or(facts.previous.as_ref());
            if self.looks > 0 && standing.is_some_and(confirm::wants_another_look) {
                wants.again.push(facts.citation);
                wants.citations.push(facts.citation);
            }
            let Some(one) = one else { continue };
            // A link that is fine from the first is no news.
            let before = facts.previous.as_ref().map_or(Class::Ok, |verdict| verdict.class);
            if before != one.verdict.class {
                *summary.news.entry(one.verdict.class).or_default() += 1;
            }
            judged.push(one);
        }
        if !judged.is_empty() {
            let run_id = self.run_id;
            // The next batch is judged while this one is written; the last call tells whether all were.
            self.writer.post(move |ingest| ingest.verdicts(run_id, &judged, now));
        }
        Ok(())
    }

    /// Where a new page is to be looked at once more, if it is.
    fn wants_second_look(&mut self, facts: &CitationFacts) -> Result<Option<Url>, ArchiveError> {
        if !self.second_look || !suspicion::is_new_page(facts) || self.seconds.contains_key(&facts.citation) {
            return Ok(None);
        }
        let last = facts.chain.capture + facts.chain.hops.len() as i64 - 1;
        let end = facts.chain.hops.last().and_then(|hop| Url::parse(&hop.url).ok());
        let Some(url) = end.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return Ok(None);
        };
        if !self.reader.is_weakly_validated(last)? {
            return Ok(None);
        }
        self.seconds.insert(facts.citation, (url.clone(), last));
        Ok(Some(url))
    }

    /// Compares the two looks at a new page, keeps what differs by itself, and reads the page without it.
    fn learn(&mut self, citation: i64) -> Result<(), ArchiveError> {
        let Some((url, first)) = self.seconds.get(&citation) else {
            return Ok(());
        };
        let Some(second) = self.reader.second_look(self.run_id, url)? else {
            return Ok(());
        };
        let (Some(first_body), Some(second_body)) = (self.reader.body_of(*first)?, self.reader.body_of(second)?) else {
            return Ok(());
        };
        let signatures = extract::learn(&whole(&first_body, url), &whole(&second_body, url));
        if signatures.is_empty() || !self.reader.volatile(url)?.is_empty() {
            return Ok(());
        }
        let page = extract::read(&extract::Body {
            volatile: &signatures,
            ..whole(&first_body, url)
        });
        let (packed, first) = (pack(page, false, false, &first_body.bytes, url)?, *first);
        self.writer
            .call(move |ingest| ingest.learned(first, &signatures, packed))
    }

    /// Judges, and where the page turns out to be gone looks for its text elsewhere and judges again.
    fn judge(&self, facts: &CitationFacts, inspection: &mut Inspection) -> Result<Option<Judged>, ArchiveError> {
        let Some(mut said) = verdict::verdict(facts, inspection, self.policy) else {
            return Ok(None);
        };
        let baseline = facts.baseline.as_ref().and_then(|b| b.page.as_ref());
        if let Some(baseline) = baseline.filter(|_| verdict::wants_copies(&said, facts)) {
            let lost = facts.previous.as_ref().filter(|before| !before.class.is_alive());
            let gone = lost.map_or(facts.chain.at, |before| before.since);
            inspection.copies = self.reader.copies(&baseline.text, &facts.url, gone)?;
            if !inspection.copies.is_empty() {
                said = verdict::verdict(facts, inspection, self.policy).unwrap_or(said);
            }
        }
        Ok(verdict::judged(facts, said, self.policy))
    }

    /// Reads the texts that are wanted, and counts the company.
    fn inspect(&mut self, facts: &CitationFacts) -> Result<Inspection, ArchiveError> {
        let wanted = verdict::wants_texts(facts);
        let baseline = facts.baseline.as_ref().and_then(|baseline| baseline.page.as_ref());
        let text = |wanted: bool, page: Option<&crate::model::facts::PageFacts>| match page.filter(|_| wanted) {
            // Of a page that the site asks not to keep there is no text.
            Some(page) => self.reader.text_if_kept(page.version),
            None => Ok(None),
        };
        let inspection = Inspection {
            baseline: text(wanted.baseline, baseline)?,
            last_good: text(wanted.last_good, facts.last_page.as_ref())?,
            text: text(wanted.page, facts.chain.page.as_ref())?,
            ..Inspection::default()
        };
        let (mut anchors, mut baseline_anchors) = (None, None);
        if passages::wanted(facts).anchors {
            let last = facts.chain.capture + facts.chain.hops.len() as i64 - 1;
            anchors = self.reader.body_of(last)?.and_then(|body| anchors_of(&body));
            if let Some(capture) = facts.baseline.as_ref().and_then(|baseline| baseline.last_capture) {
                baseline_anchors = self.reader.body_of(capture)?.and_then(|body| anchors_of(&body));
            }
        }
        let inspection = Inspection {
            anchors,
            baseline_anchors,
            ..inspection
        };
        if self.companies.is_none() {
            self.companies = Some(self.reader.companies(self.run_id)?);
        }
        let company = self
            .companies
            .as_ref()
            .map(|companies| companies.of(facts))
            .unwrap_or_default();
        Ok(Inspection { company, ..inspection })
    }

    /// Where there is reason to, reads the page and the error pages of its host again. Returns what is to
    /// be asked first, if anything.
    fn look_closer(
        &mut self,
        facts: &CitationFacts,
        inspection: &mut Inspection,
        now: Timestamp,
    ) -> Result<Vec<Url>, ArchiveError> {
        if !suspicion::is_suspicious(facts, inspection) {
            return Ok(Vec::new());
        }
        let Ok(cited) = Url::parse(&facts.url) else {
            return Ok(Vec::new());
        };
        let last = facts.chain.capture + facts.chain.hops.len() as i64 - 1;
        inspection.sketch = self.reader.body_of(last)?.and_then(|body| sketch(&body));
        if inspection.sketch.is_none() {
            return Ok(Vec::new());
        }
        let known = self.errors_of(&cited)?;
        inspection.errors = known
            .iter()
            .map(|(seen, sketch)| crate::model::sketch::ErrorPage {
                sketch: sketch.clone(),
                ..seen.page.clone()
            })
            .collect();
        let seen: Vec<_> = known.iter().map(|(seen, _)| (seen.page.clone(), seen.at)).collect();
        Ok(suspicion::probes(facts, &seen, now))
    }

    /// Wants the addresses asked that were not asked yet, and tells whether there is one to wait for: one
    /// that this pass was the first to want.
    fn waits_for(&mut self, probes: Vec<Url>, wants: &mut Wants) -> bool {
        let mut waits = false;
        for url in probes {
            if let Some(pass) = self.made_up.get(&url) {
                waits |= *pass == self.passes;
                continue;
            }
            let of_host = self.probed.entry(url::host(&url).to_owned()).or_default();
            if *of_host < PROBES_PER_HOST && self.made_up.len() < PROBES {
                *of_host += 1;
                self.made_up.insert(url.clone(), self.passes);
                wants.probes.push(url);
                waits = true;
            }
        }
        waits
    }

    /// What the host of an address shows where there is nothing.
    fn errors_of(&mut self, cited: &Url) -> Result<&[(SeenError, Option<Sketch>)], ArchiveError> {
        let key = url::directory(cited);
        if !self.errors.contains_key(&key) {
            if self.errors.len() >= DIRECTORIES {
                self.errors.clear();
            }
            let mut known = Vec::new();
            for seen in self.reader.error_pages(cited)? {
                let sketch = self.sketch_of(seen.last_capture)?;
                known.push((seen, sketch));
            }
            self.errors.insert(key.clone(), known);
        }
        Ok(self.errors.get(&key).map_or(&[], Vec::as_slice))
    }
}

impl Judge<'_> {
    /// The sketch of a captured error page, of which many links of a host have need.
    fn sketch_of(&mut self, capture: i64) -> Result<Option<Sketch>, ArchiveError> {
        if let Some(known) = self.sketches.get(&capture) {
            return Ok(known.clone());
        }
        if self.sketches.len() >= SKETCHES {
            self.sketches.clear();
        }
        let made = self.reader.body_of(capture)?.and_then(|body| sketch(&body));
        self.sketches.insert(capture, made.clone());
        Ok(made)
    }
}

fn anchors_of(body: &KeptBody) -> Option<Anchors> {
    let url = Url::parse(&body.url).ok()?;
    Some(extract::anchors(&whole(body, &url)))
}

fn sketch(body: &KeptBody) -> Option<Sketch> {
    let url = Url::parse(&body.url).ok()?;
    extract::sketch(&whole(body, &url))
}

fn whole<'a>(body: &'a KeptBody, url: &'a Url) -> extract::Body<'a> {
    extract::Body {
        bytes: &body.bytes,
        media_type: body.media_type.as_deref(),
        charset: body.charset.as_deref(),
        url,
        local: false,
        assets: false,
        quotes: false,
        volatile: &[],
    }
}
