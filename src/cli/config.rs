//! From flags, environment, `evercite.toml` and defaults to settings. Flags win over the
//! environment, both over the file.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::{
    args::{AssetsRule, ConfirmRule, CrawlArgs, Global, NoarchiveRule, RobotsRule},
    error::CliError,
    hosts::{self, HostArgs, Hosts},
    notifiers::{self, Notifier, NotifierArgs},
};
use crate::{
    crawl,
    fetch::{self, Family, Fetcher, Jar, Names, Proxies, Resolution, proxy},
    frontier::{Limits, Scope},
    model::{run::Assets, time::Timestamp},
    verdict::{Confirmation, Policy},
};

/// What `evercite.toml` may say: the archive, the options of a crawl by their long names, and what
/// differs for single hosts, and who is told what is new.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    archive: Option<std::path::PathBuf>,
    crawl: CrawlArgs,
    hosts: BTreeMap<String, HostArgs>,
    notify: BTreeMap<String, NotifierArgs>,
}

const DEFAULT_FILE: &str = "evercite.toml";
const DEFAULT_ARCHIVE: &str = "snapshots/archive.db";
const IGNORE_FILE: &str = ".everciteignore";

/// Says who we are and where to read about us.
const USER_AGENT: &str = concat!(
    "evercite/",
    env!("CARGO_PKG_VERSION"),
    " (link archive; run by a reader; contact: see --user-agent)"
);

/// Everything that a command needs to know before it starts.
#[derive(Debug)]
pub struct Config {
    pub archive: std::path::PathBuf,
    /// Options of the crawl, flags laid over the file.
    pub crawl: CrawlArgs,
    /// Who is told what is new.
    pub notify: Vec<Notifier>,
}

impl Config {
    pub fn load(global: &Global, flags: CrawlArgs) -> Result<Self, CliError> {
        let (path, must_exist) = match &global.config {
            Some(path) => (path.clone(), true),
            None => (DEFAULT_FILE.into(), false),
        };
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str::<File>(&text).map_err(|e| {
                CliError::usage(
                    format!("{}: {}", path.display(), e.message()),
                    "the keys are those of `evercite snapshot --help`, under [crawl]; README.md lists those of [hosts], \
                     docs/notify.md those of [notify]",
                )
            })?,
            Err(_) if !must_exist && !path.exists() => File::default(),
            Err(e) => {
                return Err(CliError::usage(
                    format!("{}: {e}", path.display()),
                    "name another file with --config",
                ));
            }
        };
        let archive = global
            .archive
            .clone()
            .or(file.archive)
            .unwrap_or_else(|| DEFAULT_ARCHIVE.into());
        let mut crawl = lay_over(flags, file.crawl);
        crawl.exclude.extend(ignored()?);
        crawl.hosts = hosts::read(file.hosts, &path)?;
        let notify = notifiers::read(file.notify, &path)?;
        Ok(Self { archive, crawl, notify })
    }
}

/// Patterns of `.everciteignore`: one regular expression a line, `#` begins a comment.
fn ignored() -> Result<Vec<String>, CliError> {
    match std::fs::read_to_string(IGNORE_FILE) {
        Ok(text) => Ok(crate::source::list(&text).map(str::to_owned).collect()),
        Err(_) if !Path::new(IGNORE_FILE).exists() => Ok(Vec::new()),
        Err(e) => Err(CliError::usage(
            format!("{IGNORE_FILE}: {e}"),
            "make it readable, or remove it",
        )),
    }
}

/// `over` where it says something, else `under`.
pub fn lay_over(over: CrawlArgs, under: CrawlArgs) -> CrawlArgs {
    let list = |over: Vec<String>, under: Vec<String>| if over.is_empty() { under } else { over };
    CrawlArgs {
        depth: over.depth.or(under.depth),
        max_concurrency: over.max_concurrency.or(under.max_concurrency),
        host_concurrency: over.host_concurrency.or(under.host_concurrency),
        host_request_interval: over.host_request_interval.or(under.host_request_interval),
        timeout: over.timeout.or(under.timeout),
        max_retries: over.max_retries.or(under.max_retries),
        max_redirects: over.max_redirects.or(under.max_redirects),
        max_body: over.max_body.or(under.max_body),
        page_limit: over.page_limit.or(under.page_limit),
        byte_limit: over.byte_limit.or(under.byte_limit),
        time_limit: over.time_limit.or(under.time_limit),
        user_agent: over.user_agent.or(under.user_agent),
        header: list(over.header, under.header),
        include: list(over.include, under.include),
        exclude: list(over.exclude, under.exclude),
        accept: over.accept.or(under.accept),
        robots: over.robots.or(under.robots),
        second_look: over.second_look || under.second_look,
        confirm: over.confirm.or(under.confirm),
        confirm_wait: over.confirm_wait.or(under.confirm_wait),
        noarchive: over.noarchive.or(under.noarchive),
        assets: over.assets.or(under.assets),
        allow_private: over.allow_private || under.allow_private,
        resolve: list(over.resolve, under.resolve),
        proxy: over.proxy.or(under.proxy),
        ca_file: over.ca_file.or(under.ca_file),
        insecure: over.insecure || under.insecure,
        cookie_jar: over.cookie_jar.or(under.cookie_jar),
        ipv4: over.ipv4 || under.ipv4 && !over.ipv6,
        ipv6: over.ipv6 || under.ipv6 && !over.ipv4,
        hosts: over.hosts,
    }
}

/// Settings of the crawl.
pub fn crawl_settings(args: &CrawlArgs, now: Timestamp) -> Result<crawl::Settings, CliError> {
    let hint = "see `evercite snapshot --help`";
    let scope = Scope::new(&args.include, &args.exclude).map_err(|why| CliError::usage(why, hint))?;
    let accept = statuses(args.accept.as_deref().unwrap_or("")).map_err(|why| CliError::usage(why, hint))?;
    Ok(crawl::Settings {
        limits: Limits {
            concurrency: args.max_concurrency.unwrap_or(32).max(1),
            host_concurrency: args.host_concurrency.unwrap_or(2),
            host_interval: args.host_request_interval.unwrap_or(Duration::from_millis(500)),
            max_redirects: args.max_redirects.unwrap_or(10),
            max_pages: args.page_limit.unwrap_or(0),
            max_bytes: args.byte_limit.unwrap_or(0),
            until: args.time_limit.map(|limit| now.plus(limit)),
            obey_robots: args.robots != Some(RobotsRule::Ignore),
            hosts: args.hosts.limits(),
        },
        scope,
        depth: args.depth.unwrap_or(1),
        max_retries: args.max_retries.unwrap_or(2),
        robots_agent: "evercite".into(),
        obey_noarchive: args.noarchive != Some(NoarchiveRule::Ignore),
        assets: match args.assets {
            None | Some(AssetsRule::None) => Assets::None,
            Some(AssetsRule::Articles) => Assets::Articles,
            Some(AssetsRule::All) => Assets::All,
        },
        second_look: args.second_look,
        policy: Policy {
            accept,
            confirmation: match args.confirm {
                None | Some(ConfirmRule::Days) => Confirmation::Days,
                Some(ConfirmRule::Now) => Confirmation::After(args.confirm_wait.unwrap_or(Duration::from_secs(20))),
            },
        },
    })
}

/// The client.
pub fn fetcher(args: &CrawlArgs) -> Result<Arc<Fetcher>, CliError> {
    let mut headers = Vec::new();
    for header in &args.header {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| CliError::usage(format!("--header {header:?} has no colon"), "write it as `Name: value`"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let mut settings = fetch_settings(args, headers, overrides(&args.resolve)?)?;
    settings.proxies = proxies(args.proxy.as_deref())?;
    start(settings)
}

/// The client of a closed world: only the names given exist, and nobody is asked in their place.
pub fn closed_fetcher(args: &CrawlArgs, names: HashMap<String, SocketAddr>) -> Result<Arc<Fetcher>, CliError> {
    let mut settings = fetch_settings(args, Vec::new(), names)?;
    settings.resolution.only_overrides = true;
    start(settings)
}

/// How webhooks are reached: names, proxy and whom to trust as for pages, and nothing that is meant for pages.
pub fn post_settings(args: &CrawlArgs, timeout: Duration) -> Result<fetch::Settings, CliError> {
    let args = CrawlArgs {
        timeout: Some(timeout),
        cookie_jar: None,
        hosts: Hosts::default(),
        ..args.clone()
    };
    let mut settings = fetch_settings(&args, Vec::new(), overrides(&args.resolve)?)?;
    settings.proxies = proxies(args.proxy.as_deref())?;
    Ok(settings)
}

fn start(settings: fetch::Settings) -> Result<Arc<Fetcher>, CliError> {
    Fetcher::new(settings)
        .map(Arc::new)
        .map_err(|why| CliError::usage(why, "see `evercite snapshot --help`"))
}

fn fetch_settings(
    args: &CrawlArgs,
    headers: Vec<(String, String)>,
    overrides: HashMap<String, SocketAddr>,
) -> Result<fetch::Settings, CliError> {
    let unreadable = |flag: &str, path: &Path, why: String| {
        CliError::usage(
            format!("--{flag} {}: {why}", path.display()),
            "name a file that can be read",
        )
    };
    let authorities = match &args.ca_file {
        Some(path) => std::fs::read(path)
            .map_err(|e| e.to_string())
            .and_then(|pem| fetch::authorities(&pem))
            .map_err(|why| unreadable("ca-file", path, why))?,
        None => Vec::new(),
    };
    let jar = match &args.cookie_jar {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| e.to_string())
            .and_then(|text| Jar::parse(&text))
            .map_err(|why| unreadable("cookie-jar", path, why))?,
        None => Jar::default(),
    };
    Ok(fetch::Settings {
        timeout: args.timeout.unwrap_or(Duration::from_secs(20)),
        user_agent: args.user_agent.clone().unwrap_or_else(|| USER_AGENT.to_owned()),
        headers,
        max_body: args.max_body.unwrap_or(16 << 20),
        resolution: Resolution {
            overrides,
            only_overrides: false,
            allow_private: args.allow_private,
            trusted: Vec::new(),
            only: match (args.ipv4, args.ipv6) {
                (true, _) => Some(Family::V4),
                (_, true) => Some(Family::V6),
                _ => None,
            },
            names: Names::default(),
        },
        proxies: Proxies::default(),
        authorities,
        insecure: args.insecure,
        jar,
        hosts: args.hosts.requests()?,
    })
}

fn proxies(chosen: Option<&str>) -> Result<Proxies, CliError> {
    let hint = "write it as http://HOST:PORT, or give --proxy none";
    let variable = |name: &str| std::env::var(name).ok();
    match chosen {
        Some("none") => Ok(Proxies::default()),
        Some(text) => {
            let url = proxy::parse(text).map_err(|why| CliError::usage(format!("--proxy: {why}"), hint))?;
            Ok(Proxies::all(url, proxy::exceptions(variable)))
        }
        None => Proxies::from_variables(variable).map_err(|why| CliError::usage(why, hint)),
    }
}

fn overrides(resolve: &[String]) -> Result<HashMap<String, SocketAddr>, CliError> {
    resolve
        .iter()
        .map(|text| {
            let wrong = || {
                CliError::usage(
                    format!("--resolve {text:?} is wrong"),
                    "write it as HOST=ADDRESS or HOST=ADDRESS:PORT",
                )
            };
            let (host, address) = text.split_once('=').ok_or_else(wrong)?;
            let address = address
                .parse::<SocketAddr>()
                .or_else(|_| address.parse().map(|ip: std::net::IpAddr| SocketAddr::new(ip, 0)))
                .map_err(|_| wrong())?;
            Ok((host.to_ascii_lowercase(), address))
        })
        .collect()
}

/// `403`, `200..=299`, `200..300` and lists of these.
fn statuses(text: &str) -> Result<Vec<std::ops::RangeInclusive<u16>>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let number = |n: &str| {
                n.trim()
                    .parse::<u16>()
                    .map_err(|_| format!("--accept {part:?} is no status or range"))
            };
            Ok(match part.split_once("..") {
                None => number(part)?..=number(part)?,
                Some((from, to)) => match to.strip_prefix('=') {
                    Some(to) => number(from)?..=number(to)?,
                    None => number(from)?..=number(to)?.saturating_sub(1),
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_statuses_and_ranges() {
        assert_eq!(
            statuses("403, 500..=504,200..300"),
            Ok(vec![403..=403, 500..=504, 200..=299])
        );
        assert_eq!(statuses(""), Ok(vec![]));
        assert!(statuses("teapot").is_err());
    }

    #[test]
    fn the_file_takes_the_long_names_and_no_others() {
        let file: File =
            toml::from_str("archive = 'a.db'\n[crawl]\ntimeout = '5s'\nhost-concurrency = 4\nrobots = 'ignore'")
                .unwrap();
        assert_eq!(file.crawl.timeout, Some(Duration::from_secs(5)));
        assert_eq!(
            (file.crawl.host_concurrency, file.crawl.robots),
            (Some(4), Some(RobotsRule::Ignore))
        );
        let flags = CrawlArgs {
            host_concurrency: Some(1),
            ..CrawlArgs::default()
        };
        assert_eq!(lay_over(flags, file.crawl).host_concurrency, Some(1));
        assert!(toml::from_str::<File>("[crawl]\ntime-out = 5").is_err());
        assert!(toml::from_str::<File>("[crawl]\ntimeout = 'soon'").is_err());
    }

    #[test]
    fn what_a_run_was_started_with_comes_back_without_secrets() {
        let args = CrawlArgs {
            timeout: Some(Duration::from_millis(1500)),
            header: vec!["Authorization: secret".into()],
            exclude: vec!["x".into()],
            ..CrawlArgs::default()
        };
        let text = serde_json::to_string(&args).unwrap();
        assert!(!text.contains("secret"));
        let back: CrawlArgs = serde_json::from_str(&text).unwrap();
        assert_eq!((back.timeout, back.exclude), (args.timeout, args.exclude));
    }

    #[test]
    fn resolves_hosts_by_hand() {
        let map = overrides(&["a.example=127.0.0.1:81".into(), "B.example=::1".into()]).unwrap();
        assert_eq!(map["a.example"].to_string(), "127.0.0.1:81");
        assert_eq!(map["b.example"].to_string(), "[::1]:0");
        assert!(overrides(&["a.example".into()]).is_err());
    }
}
