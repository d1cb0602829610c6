//! How pages are fetched: options of every verb that does. Also the keys of `evercite.toml`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::times::{duration, duration_in_toml, duration_to_toml};

/// How pages are fetched. Also the keys of `evercite.toml`.
#[derive(Debug, Clone, Default, Args, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CrawlArgs {
    /// Links followed from an article; 1: the article and what it links to [default: 1]
    #[arg(long, value_name = "N", env = "EVERCITE_DEPTH")]
    pub depth: Option<u32>,
    /// Requests in flight at once [default: 32]
    #[arg(long, value_name = "N", env = "EVERCITE_MAX_CONCURRENCY")]
    pub max_concurrency: Option<usize>,
    /// Requests in flight at once with one host; 0: no limit [default: 2]
    #[arg(long, value_name = "N", env = "EVERCITE_HOST_CONCURRENCY")]
    pub host_concurrency: Option<usize>,
    /// Time between two requests to one host at least, such as 500ms or 2s; 0: none [default: 500ms]
    #[arg(long, value_name = "TIME", env = "EVERCITE_HOST_REQUEST_INTERVAL", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub host_request_interval: Option<Duration>,
    /// Time for one request, in seconds or as 20s, 500ms, 1m [default: 20s]
    #[arg(short, long, value_name = "TIME", env = "EVERCITE_TIMEOUT", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub timeout: Option<Duration>,
    /// Attempts after a failure that may pass [default: 2]
    #[arg(long, value_name = "N", env = "EVERCITE_MAX_RETRIES")]
    pub max_retries: Option<u32>,
    /// Redirects followed [default: 10]
    #[arg(short, long, value_name = "N", env = "EVERCITE_MAX_REDIRECTS")]
    pub max_redirects: Option<usize>,
    /// Bytes of a body read at most; those beyond 8 MiB wait in a temporary file, and beyond 16 MiB are kept but not
    /// read as pages [default: 16777216]
    #[arg(long, value_name = "BYTES", env = "EVERCITE_MAX_BODY")]
    pub max_body: Option<usize>,
    /// Requests in one run at most; `resume` goes on [default: no limit]
    #[arg(long, value_name = "N", env = "EVERCITE_PAGE_LIMIT")]
    pub page_limit: Option<u64>,
    /// Bytes received in one run at most; `resume` goes on [default: no limit]
    #[arg(long, value_name = "BYTES", env = "EVERCITE_BYTE_LIMIT")]
    pub byte_limit: Option<u64>,
    /// Time for one run; `resume` goes on [default: no limit]
    #[arg(long, value_name = "TIME", env = "EVERCITE_TIME_LIMIT", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub time_limit: Option<Duration>,
    /// Who we say we are; put a way to reach you in it
    #[arg(short, long, value_name = "TEXT", env = "EVERCITE_USER_AGENT")]
    pub user_agent: Option<String>,
    /// A header sent with every request, as `Name: value`; never archived (repeatable)
    #[arg(short = 'H', long, value_name = "HEADER")]
    #[serde(skip_serializing)]
    pub header: Vec<String>,
    /// Only addresses that match this regular expression; wins over --exclude (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub include: Vec<String>,
    /// Not the addresses that match this regular expression (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub exclude: Vec<String>,
    /// Statuses that count as fine beside 2xx, such as 403 or 429,500..=504
    #[arg(short, long, value_name = "STATUSES", env = "EVERCITE_ACCEPT")]
    pub accept: Option<String>,
    /// Look twice at new pages that bring no validators, to learn which parts change by themselves
    #[arg(long, env = "EVERCITE_SECOND_LOOK", value_parser = clap::builder::FalseyValueParser::new())]
    pub second_look: bool,
    /// When a failure counts as confirmed: seen on other days, or now, by asking what failed twice more in
    /// the same run [default: days]
    #[arg(long, value_name = "WHEN", env = "EVERCITE_CONFIRM")]
    pub confirm: Option<ConfirmRule>,
    /// Time between the looks of `--confirm now` [default: 20s]
    #[arg(long, value_name = "TIME", env = "EVERCITE_CONFIRM_WAIT", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub confirm_wait: Option<Duration>,
    /// Whether robots.txt files are asked for and obeyed [default: obey]
    #[arg(long, value_name = "RULE", env = "EVERCITE_ROBOTS")]
    pub robots: Option<RobotsRule>,
    /// Whether pages that ask for it (X-Robots-Tag or meta robots: noarchive) are judged but not kept [default: obey]
    #[arg(long, value_name = "RULE", env = "EVERCITE_NOARCHIVE")]
    pub noarchive: Option<NoarchiveRule>,
    /// Keep what pages need to look as they did too: style sheets, images, fonts, scripts [default: none]
    #[arg(long, value_name = "PAGES", env = "EVERCITE_ASSETS")]
    pub assets: Option<AssetsRule>,
    /// Allow loopback and private addresses
    #[arg(long, env = "EVERCITE_ALLOW_PRIVATE", value_parser = clap::builder::FalseyValueParser::new())]
    pub allow_private: bool,
    /// Ask through this HTTP proxy instead of those of http_proxy, HTTPS_PROXY and ALL_PROXY; `none`: ask directly
    #[arg(long, value_name = "URL", env = "EVERCITE_PROXY", hide_env_values = true)]
    #[serde(skip_serializing)]
    pub proxy: Option<String>,
    /// Trust the certificates in this PEM file besides the system's
    #[arg(long, value_name = "FILE", env = "EVERCITE_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Do not check certificates: anyone on the way can forge what is archived
    #[arg(long, env = "EVERCITE_INSECURE", value_parser = clap::builder::FalseyValueParser::new())]
    pub insecure: bool,
    /// Send the cookies of this cookies.txt where they belong; the file is only read, the cookies never archived
    #[arg(long, value_name = "FILE", env = "EVERCITE_COOKIE_JAR")]
    pub cookie_jar: Option<PathBuf>,
    /// Ask only IPv4 addresses
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Ask only IPv6 addresses
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Where a host is found, as HOST:PORT, an address or ADDRESS:PORT (repeatable): `--resolve example.org=127.0.0.1:8080`
    #[arg(long, value_name = "HOST=ADDRESS")]
    pub resolve: Vec<String>,
    /// What evercite.toml says of single hosts, in tables of its own.
    #[arg(skip)]
    #[serde(skip)]
    pub hosts: crate::cli::hosts::Hosts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotsRule {
    /// Ask for robots.txt and do as it says
    Obey,
    /// Neither ask nor obey; for sites that are your own
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoarchiveRule {
    /// Keep digests and verdict, not the page
    Obey,
    /// Keep such pages too
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfirmRule {
    /// Seen again on another day; failures that may pass, at three visits each three days apart
    Days,
    /// Asked twice more in this run
    Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AssetsRule {
    /// Pages alone
    None,
    /// Of articles
    Articles,
    /// Of articles and of every page they cite
    All,
}
