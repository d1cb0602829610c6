//! What the bundled web consists of: its sites, its pages, and the answer of each in either year.
//!
//! Owns the two tables and nothing else: every fate that a link can meet stands here as one row.
//! Must not render, encode or serve; the texts themselves are the files under `web/`.

/// The state that the web is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Year {
    /// November 2025: the article is new, and its links are archived.
    First,
    /// November 2026: the links are checked again.
    Second,
}

/// One host: how its pages look, and what it says of addresses that it doesn't have.
pub(super) struct Site {
    pub host: &'static str,
    templates: [&'static str; 2],
    robots: [Option<&'static str>; 2],
    missing: [(u16, &'static str); 2],
    /// The name is given up after the first year.
    expires: bool,
    /// Sent as ISO-8859-1, which only a `<meta>` in the page tells.
    pub latin1: bool,
}

impl Site {
    /// Whether the name resolves.
    pub fn exists(&self, year: Year) -> bool {
        !(self.expires && year == Year::Second)
    }

    /// The document that surrounds a page's own text.
    pub fn template(&self, year: Year) -> &'static str {
        self.templates[year as usize]
    }

    /// The site's robots.txt, if it has one.
    pub fn robots(&self, year: Year) -> Option<&'static str> {
        self.robots[year as usize]
    }

    /// The status and text for an address that the site doesn't have.
    pub fn missing(&self, year: Year) -> (u16, &'static str) {
        self.missing[year as usize]
    }
}

/// One address, and what it answers in the first and in the second year.
pub(super) struct Page {
    pub url: &'static str,
    /// The class of the link in the second year; none where the article doesn't cite the address.
    pub class: Option<&'static str>,
    answers: [Answer; 2],
}

impl Page {
    /// The answer that the address gives.
    pub fn answer(&self, year: Year) -> Answer {
        self.answers[year as usize]
    }

    /// The host, and the path with its query, that a request for this page names.
    pub fn host_and_target(&self) -> (&'static str, &'static str) {
        let rest = self.url.trim_start_matches("http://");
        let rest = rest.split('#').next().unwrap_or(rest);
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }
}

/// What an address answers. A text that begins with a doctype is a whole document; any other is
/// set into the template of its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// 200 with a text.
    Text(&'static str),
    /// 200 with an earlier text, edited: each first string becomes its second; an empty first
    /// string stands for the end of the text.
    Edited(&'static str, &'static [(&'static str, &'static str)]),
    /// Another status with a text.
    Status(u16, &'static str),
    /// 503 with a text and a `Retry-After` of an hour.
    Unavailable(&'static str),
    /// A redirect to another target.
    Redirect(u16, &'static str),
    /// What the site says of any address that it doesn't have.
    Missing,
    /// No answer: the connection is closed.
    HangUp,
}

use Answer::{Edited, HangUp, Missing, Redirect, Status, Text, Unavailable};

macro_rules! page {
    ($name:literal) => {
        include_str!(concat!("web/pages/", $name, ".html"))
    };
}

/// The article itself, whose own text does not change.
pub(super) const ARTICLE_TEXT: &str = page!("article");

const ALLOW_ALL: Option<&str> = Some("User-agent: *\nDisallow:\n");
const NO_TABLES: Option<&str> = Some("User-agent: *\nDisallow: /tables/\n");
const HONEST: (u16, &str) = (404, page!("missing"));

const fn site(host: &'static str, template: &'static str) -> Site {
    Site {
        host,
        templates: [template; 2],
        robots: [None; 2],
        missing: [HONEST; 2],
        expires: false,
        latin1: false,
    }
}

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("web/sites/", $name, ".html"))
    };
}

/// Every host of the web.
pub(super) static SITES: &[Site] = &[
    Site {
        robots: [ALLOW_ALL; 2],
        ..site("www.tidewater-courier.example", template!("courier"))
    },
    Site {
        robots: [ALLOW_ALL; 2],
        ..site("www.portmerrow-council.example", template!("council"))
    },
    Site {
        robots: [ALLOW_ALL, NO_TABLES],
        ..site("statistics.ossel-region.example", template!("statistics"))
    },
    site("www.merrow-university.example", template!("university")),
    // The yard's new website answers 200 to everything.
    Site {
        templates: [template!("yard-2025"), template!("yard-2026")],
        missing: [HONEST, (200, page!("soft-missing"))],
        robots: [None, ALLOW_ALL],
        ..site("www.karrow-yard.example", "")
    },
    site("www.ossel-ferries.example", template!("ferries")),
    Site {
        robots: [ALLOW_ALL; 2],
        ..site("www.harbour-museum.example", template!("museum"))
    },
    Site {
        expires: true,
        ..site("quayside-notes.example", template!("blog"))
    },
    site("docs.tidegauge.example", template!("docs")),
    Site {
        robots: [ALLOW_ALL; 2],
        ..site("preprints.shore-archive.example", template!("preprints"))
    },
    Site {
        latin1: true,
        ..site("www.lyngoyra-verft.example", template!("verft"))
    },
];

const fn cited(url: &'static str, class: &'static str, first: Answer, second: Answer) -> Page {
    Page {
        url,
        class: Some(class),
        answers: [first, second],
    }
}

const fn uncited(url: &'static str, first: Answer, second: Answer) -> Page {
    Page {
        url,
        class: None,
        answers: [first, second],
    }
}

/// Stays as it is: byte for byte, unless its template or text holds something that never rests.
const fn stays(url: &'static str, text: &'static str) -> Page {
    cited(url, "ok", Text(text), Text(text))
}

/// Every address that answers something, the cited ones in the order of the article.
pub(super) static PAGES: &[Page] = &[
    uncited(super::ARTICLE, Text(ARTICLE_TEXT), Text(ARTICLE_TEXT)),
    stays(
        "http://www.harbour-museum.example/collection/model-of-the-crossing",
        page!("model"),
    ),
    // The archive has gone behind a login.
    cited(
        "http://www.tidewater-courier.example/archive/1998/minister-gives-pledge",
        "blocked",
        Text(page!("pledge-1998")),
        Redirect(302, "/login?next=/archive/1998/minister-gives-pledge"),
    ),
    uncited(
        "http://www.tidewater-courier.example/login",
        Text(page!("login")),
        Text(page!("login")),
    ),
    // A redirect that was there from the start and tells nothing.
    cited(
        "http://www.portmerrow-council.example/projects/harbour-crossing",
        "ok",
        Redirect(301, "/projects/harbour-crossing/"),
        Redirect(301, "/projects/harbour-crossing/"),
    ),
    uncited(
        "http://www.portmerrow-council.example/projects/harbour-crossing/",
        Text(page!("project")),
        Text(page!("project")),
    ),
    // A figure is corrected, and the correction admitted.
    cited(
        "http://www.tidewater-courier.example/2024/fourth-estimate-for-the-crossing",
        "changed",
        Text(page!("fourth-estimate")),
        Edited(
            page!("fourth-estimate"),
            &[
                ("31 million crowns is put down", "13 million crowns is put down"),
                (
                    "",
                    "<p class=\"correction\"><strong>Correction, 9 February 2026:</strong> An earlier version of this \
                     article put the part of steel and concrete in the increase at 31 million crowns. It is 13 \
                     million.</p>\n",
                ),
            ],
        ),
    ),
    // The same minutes under a new address.
    cited(
        "http://www.portmerrow-council.example/minutes/2024-06-18",
        "moved",
        Text(page!("minutes")),
        Redirect(301, "/meetings/2024/06/18/minutes"),
    ),
    uncited(
        "http://www.portmerrow-council.example/meetings/2024/06/18/minutes",
        Missing,
        Text(page!("minutes")),
    ),
    // A warning is removed, and nothing said of it.
    cited(
        "http://www.portmerrow-council.example/budget/2025/capital-programme",
        "changed",
        Text(page!("budget")),
        Edited(
            page!("budget"),
            &[(
                "<p>Members should note that the reserve for the scheme as a whole amounts to 18 million crowns. At the \
                 rate of price increase seen since 2021 this would be used up by a delay of eleven months, after which \
                 any further cost would fall on the general rate.</p>\n",
                "",
            )],
        ),
    ),
    // Its form carries another token, and its comment another time, in every answer.
    stays(
        "http://www.portmerrow-council.example/consultations/crossing",
        page!("consultation"),
    ),
    // So do the advertisement and the counter around this one.
    stays(
        "http://www.tidewater-courier.example/2025/letters-on-the-crossing",
        page!("letters"),
    ),
    stays(
        "http://statistics.ossel-region.example/commuting-2024/report#findings",
        page!("commuting"),
    ),
    // Still there, but robots.txt now asks crawlers to stay away.
    cited(
        "http://statistics.ossel-region.example/tables/view?id=quay-freight",
        "excluded",
        Text(page!("freight")),
        Text(page!("freight")),
    ),
    cited(
        "http://www.merrow-university.example/research/estuary-crossings",
        "dead",
        Text(page!("estuary-crossings")),
        Missing,
    ),
    cited(
        "http://www.merrow-university.example/library/theses/4411",
        "blocked",
        Text(page!("thesis")),
        Status(403, page!("bot-wall")),
    ),
    cited(
        "http://www.ossel-ferries.example/news/2021/record-year",
        "dead",
        Text(page!("record-year")),
        Missing,
    ),
    // The same address speaks of something else.
    cited(
        "http://www.ossel-ferries.example/timetable/winter",
        "replaced",
        Text(page!("timetable")),
        Text(page!("timetable-2026")),
    ),
    cited(
        "http://www.ossel-ferries.example/about/fleet",
        "suspect",
        Text(page!("fleet")),
        HangUp,
    ),
    stays(
        "http://www.lyngoyra-verft.example/prosjekter/elektrisk-ferje",
        page!("elektrisk-ferje"),
    ),
    // The host expires.
    cited(
        "http://quayside-notes.example/2023/04/forty-minutes-to-the-other-side",
        "dead",
        Text(page!("forty-minutes")),
        Missing,
    ),
    // The same words in a new design.
    stays("http://www.karrow-yard.example/company/history", page!("history")),
    // Lost in that redesign, behind a friendly 200.
    cited(
        "http://www.karrow-yard.example/news/2019/steel-for-the-crossing",
        "dead",
        Text(page!("steel")),
        Missing,
    ),
    stays("http://docs.tidegauge.example/en/stable/datum.html", page!("datum")),
    // Nothing altered, something added.
    cited(
        "http://docs.tidegauge.example/en/stable/known-issues.html",
        "changed",
        Text(page!("known-issues")),
        Edited(
            page!("known-issues"),
            &[(
                "",
                "<h2 id=\"merrow-2026\">Port Merrow after the quay wall repair (added June 2026)</h2>\n<p>The gauge on \
                 the customs quay was lifted off in March 2026 and put back 46 millimetres lower. Offsets from before \
                 and after that date must not be mixed; use <code>offset_valid_until</code>. Headroom computed from an \
                 unmarked series is too large by that amount.</p>\n",
            )],
        ),
    ),
    cited(
        "http://preprints.shore-archive.example/abs/2403.0117",
        "suspect",
        Text(page!("preprint")),
        Unavailable(page!("maintenance")),
    ),
    // Away when the article was written, and back since.
    cited(
        "http://www.merrow-university.example/hydraulics/tank-tests",
        "ok",
        Missing,
        Text(page!("tank-tests")),
    ),
    cited(
        "http://www.harbour-museum.example/exhibitions/promised-crossings",
        "dead",
        Text(page!("exhibition")),
        Status(410, page!("exhibition-gone")),
    ),
];
