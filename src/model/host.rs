//! What holds for one host: settings that name it, and what is remembered of it between runs.

use std::{collections::BTreeMap, time::Duration};

use super::time::Timestamp;

/// Values for some hosts, by exact name or, after a leading `*.`, for all names below one.
#[derive(Debug, Clone)]
pub struct ByHost<T>(BTreeMap<String, T>);

impl<T> Default for ByHost<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> ByHost<T> {
    /// From patterns as [`ByHost::pattern`] gives them.
    pub fn new(entries: impl IntoIterator<Item = (String, T)>) -> Self {
        Self(entries.into_iter().collect())
    }

    /// A pattern in the form in which hosts are compared; `None` when it names no host.
    pub fn pattern(written: &str) -> Option<String> {
        let (star, name) = match written.strip_prefix("*.") {
            Some(name) => ("*.", name),
            None => ("", written),
        };
        if name.contains(['/', '@', '?', '#', '*', '\\']) {
            return None;
        }
        let url = super::url::Url::parse(&format!("http://{name}/")).ok()?;
        let plain = url.port().is_none() && !name.ends_with(":80");
        let host = url.host_str().filter(|host| plain && !host.is_empty())?;
        Some(format!("{star}{host}"))
    }

    /// What the most specific pattern says: the name itself, else the longest one above it.
    pub fn get(&self, host: &str) -> Option<&T> {
        if self.0.is_empty() {
            return None;
        }
        let above = host.match_indices('.').map(|(dot, _)| format!("*{}", &host[dot..]));
        std::iter::once(host.to_owned())
            .chain(above)
            .find_map(|name| self.0.get(&name))
    }

    /// The same patterns with other values, or the first error.
    pub fn map<U, E>(&self, mut change: impl FnMut(&str, &T) -> Result<U, E>) -> Result<ByHost<U>, E> {
        let changed = self
            .0
            .iter()
            .map(|(name, value)| Ok((name.clone(), change(name, value)?)));
        Ok(ByHost(changed.collect::<Result<_, E>>()?))
    }
}

/// What a run leaves for the next one to know of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostState {
    /// The host asked not to be visited before.
    pub not_before: Option<Timestamp>,
    /// Steps of exponential backoff it had come to.
    pub backoff: u32,
    /// How long it took to answer, as a moving average.
    pub response: Option<Duration>,
    /// What its robots.txt asked for between two requests.
    pub crawl_delay: Duration,
    /// Connections that failed in a row.
    pub failures: u32,
    /// When this was known.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_pattern_counts() {
        let map = ByHost::new(
            ["example.org", "*.example.org", "*.b.example.org", "127.0.0.1"].map(|name| (name.to_owned(), name)),
        );
        for (host, want) in [
            ("example.org", Some("example.org")),
            ("a.example.org", Some("*.example.org")),
            ("x.a.example.org", Some("*.example.org")),
            ("b.example.org", Some("*.example.org")),
            ("a.b.example.org", Some("*.b.example.org")),
            ("badexample.org", None),
            ("org", None),
            ("127.0.0.1", Some("127.0.0.1")),
        ] {
            assert_eq!(map.get(host).copied(), want, "{host}");
        }
    }

    #[test]
    fn patterns_are_host_names() {
        for (written, want) in [
            ("Example.ORG", Some("example.org")),
            ("*.Example.org", Some("*.example.org")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("[::1]", Some("[::1]")),
            ("example.org:8080", None),
            ("example.org:80", None),
            ("http://example.org", None),
            ("a@example.org", None),
            ("exam*ple.org", None),
            ("*.*.org", None),
            ("", None),
            ("*.", None),
        ] {
            assert_eq!(ByHost::<()>::pattern(written).as_deref(), want, "{written}");
        }
    }
}
