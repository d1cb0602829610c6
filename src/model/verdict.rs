//! What became of a citation: four independent readings, and the one class people read.

use super::{passage::Passage, time::Timestamp, words::words};

/// Version of the rules that turn readings into a class. Raise it with every change of a rule.
pub const RULES_VERSION: i64 = 1;

words! {
    /// How the connection went.
    pub enum Transport {
        /// An answer came.
        Ok = "ok",
        /// The name does not exist.
        NoSuchName = "dns-no-such-name",
        /// The name could not be looked up.
        DnsFailure = "dns-failure",
        /// Nobody listens there.
        Refused = "refused",
        /// The connection was cut before an answer.
        Reset = "reset",
        /// No connection in time.
        ConnectTimeout = "connect-timeout",
        /// Connected, no whole answer in time.
        ReadTimeout = "read-timeout",
        /// The certificate has expired or is not valid yet.
        TlsExpired = "tls-expired",
        /// The certificate is for another name.
        TlsName = "tls-wrong-name",
        /// Nobody we trust vouches for the certificate.
        TlsUntrusted = "tls-untrusted",
        /// Any other failure of TLS.
        TlsOther = "tls-other",
        /// More hops than allowed.
        TooManyRedirects = "too-many-redirects",
        /// A redirect back to where the chain has been.
        RedirectLoop = "redirect-loop",
        /// A redirect to something that cannot be fetched.
        BadRedirect = "bad-redirect",
        /// The body ended early.
        Truncated = "truncated",
        /// Not HTTP.
        Malformed = "malformed-response",
        /// Anything else between us and an answer.
        Other = "other-failure",
    }
}

words! {
    /// Whether we were let in.
    pub enum Access {
        /// Yes.
        Open = "open",
        /// 401: credentials wanted.
        Auth = "auth",
        /// Led to a log-in page instead.
        LoginRedirect = "login-redirect",
        /// Led to a page that wants consent to cookies first.
        Consent = "consent",
        /// Payment wanted: 402, or only the beginning of the text is given.
        Paywall = "paywall",
        /// 403.
        Forbidden = "forbidden",
        /// A challenge for robots, whatever its status, or 999.
        BotWall = "bot-wall",
        /// 429.
        RateLimited = "rate-limited",
        /// 451.
        Legal = "legal",
        /// The site's robots.txt says no.
        RobotsExcluded = "robots-excluded",
        /// The site's robots.txt answers with a server error, which means no (RFC 9309).
        RobotsUnreachable = "robots-unreachable",
        /// Our own scope says no (`--exclude`, `--include`).
        OutOfScope = "out-of-scope",
        /// A loopback or private address, refused unless allowed.
        PrivateAddress = "private-address",
        /// The host asked to be left alone for longer than a run waits: left for a later run.
        Deferred = "deferred",
    }
}

words! {
    /// What the answer is.
    pub enum Resource {
        /// A page.
        Ok = "ok",
        /// 404.
        NotFound = "not-found",
        /// 410.
        Gone = "gone",
        /// Any other 4xx that is not about access.
        OtherClientError = "other-4xx",
        /// 5xx.
        ServerError = "server-error",
        /// A "not found" page that answers 200.
        Soft404 = "soft-404",
        /// A page on a name that nobody uses.
        Parked = "parked",
        /// Another owner's site.
        Usurped = "usurped",
        /// The home page instead.
        RedirectToRoot = "redirect-to-root",
        /// The same text, at another address now.
        MovedSame = "moved-same-content",
        /// A permanent redirect to another text.
        MovedOther = "moved-other-content",
        /// An answer without a body.
        Empty = "empty",
        /// No answer to read.
        Unknown = "unknown",
    }
}

words! {
    /// The text against the baseline.
    pub enum Content {
        /// The same page: equal document digest.
        Identical = "identical",
        /// Another document, the same main text.
        Cosmetic = "cosmetic",
        /// Shingle similarity of at least .8.
        Minor = "minor",
        /// All that was there is still there, and much more.
        Appended = "appended",
        /// Similarity of at least .3.
        Major = "major",
        /// Less than that.
        Replaced = "replaced",
        /// Nothing to compare with, or nothing to compare.
        NotCompared = "not-compared",
    }
}

words! {
    /// Why a copy is what a link is held against.
    pub enum Chosen {
        /// It was the first good one.
        FirstGood = "first-good",
        /// It was the first good one of an article with a day of citation.
        NearestCitedAt = "nearest-cited-at",
        /// The user chose it.
        Pinned = "pinned",
        /// The user found that what had changed was fine.
        Accepted = "accepted",
    }
}

words! {
    /// What became of a link, as people read it.
    pub enum Class {
        /// A definite answer that it is gone, or suspect for long enough.
        Dead = "dead",
        /// Another text stands there.
        Replaced = "replaced",
        /// The main text differs from the baseline.
        Changed = "changed",
        /// Permanently at another address.
        Moved = "moved",
        /// Failing in a way that may pass.
        Suspect = "suspect",
        /// We were refused: nothing is known.
        Blocked = "blocked",
        /// Not asked, by robots.txt or by our own scope.
        Excluded = "excluded",
        /// Never fetched: no page.
        Skipped = "skipped",
        /// As it was.
        Ok = "ok",
        /// No verdict yet.
        Unchecked = "unchecked",
    }
}

impl Class {
    /// What the word means, for legends.
    pub const fn meaning(self) -> &'static str {
        match self {
            Class::Dead => "a definite answer that the page is gone",
            Class::Replaced => "the address answers, with another text",
            Class::Changed => "the text is no longer what it was",
            Class::Moved => "permanently at another address",
            Class::Suspect => "failing in a way that may pass; asked again before it counts",
            Class::Blocked => "we were refused; nothing is known about the page",
            Class::Excluded => "not asked: robots.txt or your own settings say no",
            Class::Skipped => "not a page: mail addresses, fragments, scripts",
            Class::Ok => "answers, and says what it said",
            Class::Unchecked => "no verdict yet",
        }
    }

    /// Whether the page stands at its own address, as far as is known.
    pub const fn is_alive(self) -> bool {
        !matches!(self, Class::Dead | Class::Moved | Class::Suspect)
    }

    /// Whether what was cited is no longer to be had at its address.
    pub const fn is_lost(self) -> bool {
        matches!(self, Class::Dead | Class::Replaced)
    }

    /// Whether it was asked for. Shares that are shown to people are of links that were.
    pub const fn is_checked(self) -> bool {
        !matches!(self, Class::Skipped | Class::Excluded | Class::Unchecked)
    }

    /// Whether someone should look at it.
    pub const fn is_finding(self) -> bool {
        matches!(self, Class::Dead | Class::Replaced | Class::Changed)
    }
}

/// How near two texts are. All from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Scores {
    /// Jaccard similarity of the sets of 5-token shingles.
    pub jaccard: f64,
    /// Share of the old text's shingles that the new text still has.
    pub containment: f64,
    /// Jaccard similarity of the titles' words.
    pub title: f64,
}

/// The verdict on one citation as of one capture.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The class, decided from the readings by one table.
    pub class: Class,
    /// Reading 1.
    pub transport: Transport,
    /// Reading 2.
    pub access: Access,
    /// Reading 3.
    pub resource: Resource,
    /// Reading 4.
    pub content: Content,
    /// Scores behind reading 4, where texts were compared.
    pub scores: Option<Scores>,
    /// HTTP status at the end of the chain.
    pub status: Option<u16>,
    /// The text against the last good copy before this capture.
    pub since_last: Content,
    /// Where the chain ended, if elsewhere.
    pub final_url: Option<String>,
    /// Where the page is now, when it has moved for good.
    pub moved_to: Option<String>,
    /// What became of the parts of the page that the article holds on to.
    pub passages: Vec<Passage>,
    /// One sentence.
    pub reason: String,
    /// What the verdict rests on, in words.
    pub evidence: Vec<String>,
    /// When this class began.
    pub since: Timestamp,
    /// Seen on two different days.
    pub confirmed: bool,
    /// Failures counted towards death.
    pub strikes: u32,
    /// When the last of them was counted.
    pub last_strike: Option<Timestamp>,
}
