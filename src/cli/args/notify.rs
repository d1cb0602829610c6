//! The verb that tells: `notify`. And what of the network any verb that tells needs to know.

use std::path::PathBuf;

use clap::Args;

use super::crawl::CrawlArgs;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite notify                 tell everybody in evercite.toml what is new to them
  evercite notify desk            only this one
  evercite notify --dry-run       print the messages, send nothing
  evercite notify desk --test     send a test message, and say how it went
  evercite notify --print         what is new, here; silent when nothing is

Who is told, and how, stands in evercite.toml:

  [notify.desk]
  command = [\"mail\", \"-s\", \"{subject}\", \"desk@example.org\"]
  [notify.site]
  feed = \"public/links.atom\"
  [notify.ops]
  webhook-env = \"OPS_WEBHOOK\"
  secret-env = \"OPS_SECRET\"

Each has a mark of its own, up to where it was told; it moves only when a message has arrived.
Who was never told anything hears what stands. docs/notify.md has all keys, and how to check
signatures. Exit codes: 0 told, or nothing to tell; 1 somebody could not be told; 3 wrong usage
or configuration.")]
pub struct NotifyArgs {
    /// Only these, by their names in evercite.toml
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Print what would be told; send nothing, and note nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Send a test message, whether or not anything is new
    #[arg(long, conflicts_with = "dry_run")]
    pub test: bool,
    /// Tell it on standard output, and nobody else; each reader has a mark of its own
    #[arg(
        long,
        value_name = "READER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "cron",
        conflicts_with_all = ["names", "dry_run", "test"]
    )]
    pub print: Option<String>,
    #[command(flatten)]
    pub network: NetworkArgs,
}

/// How webhooks are reached, where that is not as a crawl reaches pages.
#[derive(Debug, Clone, Default, Args)]
pub struct NetworkArgs {
    /// Ask through this HTTP proxy instead of those of http_proxy, HTTPS_PROXY and ALL_PROXY; `none`: ask directly
    #[arg(long, value_name = "URL", env = "EVERCITE_PROXY", hide_env_values = true)]
    pub proxy: Option<String>,
    /// Trust the certificates in this PEM file besides the system's
    #[arg(long, value_name = "FILE", env = "EVERCITE_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where a host is found, as HOST:PORT, an address or ADDRESS:PORT (repeatable): `--resolve example.org=127.0.0.1:8080`
    #[arg(long, value_name = "HOST=ADDRESS")]
    pub resolve: Vec<String>,
}

impl NetworkArgs {
    /// The same as options of a crawl, to be laid over those of the file.
    pub fn as_crawl(&self) -> CrawlArgs {
        CrawlArgs {
            proxy: self.proxy.clone(),
            ca_file: self.ca_file.clone(),
            resolve: self.resolve.clone(),
            ..CrawlArgs::default()
        }
    }
}
