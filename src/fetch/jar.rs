//! Cookies that a user hands in, as browsers and `curl` export them (Netscape `cookies.txt`). They are
//! sent where they belong (RFC 6265 section 5.4) and never archived; the file is never written.

use crate::model::{
    time::Timestamp,
    url::{self, Url},
};

/// The cookies of a file.
#[derive(Debug, Clone, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Debug, Clone)]
struct Cookie {
    domain: String,
    with_subdomains: bool,
    path: String,
    secure: bool,
    expires: Option<Timestamp>,
    name: String,
    value: String,
}

impl Jar {
    /// Reads a `cookies.txt`: seven fields a line, parted by tabs. The error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().enumerate().filter_map(|(number, line)| {
            // Browsers mark cookies that scripts cannot see with a prefix that looks like a comment.
            let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
            (!line.trim().is_empty() && !line.starts_with('#')).then_some((number + 1, line))
        });
        let cookies = lines
            .map(|(number, line)| cookie(line).ok_or_else(|| format!("line {number} is not a cookie")))
            .collect::<Result<_, _>>()?;
        Ok(Self { cookies })
    }

    /// Names and values that belong to an address.
    pub fn for_url<'j>(&'j self, to: &'j Url, now: Timestamp) -> impl Iterator<Item = (&'j str, &'j str)> {
        let host = url::host(to);
        self.cookies
            .iter()
            .filter(move |c| c.is_for(host) && c.covers(to.path()))
            .filter(move |c| (!c.secure || to.scheme() == "https") && c.expires.is_none_or(|end| end > now))
            .map(|c| (c.name.as_str(), c.value.as_str()))
    }
}

impl Cookie {
    fn is_for(&self, host: &str) -> bool {
        host == self.domain
            || (self.with_subdomains
                && host
                    .strip_suffix(&self.domain)
                    .is_some_and(|front| front.ends_with('.')))
    }

    fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
    }
}

fn cookie(line: &str) -> Option<Cookie> {
    let fields: Vec<&str> = line.trim_end_matches(['\r', '\n']).split('\t').collect();
    let [domain, with_subdomains, path, secure, expires, name, value] = fields[..] else {
        return None;
    };
    let seconds: i64 = expires.trim().parse().ok()?;
    let with_subdomains = with_subdomains.eq_ignore_ascii_case("true") || domain.starts_with('.');
    Some(Cookie {
        domain: domain.trim_start_matches('.').to_ascii_lowercase(),
        with_subdomains,
        path: path.to_owned(),
        secure: secure.eq_ignore_ascii_case("true"),
        expires: (seconds > 0).then(|| Timestamp::from_millis(seconds.saturating_mul(1000))),
        name: name.to_owned(),
        value: value.to_owned(),
    })
    .filter(|cookie| !cookie.domain.is_empty() && !cookie.name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_cookies_where_they_belong() {
        let text = "# Netscape HTTP Cookie File\n\
            .example.org\tTRUE\t/\tFALSE\t0\twide\t1\n\
            #HttpOnly_www.example.org\tFALSE\t/private\tTRUE\t0\tnarrow\t2\n\
            example.org\tFALSE\t/\tFALSE\t1000\told\t3\n";
        let jar = Jar::parse(text).unwrap();
        let now = Timestamp::from_millis(2_000_000);
        for (url, want) in [
            ("http://example.org/", "wide=1"),
            ("http://www.example.org/private", "wide=1"),
            ("https://www.example.org/private/a", "wide=1 narrow=2"),
            ("https://www.example.org/privately", "wide=1"),
            ("https://example.org/private", "wide=1"),
            ("http://badexample.org/", ""),
            ("http://org/", ""),
        ] {
            let url = Url::parse(url).unwrap();
            let got: Vec<String> = jar.for_url(&url, now).map(|(n, v)| format!("{n}={v}")).collect();
            assert_eq!(got.join(" "), want, "{url}");
        }
        let young = Timestamp::from_millis(500_000);
        let url = Url::parse("http://example.org/").unwrap();
        assert_eq!(jar.for_url(&url, young).count(), 2);
    }

    #[test]
    fn says_which_line_is_wrong() {
        assert!(Jar::parse("# x\nnot a cookie").unwrap_err().contains("line 2"));
        assert!(Jar::parse("a\tb\tc\td\te\tf\tg").is_err());
        assert!(Jar::parse("").is_ok());
    }
}
