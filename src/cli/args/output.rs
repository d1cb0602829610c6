//! Where what is told goes, and how it looks.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use crate::model::time::Timestamp;

/// Where a report goes and how it looks.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// How the report is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the report to a file in another format, too (repeatable): --also junit=links.xml
    #[arg(long, value_name = "FORMAT=FILE", value_parser = also)]
    pub also: Vec<(OutputFormat, PathBuf)>,
    /// List every link, also those that are fine or skipped
    #[arg(long)]
    pub all: bool,
    /// Tell of hosts whose certificate ends within this many days; 0: do not
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub cert_warn_days: u16,
}

impl OutputArgs {
    /// The day from which on a certificate's end is no news yet.
    pub fn certificates_until(&self, now: Timestamp) -> Option<Timestamp> {
        let days = u64::from(self.cert_warn_days);
        (days > 0).then(|| now.plus(Duration::from_secs(days * 24 * 3600)))
    }
}

fn also(text: &str) -> Result<(OutputFormat, PathBuf), String> {
    match text.split_once('=') {
        Some((format, file)) if !file.is_empty() => Ok((OutputFormat::from_str(format, false)?, file.into())),
        _ => Err("write a format and a file, such as junit=links.xml".into()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For reading
    Text,
    /// For machines; the schema is docs/report.schema.json
    Json,
    /// One page for a browser, with figures and word diffs
    Html,
    /// A table for spreadsheets, one row a link
    Csv,
    /// For an issue or a comment
    Markdown,
    /// A test case for each link, for continuous integration
    Junit,
    /// For code scanning, with file and line of links in local sources
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For reading
    Text,
    /// For machines; schemas are in docs/
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For reading
    Table,
    /// An array of objects
    Json,
    /// An object a line
    Jsonl,
    /// RFC 4180
    Csv,
    /// A table for an issue or a comment
    Markdown,
}
