//! An archive in figures, as text.

use std::fmt::Write;

use super::lines::{Style, bytes, clip};
use crate::model::stats::{Group, Growth, Stats};

/// Runs that are told one by one; JSON has all.
const RUNS: usize = 15;

/// The figures in tables that fit 80 columns.
pub fn stats(stats: &Stats, style: Style) -> String {
    let mut out = String::new();
    totals(&mut out, stats);
    section(&mut out, "The file", style);
    for part in stats.composition.iter().filter(|part| part.bytes > 0) {
        let share = 100.0 * part.bytes as f64 / stats.totals.file.max(1) as f64;
        let _ = writeln!(out, "  {:<12}{:>10}{share:>7.1}%", part.name, bytes(part.bytes));
    }
    groups(&mut out, "Hosts", &stats.hosts, stats.more_hosts, style);
    groups(
        &mut out,
        "Media types",
        &stats.media_types,
        stats.more_media_types,
        style,
    );
    section(&mut out, "Versions of pages", style);
    for row in &stats.versions {
        let _ = writeln!(
            out,
            "  {:>6} {:<10}{:>10}",
            row.versions,
            plural(row.versions, "version"),
            row.pages
        );
    }
    runs(&mut out, &stats.runs, style);
    out
}

fn totals(out: &mut String, stats: &Stats) {
    let t = &stats.totals;
    let mut line = |what: &str, figure: String| {
        let _ = writeln!(out, "{what:<26}{figure:>12}");
    };
    line("Captures", t.captures.to_string());
    line("Addresses asked for", t.urls.to_string());
    line("Distinct bodies", t.payloads.to_string());
    for (what, count) in [("  withheld", t.withheld), ("  pruned", t.pruned)] {
        if count > 0 {
            line(what, count.to_string());
        }
    }
    line("Pages", t.pages.to_string());
    line("  versions of them", t.versions.to_string());
    line("Received", bytes(t.received));
    line("  decoded, every copy", bytes(t.copies));
    line("  decoded, distinct", bytes(t.distinct));
    line("Bodies as stored", bytes(t.stored));
    if let Some(ratio) = t.ratio() {
        line("  of every copy", format!("{:.1}%", 100.0 * ratio));
    }
    line("File", bytes(t.file));
}

fn section(out: &mut String, title: &str, style: Style) {
    let (on, off) = match style.colour {
        true => ("\u{1b}[1m", "\u{1b}[0m"),
        false => ("", ""),
    };
    let _ = writeln!(out, "\n{on}{title}{off}");
}

fn groups(out: &mut String, title: &str, groups: &[Group], more: u64, style: Style) {
    section(out, title, style);
    let _ = writeln!(
        out,
        "  {:<36}{:>9}{:>9}{:>11}{:>11}",
        "", "captures", "bodies", "decoded", "stored"
    );
    for group in groups {
        let name = if group.name.is_empty() { "(none)" } else { &group.name };
        let _ = writeln!(
            out,
            "  {:<36}{:>9}{:>9}{:>11}{:>11}",
            clip(name, 35),
            group.captures,
            group.payloads,
            bytes(group.distinct),
            bytes(group.stored)
        );
    }
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
}

fn runs(out: &mut String, runs: &[Growth], style: Style) {
    section(out, "Runs", style);
    let _ = writeln!(
        out,
        "  {:<18}{:<10}{:>9}{:>9}{:>9}{:>11}{:>10}",
        "", "", "captures", "new", "revisits", "received", "added"
    );
    let older = runs.len().saturating_sub(RUNS);
    if older > 0 {
        let _ = writeln!(out, "  {older} older");
    }
    for run in &runs[older..] {
        let _ = writeln!(
            out,
            "  {:<18}{:<10}{:>9}{:>9}{:>9}{:>11}{:>10}",
            run.started_at.minute(),
            run.kind,
            run.captures,
            run.payloads,
            run.revisits,
            bytes(run.received),
            bytes(run.stored)
        );
    }
}

fn plural(count: u64, word: &str) -> String {
    match count {
        1 => word.to_owned(),
        _ => format!("{word}s"),
    }
}
