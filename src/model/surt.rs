//! The key by which the CDX indexes of web archives find the captures of an address.
//!
//! Owns the Internet Archive's canonicalisation, kept to the byte. Must not serve to compare
//! addresses within a run ([`super::canonical`] does), fetch, open a socket or read a clock.

use ::url::Host;

use super::canonical::{hex_pair, is_web, split_scheme};
use super::url::Url;

/// The Sort-friendly URI Reordering Transform of an address, `org,example)/path`: the key by which
/// the CDX indexes of web archives find its captures. See [`surt_text`].
pub fn surt(url: &Url) -> String {
    surt_text(url.as_str())
}

/// The same for any text an index may hold, also where it is no web address (`dns:example.org`).
///
/// The rules are those of the Internet Archive's canonicaliser, on which keys of indexes depend
/// to the byte, oddities included: escapes undone repeatedly, everything in lower case, leading
/// `www`, default port, session identifiers, fragment and last slash dropped, parameters sorted.
pub fn surt_text(text: &str) -> String {
    let text = text
        .trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c'])
        .replace(['\t', '\n', '\r'], "");
    if text.is_empty() {
        return "-".into();
    }
    if text.starts_with("filedesc") {
        return text;
    }
    let text = if split_scheme(&text).is_none() {
        format!("http://{text}")
    } else {
        text
    };
    let (scheme, rest) = split_scheme(innermost(&text)).unwrap_or(("http", ""));
    let rest = rest.split('#').next().unwrap_or_default();
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let to_path = |place: &str| place.find('/').unwrap_or(place.len());
    let (authority, mut path) = match place.strip_prefix("//") {
        Some(place) => place.split_at(to_path(place)),
        None => ("", place),
    };
    let (mut host, port) = host_and_port(authority);
    if host.is_empty() && scheme.starts_with("http") {
        // `http:/example.org/a` and `http:////example.org/a` are common slips.
        let place = path.trim_start_matches('/');
        (host, path) = place.split_at(to_path(place));
    }
    let host = surt_host(host, scheme != "dns");
    let path = surt_path(path, !host.is_empty());
    let query = surt_query(query);
    let default = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let port = port.filter(|port| *port != 0 && !(is_web(scheme) && *port == default));
    let mut key = if host.is_empty() {
        format!("{scheme}:")
    } else {
        let labels: Vec<&str> = host.rsplit('.').collect();
        labels.join(",") + &port.map(|port| format!(":{port}")).unwrap_or_default() + ")"
    };
    key += if path.is_empty() && !query.is_empty() {
        "/"
    } else {
        &path
    };
    if !query.is_empty() {
        key = key + "?" + &query;
    }
    key
}

/// `http://https://example.org/` means the inner address. Its repeated scheme is dropped.
fn innermost(text: &str) -> &str {
    let inner = |text: &'_ str| -> Option<usize> {
        ["http://", "https://"]
            .iter()
            .find(|scheme| text.starts_with(**scheme))
            .map(|scheme| scheme.len())
    };
    let mut start = 0;
    while let Some(length) = inner(&text[start..]).filter(|length| inner(&text[start + length..]).is_some()) {
        start += length;
    }
    &text[start..]
}

fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (host, rest) = match place.strip_prefix('[') {
        Some(literal) => literal.split_once(']').unwrap_or((literal, "")),
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    (host, rest.trim_start_matches(':').parse().ok())
}

/// Undoes escapes until none is left, in one pass: what is decoded may complete the escape before
/// it, and no two escapes overlap, so the order of decoding does not matter. Then escapes
/// whatever is not visible ASCII, `#` and `%`, and lowers all.
fn flat(text: &str) -> String {
    let bytes = unescaped(text);
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_graphic() && !matches!(byte, b'#' | b'%') {
            out.push(char::from(byte.to_ascii_lowercase()));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        bytes.push(byte);
        while let Some(start) = bytes.len().checked_sub(3).filter(|start| bytes[*start] == b'%') {
            let Some(decoded) = hex_pair(&bytes[start + 1..]) else {
                break;
            };
            bytes.truncate(start);
            bytes.push(decoded);
        }
    }
    bytes
}

fn surt_host(raw: &str, drop_www: bool) -> String {
    // Bytes that are no UTF-8 are passed over, and labels converted one by one, as the archives do.
    let international: String = unescaped(raw).utf8_chunks().map(|chunk| chunk.valid()).collect();
    let label = |label: &str| match Host::parse(label) {
        _ if label.is_ascii() => Some(flat(label)),
        Ok(Host::Domain(domain)) if domain.len() < 64 => Some(domain),
        _ => None,
    };
    let labels: Option<Vec<String>> = international.split('.').map(label).collect();
    let mut host = labels.map_or_else(|| flat(raw), |labels| labels.join("."));
    host = host.replace("..", ".").trim_matches('.').to_owned();
    if !host.is_empty() && host.bytes().all(|b| b.is_ascii_digit()) {
        let number = host.bytes().fold(0u32, |n, digit| {
            n.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'))
        });
        host = std::net::Ipv4Addr::from(number).to_string();
    } else if host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && let Ok(Host::Ipv4(address)) = Host::parse(&host)
    {
        host = address.to_string();
    }
    let without = host
        .strip_prefix("www")
        .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    match without.and_then(|rest| rest.strip_prefix('.')) {
        Some(rest) if drop_www => rest.to_owned(),
        _ => host,
    }
}

fn surt_path(raw: &str, hierarchical: bool) -> String {
    let flat = flat(raw);
    let path = if hierarchical { without_dots(&flat) } else { flat };
    let path = without_segment(without_segment(path, is_lettered_session), is_plain_session);
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter.to_owned(),
        _ => path,
    }
}

/// Removes dot segments and empty ones. A `..` above the root stays: the archives keep it.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." if !kept.is_empty() => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let last = kept.pop().unwrap_or_default();
    kept.retain(|segment| !segment.is_empty());
    kept.push(last);
    format!("/{}", kept.join("/"))
}

/// Drops the last segment that is a session of ASP.NET, `/(S(…))/page.aspx` or `/(…)/page.aspx`.
fn without_segment(path: String, is_session: fn(&str) -> bool) -> String {
    for (end, _) in path.rmatch_indices('/') {
        let Some(start) = path[..end].rfind('/') else { break };
        let page = path[end + 1..].split('?').next().unwrap_or_default();
        if is_session(&path[start + 1..end]) && page.rfind(".aspx").is_some_and(|at| at > 0) {
            return format!("{}{}", &path[..=start], &path[end + 1..]);
        }
    }
    path
}

fn is_plain_session(segment: &str) -> bool {
    segment
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .is_some_and(|id| is_session_id(id.as_bytes()))
}

fn is_lettered_session(segment: &str) -> bool {
    let groups = segment
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or_default()
        .as_bytes();
    let is_group = |group: &[u8]| match group {
        [letter, b'(', id @ .., b')'] => letter.is_ascii_alphabetic() && is_session_id(id),
        _ => false,
    };
    !groups.is_empty() && groups.chunks(27).all(is_group)
}

fn is_session_id(id: &[u8]) -> bool {
    id.len() == 24 && id.iter().all(u8::is_ascii_alphanumeric)
}

fn surt_query(raw: &str) -> String {
    let mut query = flat(raw);
    for (name, length) in SESSIONS {
        query = without_session(query, name, *length);
    }
    let mut parameters: Vec<(&str, Option<&str>)> = query
        .split('&')
        .map(|p| p.split_once('=').map_or((p, None), |(name, value)| (name, Some(value))))
        .collect();
    parameters.sort();
    let written: Vec<String> = parameters
        .iter()
        .map(|(name, value)| value.map_or(name.to_string(), |v| format!("{name}={v}")))
        .collect();
    written.join("&")
}

/// How many bytes after a session's name belong to it; `None` where it is no session after all.
type SessionLength = fn(&[u8]) -> Option<usize>;

/// Session identifiers in queries, in the order in which the archives take them out.
const SESSIONS: &[(&str, SessionLength)] = &[
    ("jsessionid=", |rest| {
        (run(rest, u8::is_ascii_alphanumeric) == 32).then_some(32)
    }),
    ("phpsessid=", |rest| {
        (run(rest, u8::is_ascii_alphanumeric) == 32).then_some(32)
    }),
    ("sid=", |rest| {
        (run(rest, u8::is_ascii_alphanumeric) == 32).then_some(32)
    }),
    ("aspsessionid", |rest| {
        let value = rest
            .get(9..)
            .filter(|_| run(rest, u8::is_ascii_alphabetic) == 8 && rest[8] == b'=')?;
        (run(value, u8::is_ascii_alphabetic) == 24).then_some(33)
    }),
    ("cfid=", |rest| {
        let id = run(rest, |b| *b != b'&');
        let token = rest[id..].strip_prefix(b"&cftoken=").filter(|_| id > 0)?;
        let value = run(token, |b| *b != b'&');
        (value > 0).then_some(id + "&cftoken=".len() + value)
    }),
];

fn run(bytes: &[u8], belongs: fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(byte)).count()
}

fn without_session(query: String, name: &str, length: SessionLength) -> String {
    for (at, _) in query.rmatch_indices(name) {
        let value = &query[at + name.len()..];
        let Some(rest) = length(value.as_bytes()).map(|length| &value[length..]) else {
            continue;
        };
        if rest.is_empty() || rest.starts_with('&') {
            return format!("{}{}", &query[..at], rest.strip_prefix('&').unwrap_or_default());
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_web_archives() {
        let id = "0123456789abcdef0123456789ABCDEF";
        for (text, want) in [
            ("", "-"),
            (
                "http://www2.Example.org:80/Path/?b=2&a=1&a#x",
                "org,example)/path?a&a=1&b=2",
            ),
            ("https://user@example.org:8443", "org,example:8443)/"),
            ("example.org/a//b/./../c/", "org,example)/a/c"),
            ("http://example.org/%252541?%26", "org,example)/a?&"),
            ("http://example.org/a%23b%20c?%C3%A9", "org,example)/a%23b%20c?%c3%a9"),
            ("http://127.0.0.1/", "1,0,0,127)/"),
            ("http://b\u{fc}cher.example", "example,xn--bcher-kva)/"),
            ("http:/example.org/a", "org,example)/a"),
            ("http://https://example.org/a", "org,example)/a"),
            (
                "http://example.org/(S(abcdefghijklmnopqrstuvwx))/p.aspx",
                "org,example)/p.aspx",
            ),
            (
                "http://example.org/(abcdefghijklmnopqrstuvwx)/p.aspx",
                "org,example)/p.aspx",
            ),
            (
                "http://example.org/(abcdefghijklmnopqrstuvwx)/p",
                "org,example)/(abcdefghijklmnopqrstuvwx)/p",
            ),
            ("http://example.org/?cfid=1&cftoken=2&x", "org,example)/?x"),
            (
                "http://example.org/?ASPSESSIONIDABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX",
                "org,example)/",
            ),
            ("dns:www.example.org", "dns:www.example.org"),
            ("ftp://ftp.example.org/Pub/", "org,example,ftp)/pub"),
        ] {
            assert_eq!(surt_text(text), want, "{text}");
        }
        for name in ["jsessionid", "PHPSESSID", "sid"] {
            assert_eq!(
                surt_text(&format!("http://example.org/?a&{name}={id}&b")),
                "org,example)/?a&b"
            );
            assert!(
                surt_text(&format!("http://example.org/?{name}={id}0")).ends_with('0'),
                "too long for {name}"
            );
        }
        let deep = format!("http://example.org/%{}41", "25".repeat(100_000));
        assert_eq!(surt_text(&deep), "org,example)/a");
    }
}
