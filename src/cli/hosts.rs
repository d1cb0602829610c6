//! `[hosts."example.org"]` in `evercite.toml`: what differs for single hosts.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::{
    args::{RobotsRule, duration_in_toml},
    error::CliError,
};
use crate::{fetch::HostRequests, frontier::HostOverride, model::host::ByHost};

/// One table, as it is written.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HostArgs {
    concurrency: Option<usize>,
    #[serde(deserialize_with = "duration_in_toml")]
    request_interval: Option<Duration>,
    user_agent: Option<String>,
    headers: BTreeMap<String, String>,
    auth_env: Option<String>,
    robots: Option<RobotsRule>,
    #[serde(deserialize_with = "duration_in_toml")]
    timeout: Option<Duration>,
}

/// All tables, split by who needs them. Never stored: they hold secrets.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    limits: ByHost<HostOverride>,
    requests: ByHost<Asking>,
}

#[derive(Debug, Clone)]
struct Asking {
    requests: HostRequests,
    /// The variable that holds the value of the Authorization header.
    auth_env: Option<String>,
}

impl Hosts {
    /// For the frontier.
    pub fn limits(&self) -> ByHost<HostOverride> {
        self.limits.clone()
    }

    /// For the client. Only who makes requests needs the secrets that the environment holds.
    pub fn requests(&self) -> Result<ByHost<HostRequests>, CliError> {
        self.requests_with(|name| std::env::var(name).ok())
            .map_err(|why| CliError::usage(why, "it holds the value of the Authorization header for that host"))
    }

    fn requests_with(&self, environment: impl Fn(&str) -> Option<String>) -> Result<ByHost<HostRequests>, String> {
        self.requests.map(|host, asking| {
            let mut requests = asking.requests.clone();
            if let Some(name) = &asking.auth_env {
                let value = environment(name).filter(|value| !value.is_empty());
                let value = value.ok_or_else(|| {
                    format!("the environment variable {name}, auth-env of [hosts.{host:?}], is not set")
                })?;
                requests.headers.push(("authorization".to_owned(), value));
            }
            Ok(requests)
        })
    }
}

/// Takes the tables of a file apart.
pub fn read(tables: BTreeMap<String, HostArgs>, file: &Path) -> Result<Hosts, CliError> {
    split(tables).map_err(|why| {
        CliError::usage(
            format!("{}: {why}", file.display()),
            "write [hosts.\"example.org\"], or [hosts.\"*.example.org\"] for the names below it, once each",
        )
    })
}

fn split(tables: BTreeMap<String, HostArgs>) -> Result<Hosts, String> {
    let (mut limits, mut requests) = (BTreeMap::new(), BTreeMap::new());
    for (written, args) in tables {
        let host = ByHost::<HostArgs>::pattern(&written).ok_or(format!("[hosts.{written:?}] names no host"))?;
        let own = HostOverride {
            concurrency: args.concurrency,
            interval: args.request_interval,
            obey_robots: args.robots.map(|rule| rule == RobotsRule::Obey),
        };
        let asking = Asking {
            requests: HostRequests {
                timeout: args.timeout,
                user_agent: args.user_agent,
                headers: args.headers.into_iter().collect(),
            },
            auth_env: args.auth_env,
        };
        if limits.insert(host.clone(), own).is_some() {
            return Err(format!("[hosts.{written:?}] stands there twice"));
        }
        requests.insert(host, asking);
    }
    Ok(Hosts {
        limits: ByHost::new(limits),
        requests: ByHost::new(requests),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Result<BTreeMap<String, HostArgs>, toml::de::Error> {
        toml::from_str(text)
    }

    fn split_text(text: &str) -> Result<(Hosts, ByHost<HostRequests>), String> {
        let hosts = split(tables(text).map_err(|e| e.to_string())?)?;
        let requests = hosts.requests_with(|name| (name == "TOKEN").then(|| "Bearer hush".to_owned()))?;
        Ok((hosts, requests))
    }

    #[test]
    fn a_table_says_what_differs() {
        let (hosts, requests) = split_text(
            "['Example.org']\nconcurrency = 1\nrequest-interval = '2s'\nuser-agent = 'me/1'\nauth-env = 'TOKEN'\n\
             robots = 'ignore'\ntimeout = 5\nheaders = { X-Key = 'k' }\n['*.example.org']\nrobots = 'obey'",
        )
        .unwrap();
        let limits = hosts.limits.get("example.org").unwrap();
        assert_eq!(
            (limits.concurrency, limits.interval, limits.obey_robots),
            (Some(1), Some(Duration::from_secs(2)), Some(false))
        );
        let requests = requests.get("example.org").unwrap();
        assert_eq!(requests.timeout, Some(Duration::from_secs(5)));
        assert_eq!(requests.user_agent.as_deref(), Some("me/1"));
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            requests.headers,
            [own("X-Key", "k"), own("authorization", "Bearer hush")]
        );
        assert_eq!(hosts.limits.get("www.example.org").unwrap().obey_robots, Some(true));
        assert!(hosts.limits.get("example.com").is_none());
        assert!(!format!("{requests:?}").contains("hush"));
    }

    #[test]
    fn mistakes_are_told() {
        for (text, why) in [
            ("['a.example']\nmax-rate = 1", "unknown field"),
            ("['a.example']\nrobots = 'maybe'", "unknown variant"),
            ("['a.example']\ntimeout = 'soon'", "not a time"),
            ("['a.example:8080']\nconcurrency = 1", "names no host"),
            ("['http://a.example/']\nconcurrency = 1", "names no host"),
            ("['a.example']\nauth-env = 'UNSET'", "UNSET"),
            (
                "['a.example']\nconcurrency = 1\n['A.example']\nconcurrency = 2",
                "twice",
            ),
        ] {
            let told = split_text(text).map(|_| ()).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
