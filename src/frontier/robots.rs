//! What a site lets robots fetch: robots.txt as RFC 9309 has it, read as leniently as the reference
//! parser reads it.
//!
//! Owns the parsing of the file and the decision for one address. Must not fetch the file, decide
//! what an unreachable file means, wait, or read a clock.

use std::time::Duration;

use crate::model::canonical::{hex_pair, is_unreserved};
use crate::model::url::Url;

/// RFC 9309 section 2.5: a crawler reads at least 500 kibibytes; the rest is ignored.
const MAX_FILE: usize = 512_000;
/// Longest line: eight times the longest address that browsers take, less the terminator that the
/// reference parser's buffer holds. The rest of a longer line is ignored.
const MAX_LINE: usize = 2083 * 8 - 1;
/// A site that asks for more would stop a run, not slow it.
const MAX_DELAY: f64 = 300.0;
/// Characters of a pattern that are shown to people.
const SHOWN: usize = 200;

/// What robots.txt says to one robot: only the groups that apply to it are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

impl Rules {
    /// Everything may be fetched: the file is missing or empty (RFC 9309 section 2.3.1.3).
    pub fn allow_all() -> Rules {
        Rules::default()
    }

    /// Nothing may be fetched: the file is unreachable (RFC 9309 section 2.3.1.4).
    pub fn disallow_all() -> Rules {
        Rules {
            rules: vec![Rule::new(false, b"/")],
            delay: None,
        }
    }

    /// Reads the groups for the robot with this product token (RFC 9309 section 2.2.1), or those
    /// for `*` where none names it. Any bytes are a robots.txt; what makes no sense is passed over.
    pub fn parse(bytes: &[u8], agent: &str) -> Rules {
        let mut reader = Reader {
            agent,
            ..Reader::default()
        };
        for (key, value) in lines(bytes).filter_map(key_and_value) {
            reader.take(key, value);
        }
        if reader.named { reader.ours } else { reader.everyone }
    }

    /// Whether an address of this site may be fetched (RFC 9309 section 2.2.2).
    pub fn allows(&self, url: &Url) -> bool {
        self.permits(&path_of(url.as_str()))
    }

    /// How long the site asks robots to wait between two requests: not in the RFC, but widely
    /// written. At most 300 seconds; the longest where a group says it twice.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.delay
    }

    /// The line that forbids an address, its pattern in normal form; `None` where nothing does.
    pub fn forbids(&self, url: &Url) -> Option<String> {
        self.forbidding(&path_of(url.as_str())).map(|rule| {
            let pattern: String = rule.literal.chars().take(SHOWN).collect();
            let end = if rule.to_end { "$" } else { "" };
            format!("Disallow: {pattern}{end}")
        })
    }

    fn permits(&self, path: &str) -> bool {
        self.forbidding(path).is_none()
    }

    /// An escaped unreserved character (`%7E` for `~`) equals the bare one by the RFC, while the
    /// reference matcher tells them apart. Sites are written for either, so both must allow.
    fn forbidding(&self, path: &str) -> Option<&Rule> {
        // RFC 9309 section 2.2.2: the file itself is always allowed.
        if path == "/robots.txt" {
            return None;
        }
        // Rules write a literal `*` or `$` escaped (section 2.2.3).
        let literal = escaped(path.as_bytes()).replace('*', "%2A").replace('$', "%24");
        let decoded = unreserved_decoded(&literal);
        let deciding = |path: &str, pattern: fn(&Rule) -> &str| {
            let matching = self
                .rules
                .iter()
                .filter(|rule| matches(pattern(rule), rule.to_end, path));
            let weight = |rule: &Rule| rule.octets - (rule.literal.len() - pattern(rule).len());
            // The most octets win, and allow wins a tie.
            matching.max_by_key(|rule| (weight(rule), rule.allow))
        };
        [
            deciding(&literal, |rule| &rule.literal),
            deciding(&decoded, Rule::decoded),
        ]
        .into_iter()
        .flatten()
        .find(|rule| !rule.allow)
    }
}

/// Answers for any text in place of an address, also an empty one, which stands for the root.
pub fn allowed_text(bytes: &[u8], agent: &str, url: &str) -> bool {
    Rules::parse(bytes, agent).permits(&path_of(url))
}

/// One allow or disallow line. Patterns are ASCII, with `*` the only special character left.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// The pattern ended in `$`: the path must end where it does.
    to_end: bool,
    /// How specific the pattern is, in octets as written.
    octets: usize,
    literal: Box<str>,
    /// The same with unreserved characters decoded, where that differs.
    decoded: Option<Box<str>>,
}

impl Rule {
    fn new(allow: bool, value: &[u8]) -> Rule {
        let pattern = escaped(value);
        let (body, to_end) = match pattern.strip_suffix('$') {
            Some(body) => (body, true),
            None => (pattern.as_str(), false),
        };
        // Only at the end is `$` special; elsewhere it is written as paths write it.
        let literal = body.replace('$', "%24");
        let decoded = Some(unreserved_decoded(&literal)).filter(|decoded| *decoded != literal);
        Rule {
            allow,
            to_end,
            octets: pattern.len(),
            literal: literal.into(),
            decoded: decoded.map(Into::into),
        }
    }

    fn decoded(&self) -> &str {
        self.decoded.as_ref().unwrap_or(&self.literal)
    }
}

/// Whether a pattern matches a path from its start. Every part between two `*` is taken where it
/// is first found, which leaves most for the parts after it; each search is linear, hence all is.
fn matches(pattern: &str, to_end: bool, path: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else {
        return if to_end {
            path == pattern
        } else {
            path.starts_with(pattern)
        };
    };
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    if to_end {
        rest.ends_with(last)
    } else {
        rest.contains(last)
    }
}

/// Where the reader is in the file, and what it has kept so far.
#[derive(Default)]
struct Reader<'a> {
    agent: &'a str,
    ours: Rules,
    everyone: Rules,
    /// Some group names this robot, so those for `*` do not count, however empty ours are.
    named: bool,
    in_ours: bool,
    in_everyone: bool,
    /// A rule was read since the last user-agent line: the next one begins a new group.
    in_rules: bool,
}

impl Reader<'_> {
    fn take(&mut self, key: Key, value: &[u8]) {
        if let Key::UserAgent = key {
            return self.user_agent(value);
        }
        let group = match (self.in_ours, self.in_everyone) {
            (true, _) => &mut self.ours,
            (false, true) => &mut self.everyone,
            (false, false) => {
                self.in_rules |= matches!(key, Key::Allow | Key::Disallow);
                return;
            }
        };
        match key {
            Key::Allow | Key::Disallow => {
                self.in_rules = true;
                let allow = matches!(key, Key::Allow);
                // An empty value says nothing: `Disallow:` alone allows everything.
                if !value.is_empty() {
                    group.rules.push(Rule::new(allow, value));
                }
                if let Some(folder) = folder_of_index(value).filter(|_| allow) {
                    group.rules.push(Rule::new(true, &[folder, b"$"].concat()));
                }
            }
            // No rule of the RFC, hence no end of a list of user agents (section 2.2.4).
            Key::CrawlDelay => group.delay = group.delay.max(delay(value)),
            Key::UserAgent => {}
        }
    }

    fn user_agent(&mut self, value: &[u8]) {
        if self.in_rules {
            (self.in_ours, self.in_everyone, self.in_rules) = (false, false, false);
        }
        if value.first() == Some(&b'*') && value.get(1).is_none_or(is_space) {
            self.in_everyone = true;
            return;
        }
        // Whatever follows the product token, such as a version, is not compared.
        let end = value
            .iter()
            .position(|b| !(b.is_ascii_alphabetic() || b"-_".contains(b)))
            .unwrap_or(value.len());
        if end > 0 && value[..end].eq_ignore_ascii_case(self.agent.as_bytes()) {
            (self.in_ours, self.named) = (true, true);
        }
    }
}

/// Allowing a folder's index page allows the folder's own address, which shows the same page.
fn folder_of_index(pattern: &[u8]) -> Option<&[u8]> {
    let slash = pattern.iter().rposition(|b| *b == b'/')?;
    pattern[slash..]
        .starts_with(b"/index.htm")
        .then_some(&pattern[..=slash])
}

fn delay(value: &[u8]) -> Option<Duration> {
    let number = value.split(is_space).next()?;
    let seconds: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some(seconds)
        .filter(|seconds| *seconds > 0.0)
        .map(|seconds| Duration::from_secs_f64(seconds.min(MAX_DELAY)))
}

/// The lines of a file, whatever ends them, each cut to its longest length and at a NUL.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_end = |b: &u8| matches!(b, b'\n' | b'\r');
    // Half a line could say the opposite of the whole (`/` of `/private/`), so it goes as well.
    let whole = match bytes.get(..=MAX_FILE) {
        Some(head) => &head[..head.iter().rposition(is_end).unwrap_or(MAX_FILE)],
        None => bytes,
    };
    let mark = whole
        .iter()
        .zip(b"\xEF\xBB\xBF")
        .take_while(|(byte, mark)| byte == mark)
        .count();
    whole[mark..].split(is_end).map(|line| {
        let line = &line[..line.len().min(MAX_LINE)];
        line.split(|b| *b == 0).next().unwrap_or_default()
    })
}

/// What a line speaks of; all other keys are passed over.
#[derive(Clone, Copy)]
enum Key {
    UserAgent,
    Allow,
    Disallow,
    CrawlDelay,
}

/// Spellings of keys, frequent typing errors included. Only the beginning is compared.
const KEYS: &[(Key, &[&str])] = &[
    (Key::UserAgent, &["user-agent", "useragent", "user agent"]),
    (Key::Allow, &["allow"]),
    (
        Key::Disallow,
        &["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"],
    ),
    (Key::CrawlDelay, &["crawl-delay", "crawldelay", "crawl delay"]),
];

/// Splits `key: value # comment`. White space may stand for a forgotten colon where that leaves
/// exactly two words.
fn key_and_value(line: &[u8]) -> Option<(Key, &[u8])> {
    let line = trimmed(line.split(|b| *b == b'#').next()?);
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let colon = line.iter().position(|b| *b == b':');
    let at = colon.or_else(|| line.iter().position(blank))?;
    let (key, value) = (trimmed(&line[..at]), trimmed(&line[at + 1..]));
    if colon.is_none() && value.iter().any(blank) {
        return None;
    }
    let begins = |word: &&str| {
        key.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
    };
    let (key, _) = KEYS.iter().find(|(_, words)| words.iter().any(begins))?;
    Some((*key, value))
}

/// White space of the C locale, which counts the vertical tab as well.
fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == 0x0B
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_space(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !is_space(b)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// Writes octets beyond ASCII as escapes and all escapes in upper case (RFC 9309 section 2.2.2).
fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let digit_of_escape = |back: usize| {
            at.checked_sub(back)
                .is_some_and(|start| bytes[start] == b'%' && hex_pair(&bytes[start + 1..]).is_some())
        };
        if !byte.is_ascii() {
            out.push_str(&format!("%{byte:02X}"));
        } else if digit_of_escape(1) || digit_of_escape(2) {
            out.push(char::from(byte.to_ascii_uppercase()));
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

/// Decodes escapes of unreserved characters (RFC 3986 section 2.3), which RFC 9309 section 2.2.2
/// demands before comparing.
fn unreserved_decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match hex_pair(after.as_bytes()).filter(|byte| is_unreserved(*byte)) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out + rest
}

/// Path and query of an address as rules see them: after scheme and authority, before the
/// fragment, and always with a slash in front.
fn path_of(url: &str) -> String {
    let url = url.strip_prefix("//").unwrap_or(url);
    let url = url.split('#').next().unwrap_or_default();
    let starts_path = ['/', '?', ';'];
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(starts_path) => rest,
        _ => url,
    };
    match rest.find(starts_path).map(|at| &rest[at..]) {
        Some(path) if path.starts_with('/') => path.to_owned(),
        Some(path) => format!("/{path}"),
        None => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks paths written `+/allowed -/not`.
    fn check(file: impl AsRef<[u8]>, cases: &str) {
        let rules = Rules::parse(file.as_ref(), "evercite");
        for (want, path) in cases.split(' ').map(|case| case.split_at(1)) {
            let url = format!("https://example.org{path}");
            let name = format!(
                "{path} under {:?}",
                String::from_utf8_lossy(file.as_ref().get(..200).unwrap_or(file.as_ref()))
            );
            assert_eq!(rules.allows(&Url::parse(&url).unwrap()), want == "+", "{name}");
            assert_eq!(
                allowed_text(file.as_ref(), "EverCite", &url),
                want == "+",
                "as text: {name}"
            );
        }
    }

    #[test]
    fn finds_the_groups_that_apply() {
        // RFC 9309 section 2.2.1: the named groups, merged; else those for `*`; else no rules.
        let ours = "\nUser-agent: evercite\nDisallow: /";
        check("User-agent: *\nDisallow: /", "-/ +/robots.txt");
        check(
            "User-agent: *\nDisallow: /\n\nUser-agent: EVERCITE/2.0 beta\nDisallow: /a",
            "-/a +/b",
        );
        check(format!("{ours}a\nUser-agent: *\nDisallow: /{ours}b"), "-/a -/b +/c");
        check(
            "User-agent: evercitebot\nDisallow: /\nUser-agent: ever\nDisallow: /",
            "+/",
        );
        check("User-agent: *\nDisallow: /\nUser-agent: evercite\nDisallow:", "+/");
        check("Disallow: /\nUser-agent: other\nDisallow: /", "+/");
        // Section 2.2.4: other records do not interfere.
        check(
            "User-agent: evercite\nSitemap: /s\nCrawl-delay: 1\n\nUser-agent: other\nDisallow: /",
            "-/",
        );
        assert!(
            !allowed_text(b"User-agent: *\nDisallow: /", "", ""),
            "any robot, the root"
        );
        assert!(
            allowed_text(b"User-agent: 1\nDisallow: /", "", ""),
            "no token names no robot"
        );
    }

    #[test]
    fn the_most_specific_rule_wins() {
        // RFC 9309 sections 2.2.2, 2.2.3 and 5.2
        let star = "User-agent: *\n";
        let rules = "Allow: /example/page/\nDisallow: /example/page/disallowed.gif\nAllow: /tie\nDisallow: /tie";
        check(
            format!("{star}{rules}"),
            "+/example/page/ -/example/page/disallowed.gif +/tie +/",
        );
        check(
            format!("{star}Disallow: *.gif$"),
            "-/p/a.gif +/a.gif?x +/a.GIF -/a.gif.gif",
        );
        check(format!("{star}Disallow: /a*b*c"), "-/abc -/a/b/c/d +/acb +/zabc");
        check(
            format!("{star}Disallow: /mid$dle\nDisallow: /x**y*$\nDisallow: word"),
            "-/mid$dle +/mid -/x1y2 +/word",
        );
        check(
            format!("{star}Disallow: /\nAllow: /d/index.html"),
            "+/d/ -/d/x -/d/index.htm",
        );
        check(format!("{star}Disallow: /?q\nDisallow: /;p"), "-?q=1 -/;p +/#?q");
    }

    #[test]
    fn names_the_rule_that_forbids() {
        let file = "User-agent: *\nAllow: /a/b\nDisallow: /a\nDisallow: /*.gif$\nDisallow: /\u{e9}\u{1b}[2J";
        let rules = Rules::parse(file.as_bytes(), "evercite");
        for (path, want) in [
            ("/a/c", Some("Disallow: /a")),
            ("/a/b/c", None),
            ("/x.gif", Some("Disallow: /*.gif$")),
            ("/x", None),
        ] {
            let url = Url::parse(&format!("https://example.org{path}")).unwrap();
            assert_eq!(rules.forbids(&url).as_deref(), want, "{path}");
        }
        let long = Rules::parse(
            format!("User-agent: *\nDisallow: /{}", "x*".repeat(1000)).as_bytes(),
            "evercite",
        );
        let url = Url::parse(&format!("https://example.org/{}", "x".repeat(1000))).unwrap();
        assert!(long.forbids(&url).is_some_and(|rule| rule.chars().count() < 250));
    }

    #[test]
    fn compares_escapes_alike() {
        // The tables of RFC 9309 sections 2.2.2 and 2.2.3
        for (pattern, path) in [
            ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
            (
                "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
                "/foo/bar?baz=https%3a%2f%2Ffoo.bar",
            ),
            ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%e3%83%84", "/foo/bar/\u{30c4}"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
            ("/~joe/", "/%7ejoe/"),
            ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"),
            ("/path/foo-%24", "/path/foo-$"),
        ] {
            check(format!("User-agent: *\nDisallow: {pattern}"), &format!("-{path}"));
        }
        check("User-agent: *\nDisallow: /a%2Fb", "+/a/b");
        // Allowed by the RFC alone is not enough, nor by the reference matcher alone.
        check("User-agent: *\nDisallow: /\nAllow: /%7Ejoe/", "+/%7Ejoe/ -/~joe/");
        check(
            "User-agent: *\nDisallow: /~joe/\nAllow: /~joe/public/",
            "+/%7Ejoe/public/ -/%7Ejoe/",
        );
    }

    #[test]
    fn reads_what_people_write() {
        for file in [
            "\u{feff}User-agent: *\nDisallow: /a",
            "USERAGENT:*\r\nDISALOW:/a\r\n",
            "\rUser agent : * all\rDissallow\t:\t/a \x0b # why\r",
            "user-agent *\ndisallow /a",
            "User-agent: *\0junk\nDisallow: /a\0/b\n",
            "nonsense\n: x\nUser-agent: *\n<html>\nDisallow: /a",
        ] {
            check(file, "-/a +/b");
        }
        check("User-agent: *\nDisallow /a /b", "+/a");
        check(b"User-agent: *\nDisallow: /\xe9\xff", "-/%E9%FF +/\u{e9}");
        let path = "a".repeat(MAX_LINE - "Disallow: /".len());
        check(
            format!("User-agent: *\nDisallow: /{path}bc"),
            &format!("-/{path} +/{}", &path[1..]),
        );
        // Section 2.5: a line that the limit cuts counts no more than those after it.
        for (over, cases) in [(0, "-/b +/a +/c"), (1, "+/b +/a +/c")] {
            let filler = "#".repeat(MAX_FILE + over - "User-agent: *\n\nDisallow: /b".len());
            check(format!("User-agent: *\n{filler}\nDisallow: /b\nDisallow: /c"), cases);
        }
    }

    #[test]
    fn tells_how_long_to_wait() {
        for (values, want) in [
            ("10 0010 10.0", Some(10.0)),
            ("0.5 .5", Some(0.5)),
            ("99999 1e999", Some(300.0)),
            ("0 -1 NaN soon", None),
        ] {
            for value in values.split(' ') {
                let rules = Rules::parse(
                    format!("User-agent: *\nCrawl-delay: {value} # s").as_bytes(),
                    "evercite",
                );
                assert_eq!(rules.crawl_delay().map(|delay| delay.as_secs_f64()), want, "{value}");
            }
        }
        let file = b"User-agent: *\nCrawl-delay: 9\nDisallow: /\nUser-agent: evercite\nCrawl-delay: 2\nCrawl-delay: 1";
        assert_eq!(
            Rules::parse(file, "evercite").crawl_delay(),
            Some(Duration::from_secs(2))
        );
        let url = Url::parse("https://example.org").unwrap();
        assert!(Rules::allow_all().allows(&url) && !Rules::disallow_all().allows(&url));
    }

    #[test]
    fn hostile_patterns_cost_little() {
        let file = format!(
            "User-agent: *\n{}",
            format!("Disallow: /{}b$\n", "*a".repeat(4_000)).repeat(60)
        );
        check(file, &format!("+/{}", "a".repeat(8_000)));
    }
}
