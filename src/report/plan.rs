//! What the runs of a plan come to, in lines for people.

use std::fmt::Write as _;

use crate::model::revisit::{Plan, PlannedRun, Why};

/// A line for each day, and what the reasons mean.
pub fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    for runs in plan.runs.chunk_by(|a, b| a.at.date() == b.at.date()) {
        let sum = |count: fn(&PlannedRun) -> u64| runs.iter().map(count).sum::<u64>();
        let (fetches, allowance) = (sum(|run| run.fetches), sum(|run| run.allowance));
        let _ = write!(out, "{}  {fetches} of {allowance}", runs[0].at.date());
        let of = |why: &Why| {
            runs.iter()
                .filter_map(|run| run.by_reason.get(why.as_str()))
                .sum::<u64>()
        };
        let reasons = Why::ALL
            .iter()
            .map(|why| (why, of(why)))
            .filter(|(_, count)| *count > 0);
        let reasons: Vec<String> = reasons.map(|(why, count)| format!("{count} {why}")).collect();
        if !reasons.is_empty() {
            let _ = write!(out, ": {}", reasons.join(", "));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "\nLinks: {}; visits a day at most: {}.", plan.links, plan.budget);
    match plan.threshold {
        Some(worth) => {
            let _ = writeln!(out, "A link is due when a visit is worth {worth:.3}.");
        }
        None => {
            let _ = writeln!(out, "{TOO_FEW}");
        }
    }
    let used = |why: &&Why| plan.fetches.iter().any(|fetch| fetch.reason == **why);
    for why in Why::ALL.iter().filter(used) {
        let _ = writeln!(out, "  {:10} {}", why.as_str(), meaning(*why));
    }
    out
}

const TOO_FEW: &str = "That is too few to visit each once in 60 days: those come first that wait for longest.";

const fn meaning(why: Why) -> &'static str {
    match why {
        Why::Unchecked => "was never visited",
        Why::Suspect => "is failing in a way that may pass, and another failure counts",
        Why::Dead => "is dead, and is asked again after 7, 14, 30 and 90 days",
        Why::Cap => "was not visited for 60 days",
        Why::Worth => "may well have changed",
        Why::Spare => "is not due yet, but there is room for it",
    }
}
