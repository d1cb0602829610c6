//! `judge`: what is archived, judged again.

use serde_json::json;

use super::{
    CLEAN, FINDINGS,
    args::{Global, JudgeArgs, ReportFormat},
    config::{self, Config},
    context::{self, SystemClock},
    error::CliError,
    writing,
};
use crate::{
    archive::Archive,
    crawl::rejudge::{self, Difference, Rejudged, Whose},
    model::{
        time::Clock,
        verdict::{RULES_VERSION, Verdict},
    },
    report::printable,
};

pub fn run(global: &Global, args: &JudgeArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let clock = SystemClock::default();
    let policy = config::crawl_settings(&config.crawl, clock.now())?.policy;
    let archive = Archive::open(&config.archive)?.durable(args.writing.durable);
    let _lock = match args.write {
        true => Some(writing::lock(&archive, global, &args.writing)?),
        false => None,
    };
    let writer = archive.writer()?;
    let told = rejudge::rejudge(&archive, &writer, &policy, Whose::Every, args.write, clock.now())?;
    match args.format {
        ReportFormat::Json => context::print(&format!("{}\n", as_json(&told)))?,
        ReportFormat::Text => context::print(&as_text(&told, args.write))?,
    }
    Ok(if told.differences.is_empty() { CLEAN } else { FINDINGS })
}

fn as_json(told: &Rejudged) -> serde_json::Value {
    let verdict = |v: &Verdict| {
        json!({
            "class": v.class, "transport": v.transport, "access": v.access, "resource": v.resource,
            "content": v.content, "reason": v.reason, "evidence": v.evidence, "moved_to": v.moved_to,
        })
    };
    let one = |d: &Difference| {
        json!({
            "article": d.article, "url": d.url, "rules_version": d.was_by,
            "was": verdict(&d.was), "now": verdict(&d.now),
        })
    };
    json!({
        "rules_version": RULES_VERSION,
        "judged": told.judged,
        "read_again": told.read_again,
        "written": told.written,
        "differences": told.differences.iter().map(one).collect::<Vec<_>>(),
    })
}

fn as_text(told: &Rejudged, write: bool) -> String {
    let mut out = String::new();
    for d in &told.differences {
        out.push_str(&format!(
            "{}\n  was {}: {} (rules {})\n  now {}: {}\n",
            printable(&d.url),
            d.was.class,
            printable(&d.was.reason),
            d.was_by,
            d.now.class,
            printable(&d.now.reason)
        ));
        for why in &d.now.evidence {
            out.push_str(&format!("    {}\n", printable(why)));
        }
    }
    out.push_str(&format!(
        "{} links judged again by rules {RULES_VERSION}, without network: {} differ.\n",
        told.judged,
        told.differences.len()
    ));
    if write {
        out.push_str(&format!(
            "{} verdicts written, {} pages read again.\n",
            told.written, told.read_again
        ));
    } else if told.differences.iter().any(|d| d.was_by != RULES_VERSION) {
        out.push_str("`evercite judge --write` adds them to the ledger; what was said before stays in it.\n");
    }
    let by_today = told.differences.iter().filter(|d| d.was_by == RULES_VERSION).count();
    if by_today > 0 {
        out.push_str(&format!(
            "{by_today} were given by these very rules when less was known; the next check takes them up.\n"
        ));
    }
    out
}
