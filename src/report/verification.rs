//! What a look at the archive's soundness found, for people.

use super::printable;
use crate::model::verification::{Finding, LostCapture, Verification};

/// Captures that are listed for one finding; the JSON form has more.
const LISTED: usize = 10;

/// The findings, each with what it costs, and one line that sums it up at the end.
pub fn verification(told: &Verification) -> String {
    let mut out = String::new();
    for finding in &told.findings {
        out.push_str(&one(finding));
    }
    let checked: Vec<String> = told
        .checked
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let verdict = match told.findings.len() {
        0 => "sound".to_owned(),
        1 => "damaged (1 finding)".to_owned(),
        more => format!("damaged ({more} findings)"),
    };
    out.push_str(&format!(
        "{}: {verdict}; looked at: {}\n",
        told.archive,
        checked.join(", ")
    ));
    if let Some(root) = &told.newest_root {
        out.push_str(&format!("newest root: {root}\n"));
    }
    printable(&out)
}

fn one(finding: &Finding) -> String {
    let mut out = format!("{} {}: {}\n", finding.part, finding.name, finding.why);
    let again = if finding.derived { " (it can be made again)" } else { "" };
    out.push_str(&format!("    costs: {}{again}\n", finding.costs));
    for LostCapture { uid, url, at } in finding.captures.iter().take(LISTED) {
        let at = at.map_or_else(|| "at an unknown time".to_owned(), |at| at.to_string());
        out.push_str(&format!("    {url}  {at}  {uid}\n"));
    }
    let more = finding.captures_total.saturating_sub(LISTED as u64);
    if more > 0 {
        out.push_str(&format!("    and {more} more; --format json names them\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        time::Timestamp,
        verification::{Part, Thoroughness},
    };

    #[test]
    fn findings_come_with_what_they_cost() {
        let capture = |n: u64| LostCapture {
            uid: format!("uid-{n}"),
            url: format!("http://a.example/{n}\u{1b}[31m"),
            at: Some(Timestamp::from_millis(0)),
        };
        let mut told = Verification {
            schema_version: 1,
            archive: "a.db".into(),
            thoroughness: Thoroughness::Full,
            since: None,
            sound: true,
            checked: [("bodies", 3), ("captures", 12)].into(),
            findings: Vec::new(),
            newest_root: Some("00ff".into()),
        };
        assert_eq!(
            verification(&told),
            "a.db: sound; looked at: 3 bodies, 12 captures\nnewest root: 00ff\n"
        );
        told.findings.push(Finding {
            part: Part::Body,
            name: "abc".into(),
            why: "wrong".into(),
            costs: "bodies".into(),
            derived: false,
            captures: (0..12).map(capture).collect(),
            captures_total: 30,
        });
        let text = verification(&told);
        assert!(text.starts_with("body abc: wrong\n    costs: bodies\n    http://a.example/0\u{fffd}[31m  1970-"));
        assert!(
            text.contains("    and 20 more; --format json names them\na.db: damaged (1 finding);"),
            "{text}"
        );
    }
}
