//! What a link can be, and which classes are right for it: the truth that everything is held against.

/// What became of a link at one visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Fine,
    AboutLost,
    Shell,
    Temporary,
    TemporaryChain,
    Slash,
    Permanent,
    PermanentChain,
    Loop,
    Missing,
    Gone,
    Forbidden,
    Limited,
    Failing,
    Overloaded,
    Refused,
    Hanging,
    Empty,
    NoReply,
    LikeErrorPage,
    Withdrawn,
    AnythingGoes,
    HomeForAll,
    WelcomeForAll,
    Login,
    Robots,
    SameBytes,
    Noise,
    Redesign,
    Number,
    Word,
    SentenceAdded,
    ParagraphRemoved,
    Correction,
    Rewritten,
    Moved,
    MovedSilently,
    Arrived,
    SentHome,
    Parked,
    Usurped,
    Recovered,
}

/// Kind, its name, and the classes that are right. Everything that is said is judged by this table.
pub const TRUTH: &[(Kind, &str, &[&str])] = &[
    // -- The page is there.
    (Kind::Fine, "a page", &["ok"]),
    // It uses the words of an error page, but a text on missing pages is not missing.
    (Kind::AboutLost, "a page about missing pages", &["ok"]),
    // No text without its script: nothing can be said against it.
    (Kind::Shell, "an application's shell", &["ok"]),
    // 302, 303, 307: the site itself says that the cited address stays the right one.
    (Kind::Temporary, "temporary redirect", &["ok"]),
    (Kind::TemporaryChain, "temporary redirects in a row", &["ok"]),
    // 301 to the same address with a slash: nobody would correct a citation for it.
    (Kind::Slash, "301 that adds a slash", &["ok"]),
    // 301, 308: the site asks that the new address be used.
    (Kind::Permanent, "permanent redirect", &["moved"]),
    // One permanent hop among temporary ones: the cited address is left for good.
    (Kind::PermanentChain, "redirects, one permanent", &["moved"]),
    // -- Failures that may pass by tomorrow.
    (Kind::Loop, "redirect loop", &["suspect"]),
    (Kind::Failing, "500", &["suspect"]),
    (Kind::Overloaded, "503", &["suspect"]),
    (Kind::Refused, "connection refused", &["suspect"]),
    (Kind::Hanging, "no answer in time", &["suspect"]),
    (Kind::Empty, "200 with an empty body", &["suspect"]),
    (Kind::NoReply, "connection closed unanswered", &["suspect"]),
    // -- Definite answers.
    (Kind::Missing, "404", &["dead"]),
    (Kind::Gone, "410", &["dead"]),
    // -- Refusals: the page may well be there, so nothing is known.
    (Kind::Forbidden, "403", &["blocked"]),
    (Kind::Limited, "429", &["blocked"]),
    (Kind::Login, "redirect to a login page", &["blocked"]),
    // We do not ask where we are asked not to.
    (Kind::Robots, "excluded by robots.txt", &["excluded"]),
    // -- 200, and not there: whoever follows the link finds no page.
    (Kind::LikeErrorPage, "the host's error page under 200", &["dead"]),
    (Kind::Withdrawn, "another apology, built as the error page", &["dead"]),
    (Kind::AnythingGoes, "an apology, 200 for every path", &["dead"]),
    (Kind::HomeForAll, "every lost path leads home", &["dead"]),
    (Kind::WelcomeForAll, "one page for every path, no apology", &["dead"]),
    // -- The page is there, and says what it said.
    (Kind::SameBytes, "the same bytes", &["ok"]),
    // Tokens, counters, advertisements, related links, readers' comments: not what was cited.
    (Kind::Noise, "noise only", &["ok"]),
    // Another look with the same text.
    (Kind::Redesign, "redesign", &["ok"]),
    // -- An edit, however small, may be what matters to who cited the page.
    (Kind::Number, "edit: a number", &["changed"]),
    (Kind::Word, "edit: a word", &["changed"]),
    (Kind::SentenceAdded, "edit: a sentence more", &["changed"]),
    (Kind::ParagraphRemoved, "edit: a paragraph less", &["changed"]),
    (Kind::Correction, "edit: a correction notice", &["changed"]),
    // No sentence is left.
    (Kind::Rewritten, "rewritten", &["replaced"]),
    // -- The text stands elsewhere now: by a permanent redirect, or found there since it is gone here.
    (Kind::Moved, "moved by 301", &["moved"]),
    (Kind::MovedSilently, "moved without a redirect", &["moved"]),
    // The new address, seen for the first time.
    (Kind::Arrived, "where it moved to", &["ok"]),
    // -- What was cited is lost, whatever answers.
    (Kind::SentHome, "redirected to the home page", &["dead"]),
    (Kind::Parked, "parked", &["dead"]),
    (Kind::Usurped, "usurped", &["dead"]),
    // One good answer is enough.
    (Kind::Recovered, "recovered", &["ok"]),
];

impl Kind {
    fn row(self) -> &'static (Kind, &'static str, &'static [&'static str]) {
        let row = TRUTH.iter().find(|(kind, ..)| *kind == self);
        row.unwrap_or_else(|| panic!("no truth about {self:?}"))
    }

    /// In a few words.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The classes that are right.
    pub fn right(self) -> &'static [&'static str] {
        self.row().2
    }
}
