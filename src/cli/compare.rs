//! `compare`: what became of one version of a page in another, for people, as JSON, or in batch.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    CLEAN, FINDINGS,
    args::{CompareArgs, ReportFormat},
    context,
    error::CliError,
    plumbing::{address, batch, read_page, string},
};
use crate::{
    extract,
    model::{
        page::Page,
        verdict::{Content, Scores},
    },
    report::{Style, printable},
    verdict::drift::{self, Altered, Changes, Notice, Piece},
};

/// Sentences shown of each list, and characters of each sentence.
const SHOWN: usize = 20;
const CHARACTERS: usize = 400;

pub fn run(args: &CompareArgs) -> Result<u8, CliError> {
    if args.batch {
        return batch(|row| {
            let url = address(row.get("url").and_then(Value::as_str));
            let old = extract::read_html(&string(row, "old")?, &url);
            let new = extract::read_html(&string(row, "new")?, &url);
            Ok(Compared::of(&old, &new).json())
        });
    }
    let [old, new] = args.files.as_slice() else {
        return Err(CliError::usage(
            "compare wants two files",
            "see `evercite compare --help`",
        ));
    };
    if old == "-" && new == "-" {
        return Err(CliError::usage(
            "both versions are to come from standard input",
            "name a file for one of them",
        ));
    }
    let (old, new) = (
        read_page(old, args.url.as_deref())?,
        read_page(new, args.url.as_deref())?,
    );
    let found = Compared::of(&old, &new);
    match args.format {
        ReportFormat::Json => context::print(&format!("{}\n", found.json()))?,
        ReportFormat::Text => context::print(&found.text(args.all, context::style(false)))?,
    }
    let same = matches!(found.content, Content::Identical | Content::Cosmetic);
    Ok(if same { CLEAN } else { FINDINGS })
}

struct Compared<'a> {
    content: Content,
    scores: Option<Scores>,
    changes: Changes<'a>,
    notice: Option<Notice>,
    titles: (&'a str, &'a str),
}

impl<'a> Compared<'a> {
    fn of(old: &'a Page, new: &'a Page) -> Self {
        let side = |page: &'a Page| drift::Side {
            title: &page.title,
            text: &page.text,
        };
        let (content, scores) = match () {
            () if old.document == new.document => (Content::Identical, None),
            // Two pages without text have the same one, but what they show is drawn by something else.
            () if old.text.is_empty() || new.text.is_empty() => (Content::NotCompared, None),
            () if old.text_digest == new.text_digest => (Content::Cosmetic, None),
            () => {
                let (content, scores) = drift::compare(side(old), side(new));
                (content, Some(scores))
            }
        };
        Self {
            content,
            scores,
            changes: drift::changes(&old.text, &new.text),
            notice: drift::notice(side(old), side(new)),
            titles: (&old.title, &new.title),
        }
    }

    fn json(&self) -> Value {
        let mut value = json!({
            "class": self.content,
            "removed": self.changes.removed,
            "added": self.changes.added,
            "altered": self.changes.altered.iter().map(altered_json).collect::<Vec<_>>(),
            "notice": self.notice.as_ref().map(|notice| {
                json!({"kind": notice.kind, "text": notice.text, "in_title": notice.in_title})
            }),
            "titles": {"old": self.titles.0, "new": self.titles.1},
        });
        if let Some(scores) = self.scores {
            value["jaccard"] = json!(scores.jaccard);
            value["containment"] = json!(scores.containment);
            value["title"] = json!(scores.title);
        }
        value
    }

    fn text(&self, all: bool, style: Style) -> String {
        let show = Show { all, style };
        let mut out = format!("{}: {}\n", self.content, meaning(self.content));
        if let Some(s) = self.scores {
            let _ = writeln!(
                out,
                "similarity {:.3}, containment {:.3}, title {:.3}",
                s.jaccard, s.containment, s.title
            );
        }
        if self.titles.0 != self.titles.1 {
            let _ = writeln!(out, "\nThe title has changed:");
            let _ = writeln!(out, "- {}\n+ {}", show.clip(self.titles.0), show.clip(self.titles.1));
        }
        if let Some(notice) = &self.notice {
            let place = if notice.in_title { " in the title" } else { "" };
            let kind = notice.kind.as_str().replace('-', " ");
            let _ = writeln!(out, "\nA notice has appeared{place}: {kind}");
            let _ = writeln!(out, "! {}", show.clip(&notice.text));
        }
        let altered = self.changes.altered.iter().map(|altered| show.altered(altered));
        show.list(&mut out, "altered", altered);
        let gone = self.changes.gone();
        show.list(&mut out, "removed", gone.iter().map(|text| show.line(false, text)));
        let come = self.changes.come();
        show.list(&mut out, "added", come.iter().map(|text| show.line(true, text)));
        out
    }
}

fn altered_json(altered: &Altered<'_>) -> Value {
    let changes = altered.changes.iter();
    let changes = changes.map(|change| json!({"kind": change.kind, "old": change.old, "new": change.new}));
    json!({
        "old": altered.old,
        "new": altered.new,
        "similarity": altered.similarity,
        "changes": changes.collect::<Vec<_>>(),
    })
}

fn meaning(content: Content) -> &'static str {
    match content {
        Content::Identical => "the same page",
        Content::Cosmetic => "the page is another, its text is the same",
        Content::Minor => "small changes to the text",
        Content::Appended => "all that was there, and much more",
        Content::Major => "large changes to the text",
        Content::Replaced => "another text",
        Content::NotCompared => "one of them has no text to compare; it may be drawn by a script",
    }
}

/// How much is shown, and how.
struct Show {
    all: bool,
    style: Style,
}

impl Show {
    fn list(&self, out: &mut String, what: &str, lines: impl ExactSizeIterator<Item = String>) {
        let count = lines.len();
        if count == 0 {
            return;
        }
        let noun = if count == 1 { "sentence" } else { "sentences" };
        let _ = writeln!(out, "\n{count} {noun} {what}:");
        let shown = if self.all { count } else { SHOWN.min(count) };
        for line in lines.take(shown) {
            let _ = writeln!(out, "{line}");
        }
        if shown < count {
            let _ = writeln!(out, "... and {} more; --all shows them", count - shown);
        }
    }

    fn line(&self, added: bool, text: &str) -> String {
        let line = format!("{} {}", if added { '+' } else { '-' }, self.clip(text));
        self.paint(added, &line)
    }

    /// The sentence as it is, with what was in it before, and what kinds of words have changed.
    fn altered(&self, altered: &Altered<'_>) -> String {
        let mut kinds: Vec<&str> = altered.changes.iter().map(|change| change.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            let (old, new) = (self.line(false, altered.old), self.line(true, altered.new));
            return format!("~ punctuation or letter case:\n  {old}\n  {new}");
        }
        let mut out = format!("~ {}: ", kinds.join(", "));
        let mut before = Piece::Kept("");
        for piece in altered.pieces() {
            // What is gone brings no white space of its own.
            let gap = match (before, piece) {
                (Piece::Removed(_), Piece::Added(_)) => true,
                (Piece::Kept(text), Piece::Removed(_)) => text.ends_with(char::is_alphanumeric),
                (Piece::Removed(_), Piece::Kept(text)) => text.starts_with(char::is_alphanumeric),
                _ => false,
            };
            if gap {
                out.push(' ');
            }
            before = piece;
            match piece {
                Piece::Kept(text) => out.push_str(&self.context(text)),
                Piece::Removed(text) => out.push_str(&self.paint(false, &format!("-{}-", self.clip(text)))),
                Piece::Added(text) => out.push_str(&self.paint(true, &format!("+{}+", self.clip(text)))),
            }
        }
        out
    }

    /// The words around a change; of long ones, those nearest to it.
    fn context(&self, text: &str) -> String {
        let text = printable(text);
        let count = text.chars().count();
        if self.all || count <= CHARACTERS {
            return text;
        }
        let part = CHARACTERS / 2;
        let (head, tail): (String, String) = (
            text.chars().take(part).collect(),
            text.chars().skip(count - part).collect(),
        );
        format!("{head} ... {tail}")
    }

    fn clip(&self, text: &str) -> String {
        let text = printable(text);
        match text.char_indices().nth(CHARACTERS) {
            Some((at, _)) if !self.all => format!("{}...", text[..at].trim_end()),
            _ => text,
        }
    }

    fn paint(&self, added: bool, text: &str) -> String {
        use anstyle::AnsiColor as Colour;
        let style = if added { Colour::Green } else { Colour::Red }.on_default();
        match self.style.colour {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str, all: bool) -> String {
        let url = address(None);
        let (old, new) = (extract::read_html(old, &url), extract::read_html(new, &url));
        let style = Style {
            width: 80,
            colour: false,
        };
        Compared::of(&old, &new).text(all, style)
    }

    fn html(title: &str, text: &str) -> String {
        format!(
            "<title>{title}</title><article><p>{}</p></article>",
            text.replace('\n', "</p><p>")
        )
    }

    #[test]
    fn what_has_changed_can_be_read() {
        let old = html(
            "The bridge",
            "The bridge costs 31 million, he said.\nNobody knows why.\nIt opens in May or so.",
        );
        let new = html(
            "The bridge",
            "Correction: An earlier version gave a wrong cost.\nThe bridge costs 13 million, he said.\nIt opens in May or so.",
        );
        assert_eq!(
            told(&old, &new, false),
            "replaced: another text\n\
             similarity 0.074, containment 0.167, title 1.000\n\
             \n\
             A notice has appeared: correction\n\
             ! Correction: An earlier version gave a wrong cost.\n\
             \n\
             1 sentence altered:\n\
             ~ number: The bridge costs -31 million- +13 million+, he said.\n\
             \n\
             1 sentence removed:\n\
             - Nobody knows why.\n\
             \n\
             1 sentence added:\n\
             + Correction: An earlier version gave a wrong cost.\n"
        );
        assert_eq!(told(&old, &old, false), "identical: the same page\n");
    }

    #[test]
    fn long_lists_are_cut_unless_all_is_asked_for() {
        let many: String = (0..50)
            .map(|n| format!("\nSentence{n} speaks of thing{n} and deed{n} alone."))
            .collect();
        let (old, new) = (
            html("T", "One that stays."),
            html("T", &format!("One that stays.{many}")),
        );
        let (cut, whole) = (told(&old, &new, false), told(&old, &new, true));
        assert!(
            cut.contains("50 sentences added:") && cut.contains("... and 30 more; --all shows them"),
            "{cut}"
        );
        assert_eq!((cut.matches("\n+ ").count(), whole.matches("\n+ ").count()), (20, 50));
    }

    #[test]
    fn a_page_without_text_is_not_called_the_same() {
        let shell = |build: u32| {
            format!(
                "<title>App</title><body><div id=root></div><script src=/{build}.js></script><img src=/{build}></body>"
            )
        };
        let text = told(&shell(1), &shell(2), false);
        assert!(text.starts_with("not-compared"), "{text}");
    }
}
