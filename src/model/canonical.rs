//! What makes two addresses one: the canonical form that deduplicates within a run, and the reading
//! of an address that a person types.
//!
//! Owns these rules and the list of tracking parameters. Must not resolve relative links (see
//! [`super::url`]), choose what is fetched, open a socket or read a clock.

use std::fmt;

use super::url::{Url, strip};

/// Parameters that only say how a reader came to a page, never which page it is: click and mailing
/// identifiers of advertisers and newsletter senders. Compared in lower case.
const TRACKING: &[&str] = &[
    // Google
    "gclid gclsrc gbraid wbraid dclid gad_source gad_campaignid srsltid _ga _gl",
    // Microsoft, Yandex, Pinterest, Reddit
    "msclkid yclid ysclid _openstat epik rdt_cid",
    // Facebook, Instagram, Twitter, TikTok, LinkedIn, Snapchat
    "fbclid fb_action_ids fb_action_types igshid igsh twclid ttclid li_fat_id sccid",
    // Mailchimp, HubSpot, Marketo, Omeda
    "mc_cid mc_eid _hsenc _hsmi __hssc __hstc __hsfp hsctatracking mkt_tok oly_enc_id oly_anon_id",
    // Vero, Drip, MailerLite, Klaviyo
    "vero_id vero_conv __s ml_subscriber ml_subscriber_hash _kx",
    // Adobe, Matomo, Wicked Reports, Rebrandly, Oath
    "s_cid pk_campaign pk_kwd pk_source pk_medium pk_content pk_cid wickedid rb_clickid",
    "guccounter guce_referrer guce_referrer_sig",
];

/// First parts of names that whole families of such parameters share: Urchin, Matomo, HubSpot ads.
const TRACKING_FAMILIES: &[&str] = &["utm_", "mtm_", "hsa_"];

/// What deduplicates addresses within a run and serves as look-up key; never what is fetched.
///
/// On top of the WHATWG serialisation: no fragment, no credentials, percent-encoding normalised
/// (RFC 3986 section 6.2.2), no tracking parameters, no empty query. The order of parameters
/// stays, for pages may depend on it. Applying it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    /// The canonical form of an address.
    pub fn of(url: &Url) -> CanonicalUrl {
        let mut url = url.clone();
        strip(&mut url);
        if !url.cannot_be_a_base() {
            let path = normal_percent(url.path());
            url.set_path(&path);
        }
        if let Some(query) = url.query().map(|query| without_tracking(&normal_percent(query))) {
            url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        }
        CanonicalUrl(url.into())
    }

    /// The same with the parameters of the query in order, for sites where that order means nothing.
    /// Parameters of one name keep theirs.
    pub fn sorted(url: &Url) -> CanonicalUrl {
        let mut url = match Url::parse(CanonicalUrl::of(url).as_str()) {
            Ok(canonical) => canonical,
            Err(_) => url.clone(),
        };
        if let Some(query) = url.query() {
            let mut parameters: Vec<&str> = query.split('&').filter(|parameter| !parameter.is_empty()).collect();
            parameters.sort_by_key(|parameter| parameter.split('=').next());
            let query = parameters.join("&");
            url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        }
        CanonicalUrl(url.into())
    }

    /// The canonical address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Decodes escaped unreserved characters and writes hex digits in upper case (RFC 3986 sections
/// 6.2.2.1 and 6.2.2.2). A bare `%` becomes `%25`, or decoding what follows it could make a new
/// escape, and a second pass would find more to decode.
fn normal_percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        rest = match hex_pair(after.as_bytes()) {
            Some(byte) => {
                if is_unreserved(byte) {
                    out.push(char::from(byte));
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
                &after[2..]
            }
            None => {
                out.push_str("%25");
                after
            }
        };
    }
    out + rest
}

/// RFC 3986 section 2.3: what means the same escaped and bare.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// The byte that two leading hex digits stand for.
pub(crate) fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

fn without_tracking(query: &str) -> String {
    let kept: Vec<&str> = query.split('&').filter(|parameter| !is_tracking(parameter)).collect();
    kept.join("&")
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.iter().any(|names| names.split(' ').any(|known| known == name))
        || TRACKING_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Reads a web address as a person types it, with or without `http://`.
///
/// Fragment and credentials stay as typed; [`strip`] removes them. The error is one line for people.
pub fn parse(text: &str) -> Result<Url, String> {
    // The WHATWG parser ignores these as well; they must not hide the scheme from the checks here.
    let typed = text
        .trim_matches(|c: char| c.is_whitespace() || c.is_control())
        .replace(['\t', '\n', '\r'], "");
    let refuse = |why: &str| {
        let shown: String = typed.chars().take(200).collect();
        let more = if shown.len() < typed.len() { "…" } else { "" };
        Err(format!("{shown:?}{more} is not a web address: {why}"))
    };
    let whole = match typed_scheme(&typed) {
        _ if typed.is_empty() => return refuse("it is empty"),
        Some(scheme) if is_web(scheme) => typed.clone(),
        Some(scheme) => return refuse(&format!("the scheme is {scheme}, not http or https")),
        None if !looks_like_host(&typed) => return refuse("it has no http:// and does not begin with a host name"),
        None if typed.starts_with("//") => format!("http:{typed}"),
        None => format!("http://{typed}"),
    };
    match Url::parse(&whole) {
        Ok(url) if url.has_host() => Ok(url),
        Ok(_) => refuse("it has no host"),
        Err(error) => refuse(&error.to_string()),
    }
}

pub(super) fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// The scheme (RFC 3986 section 3.1) and what follows its colon.
pub(super) fn split_scheme(text: &str) -> Option<(&str, &str)> {
    text.split_once(':').filter(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// The scheme a person typed: `localhost:3000` and `example.org:80/a` are a host and its port.
fn typed_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = split_scheme(text)?;
    let after_port = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let host_like = scheme.contains('.') || scheme.eq_ignore_ascii_case("localhost") || after_port.starts_with('/');
    let is_port = (after_port.is_empty() || after_port.starts_with(['/', '?', '#']))
        && !rest.starts_with("//")
        && host_like
        && !is_web(scheme);
    (!is_port).then_some(scheme)
}

/// Whether an address without scheme begins with a host, not with a word, a file or a mailbox.
fn looks_like_host(text: &str) -> bool {
    let text = text.strip_prefix("//").unwrap_or(text);
    let authority = text.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains(|c: char| c.is_whitespace() || c == '@') {
        return false;
    }
    if authority.starts_with('[') {
        return true;
    }
    let (host, has_port) = authority
        .split_once(':')
        .map_or((authority, false), |(host, _)| (host, true));
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    // `3.14` is a number to a person, though the WHATWG parser would make an address of it.
    let numeric = last.bytes().all(|b| b.is_ascii_digit()) && host.parse::<std::net::Ipv4Addr>().is_err();
    let named = host.contains('.') || has_port || host.eq_ignore_ascii_case("localhost");
    named && !host.starts_with('.') && host.contains(char::is_alphanumeric) && !numeric
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        CanonicalUrl::of(&parse(text).unwrap()).as_str().to_owned()
    }

    #[test]
    fn equal_addresses_have_one_form_and_keep_it() {
        for (text, want) in [
            // RFC 3986 section 6.2.2: case, percent-encoding, dot segments
            (
                "HTTP://User:secret@Example.ORG:80/%7esmith/./x/../%e9#top",
                "http://example.org/~smith/%E9",
            ),
            (
                "https://example.org:443/a%2fb?x=%3d%41",
                "https://example.org/a%2Fb?x=%3DA",
            ),
            ("http://example.org/%2E%2E/a", "http://example.org/a"),
            ("http://example.org:8080", "http://example.org:8080/"),
            ("http://B\u{fc}cher.example/", "http://xn--bcher-kva.example/"),
            // A bare percent sign must not take up what is decoded after it.
            ("http://example.org/%%36%31?100%", "http://example.org/%2561?100%25"),
            ("http://example.org/?", "http://example.org/"),
            ("http://example.org/?b&a=1&&a=", "http://example.org/?b&a=1&&a="),
            ("http://example.org//a//", "http://example.org//a//"),
            // Tracking, also where it is written unusually
            ("http://example.org/?utm_source=x&UTM_Medium=y", "http://example.org/"),
            (
                "http://example.org/?id=1&fbclid=z&p=2&gclid",
                "http://example.org/?id=1&p=2",
            ),
            (
                "http://example.org/?%75tm_id=1&mc_eid=2&q=utm_x",
                "http://example.org/?q=utm_x",
            ),
            (
                "http://example.org/?gclids=1&id=gclid",
                "http://example.org/?gclids=1&id=gclid",
            ),
        ] {
            assert_eq!(canonical(text), want, "{text}");
            assert_eq!(canonical(want), want, "again: {text}");
        }
        let urn = Url::parse("urn:uuid:0192%61#x").unwrap();
        assert_eq!(CanonicalUrl::of(&urn).as_str(), "urn:uuid:0192%61");
    }

    #[test]
    fn reads_what_a_person_types() {
        for (text, want) in [
            (" example.org/a\n", "http://example.org/a"),
            ("www.example.org", "http://www.example.org/"),
            ("B\u{fc}cher.ch:8080", "http://xn--bcher-kva.ch:8080/"),
            ("example.org:8080/x?y#z", "http://example.org:8080/x?y#z"),
            ("localhost:3000", "http://localhost:3000/"),
            ("localhost", "http://localhost/"),
            ("printer:631/jobs", "http://printer:631/jobs"),
            ("//example.org/a", "http://example.org/a"),
            ("127.0.0.1/a", "http://127.0.0.1/a"),
            ("[::1]:80/a", "http://[::1]/a"),
            ("HTTPS:example.org", "https://example.org/"),
            ("http://localhost", "http://localhost/"),
        ] {
            assert_eq!(parse(text).as_ref().map(Url::as_str), Ok(want), "{text}");
        }
        for (text, why) in [
            ("", "empty"),
            ("word", "host name"),
            ("two words.example", "host name"),
            ("joe@example.org", "host name"),
            ("/home/joe/a.md", "host name"),
            ("../a.md", "host name"),
            ("3.14", "host name"),
            ("ftp://example.org/", "scheme is ftp"),
            ("mailto:joe@example.org", "scheme is mailto"),
            ("tel:4712345678", "scheme is tel"),
            ("http://", "host"),
            ("http://exa mple.org/", "domain"),
            ("http://example.org:99999/", "port"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                error.contains(" is not a web address: ") && error.contains(why),
                "{text}: {error}"
            );
            assert!(!error.contains('\n'), "{text}");
        }
    }

    #[test]
    fn sorts_a_query_on_demand() {
        for (text, want) in [
            ("http://a.example/?b=2&a=1&b=1", "http://a.example/?a=1&b=2&b=1"),
            ("http://a.example/?&z&utm_source=x&a", "http://a.example/?a&z"),
            ("http://a.example/x", "http://a.example/x"),
        ] {
            let once = CanonicalUrl::sorted(&parse(text).unwrap());
            assert_eq!(once.as_str(), want, "{text}");
            assert_eq!(CanonicalUrl::sorted(&parse(once.as_str()).unwrap()), once);
        }
    }
}
