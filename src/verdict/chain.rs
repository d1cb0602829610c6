//! What a chain of redirects means.

use crate::model::{facts::ChainFacts, url::Url};

/// Path segments of pages that ask who you are.
const LOGIN_SEGMENTS: &[&str] = &[
    "login",
    "log-in",
    "signin",
    "sign-in",
    "sign_in",
    "logon",
    "auth",
    "authenticate",
    "sso",
    "oauth",
    "subscribe",
    "register",
    "wp-login.php",
    "login.php",
    "login.html",
    "login.aspx",
    "account-login",
];
/// Query parameters that name where to go back to.
const RETURN_PARAMETERS: &[&str] = &[
    "next",
    "return",
    "returnto",
    "return_to",
    "returnurl",
    "return_url",
    "redirect",
    "redirect_to",
    "redirect_uri",
    "redirecturl",
    "continue",
    "goto",
    "target",
    "url",
    "uri",
    "service",
    "back",
    "from",
    "dest",
    "destination",
];

/// A permanent redirect that leads elsewhere: returns the final address when it differs from the
/// cited one in more than scheme, `www.` or a trailing slash.
pub(super) fn moved_to(chain: &ChainFacts) -> Option<&str> {
    let (first, last) = (chain.hops.first()?, chain.hops.last()?);
    let permanent = chain.hops.iter().any(|hop| matches!(hop.status, Some(301 | 308)));
    (permanent && loosely(&first.url) != loosely(&last.url)).then_some(last.url.as_str())
}

fn loosely(url: &str) -> String {
    let bare = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .unwrap_or(url);
    bare.strip_prefix("www.")
        .unwrap_or(bare)
        .trim_end_matches('/')
        .to_owned()
}

/// The login page a chain ended on instead of the page asked for. Two signals are needed: the path
/// of a login page, and a parameter that names the way back. Answers are read for login pages when
/// they come (`detour`); this judges captures that were taken before that was so.
pub(super) fn login_page(chain: &ChainFacts) -> Option<&str> {
    let (first, last) = (chain.hops.first()?, chain.hops.last()?);
    let (asked, ended) = (Url::parse(&first.url).ok()?, Url::parse(&last.url).ok()?);
    if chain.hops.len() < 2 || has_login_path(&asked) {
        return None;
    }
    (has_login_path(&ended) && names_way_back(&ended)).then_some(last.url.as_str())
}

/// Whether the path is that of a page that asks who you are.
pub(super) fn has_login_path(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    path.split('/').any(|segment| LOGIN_SEGMENTS.contains(&segment))
}

/// Whether the query names an address to go back to.
pub(super) fn names_way_back(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| {
        RETURN_PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
            && (value.contains('/') || value.contains("%2F"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        facts::HopFacts,
        time::Timestamp,
        verdict::{Access, Transport},
    };

    fn chain(hops: &[(&str, u16)]) -> ChainFacts {
        let hops = hops.iter().map(|(url, status)| HopFacts {
            url: (*url).into(),
            status: Some(*status),
            transport: Transport::Ok,
            access: Access::Open,
            detail: None,
            length: Some(1),
            whole: true,
        });
        ChainFacts {
            capture: 1,
            at: Timestamp::default(),
            hops: hops.collect(),
            page: None,
        }
    }

    #[test]
    fn moved_is_permanent_and_elsewhere() {
        for (hops, moved) in [
            (&[("http://a.example/x", 301), ("http://a.example/y", 200)][..], true),
            (&[("http://a.example/x", 308), ("http://b.example/x", 200)], true),
            (&[("http://a.example/x", 302), ("http://a.example/y", 200)], false),
            (
                &[
                    ("http://a.example/x", 302),
                    ("http://a.example/z", 301),
                    ("http://a.example/y", 200),
                ],
                true,
            ),
            (&[("http://a.example/x", 301), ("https://www.a.example/x/", 200)], false),
            (&[("http://a.example/x", 200)], false),
        ] {
            assert_eq!(moved_to(&chain(hops)).is_some(), moved, "{hops:?}");
        }
    }

    #[test]
    fn a_login_page_needs_two_signals() {
        for (to, login) in [
            ("http://a.example/login?next=/story", true),
            ("http://a.example/account/signin?returnUrl=%2Fstory", true),
            ("http://a.example/login", false),
            ("http://a.example/blog/how-to-login?next=/story", false),
            ("http://a.example/story-2?next=/story", false),
        ] {
            let hops = [("http://a.example/story", 302), (to, 200)];
            assert_eq!(login_page(&chain(&hops)).is_some(), login, "{to}");
        }
        for cited in ["http://a.example/login?next=/x", "http://a.example/login"] {
            let hops = [(cited, 302), ("http://a.example/login?next=/y", 200)];
            assert_eq!(login_page(&chain(&hops)), None, "{cited} was one from the beginning");
        }
    }
}
