//! Which proxy an address is asked through.

use crate::model::url::Url;

/// Proxies by scheme, and who is asked without one.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `http:` addresses.
    pub http: Option<Url>,
    /// For `https:` addresses.
    pub https: Option<Url>,
    /// Hosts asked directly, as `NO_PROXY` lists them.
    pub except: Option<String>,
}

impl Proxies {
    /// One proxy for everything but `except`.
    pub fn all(proxy: Url, except: Option<String>) -> Self {
        Self {
            http: Some(proxy.clone()),
            https: Some(proxy),
            except,
        }
    }

    /// As the usual variables have it: `http_proxy` (in lower case only, for under CGI the other spelling
    /// is a request header), `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`. The error names the variable.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let read = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| Some((*name, variable(name).filter(|value| !value.trim().is_empty())?)));
            found
                .map(|(name, value)| parse(&value).map_err(|why| format!("{name}: {why}")))
                .transpose()
        };
        Ok(Self {
            http: read(&["http_proxy", "all_proxy", "ALL_PROXY"])?,
            https: read(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            except: exceptions(variable),
        })
    }

    /// Whether an address may go through a proxy.
    pub(super) fn serves(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => self.https.is_some(),
            _ => self.http.is_some(),
        }
    }

    /// Names of the proxies themselves.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        [&self.http, &self.https]
            .into_iter()
            .flatten()
            .filter_map(|url| url.host_str())
    }
}

/// Hosts that the usual variables except from every proxy.
pub fn exceptions(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    variable("no_proxy").or_else(|| variable("NO_PROXY"))
}

/// Reads a proxy's address; without a scheme it is an HTTP proxy.
pub fn parse(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let whole = match text.contains("://") {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    match Url::parse(&whole) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty()) => Ok(url),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(format!("{} proxies are not spoken, only http and https", url.scheme()))
        }
        _ => Err("not the address of a proxy: write it as http://HOST:PORT".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_variables() {
        for (variables, http, https) in [
            (&[][..], None, None),
            (&[("http_proxy", "p:3128")], Some("http://p:3128/"), None),
            (&[("HTTP_PROXY", "p:3128")], None, None),
            (&[("HTTPS_PROXY", "http://p:1")], None, Some("http://p:1/")),
            (
                &[("ALL_PROXY", "http://all:1"), ("https_proxy", "http://s:2")],
                Some("http://all:1/"),
                Some("http://s:2/"),
            ),
            (&[("http_proxy", "")], None, None),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let proxies = Proxies::from_variables(variable).unwrap();
            let text = |url: &Option<Url>| url.as_ref().map(ToString::to_string);
            assert_eq!(
                (text(&proxies.http).as_deref(), text(&proxies.https).as_deref()),
                (http, https),
                "{variables:?}"
            );
        }
        let socks = Proxies::from_variables(|name| (name == "ALL_PROXY").then(|| "socks5://p:1".into()));
        assert!(socks.unwrap_err().contains("ALL_PROXY: socks5"));
    }
}
