//! A type per degree of trust: what the page wrote ([`RawHref`]), what it resolves to
//! ([`Target`]), and what deduplicates within a run ([`crate::model::canonical::CanonicalUrl`]).

pub use url::Url;

use super::words::words;

/// An address exactly as a document wrote it, not yet trusted to be one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawHref(pub String);

/// What a link leads to: an absolute `http` or `https` URL without credentials, its fragment apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The WHATWG serialisation without fragment: the identity of the page.
    pub url: Url,
    /// The fragment as written, without `#`; `None` when absent or empty.
    pub fragment: Option<String>,
}

impl Target {
    /// Whether `raw` is this target's address letter by letter.
    pub fn is_spelled(&self, raw: &str) -> bool {
        match (raw.strip_prefix(self.url.as_str()), &self.fragment) {
            (Some(rest), Some(fragment)) => rest.strip_prefix('#') == Some(fragment),
            (Some(rest), None) => rest.is_empty(),
            (None, _) => false,
        }
    }
}

/// The address of a local document that has none of its own: nothing is relative to it.
pub fn nowhere() -> Url {
    Url::parse("urn:uuid:00000000-0000-0000-0000-000000000000").expect("it is one")
}

words! {
    /// Why a link is recorded but never fetched.
    pub enum Skip {
        /// Only a fragment of the document itself, such as `#` or `#notes`.
        FragmentOnly = "fragment-only",
        /// `mailto:`
        Mail = "mailto",
        /// `tel:` or `sms:`
        Telephone = "telephone",
        /// `javascript:`
        Script = "javascript",
        /// `data:`, `blob:` or `about:`: the content is in the address itself.
        Inline = "inline-data",
        /// Any other scheme that is not fetched.
        Scheme = "unsupported-scheme",
        /// A relative link in a local document that has no base address.
        Relative = "relative-without-base",
        /// Not an address.
        Malformed = "malformed",
        /// Nothing between the quotes.
        Empty = "empty",
    }
}

impl Skip {
    /// A sentence for people.
    pub const fn reason(self) -> &'static str {
        match self {
            Skip::FragmentOnly => "leads only to a place in the article itself",
            Skip::Mail => "a mail address, not a page",
            Skip::Telephone => "a telephone number, not a page",
            Skip::Script => "runs a script, leads to no page",
            Skip::Inline => "carries its content in the address",
            Skip::Scheme => "a scheme that is not fetched",
            Skip::Relative => "relative, and the article has no address of its own (--base-url gives one)",
            Skip::Malformed => "not a valid address",
            Skip::Empty => "empty address",
        }
    }
}

/// Resolves an address against the base of its document, after the WHATWG URL standard.
///
/// Credentials in the authority are dropped: they must never reach the archive.
pub fn resolve(base: &Url, href: &RawHref) -> Result<Target, Skip> {
    let written = href
        .0
        .trim_matches(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    if written.is_empty() {
        return Err(Skip::Empty);
    }
    if written.starts_with('#') {
        return Err(Skip::FragmentOnly);
    }
    let mut url = match base.join(written) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithCannotBeABaseBase | url::ParseError::RelativeUrlWithoutBase) => {
            return Err(Skip::Relative);
        }
        Err(_) => return Err(Skip::Malformed),
    };
    match url.scheme() {
        "http" | "https" => {}
        "mailto" => return Err(Skip::Mail),
        "tel" | "sms" => return Err(Skip::Telephone),
        "javascript" => return Err(Skip::Script),
        "data" | "blob" | "about" => return Err(Skip::Inline),
        _ => return Err(Skip::Scheme),
    }
    let fragment = url.fragment().filter(|f| !f.is_empty()).map(str::to_owned);
    strip(&mut url);
    Ok(Target { url, fragment })
}

/// Removes what never belongs to a page's identity: fragment and credentials.
pub fn strip(url: &mut Url) {
    url.set_fragment(None);
    // Setting an empty one costs even where there is none. Both calls fail only for URLs that cannot
    // have credentials, which is what is wanted.
    if !url.username().is_empty() {
        let _ = url.set_username("");
    }
    if url.password().is_some() {
        let _ = url.set_password(None);
    }
}

/// Scheme, host and port: what one robots.txt governs (RFC 9309 section 2.3).
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The host as it is compared, without port; empty for URLs without one.
pub fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("")
}

/// The directory an address is in: up to the last slash of its path, without query and fragment.
pub fn directory(url: &Url) -> String {
    let mut parent = url.clone();
    parent.set_query(None);
    parent.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    let end = path.rfind('/').map_or(0, |slash| slash + 1);
    parent.set_path(if end == 0 { "/" } else { &path[..end] });
    parent.into()
}

/// The registrable domain (public suffix and one label more), or the whole host when there is
/// none (an address, `localhost`, a bare suffix).
pub fn registered_domain(host: &str) -> &str {
    psl::domain_str(host)
        .filter(|_| host.parse::<std::net::IpAddr>().is_err())
        .unwrap_or(host)
}

/// Whether a name ends as names on the public internet do.
pub fn is_public_name(host: &str) -> bool {
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// A text without the credentials of addresses in it (`//user:password@` becomes `//`).
pub fn without_userinfo(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('@') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("//") {
        let (before, authority) = rest.split_at(at + 2);
        out.push_str(before);
        let end = authority.find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '<' | '>') || c.is_whitespace());
        let (authority, after) = authority.split_at(end.unwrap_or(authority.len()));
        out.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_knows_its_own_spelling() {
        let base = Url::parse("https://example.org/a").unwrap();
        for (raw, spelled) in [
            ("https://example.org/b", true),
            ("https://example.org/b?c=1#d", true),
            ("https://example.org", false),
            ("https://example.org/b#", false),
            ("HTTPS://example.org/b", false),
            ("/b", false),
        ] {
            assert_eq!(
                resolve(&base, &RawHref(raw.into())).unwrap().is_spelled(raw),
                spelled,
                "{raw}"
            );
        }
    }

    #[test]
    fn resolves_as_a_browser_would_and_says_why_not() {
        let base = Url::parse("https://example.org/a/b?q#f").unwrap();
        for (href, want) in [
            ("c", Ok("https://example.org/a/c")),
            ("  ../c ", Ok("https://example.org/c")),
            ("//cdn.example/x", Ok("https://cdn.example/x")),
            ("?p=1", Ok("https://example.org/a/b?p=1")),
            ("https://user:secret@example.org/", Ok("https://example.org/")),
            ("#", Err(Skip::FragmentOnly)),
            ("#note-1", Err(Skip::FragmentOnly)),
            ("", Err(Skip::Empty)),
            ("mailto:a@example.org", Err(Skip::Mail)),
            ("tel:+4712345678", Err(Skip::Telephone)),
            ("javascript:void(0)", Err(Skip::Script)),
            ("data:text/plain,x", Err(Skip::Inline)),
            ("ftp://example.org/", Err(Skip::Scheme)),
            ("http://[bad", Err(Skip::Malformed)),
        ] {
            let got = resolve(&base, &RawHref(href.into()));
            assert_eq!(got.as_ref().map(|t| t.url.as_str()).map_err(|s| *s), want, "{href}");
        }
        let local = Url::parse("urn:uuid:0192").unwrap();
        assert_eq!(resolve(&local, &RawHref("other.md".into())), Err(Skip::Relative));
        let target = resolve(&local, &RawHref("http://example.org/x#part".into())).unwrap();
        assert_eq!(
            (target.url.as_str(), target.fragment.as_deref()),
            ("http://example.org/x", Some("part"))
        );
    }

    #[test]
    fn hides_credentials() {
        for (text, want) in [
            ("https://me:secret@example.org/a@b", "https://example.org/a@b"),
            (
                "see //me@example.org and http://x:y@z.example?q",
                "see //example.org and http://z.example?q",
            ),
            ("mailto:me@example.org", "mailto:me@example.org"),
            ("https://example.org/@user", "https://example.org/@user"),
            ("no address", "no address"),
        ] {
            assert_eq!(without_userinfo(text), want, "{text}");
        }
    }

    #[test]
    fn knows_who_owns_a_host() {
        for (host, domain) in [
            ("www.example.co.uk", "example.co.uk"),
            ("foo.github.io", "foo.github.io"),
            ("127.0.0.1", "127.0.0.1"),
            ("localhost", "localhost"),
            ("news.example", "news.example"),
        ] {
            assert_eq!(registered_domain(host), domain, "{host}");
        }
    }
}
