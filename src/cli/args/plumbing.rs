//! The demo, and verbs for scripts that need no archive.

use clap::Args;

use super::output::ReportFormat;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite demo
  evercite demo --archive /tmp/demo.db")]
pub struct DemoArgs {}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite url 'HTTP://Example.org:80/a?utm_source=x'
  echo '{\"id\": 1, \"url\": \"http://example.org\"}' | evercite url --batch")]
pub struct PlumbingArgs {
    /// Addresses
    #[arg(required_unless_present = "batch")]
    pub urls: Vec<String>,
    /// JSON Lines: {id, url} in, {id, canonical, surt} out
    #[arg(long)]
    pub batch: bool,
    /// Put the parameters of queries in order
    #[arg(long)]
    pub sort_query: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite text page.html
  evercite text report.pdf
  curl -s https://example.org | evercite text - --url https://example.org
  evercite text page.html --format json | jq -r .byline
  evercite text --batch < pages.jsonl")]
pub struct TextArgs {
    /// An HTML, PDF, Markdown or text file, or - for standard input
    #[arg(required_unless_present = "batch")]
    pub file: Option<String>,
    /// The address it came from
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// JSON Lines: {id, html, url} in, {id, text, title, date, lang, byline, shell} out
    #[arg(long)]
    pub batch: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite compare then.html now.html
  evercite show https://example.org/a --at 2016 --as html | evercite compare - now.html
  evercite compare then.md now.md --all
  evercite compare then.html now.html --format json | jq '.altered[].changes[]'
  evercite compare --batch < pairs.jsonl

Exit code 0 when the texts are the same, 2 when they differ. In an altered sentence
-this- was there and +this+ is. Classes: identical; cosmetic (the same text);
minor; appended (all that was there, and more); major; replaced; not-compared.")]
pub struct CompareArgs {
    /// The old version and the new one; one of them may be - for standard input
    #[arg(num_args = 2, value_names = ["OLD", "NEW"], required_unless_present = "batch")]
    pub files: Vec<String>,
    /// The address both came from
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Whole lists and sentences, however long
    #[arg(long)]
    pub all: bool,
    /// JSON Lines: {id, url, old, new} in; {id, class, jaccard, containment, title, removed, added,
    /// altered, notice} out
    #[arg(long)]
    pub batch: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite robots robots.txt https://example.org/private/
  evercite robots --batch < cases.jsonl")]
pub struct RobotsArgs {
    /// A robots.txt file
    #[arg(required_unless_present = "batch")]
    pub file: Option<String>,
    /// Addresses
    pub urls: Vec<String>,
    /// The robot's name
    #[arg(long, value_name = "NAME", default_value = "evercite")]
    pub agent: String,
    /// JSON Lines: {id, agent, url, robots_base64} in, {id, allowed} out
    #[arg(long)]
    pub batch: bool,
}
