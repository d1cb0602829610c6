//! A changed file as a patch that `patch -p1` and `git apply` take, and what `fix` says beside it.

use std::fmt::Write as _;

use super::lines::printable;
use crate::model::fix::FixedFile;

/// Lines around a change.
const CONTEXT: usize = 3;

/// The unified diff between two versions of a file with as many lines each; empty where they are the same.
pub fn patch(file: &str, before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (lines(before), lines(after));
    let changed: Vec<usize> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
    let Some(first) = changed.first() else {
        return String::new();
    };
    let mut out = format!("--- a/{file}\n+++ b/{file}\n");
    let (mut from, mut to) = (*first, *first);
    for at in changed.iter().copied().chain([usize::MAX]) {
        if at <= to + 2 * CONTEXT + 1 {
            to = at;
            continue;
        }
        let range = from.saturating_sub(CONTEXT)..(to + CONTEXT + 1).min(before.len());
        hunk(&mut out, &before, &after, range);
        (from, to) = (at, at);
    }
    out
}

/// Lines with their ends.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn hunk(out: &mut String, before: &[&str], after: &[&str], range: std::ops::Range<usize>) {
    let place = format!("{},{}", range.start + 1, range.len());
    let _ = writeln!(out, "@@ -{place} +{place} @@");
    let mut at = range.start;
    while at < range.end {
        if before[at] == after[at] {
            line(out, ' ', before[at]);
            at += 1;
            continue;
        }
        let end = (at..range.end)
            .find(|at| before[*at] == after[*at])
            .unwrap_or(range.end);
        before[at..end].iter().for_each(|text| line(out, '-', text));
        after[at..end].iter().for_each(|text| line(out, '+', text));
        at = end;
    }
}

fn line(out: &mut String, sign: char, text: &str) {
    out.push(sign);
    out.push_str(text);
    if !text.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// What is to be changed in a file, and what is left alone and why.
pub fn fixes(file: &FixedFile) -> String {
    let mut out = String::new();
    for fix in &file.fixes {
        let _ = writeln!(out, "{}:{}:{}: {}", file.file, fix.line, fix.column, fix.why);
        let _ = writeln!(out, "    {}\n -> {}", fix.from, fix.to);
    }
    for left in &file.left {
        let _ = writeln!(
            out,
            "{}:{}: {} is {}, left as it is: {}",
            file.file, left.line, left.url, left.class, left.why
        );
    }
    printable(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_in_hunks() {
        let before: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let after = before
            .replace("line 3\n", "LINE 3\n")
            .replace("line 4\n", "LINE 4\n")
            .replace("line 18\n", "LINE 18\n");
        assert_eq!(
            patch("a/b.md", &before, &after),
            "--- a/a/b.md
+++ b/a/b.md
@@ -1,7 +1,7 @@
 line 1
 line 2
-line 3
-line 4
+LINE 3
+LINE 4
 line 5
 line 6
 line 7
@@ -15,6 +15,6 @@
 line 15
 line 16
 line 17
-line 18
+LINE 18
 line 19
 line 20
"
        );
        assert_eq!(patch("x", &before, &before), "");
        assert_eq!(
            patch("x", "a\r\nb", "a\r\nc"),
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\r\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
        );
    }
}
