//! A bulletin as people read it, in a mail or a reader of feeds.

use std::fmt::Write as _;

use super::{
    lines::{Style, wrap_whole},
    text::{Layout, articles, certificates, outage, totals},
};
use crate::model::{
    bulletin::{Bulletin, FailingNotifier, JobTrouble, Occasion},
    job::JobOutcome,
};

/// Everything that is new: what went wrong with the work itself, then links by article with what changed behind
/// them, and the sums.
pub fn bulletin(bulletin: &Bulletin, style: Style) -> String {
    let mut out = String::new();
    say(&mut out, &opening(bulletin), style);
    let troubles = outage(&bulletin.report)
        .into_iter()
        .chain(bulletin.jobs.iter().map(job))
        .chain(bulletin.notifiers.iter().map(notifier));
    for trouble in troubles {
        say(&mut out, &trouble, style);
    }
    if bulletin.occasion == Occasion::Test {
        return out;
    }
    let message = Layout {
        style,
        differences: Some(&bulletin.differences),
    };
    articles(&mut out, &bulletin.report, message);
    if bulletin.left_out() > 0 {
        let left = format!(
            "{} more links are left out here: `evercite report` tells of all.",
            bulletin.left_out()
        );
        say(&mut out, &left, style);
    }
    certificates(&mut out, &bulletin.report, style);
    out.push_str(&totals(&bulletin.report.totals, style));
    out
}

fn opening(bulletin: &Bulletin) -> String {
    match (bulletin.occasion, bulletin.report.new_since) {
        (Occasion::Test, _) => format!(
            "This is a test. What is new in {} will be told here: which links died, moved or changed, and what is \
             another behind them.",
            bulletin.archive
        ),
        (Occasion::News, Some(since)) => format!("New in {} since {}:", bulletin.archive, since.minute()),
        (Occasion::News, None) => format!(
            "What stands in {}; from now on only what is new is told:",
            bulletin.archive
        ),
    }
}

fn job(trouble: &JobTrouble) -> String {
    let what = match (trouble.outcome, trouble.exit_code) {
        (JobOutcome::TimedOut, _) => "it took longer than its limit, and was stopped".to_owned(),
        (JobOutcome::Killed, _) => "it was killed again and again, and given up".to_owned(),
        (_, Some(code)) => format!("exit code {code}"),
        (_, None) => "it failed".to_owned(),
    };
    let times = match trouble.times {
        1 => String::new(),
        n => format!(" {n} times, the last time"),
    };
    let mut said = format!(
        "The job {} went wrong{times} on {}: {what}",
        trouble.job,
        trouble.ended_at.minute()
    );
    if let Some(log) = &trouble.log {
        let _ = write!(said, "; what it printed is in {log}");
    }
    said.push('.');
    said
}

fn notifier(one: &FailingNotifier) -> String {
    let times = match one.failures {
        1 => String::new(),
        n => format!(" ({n} times)"),
    };
    format!(
        "{} cannot be told since {}{times}: {}.",
        one.name,
        one.since.minute(),
        one.why
    )
}

/// A paragraph of its own.
fn say(out: &mut String, text: &str, style: Style) {
    for line in wrap_whole(text, style.width) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn troubles_are_sentences() {
        let at = |text| Timestamp::parse(text).unwrap();
        let trouble = |outcome, exit_code, times, log: Option<&str>| JobTrouble {
            job: "weekly".into(),
            times,
            outcome,
            due_at: at("2026-11-20"),
            ended_at: at("2026-11-20 03:10"),
            exit_code,
            log: log.map(str::to_owned),
        };
        for (outcome, code, times, log, want) in [
            (
                JobOutcome::Failed,
                Some(1),
                1,
                None,
                "The job weekly went wrong on 2026-11-20 03:10: exit code 1.",
            ),
            (
                JobOutcome::TimedOut,
                None,
                3,
                Some("weekly-1.log"),
                "The job weekly went wrong 3 times, the last time on 2026-11-20 03:10: it took longer than its limit, \
                 and was stopped; what it printed is in weekly-1.log.",
            ),
        ] {
            assert_eq!(job(&trouble(outcome, code, times, log)), want);
        }
        let failing = FailingNotifier {
            name: "ops".into(),
            since: at("2026-11-20 03:10"),
            failures: 2,
            why: "it answered 500, 4 times".into(),
        };
        assert_eq!(
            notifier(&failing),
            "ops cannot be told since 2026-11-20 03:10 (2 times): it answered 500, 4 times."
        );
    }
}
