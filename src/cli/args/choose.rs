//! Verbs by which people decide: what is held against what, what is noted, what is mended.

use clap::Args;

use super::{WriteArgs, output::ReportFormat, times::end_of};
use crate::model::time::Timestamp;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite add docs/                  the articles in it, and in the folders below it
  evercite add 'docs/**/*.md'         in quotes: the pattern itself is followed
  evercite add docs/*.md              without: the files that it means today
  evercite add docs/ --dry-run
  evercite list --watched             what is followed; `evercite remove docs/` ends it

Nothing is fetched yet. Every `check` and `snapshot` takes in files that are new, and takes articles off the list whose
files are gone; what was captured stays, and a file that comes back is back. A folder means its .md, .markdown, .html,
.htm and .txt files, without hidden ones, those that .gitignore names, node_modules and target.")]
pub struct AddArgs {
    /// Files, folders, or globs: *, ?, [abc], {a,b}, and ** for folders below folders
    #[arg(value_name = "PATTERN", required = true)]
    pub patterns: Vec<String>,
    /// Only list the files that are meant
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite remove notes.md
  evercite remove https://example.org/article
  evercite remove https://example.org/feed.xml        a watched list; its articles stay
  evercite remove 'docs/**/*.md'                      followed files, by the same pattern; the same")]
pub struct RemoveArgs {
    /// Addresses or paths of articles, watched lists or followed files, as `evercite list` shows them
    #[arg(value_name = "ARTICLE", required = true)]
    pub articles: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite pin https://example.org/source                    the newest good copy
  evercite pin https://example.org/source --at 2016-02       the newest that was captured by then
  evercite pin https://example.org/source --article notes.md

Links are judged again at once, without network. `evercite history` lists the copies.")]
pub struct PinArgs {
    /// The address that articles cite
    pub url: String,
    /// The copy that was the newest by then
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub at: Option<Timestamp>,
    /// For the link of this article only
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite diff https://example.org/source        what has changed
  evercite accept https://example.org/source      that is fine
  evercite accept https://example.org/source --article notes.md

Links are judged again at once, without network. `evercite pin --at` goes back to an older copy.")]
pub struct AcceptArgs {
    /// The address that articles cite
    pub url: String,
    /// For the link of this article only
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite note https://example.org/source 'asked the editors on 3 May'
  evercite note https://example.org/source                    what was noted
  evercite note https://example.org/source --remove")]
pub struct NoteArgs {
    /// The address
    pub url: String,
    /// What to note; without it, what was noted is printed
    pub text: Option<String>,
    /// Take off what was noted before
    #[arg(long)]
    pub remove: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite fix notes.md                        the patch on standard output, what it is for on standard error
  evercite fix docs/*.md | git apply
  evercite fix --write notes.md                notes.md.orig is what it was
  evercite fix --robust article.html           with Robust Links attributes
  evercite fix --copies 'https://web.archive.org/web/{timestamp}/{url}' notes.md

A link that moved for good leads where the page is now, if it says the same there. A link that is dead leads to the
copy nearest to the day it was cited. Nothing else in a file is touched: each link is read again as it would be, and
what does not come out right is left alone and told.")]
pub struct FixArgs {
    /// Markdown, HTML or text files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Change the files; each is kept as FILE.orig
    #[arg(long)]
    pub write: bool,
    /// Where copies are: {url} is the page's address, {timestamp} the time as 14 digits, {date} its day
    #[arg(
        long,
        value_name = "TEMPLATE",
        default_value = "https://web.archive.org/web/{timestamp}/{url}"
    )]
    pub copies: String,
    /// Also links that were seen dead on one day only
    #[arg(long)]
    pub unconfirmed: bool,
    /// Add data-originalurl, data-versionurl and data-versiondate to links written as HTML
    #[arg(long)]
    pub robust: bool,
    /// How to tell it; as JSON without the patch
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}
