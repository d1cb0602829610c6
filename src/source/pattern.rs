//! Which files a folder or a glob means. Pure: names are handed in.

use globset::{GlobBuilder, GlobMatcher};

use crate::model::followed::{Followed, PatternKind};

/// Extensions of files that are articles wherever nobody says which files are meant.
const EXTENSIONS: &[&str] = &["md", "markdown", "html", "htm", "txt"];

/// Whether a file of this name is an article, where nobody says which files are meant.
pub fn is_article(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// Parts a glob into the folder that stands before its first wildcard (`.` where there is none) and the rest. `None`
/// where there is no wildcard.
pub fn part(glob: &str) -> Option<(&str, &str)> {
    let wild = glob.find(['*', '?', '[', '{'])?;
    Some(match glob[..wild].rfind('/') {
        Some(0) => ("/", &glob[1..]),
        Some(slash) => (&glob[..slash], &glob[slash + 1..]),
        None => (".", glob),
    })
}

/// Puts a folder, as locators name it, and a path below it together.
pub fn join(folder: &str, rest: &str) -> String {
    match folder {
        "" | "." => rest.to_owned(),
        folder => format!("{}/{rest}", folder.trim_end_matches('/')),
    }
}

/// Says of locators whether they are meant.
#[derive(Debug)]
pub enum Pattern {
    /// This one.
    File(String),
    /// Articles below the folder.
    Folder(String),
    /// Files below the folder that the glob matches.
    Glob {
        /// What stands before the first wildcard.
        folder: String,
        /// Matches what stands after the folder.
        glob: GlobMatcher,
        /// Whether the glob says what the file's name ends in; where not, only articles are meant.
        says_extension: bool,
    },
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with its glob.
    pub fn of(followed: &Followed) -> Result<Self, String> {
        let folder = followed.folder.clone();
        Ok(match followed.kind {
            PatternKind::File => Self::File(followed.locator.clone()),
            PatternKind::Folder => Self::Folder(folder),
            PatternKind::Glob => {
                let rest = below(&followed.locator, &folder).unwrap_or(&followed.locator);
                let glob = GlobBuilder::new(rest).literal_separator(true).build();
                let name = rest.rsplit('/').next().unwrap_or(rest);
                Self::Glob {
                    says_extension: name.contains('.'),
                    glob: glob.map_err(|e| e.kind().to_string())?.compile_matcher(),
                    folder,
                }
            }
        })
    }

    /// Whether the file of that locator is meant.
    pub fn means(&self, locator: &str) -> bool {
        match self {
            Self::File(file) => file == locator,
            Self::Folder(folder) => below(locator, folder).is_some_and(is_article),
            Self::Glob {
                folder,
                glob,
                says_extension,
            } => {
                below(locator, folder).is_some_and(|rest| glob.is_match(rest) && (*says_extension || is_article(rest)))
            }
        }
    }
}

/// The part of a locator that stands after a folder.
fn below<'a>(locator: &'a str, folder: &str) -> Option<&'a str> {
    match folder {
        "" | "." => (!locator.starts_with('/')).then_some(locator),
        folder => locator.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    fn pattern(locator: &str, kind: PatternKind) -> Result<Pattern, String> {
        let folder = match kind {
            PatternKind::Glob => part(locator).map_or(".", |(folder, _)| folder),
            _ => locator,
        };
        Pattern::of(&Followed {
            locator: locator.into(),
            kind,
            folder: folder.into(),
            added_at: Timestamp::from_millis(0),
            read_at: Timestamp::from_millis(0),
            failure: None,
        })
    }

    #[test]
    fn a_glob_is_parted_before_its_first_wildcard() {
        for (glob, want) in [
            ("docs/**/*.md", Some(("docs", "**/*.md"))),
            ("docs/a*/b.md", Some(("docs", "a*/b.md"))),
            ("*.md", Some((".", "*.md"))),
            ("/x/y?/z", Some(("/x", "y?/z"))),
            ("/*.md", Some(("/", "*.md"))),
            ("a/{b,c}/d.md", Some(("a", "{b,c}/d.md"))),
            ("docs/a.md", None),
        ] {
            assert_eq!(part(glob), want, "{glob}");
        }
        assert_eq!(join(".", "a.md"), "a.md");
        assert_eq!(join("/", "a.md"), "/a.md");
        assert_eq!(join("docs", "a.md"), "docs/a.md");
    }

    #[test]
    fn patterns_mean_what_they_say() {
        use PatternKind::{File, Folder, Glob};
        for (locator, kind, file, want) in [
            ("docs/a.rst", File, "docs/a.rst", true),
            ("docs/a.rst", File, "docs/b.rst", false),
            ("docs", Folder, "docs/a.md", true),
            ("docs", Folder, "docs/deep/a.HTM", true),
            ("docs", Folder, "docs/a.rst", false),
            ("docs", Folder, "docsize/a.md", false),
            (".", Folder, "a.md", true),
            (".", Folder, "/elsewhere/a.md", false),
            ("/x", Folder, "/x/a.txt", true),
            ("docs/*.md", Glob, "docs/a.md", true),
            ("docs/*.md", Glob, "docs/deep/a.md", false),
            ("docs/**/*.md", Glob, "docs/a.md", true),
            ("docs/**/*.md", Glob, "docs/x/y/a.md", true),
            ("docs/**/*.md", Glob, "docs/a.html", false),
            ("docs/**/*.rst", Glob, "docs/a.rst", true),
            ("docs/**", Glob, "docs/x/a.md", true),
            ("docs/**", Glob, "docs/x/a.png", false),
            ("{a,b}/*.md", Glob, "b/c.md", true),
            ("/x[1]/*.md", Glob, "/x1/c.md", true),
        ] {
            let pattern = pattern(locator, kind).expect("a pattern");
            assert_eq!(pattern.means(file), want, "{locator}: {file}");
        }
        assert!(pattern("docs/[a", Glob).is_err());
    }
}
