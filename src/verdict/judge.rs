//! From the facts of a citation to its verdict.

use super::{
    class, confirm,
    confirm::Policy,
    content,
    readings::{Readings, baseline_page, is_gone, is_good, is_same},
};
use crate::model::{
    facts::{CitationFacts, Inspection, Judged},
    verdict::{Access, Class, Transport, Verdict},
};

/// Which main texts are needed for the verdict: the baseline's, the last good copy's, the page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Texts {
    /// That of the baseline.
    pub baseline: bool,
    /// That of the last good copy.
    pub last_good: bool,
    /// That of the page itself.
    pub page: bool,
}

/// Tells which texts are needed.
pub fn wants_texts(facts: &CitationFacts) -> Texts {
    let Some(new) = facts.chain.page.as_ref().filter(|_| last_is_good(facts)) else {
        return Texts::default();
    };
    let baseline = baseline_page(facts).is_some_and(|old| content::needs_texts(old, new));
    let last = facts.last_page.as_ref();
    let last_good = last.is_some_and(|last| {
        baseline_page(facts).is_none_or(|old| !is_same(old, last)) && content::needs_texts(last, new)
    });
    let quoted = super::passages::wanted(facts).text;
    let quoted_before = quoted && baseline_page(facts).is_some_and(|old| old.text != new.text);
    Texts {
        baseline: baseline || quoted_before,
        last_good,
        page: baseline || last_good || quoted || super::suspicion::wants_own_text(facts),
    }
}

/// Whether other addresses with the text of the baseline are worth looking for: only when it is gone here.
pub fn wants_copies(verdict: &Verdict, facts: &CitationFacts) -> bool {
    let gone = verdict.transport == Transport::NoSuchName || is_gone(verdict.resource);
    gone && baseline_page(facts).is_some()
}

/// What is to be written of a verdict. `None` when it says nothing new: the one before it holds in every word.
pub fn judged(facts: &CitationFacts, verdict: Verdict, policy: &Policy) -> Option<Judged> {
    let hop = facts.chain.hops.last()?;
    let accepted = is_accepted(hop, policy);
    let good = !accepted
        && is_good(hop)
        && matches!(
            verdict.class,
            Class::Ok | Class::Moved | Class::Changed | Class::Replaced
        );
    let new_baseline = good && facts.baseline.is_none();
    if facts.previous.as_ref() == Some(&verdict) && !new_baseline {
        return None;
    }
    Some(Judged {
        citation: facts.citation,
        capture: facts.chain.capture,
        verdict,
        baseline: facts.baseline.as_ref().map(|baseline| baseline.id),
        new_baseline,
        last_good: if good {
            Some(facts.chain.capture)
        } else {
            facts.last_good
        },
    })
}

/// What is to be said of a citation; `None` when nobody was asked, and nothing forbids asking: what was
/// said of it before still stands.
pub fn verdict(facts: &CitationFacts, inspection: &Inspection, policy: &Policy) -> Option<Verdict> {
    let hop = facts.chain.hops.last().filter(|hop| hop.access != Access::Deferred)?;
    let readings = Readings::of(facts, hop, inspection);
    let (class, reason) = if is_accepted(hop, policy) {
        let status = hop.status.unwrap_or_default();
        (Class::Ok, format!("answers {status}, which you accept"))
    } else {
        class::class(&readings, facts)
    };
    let state = confirm::next(facts.previous.as_ref(), class, facts.chain.at, policy.confirmation);
    let reason = match state.worn_out {
        true => format!(
            "{reason}, at each of {} visits{}",
            state.strikes,
            policy.confirmation.apart()
        ),
        false => reason,
    };
    Some(Verdict {
        class: state.class,
        transport: readings.transport,
        access: readings.access,
        resource: readings.resource,
        content: readings.content,
        scores: readings.scores,
        since_last: readings.since_last,
        status: readings.status,
        final_url: readings.final_url,
        moved_to: readings.moved_to,
        passages: readings.passages,
        reason,
        evidence: readings.evidence,
        since: state.since,
        confirmed: state.confirmed,
        strikes: state.strikes,
        last_strike: state.last_strike,
    })
}

/// Whether the user takes this status for fine. A wall that answers 200 is not what those had in mind who
/// accept 200.
fn is_accepted(hop: &crate::model::facts::HopFacts, policy: &Policy) -> bool {
    let accepts =
        |status: u16| !(200..300).contains(&status) && policy.accept.iter().any(|range| range.contains(&status));
    !is_good(hop) && hop.status.is_some_and(accepts)
}

fn last_is_good(facts: &CitationFacts) -> bool {
    facts.chain.hops.last().is_some_and(is_good)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
