//! Redirects that end at a page which stands before the one asked for: a login page, or one that asks
//! for consent to cookies. A link that named such a page itself is a link like any other.

use memchr::memmem;

use super::{
    chain,
    marks::{self, Mark},
    wall::{Seen, head},
};
use crate::model::{
    url::{self, Url},
    verdict::Access,
};

/// Names of hosts, below the registered domain, that ask who you are.
const LOGIN_HOSTS: &[&str] = &[
    "login",
    "signin",
    "logon",
    "sso",
    "auth",
    "oauth",
    "account",
    "accounts",
    "id",
    "idp",
    "identity",
    "passport",
    "cas",
    "adfs",
    "wayf",
    "openid",
    "secure-login",
];
/// Query fields of protocols for logging in (SAML, OpenID, OAuth).
const LOGIN_PROTOCOLS: &[&str] = &["samlrequest", "openid.return_to", "redirect_uri", "relaystate"];
/// Names of hosts that ask for consent.
const CONSENT_HOSTS: &[&str] = &["consent", "guce", "cookiewall", "privacywall", "myprivacy"];
const CONSENT_SEGMENTS: &[&str] = &[
    "consent",
    "collectconsent",
    "cookie-consent",
    "cookieconsent",
    "cookiewall",
    "cookie-wall",
    "privacywall",
    "privacygate",
    "privacy-gate",
];
/// Login pages have little text; in bytes.
const LITTLE: u64 = 3_000;

/// The page that a chain ended at instead of the one asked for, and what it was known by.
pub(super) fn read(seen: &Seen<'_>) -> Option<(Access, Vec<String>)> {
    if seen.asked == seen.url {
        return None;
    }
    if let Some(signs) = login(seen) {
        return Some((Access::LoginRedirect, signs));
    }
    Some((Access::Consent, consent(seen)?))
}

fn login(seen: &Seen<'_>) -> Option<Vec<String>> {
    if is_login(seen.asked) {
        return None;
    }
    let there = is_login(seen.url);
    let back = leads_back(seen) || has_field(seen.url, LOGIN_PROTOCOLS);
    let mut signs = vec![format!("leads to {}", seen.url)];
    if there && (back || chain::names_way_back(seen.url)) {
        signs.push("its address names a login page and the way back".into());
        return Some(signs);
    }
    // The query alone may be that of a page that was moved; then there is more to read there.
    let short = seen.page?.text_length <= if there { LITTLE } else { LITTLE / 2 };
    if !short || !(there || back && chain::names_way_back(seen.url)) {
        return None;
    }
    signs.push(match there {
        true => "its address names a login page".into(),
        false => "its address names the way back".into(),
    });
    if marks::scan(head(seen.bytes)).get(Mark::Password).is_some() {
        signs.push("a field for a password".into());
    } else if there && posts_to_login(seen) {
        signs.push("a form that is sent to a login page".into());
    } else {
        return None;
    }
    Some(signs)
}

fn consent(seen: &Seen<'_>) -> Option<Vec<String>> {
    let by_host = |url: &Url| has_label(url, CONSENT_HOSTS);
    let by_path = |url: &Url| has_segment(url, CONSENT_SEGMENTS);
    if by_host(seen.asked) || by_path(seen.asked) || !(by_host(seen.url) || by_path(seen.url)) {
        return None;
    }
    let mut signs = vec![format!("leads to the consent page {}", seen.url)];
    if leads_back(seen) || chain::names_way_back(seen.url) {
        signs.push("its address names the way back".into());
    } else if by_host(seen.url) && memmem::find(head(seen.bytes), b"onsent").is_some() {
        signs.push("it speaks of consent".into());
    } else {
        return None;
    }
    Some(signs)
}

fn is_login(url: &Url) -> bool {
    chain::has_login_path(url) || has_label(url, LOGIN_HOSTS)
}

/// Whether a name stands before the last two labels of the host.
fn has_label(url: &Url, names: &[&str]) -> bool {
    let labels: Vec<&str> = url::host(url).split('.').collect();
    let before = labels.len().saturating_sub(2);
    labels[..before].iter().any(|label| names.contains(label))
}

fn has_segment(url: &Url, names: &[&str]) -> bool {
    let path = url.path().to_ascii_lowercase();
    path.split('/').any(|segment| names.contains(&segment))
}

fn has_field(url: &Url, names: &[&str]) -> bool {
    url.query_pairs()
        .any(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()))
}

/// Whether the query carries the address asked for.
fn leads_back(seen: &Seen<'_>) -> bool {
    let path = seen.asked.path().trim_end_matches('/');
    let host = url::host(seen.asked);
    seen.url.query_pairs().any(|(_, value)| {
        let value = value.replace("%2F", "/").replace("%2f", "/");
        path.len() > 2 && value.contains(path) || value.contains("//") && value.contains(host)
    })
}

/// Whether a form of the page is sent to a login page; one without an address is sent to its own.
fn posts_to_login(seen: &Seen<'_>) -> bool {
    let source = head(seen.bytes);
    memmem::find_iter(source, b"<form").any(|at| {
        let rest = &source[at..];
        let tag = &rest[..memchr::memchr(b'>', rest).unwrap_or(rest.len())];
        let tag = String::from_utf8_lossy(tag);
        let Some((_, action)) = tag.split_once("action=") else {
            return false;
        };
        let action = action.trim_start_matches(['"', '\'']);
        let end = action.find(['"', '\'', ' ']).unwrap_or(action.len());
        seen.url
            .join(&action[..end].replace("&amp;", "&"))
            .is_ok_and(|to| is_login(&to))
    })
}
