//! What is archived, judged again by the rules of today: no network, and nothing lost.

use super::judging::Judge;
use crate::{
    archive::{Archive, ArchiveError, KeptBody, Latest, Reader, Writer, pack},
    extract,
    model::{
        page::Page,
        time::Timestamp,
        url::Url,
        verdict::{RULES_VERSION, Verdict},
    },
    verdict::Policy,
};

/// A verdict that would be another one.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The article.
    pub article: String,
    /// The cited address.
    pub url: String,
    /// What was said.
    pub was: Verdict,
    /// By which version of the rules.
    pub was_by: i64,
    /// What is to be said now.
    pub now: Verdict,
}

/// How judging again went.
#[derive(Debug, Clone, Default)]
pub struct Rejudged {
    /// Citations that were judged.
    pub judged: u64,
    /// Bodies read again, because the extractor has changed since.
    pub read_again: u64,
    /// Verdicts that differ.
    pub differences: Vec<Difference>,
    /// How many of them were written: those given by other rules.
    pub written: u64,
}

/// Which citations are judged again.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Every one; verdicts by the same rules stand.
    Every,
    /// These rows, which are held against another copy since they were judged.
    Of(&'a [i64]),
}

/// Citations judged at once.
const BATCH: usize = 128;

/// Judges citations again by their newest captures. With `write`, verdicts that differ and were given by other rules, or
/// against another copy, are appended to the ledger, and pages are read again where the extractor has changed.
pub fn rejudge(
    archive: &Archive,
    writer: &Writer,
    policy: &Policy,
    whose: Whose<'_>,
    write: bool,
    now: Timestamp,
) -> Result<Rejudged, ArchiveError> {
    let reader = archive.reader()?;
    let mut told = Rejudged::default();
    let against_another = matches!(whose, Whose::Of(_));
    let latest = match whose {
        Whose::Every => reader.latest()?,
        Whose::Of(citations) => reader.latest_of(citations)?,
    };
    for of_run in latest.chunk_by(|a, b| a.run == b.run) {
        let run = of_run[0].run;
        let mut judge = Judge::new(&reader, writer, run, policy);
        for part in of_run.chunks(BATCH) {
            if write {
                told.read_again += read_again(&reader, writer, part)?;
            }
            let mut differing = Vec::new();
            for again in reader.to_judge_again(part, against_another)? {
                told.judged += 1;
                let Some(mut one) = judge.again(&again.facts, now)? else {
                    continue;
                };
                if says_the_same(&again.was, &one.verdict) {
                    continue;
                }
                if again.became.is_some() {
                    (one.new_baseline, one.baseline) = (false, again.became);
                }
                if write && (again.was_by != RULES_VERSION || against_another) {
                    differing.push(one.clone());
                }
                told.differences.push(Difference {
                    article: again.article,
                    url: again.facts.url,
                    was: again.was,
                    was_by: again.was_by,
                    now: one.verdict,
                });
            }
            told.written += differing.len() as u64;
            if !differing.is_empty() {
                writer.call(move |ingest| ingest.verdicts(run, &differing, now))?;
            }
        }
    }
    Ok(told)
}

/// Whether two verdicts tell people the same: how often it was seen is no difference of rules.
fn says_the_same(was: &Verdict, now: &Verdict) -> bool {
    (
        was.class,
        was.transport,
        was.access,
        was.resource,
        was.content,
        &was.reason,
        &was.moved_to,
    ) == (
        now.class,
        now.transport,
        now.access,
        now.resource,
        now.content,
        &now.reason,
        &now.moved_to,
    )
}

/// Reads again what verdicts rest on and was read by an extractor of another version.
fn read_again(reader: &Reader, writer: &Writer, latest: &[Latest]) -> Result<u64, ArchiveError> {
    let mut count = 0;
    for capture in reader.captures_to_read_again(latest)? {
        let Some(body) = reader.body_of(capture)? else { continue };
        let Ok(url) = Url::parse(&body.url) else { continue };
        let page = read(&body, &url, &reader.volatile(&url)?);
        let packed = pack(page, false, false, &body.bytes, &url)?;
        writer.call(move |ingest| ingest.read_again(capture, packed))?;
        count += 1;
    }
    Ok(count)
}

fn read(body: &KeptBody, url: &Url, volatile: &[u64]) -> Page {
    extract::read(&extract::Body {
        bytes: &body.bytes,
        media_type: body.media_type.as_deref(),
        charset: body.charset.as_deref(),
        url,
        local: url.scheme() == "urn",
        assets: false,
        quotes: false,
        volatile,
    })
}
