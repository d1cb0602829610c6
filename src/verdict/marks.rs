//! What walls against robots have in their titles, headers and sources. Facts only: what they weigh
//! together is decided in [`super::wall`].

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// What a mark in a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Part of a challenge that stands on challenges only.
    Challenge,
    /// A widget or script that challenges use, and many ordinary pages too.
    Widget,
    /// A sentence that challenges say.
    Sentence,
    /// What walls do without: addresses for search engines, forms to be filled in.
    Furniture,
    /// A field for a password.
    Password,
}

const CHALLENGE: &[&str] = &[
    // Cloudflare. Its /cdn-cgi/challenge-platform/ is no such part: it watches ordinary pages too.
    "_cf_chl_opt",
    "__cf_chl_",
    "cf-browser-verification",
    "cf-captcha-container",
    // DataDome; its tags.js on ordinary pages comes from another host.
    "captcha-delivery.com",
    // PerimeterX, HUMAN
    "px-captcha",
    "captcha.px-cdn.net",
    // Imperva. Its /_Incapsula_Resource stands on ordinary pages too.
    "incapsula incident id",
    // Akamai
    "/_sec/cp_challenge",
    "sec-if-cpt-container",
    "errors.edgesuite.net",
    // AWS
    "gokuprops",
    "awswafcaptcha",
    // Sucuri, Kasada, Distil, Radware, F5, Vercel, DDoS-Guard, Qrator, Imunify360, Anubis
    "sucuri_cloudproxy_js",
    "window.kpsdk",
    "distil_identification_block",
    "distil_r_captcha",
    "validate.perfdrive.com",
    "bobcmn",
    "/.well-known/vercel/security/",
    "check.ddos-guard.net",
    "/.well-known/ddos-guard/",
    "/__qrator/",
    "wsidchk",
    "/.within.website/x/cmd/anubis",
    // Walls of single sites
    "google.com/sorry/",
    "/errors/validatecaptcha",
    "/checkcaptcha?",
    // The test cookie module of nginx
    "slowaes.decrypt",
];

const WIDGET: &[&str] = &[
    "/cdn-cgi/challenge-platform/",
    "challenges.cloudflare.com/turnstile",
    "hcaptcha.com/",
    "google.com/recaptcha",
    "recaptcha.net/recaptcha",
    "_incapsula_resource",
    "js.datadome.co",
    "client.perimeterx.net",
    "_pxappid",
    "token.awswaf.com",
    "geetest.com",
    "smartcaptcha",
    "arkoselabs.com",
    "http-equiv=\"refresh\"",
    "http-equiv='refresh'",
    "http-equiv=refresh",
];

const SENTENCE: &[&str] = &[
    "enable javascript and cookies to continue",
    "enable cookies and javascript to continue",
    "please enable javascript to view the page content",
    "please enable js and disable any ad blocker",
    "this site requires javascript to work",
    "checking your browser before",
    "checking if the site connection is secure",
    "needs to review the security of your connection",
    "security service to protect",
    "verify you are human",
    "verifying you are human",
    "verify that you are human",
    "verify you're human",
    "confirm you are human",
    "verify you are not a robot",
    "verify you're not a robot",
    "you are not a robot",
    "you're not a robot",
    "made us think you were a bot",
    "made us think you might be a bot",
    "unusual traffic from your",
    "unusual activity from your",
    "automated access to",
    "press &amp; hold",
    "press & hold",
    "complete the security check",
    "solve the captcha",
    "complete the captcha",
    "type the characters you see in this image",
    "you have been blocked",
    "your support id is",
    "cloudflare ray id",
    "block reference id",
    "request unsuccessful",
    "ddos protection by",
    "reference&#32;&#35;",
    "kein roboter sind",
    "pas un robot",
    "no eres un robot",
    "não é um robô",
    "non sei un robot",
    "вы не робот",
];

const FURNITURE: &[&str] = &[
    "rel=\"canonical\"",
    "rel=canonical",
    "property=\"og:",
    "application/ld+json",
    "<textarea",
    "type=\"email\"",
    "type=\"search\"",
];

const PASSWORD: &[&str] = &["type=\"password\"", "type='password'", "type=password"];

const TABLES: &[(Mark, &[&str])] = &[
    (Mark::Challenge, CHALLENGE),
    (Mark::Widget, WIDGET),
    (Mark::Sentence, SENTENCE),
    (Mark::Furniture, FURNITURE),
    (Mark::Password, PASSWORD),
];

/// The first mark of each kind in a source.
#[derive(Debug, Default)]
pub(super) struct Marks([Option<&'static str>; TABLES.len()]);

impl Marks {
    pub fn get(&self, mark: Mark) -> Option<&'static str> {
        self.0[mark as usize]
    }
}

/// Reads a source for marks, in one pass.
pub(super) fn scan(source: &[u8]) -> Marks {
    static NEEDLES: LazyLock<Vec<(Mark, &'static str)>> = LazyLock::new(|| {
        TABLES
            .iter()
            .flat_map(|(mark, table)| table.iter().map(|needle| (*mark, *needle)))
            .collect()
    });
    static MACHINE: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| searcher(NEEDLES.iter().map(|(_, needle)| *needle)));
    let mut marks = Marks::default();
    for found in MACHINE.iter().flat_map(|machine| machine.find_overlapping_iter(source)) {
        let (mark, needle) = NEEDLES[found.pattern().as_usize()];
        marks.0[mark as usize].get_or_insert(needle);
    }
    marks
}

/// Searches for all of these at once, without regard to the case of ASCII letters. `None` only for
/// tables too large for any machine.
pub(super) fn searcher<'a>(needles: impl Iterator<Item = &'a str>) -> Option<AhoCorasick> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(needles)
        .ok()
}

/// Header fields of products that guard sites, on every answer of theirs: name, and how the value begins.
const PRODUCTS: &[(&str, &str)] = &[
    ("x-datadome", ""),
    ("x-dd-b", ""),
    ("x-iinfo", ""),
    ("x-cdn", "imperva"),
    ("x-cdn", "incapsula"),
    ("x-sucuri-id", ""),
    ("x-kpsdk-ct", ""),
    ("server", "ddos-guard"),
    ("server", "akamaighost"),
    ("server", "sucuri"),
    ("server", "qrator"),
    ("server", "datadome"),
];

/// The product that guards a site, by its header field.
pub(super) fn product(headers: &[(String, Vec<u8>)]) -> Option<&'static str> {
    let begins = |value: &[u8], with: &str| {
        value
            .get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    let sent = |(name, with): &&(&'static str, &str)| headers.iter().any(|(n, v)| n == name && begins(v, with));
    let (name, with) = PRODUCTS.iter().find(sent)?;
    Some(if with.is_empty() { name } else { with })
}

/// Titles of challenges: lower case, without punctuation at the end.
const TITLES: &[&str] = &[
    "just a moment",
    "attention required",
    "pardon our interruption",
    "are you a robot",
    "are you a human",
    "are you human",
    "are you not a robot",
    "verify you are human",
    "please verify you are a human",
    "human verification",
    "robot or human",
    "robot check",
    "bot verification",
    "checking your browser",
    "making sure you're not a bot",
    "vercel security checkpoint",
    "sucuri website firewall",
    "access to this page has been denied",
    "you have been blocked",
    "challenge validation",
    "client challenge",
    "one moment, please",
    "ddos-guard",
    "nur einen moment",
    "un instant",
    "un momento",
    "um momento",
    "вы не робот",
    "один момент",
    "しばらくお待ちください",
    "请稍候",
];

/// Titles of challenges and of much else.
const COMMON_TITLES: &[&str] = &[
    "access denied",
    "access restricted",
    "captcha",
    "recaptcha",
    "forbidden",
    "please wait",
    "request blocked",
    "request rejected",
    "security check",
    "security verification",
    "verification required",
    "you are being redirected",
];

/// How much a title says about a challenge: 2 for titles that hardly anything else has, 1 for common
/// ones, 0 otherwise. Titles count by whole parts: an article on captchas has other words beside.
pub(super) fn title(title: &str) -> u32 {
    if title.is_empty() || title.len() > 150 {
        return 0;
    }
    let title = title
        .to_lowercase()
        .replace('\u{2019}', "'")
        .replace("&#39;", "'")
        .replace(['–', '—', '·'], "-");
    let ends = |c: char| c.is_whitespace() || matches!(c, '.' | '…' | '!' | '?' | '¿' | '¡');
    title
        .split(" - ")
        .flat_map(|part| part.split('|'))
        .map(|part| match part.trim_matches(ends) {
            part if TITLES.contains(&part) => 2,
            part if COMMON_TITLES.contains(&part) => 1,
            _ => 0,
        })
        .max()
        .unwrap_or(0)
}
