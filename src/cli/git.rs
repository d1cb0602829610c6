//! What git says of the files of a working tree. Git is started by itself, never through a shell.

use std::{
    io::ErrorKind,
    process::{Command, Output, Stdio},
};

use super::error::CliError;

/// A file of the working tree that differs from what it was.
#[derive(Debug)]
pub struct ChangedFile {
    /// Relative to the working directory.
    pub name: String,
    /// What it was called; `None` for a new file.
    before: Option<String>,
}

/// What has changed since a change was begun.
#[derive(Debug)]
pub struct Changes {
    /// The commit where it was begun, as git names it.
    commit: String,
    /// Files that are there and differ.
    pub files: Vec<ChangedFile>,
    /// Names that are not in UTF-8, as far as they can be shown.
    pub unnamed: Vec<String>,
}

/// Files that differ between the working tree and its merge base with `revision`.
pub fn changes(revision: &str) -> Result<Changes, CliError> {
    let prefix = line(git(&["rev-parse", "--is-inside-work-tree", "--show-prefix"])?).map_err(no_repository)?;
    let prefix = match prefix.split_once('\n') {
        Some(("true", prefix)) => prefix.to_owned(),
        // Without a prefix git prints an empty line, which was taken off.
        None if prefix == "true" => String::new(),
        _ => return Err(no_repository("this is no working tree")),
    };
    let up = line(git(&["rev-parse", "--show-cdup"])?).map_err(no_repository)?;
    let commit = merge_base(revision)?;
    let listed = git(&[
        "diff",
        "--name-status",
        "-z",
        "-M",
        "--no-ext-diff",
        "--ignore-submodules",
        "--diff-filter=ACMRT",
        &commit,
        "--",
    ])?;
    if !listed.status.success() {
        return Err(CliError::failed(format!("git diff: {}", said(&listed)), ""));
    }
    let (mut files, mut unnamed) = (Vec::new(), Vec::new());
    for (before, now) in entries(&listed.stdout) {
        let Ok(now) = str::from_utf8(now) else {
            unnamed.push(String::from_utf8_lossy(now).into_owned());
            continue;
        };
        files.push(ChangedFile {
            name: match now.strip_prefix(&prefix) {
                Some(below) => below.to_owned(),
                None => format!("{up}{now}"),
            },
            // A name that cannot be said is that of no file that was read.
            before: before.and_then(|before| str::from_utf8(before).ok()).map(str::to_owned),
        });
    }
    Ok(Changes { commit, files, unnamed })
}

impl Changes {
    /// The commit in a few characters.
    pub fn since(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }

    /// What a file was when the change was begun; `None` where it was not there.
    pub fn before(&self, file: &ChangedFile) -> Result<Option<Vec<u8>>, CliError> {
        let Some(before) = &file.before else {
            return Ok(None);
        };
        let shown = git(&["cat-file", "blob", &format!("{}:{before}", self.commit)])?;
        match shown.status.success() {
            true => Ok(Some(shown.stdout)),
            false => Err(CliError::failed(
                format!("git cannot show {before} as of {}: {}", self.since(), said(&shown)),
                "",
            )),
        }
    }
}

/// Entries of `--name-status -z`: what a file was called, and is.
fn entries(listed: &[u8]) -> Vec<(Option<&[u8]>, &[u8])> {
    let mut fields = listed.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    let mut entries = Vec::new();
    while let (Some(status), Some(name)) = (fields.next(), fields.next()) {
        match status.first() {
            Some(b'A') => entries.push((None, name)),
            Some(b'R' | b'C') => entries.extend(fields.next().map(|now| (Some(name), now))),
            _ => entries.push((Some(name), name)),
        }
    }
    entries
}

/// The commit that the working tree and a revision come from.
fn merge_base(revision: &str) -> Result<String, CliError> {
    if revision.is_empty() || revision.starts_with('-') {
        return Err(CliError::usage(
            format!("--base {revision:?} is no revision"),
            "name a branch, a tag or a commit, such as main",
        ));
    }
    let commit = |name: &str| -> Result<Result<String, String>, CliError> {
        Ok(line(git(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{name}^{{commit}}"),
        ])?))
    };
    let Ok(theirs) = commit(revision)? else {
        return Err(CliError::usage(
            format!("--base {revision}: git knows no such revision here"),
            deeper("check the spelling; `git branch --all` lists branches")?,
        ));
    };
    let Ok(ours) = commit("HEAD")? else {
        return Err(CliError::usage("there is no commit here yet", "commit something first"));
    };
    line(git(&["merge-base", &theirs, &ours])?).map_err(|_| {
        CliError::usage(
            format!("--base {revision} and what is checked out have no commit in common here"),
            deeper("name the branch that this one began on").unwrap_or_default(),
        )
    })
}

/// What to do where git lacks commits.
fn deeper(otherwise: &str) -> Result<String, CliError> {
    let shallow = line(git(&["rev-parse", "--is-shallow-repository"])?).is_ok_and(|answer| answer == "true");
    Ok(match shallow {
        true => {
            "this clone is shallow: in CI, check out with `fetch-depth: 0`; by hand, `git fetch --unshallow`".into()
        }
        false => otherwise.to_owned(),
    })
}

fn no_repository(why: impl std::fmt::Display) -> CliError {
    CliError::usage(
        format!("--changed-only asks git what has changed, and {why}"),
        "run it in a working tree of git, or without --changed-only",
    )
}

fn git(arguments: &[&str]) -> Result<Output, CliError> {
    let command = Command::new("git")
        .args(arguments)
        .env("LC_ALL", "C")
        // Looking must not take locks that somebody else may want.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .output();
    command.map_err(|e| match e.kind() {
        ErrorKind::NotFound => CliError::failed("git is not installed, or not on PATH", "install it"),
        _ => CliError::failed(format!("git cannot be started: {e}"), ""),
    })
}

/// What git printed, without the end of its last line; the error is what it complained of.
fn line(output: Output) -> Result<String, String> {
    if !output.status.success() {
        return Err(said(&output));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| "the folder's name is not in UTF-8")?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// The first line of git's complaint.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().next().unwrap_or_default();
    first.trim_start_matches("fatal: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_git_are_read_whatever_the_names() {
        let listed = b"A\0new \"one\".md\0M\0a\nb.md\0R087\0old.md\0moved.md\0T\0t.md\0";
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let entries: Vec<(Option<String>, String)> = entries(listed)
            .into_iter()
            .map(|(before, now)| (before.map(text), text(now)))
            .collect();
        let same = |name: &str| (Some(name.to_owned()), name.to_owned());
        assert_eq!(
            entries,
            [
                (None, "new \"one\".md".to_owned()),
                same("a\nb.md"),
                (Some("old.md".into()), "moved.md".into()),
                same("t.md"),
            ]
        );
        assert!(super::entries(b"").is_empty());
        assert!(super::entries(b"R100\0only-half\0").is_empty());
    }
}
