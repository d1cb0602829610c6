//! Verbs that ask the archive.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{
    output::{OutputArgs, ReportFormat, TableFormat},
    times::{duration, end_of, start_of},
};
use crate::model::{graph::Part, time::Timestamp};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite report
  evercite report --article notes.md --all
  evercite report --format json | jq '.links[] | select(.class == \"dead\").url'
  evercite report --format html --output links.html        for a browser; works offline
  evercite report --format sarif --output links.sarif      also csv, markdown, junit and github
  evercite report --since last                             only what is new since this was last asked
  evercite report --since last --reader cron --quiet       the same for a job, which has a mark of its own")]
pub struct ReportArgs {
    /// Only this article: its address, path, or a part of either that no other article has
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    /// Exit with 2 when a link is of one of these classes
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        default_value = "dead,changed,replaced"
    )]
    pub fail_on: Vec<String>,
    /// Tell only what is new since the last report that was read this way: links of another verdict, changes in the
    /// articles, certificates. Exits with 2 only for what is new
    #[arg(long, value_name = "WHEN", conflicts_with = "all")]
    pub since: Option<Since>,
    /// Who reads: each name has a mark of its own, kept in the archive; with --article, one for each article
    #[arg(long, value_name = "NAME", default_value = "me", requires = "since")]
    pub reader: String,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Since {
    /// The last report that the same reader has read
    Last,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite explain https://example.org/source
  evercite explain example.org/source --article notes.md
  evercite explain https://example.org/source --format json | jq '.links[].ledger'")]
pub struct ExplainArgs {
    /// The address of a link, as an article cites it; scheme, `www` and last slash may differ
    pub url: String,
    /// Only as this article cites it: its address, path, or a part of either that no other article has
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    /// How the explanation is written; the schema of JSON is in docs/explain.schema.json
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite list
  evercite list --format json
  evercite list --watched --format json")]
pub struct ListArgs {
    /// Only the lists that are watched and the files that are followed; without it, tables show all, JSON and CSV
    /// only articles
    #[arg(long)]
    pub watched: bool,
    /// How the list is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite show https://example.org/source
  evercite show https://example.org/source --at 2016-02 --as html > source.html
  evercite show https://example.org/source --as headers")]
pub struct ShowArgs {
    /// The address of the page
    pub url: String,
    /// As it was at this time: 2016, 2016-02, 2016-02-05, 2016-02-05T14:30:00Z, '3 weeks ago', yesterday
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub at: Option<Timestamp>,
    /// What is printed
    #[arg(long = "as", value_name = "FORM", default_value = "text")]
    pub form: ShowForm,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite diff https://example.org/source                    what it said when it was cited, and says now
  evercite diff https://example.org/source --from 2016-02 --to '3 weeks ago'
  evercite diff https://example.org/source --format html > diff.html
  evercite diff https://example.org/source --html --format unified    its source, line by line

Only good copies are compared: not what came in their place while the page was dead, walled or suspect.")]
pub struct DiffArgs {
    /// The address of the page, or an article as `list` shows it
    pub url: String,
    /// The copy that was the newest by then [default: what links to the page are compared with]
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub from: Option<Timestamp>,
    /// The copy that was the newest by then [default: the newest]
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub to: Option<Timestamp>,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
    /// Compare the sources, line by line, instead of the main texts
    #[arg(long)]
    pub html: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people, in a terminal
    Text,
    /// A page with both copies side by side, in one file
    Html,
    /// For machines; the schema is docs/difference.schema.json
    Json,
    /// As `diff -u` has it, a line for each sentence
    Unified,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite history https://example.org/source
  evercite history https://example.org/source --format json")]
pub struct HistoryArgs {
    /// The address of the page, or an article as `list` shows it
    pub url: String,
    /// Each capture, also where nothing changed since the one before
    #[arg(long)]
    pub all: bool,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowForm {
    /// Title and main text
    Text,
    /// The archived bytes, as they came
    Html,
    /// Heads of requests and answers, hop by hop
    Headers,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite query 'SELECT url, reason FROM dead_links'
  evercite query 'SELECT class, count(*) FROM current_verdict GROUP BY class' --format csv
  evercite query 'SELECT * FROM page_history WHERE url = :url' --param url=https://example.org/
  evercite query \"SELECT text(:url, '2016-02')\" --param url=https://example.org/
  evercite query --format jsonl < report.sql
  evercite query --examples

The statement can only read: it cannot write, attach or load anything, and is stopped at the limits below.
`evercite schema` lists what can be asked: the views, their columns, and the SQL functions there are here.
Any SQLite tool can ask the same of the archive file, without those functions; docs/sql.md has recipes.
A table shows the first 2000 characters of a value; other formats have all. BLOBs are hexadecimal. In CSV, text that a spreadsheet would take for a formula begins with an
apostrophe.")]
pub struct QueryArgs {
    /// One SQL statement; - or none: read it from standard input
    pub sql: Option<String>,
    /// Print twenty useful queries, as a file of SQL
    #[arg(long, conflicts_with = "sql")]
    pub examples: bool,
    /// A value for :NAME, @NAME or $NAME in the statement; what looks like a number is one (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
    /// Rows printed at most; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub limit: usize,
    /// Time for the query; 0: no limit
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub time_limit: Duration,
    /// Bytes of memory for the query; its answer may have half of it, a single value a quarter; 0: no limit
    #[arg(long, value_name = "BYTES", default_value_t = 512 << 20)]
    pub memory_limit: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite graph                                      articles, what they cite, and what became of it
  evercite graph --format dot | dot -Tsvg > graph.svg
  evercite graph cited-together --article notes.md    which articles share sources with this one
  evercite graph most-cited --format csv
  evercite graph citing-dead                          what else links to pages that are dead

Parts: citations; cited-together, pages that several articles cite, and how many each two articles share (what
more than 100 articles cite makes no pairs); most-cited; orphans, captured pages that no article cites any more;
citing-dead, articles and archived pages that link to a dead page. --format json is described in
docs/graph.schema.json.")]
pub struct GraphArgs {
    /// Which part of the graph: citations, cited-together, most-cited, orphans, citing-dead
    #[arg(value_name = "PART", default_value = "citations")]
    pub part: Part,
    /// Only what has to do with this article: its address, path, or a part of either that no other article has
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    /// How to tell it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: GraphFormat,
    /// Pages that `most-cited` tells of at most; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For reading
    Text,
    /// For Graphviz
    Dot,
    /// For machines; the schema is docs/graph.schema.json
    Json,
    /// A table for spreadsheets: a row for each link, or for each page where there are no links
    Csv,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schema
  evercite schema --format json | jq -r '.views[].name'")]
pub struct SchemaArgs {
    /// How to tell it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite search harbour bridge                    pages that have both words, in any of their versions
  evercite search '\"old bridge\" keep* -ferry'       words in a row, a beginning, and a word that must not be there
  evercite search --host example.org --dead mayor   in pages of a host to which a link is dead
  evercite search --since 2026-11 --format json 東京タワー

Case and accents do not matter. Words of Chinese, Japanese, Thai, Lao, Khmer and Myanmar are found wherever their
characters stand in a row.")]
pub struct SearchArgs {
    /// Words that the title or the main text must have, all of them
    #[arg(required = true)]
    pub words: Vec<String>,
    /// In pages of this host and of hosts below it
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// In versions that were captured at that time or later
    #[arg(long, value_name = "TIME", value_parser = start_of)]
    pub since: Option<Timestamp>,
    /// In pages to which a link is dead
    #[arg(long)]
    pub dead: bool,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
    /// Pages printed at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}
