//! When a run has drained: judge every citation it visited.

use super::Summary;
use crate::{
    archive::{ArchiveError, Reader, Writer},
    model::{facts::Judged, time::Timestamp, verdict::Class},
    verdict,
};

/// Citations judged and written at once: what bounds memory.
const BATCH: usize = 128;

pub(super) fn judge(
    reader: &Reader,
    writer: &Writer,
    accept: &[std::ops::RangeInclusive<u16>],
    now: Timestamp,
    summary: &mut Summary,
) -> Result<(), ArchiveError> {
    let run_id = summary.run_id;
    let (hosts, failing) = reader.reachability(run_id)?;
    summary.outage = verdict::is_our_outage(hosts, failing);
    let mut after = 0;
    while !summary.outage {
        let (batch, looked_at) = reader.citations_to_judge(run_id, after, BATCH)?;
        let Some(last) = looked_at else { break };
        after = last;
        let mut judged: Vec<Judged> = Vec::new();
        for facts in &batch {
            let texts = match (verdict::wants_texts(facts), &facts.baseline, &facts.chain.page) {
                (true, Some(baseline), Some(new)) => match &baseline.page {
                    // Of a page that the site asks not to keep there is no text.
                    Some(old) => match (reader.text_if_kept(old.version)?, reader.text_if_kept(new.version)?) {
                        (Some(old), Some(new)) => Some((old, new)),
                        _ => None,
                    },
                    None => None,
                },
                _ => None,
            };
            let texts = texts.as_ref().map(|(old, new)| (old.as_str(), new.as_str()));
            if let Some(one) = verdict::judge(facts, texts, accept) {
                // A link that is fine from the first is no news.
                let before = facts.previous.as_ref().map_or(Class::Ok, |verdict| verdict.class);
                if before != one.verdict.class {
                    *summary.news.entry(one.verdict.class).or_default() += 1;
                }
                judged.push(one);
            }
        }
        if !judged.is_empty() {
            // The next batch is judged while this one is written; the last call tells whether all were.
            writer.post(move |ingest| ingest.verdicts(run_id, &judged, now));
        }
    }
    let outage = summary.outage;
    writer.call(move |ingest| ingest.finish_run(run_id, now, outage))
}
