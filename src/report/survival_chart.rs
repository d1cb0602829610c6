//! The survival curve, drawn: an image for those who see it, the same in words and as a table for everyone.

use std::fmt::Write as _;

use super::html::escape;
use crate::model::{report::Survival, statistics::Step};

/// The plane of the curve within the image, in its units.
const LEFT: f64 = 52.0;
const RIGHT: f64 = 630.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 250.0;

const YEAR: f64 = 365.25;
/// Marks on the axis of time: a length up to which they fit, the step from one to the next, and their unit. In days.
const MARKS: &[(f64, f64, &str, f64)] = &[
    (14.0, 2.0, "days", 1.0),
    (70.0, 10.0, "days", 1.0),
    (210.0, 30.0, "days", 1.0),
    (2.0 * YEAR, YEAR / 4.0, "months", YEAR / 12.0),
    (8.0 * YEAR, YEAR, "years", YEAR),
    (18.0 * YEAR, 2.0 * YEAR, "years", YEAR),
    (f64::INFINITY, 5.0 * YEAR, "years", YEAR),
];

/// The section's inside, without its heading.
pub(super) fn survival_chart(out: &mut String, survival: &Survival) {
    let _ = writeln!(out, "<p>{}</p>", escape(&in_words(survival)));
    let longest = survival.steps.last().map_or(0, |step| step.days);
    if longest > 0 {
        chart(out, survival, f64::from(longest));
    }
    let _ = writeln!(
        out,
        "<details class=\"soft printed\"><summary>How this is reckoned</summary>\n<p>{}.</p>\n<p>The estimator is that of E. L. \
         Kaplan and P. Meier (Nonparametric estimation from incomplete observations, Journal of the American Statistical \
         Association 53, 1958), the band 95% by Greenwood\u{2019}s formula on the scale of log(\u{2212}log). A loss is \
         seen only when a check comes: the times to a loss are upper bounds, and the curve is rather too high than too \
         low. The band takes links as independent of each other; where many are lost at once, with a host, it is too \
         narrow.</p></details>",
        escape(&capitalised(survival.definition))
    );
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What the curve says.
fn in_words(survival: &Survival) -> String {
    let Some(last) = survival.steps.last() else {
        return format!(
            "Nothing can be said yet of how long links last: none was seen well so far ({} left out).",
            survival.left_out
        );
    };
    let mut said = format!(
        "Links observed: {}, for up to {2}; lost for certain: {}.",
        survival.links,
        survival.lost,
        span(last.days)
    );
    if survival.unconfirmed > 0 {
        let (look, count) = match survival.unconfirmed {
            1 => ("looks", "counts"),
            _ => ("look", "count"),
        };
        let _ = write!(
            said,
            " {} more {look} lost, and {count} once that is confirmed on another day.",
            survival.unconfirmed
        );
    }
    if survival.left_out > 0 {
        let _ = write!(
            said,
            " Left out, as nothing is known of their age: {}.",
            survival.left_out
        );
    }
    if last.days == 0 {
        said.push_str(" A curve can be drawn once they were checked on a later day.");
        return said;
    }
    let whole_years = (f64::from(last.days) / YEAR) as u32;
    for years in [1, 2, 5, 10, 20].into_iter().filter(|years| *years <= whole_years) {
        let unit = if years == 1 { "year" } else { "years" };
        let _ = write!(
            said,
            " After {years} {unit} {}.",
            share_at(survival, f64::from(years) * YEAR)
        );
    }
    let _ = write!(
        said,
        " At the end, after {}, {}.",
        span(last.days),
        share_at(survival, f64::from(last.days))
    );
    match survival.steps.iter().find(|step| step.survival <= 0.5) {
        Some(half) => {
            let _ = write!(said, " Half of them last {} or less.", span(half.days));
        }
        None => said.push_str(" Fewer than half are lost so far, so no median can be given."),
    }
    said
}

fn share_at(survival: &Survival, days: f64) -> String {
    let at = survival
        .steps
        .iter()
        .take_while(|step| f64::from(step.days) <= days)
        .last();
    let share = at.map_or(1.0, |step| step.survival);
    match at.and_then(band) {
        Some((low, high)) => format!(
            "{} last (95% band {} to {})",
            percent(share),
            percent(low),
            percent(high)
        ),
        None => format!("{} last", percent(share)),
    }
}

fn band(step: &Step) -> Option<(f64, f64)> {
    Some((step.low?, step.high?))
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}

fn span(days: u32) -> String {
    match f64::from(days) {
        n if n >= 2.0 * YEAR => format!("{:.1} years", n / YEAR),
        n if n >= 120.0 => format!("{:.0} months", n / YEAR * 12.0),
        _ if days == 1 => "1 day".into(),
        _ => format!("{days} days"),
    }
}

/// Where a length in days stands from left to right.
fn x(days: f64, longest: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * days / longest
}

/// Where a share stands from top to bottom.
fn y(share: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * share
}

fn chart(out: &mut String, survival: &Survival, longest: f64) {
    let _ = writeln!(
        out,
        "<figure>\n<svg viewBox=\"0 0 640 350\" role=\"img\" aria-labelledby=\"curve-title curve-text\">\n\
         <title id=\"curve-title\">Share of links that last, by age of the citation</title>\n\
         <desc id=\"curve-text\">{}</desc>",
        escape(&in_words(survival))
    );
    shares(out);
    times(out, survival, longest);
    shapes(out, survival, longest);
    out.push_str(
        "</svg>\n<figcaption class=\"soft\">The line is the share of links that last; the shaded band around it \
         holds the true share with 95% confidence.</figcaption>\n</figure>\n",
    );
    if survival.lost > 0 {
        table(out, survival);
    }
}

/// The axis of shares.
fn shares(out: &mut String) {
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text class=\"end\" x=\"{1:.1}\" y=\"{2:.1}\">{3}</text>",
            y(share),
            LEFT - 8.0,
            y(share) + 4.0,
            percent(share)
        );
    }
}

/// The axis of time, with how many links are observed at each mark.
fn times(out: &mut String, survival: &Survival, longest: f64) {
    let marks = MARKS.iter().find(|(up_to, ..)| longest <= *up_to);
    let (_, step, unit, of_unit) = *marks.unwrap_or(&MARKS[MARKS.len() - 1]);
    for mark in 0..=(longest / step).floor() as u32 {
        let days = f64::from(mark) * step;
        let at_risk = survival.steps.iter().find(|step| f64::from(step.days) >= days);
        let _ = writeln!(
            out,
            "<line class=\"axis\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{BOTTOM}\" y2=\"{1:.1}\"/>\
             <text class=\"middle\" x=\"{0:.1}\" y=\"{2:.1}\">{3:.0}</text>\
             <text class=\"middle soft\" x=\"{0:.1}\" y=\"{4:.1}\">{5}</text>",
            x(days, longest),
            BOTTOM + 5.0,
            BOTTOM + 22.0,
            days / of_unit,
            BOTTOM + 90.0,
            at_risk.map_or(0, |step| step.at_risk)
        );
    }
    let _ = writeln!(
        out,
        "<text class=\"middle\" x=\"{0:.1}\" y=\"{1:.1}\">{unit} since the citation</text>\
         <text class=\"soft\" x=\"0\" y=\"{2:.1}\">Links still observed</text>",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 44.0,
        BOTTOM + 70.0,
    );
}

/// The curve and its band.
fn shapes(out: &mut String, survival: &Survival, longest: f64) {
    let x = |days: f64| x(days, longest);
    let steps: Vec<&Step> = survival.steps.iter().filter(|step| step.lost > 0).collect();
    // Where it goes on after each step.
    let ends = |at: usize| steps.get(at + 1).map_or(longest, |next| f64::from(next.days));
    let (mut upper, mut lower) = (String::new(), Vec::new());
    let mut line = format!("M{:.1} {:.1}", x(0.0), y(1.0));
    for (at, step) in steps.iter().enumerate() {
        let (from, to) = (x(f64::from(step.days)), x(ends(at)));
        let _ = write!(line, "H{from:.1}V{:.1}", y(step.survival));
        if let Some((low, high)) = band(step) {
            let _ = write!(upper, "{from:.1},{0:.1} {to:.1},{0:.1} ", y(high));
            lower.push(format!("{to:.1},{0:.1} {from:.1},{0:.1} ", y(low)));
        }
    }
    let _ = write!(line, "H{:.1}", x(longest));
    let lower: String = lower.into_iter().rev().collect();
    let _ = writeln!(
        out,
        "<polygon class=\"band\" points=\"{}\"/>\n<path class=\"curve\" d=\"{line}\"/>",
        (upper + &lower).trim_end()
    );
}

fn table(out: &mut String, survival: &Survival) {
    let lost = survival.steps.iter().filter(|step| step.lost > 0);
    out.push_str(
        "<details><summary>The curve as a table</summary>\n<table>\n<caption>Days on which links were lost. Observed: \
         links under observation just before.</caption>\n<thead><tr><th scope=\"col\" class=\"number\">Days</th>\
         <th scope=\"col\" class=\"number\">Observed</th><th scope=\"col\" class=\"number\">Lost</th>\
         <th scope=\"col\" class=\"number\">Share that lasts longer</th><th scope=\"col\" class=\"number\">95% band</th>\
         </tr></thead>\n<tbody>\n",
    );
    for step in lost {
        let between = match band(step) {
            Some((low, high)) => format!("{} to {}", percent(low), percent(high)),
            None => "none".into(),
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\" class=\"number\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{:.1}%</td><td class=\"number\">{between}</td></tr>",
            step.days,
            step.at_risk,
            step.lost,
            100.0 * step.survival
        );
    }
    out.push_str("</tbody>\n</table>\n</details>\n");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::statistics::{Ends, kaplan_meier};

    fn survival(ends: &[(u32, u64, u64)]) -> Survival {
        let ends: BTreeMap<u32, Ends> = ends
            .iter()
            .map(|&(days, lost, left)| (days, Ends { lost, left }))
            .collect();
        Survival {
            definition: "an estimate",
            links: ends.values().map(|ends| ends.lost + ends.left).sum(),
            lost: ends.values().map(|ends| ends.lost).sum(),
            unconfirmed: 1,
            left_out: 2,
            steps: kaplan_meier(&ends),
        }
    }

    #[test]
    fn says_what_it_shows_and_what_cannot_be_said() {
        for (ends, parts) in [
            (vec![], vec!["Nothing can be said yet", "(2 left out)"]),
            (
                vec![(0, 0, 3)],
                vec![
                    "Links observed: 3, for up to 0 days",
                    "1 more looks lost",
                    "on a later day",
                ],
            ),
            (
                vec![(200, 1, 0), (800, 0, 3)],
                vec![
                    "Links observed: 4, for up to 2.2 years; lost for certain: 1.",
                    "age: 2.",
                    "After 1 year 75% last (95% band 13% to 96%).",
                    "After 2 years 75% last",
                    "no median",
                ],
            ),
            (
                vec![(30, 3, 0), (60, 0, 1)],
                vec!["After 60 days, 25% last", "Half of them last 30 days or less."],
            ),
        ] {
            let said = in_words(&survival(&ends));
            for part in parts {
                assert!(said.to_lowercase().contains(&part.to_lowercase()), "{part}: {said}");
            }
        }
    }

    #[test]
    fn draws_a_step_and_its_band() {
        let mut out = String::new();
        survival_chart(&mut out, &survival(&[(50, 1, 0), (100, 0, 3)]));
        let middle = (LEFT + RIGHT) / 2.0;
        let down = format!("M{LEFT:.1} {TOP:.1}H{middle:.1}V{:.1}H{RIGHT:.1}", y(0.75));
        assert!(out.contains(&down), "{down}: {out}");
        assert!(
            out.contains(&format!("<polygon class=\"band\" points=\"{middle:.1},")),
            "{out}"
        );
        assert_eq!(out.matches("<tr>").count(), 2, "a head and a day");
    }
}
