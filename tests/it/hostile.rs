//! Servers that mean harm, each on a socket of its own: every one gets the cause it deserves, in
//! bounded time and memory, alone and all at once.

use std::time::{Duration, Instant};

use crate::harness::{
    Evercite, Ran, Report,
    hostile::{Server, root_pem},
};

/// Bytes of a body read at most.
const MAX_BODY: u64 = 10_000_000;
/// Most memory that a run may hold.
const MEMORY: u64 = 250 << 20;

/// A server and what is to be said of a link to it.
pub struct Case {
    name: &'static str,
    /// What stands between the host and the path: `http`, unless TLS is what is tried.
    scheme: &'static str,
    /// The whole address, where it is not that of the server's name.
    literal: Option<String>,
    server: Server,
    /// Only with the root of the tests.
    needs_root: bool,
    transport: &'static str,
    access: &'static str,
    /// Where it does not follow from these.
    class: Option<&'static str>,
    truncated: Option<&'static str>,
    /// Bytes of the body that is kept.
    length: Option<u64>,
}

/// A case and the test of it alone. Those that are not ignored are tried all at once, too.
macro_rules! cases {
    ($($(#[$mark:meta])* $name:ident: $case:expr;)*) => {
        $(
            $(#[$mark])*
            #[test]
            fn $name() {
                super::alone($case.named(stringify!($name)));
            }
        )*

        pub(super) fn all() -> Vec<super::Case> {
            let mut cases = Vec::new();
            $(
                if !concat!($(stringify!($mark)),*).contains("ignore") {
                    cases.push($case.named(stringify!($name)));
                }
            )*
            cases
        }
    };
}

mod bodies;
mod connections;
mod http2;
mod redirects;
mod robots;
mod tls;

impl Case {
    /// There is no answer, for this reason.
    fn fails(transport: &'static str, server: Server) -> Self {
        Self {
            name: "",
            scheme: "http",
            literal: None,
            server,
            needs_root: false,
            transport,
            access: "open",
            class: None,
            truncated: None,
            length: None,
        }
    }

    /// There is an answer, whatever it is worth.
    fn answers(server: Server) -> Self {
        Self::fails("ok", server)
    }

    /// The address is one we do not ask.
    fn is_private(server: Server) -> Self {
        Self {
            access: "private-address",
            ..Self::answers(server)
        }
    }

    fn classed(self, class: &'static str) -> Self {
        Self {
            class: Some(class),
            ..self
        }
    }

    fn truncated(self, why: &'static str) -> Self {
        Self {
            truncated: Some(why),
            ..self
        }
    }

    fn keeps(self, length: u64) -> Self {
        Self {
            length: Some(length),
            ..self
        }
    }

    fn at(self, literal: impl FnOnce(&Server) -> String) -> Self {
        Self {
            literal: Some(literal(&self.server)),
            ..self
        }
    }

    fn over_tls(self) -> Self {
        Self {
            scheme: "https",
            ..self
        }
    }

    fn with_root(self) -> Self {
        Self {
            needs_root: true,
            ..self.over_tls()
        }
    }

    fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    fn url(&self) -> String {
        match &self.literal {
            Some(url) => url.clone(),
            None => format!("{}://{}/", self.scheme, host(self.name)),
        }
    }

    fn resolve(&self) -> String {
        format!("{}={}", host(self.name), self.server.address())
    }

    fn class(&self) -> &'static str {
        match (self.class, self.access, self.transport) {
            (Some(class), ..) => class,
            (_, "private-address", _) => "excluded",
            (_, _, "ok") => "ok",
            (_, _, "dns-no-such-name") => "dead",
            _ => "suspect",
        }
    }

    /// What is wrong with what is said of it.
    fn objections(&self, evercite: &Evercite, report: &Report) -> Vec<String> {
        let link = report.link(&self.url());
        let mut wrong = Vec::new();
        for (reading, want) in [
            ("transport", self.transport),
            ("access", self.access),
            ("class", self.class()),
        ] {
            if link[reading] != want {
                wrong.push(format!(
                    "{}: {reading} is {}, not {want}: {}",
                    self.name, link[reading], link["evidence"]
                ));
            }
        }
        // Of the last hop; a chain that ends without an answer keeps nothing.
        let (truncated, length): (Option<String>, Option<u64>) = evercite
            .sqlite()
            .query_row(
                "SELECT c.truncated, p.length FROM capture first JOIN url u ON u.id = first.url_id
                 JOIN capture c ON c.id = first.last_id LEFT JOIN payload p ON p.id = c.payload_id
                 WHERE u.url = ?1 AND first.via_id IS NULL",
                [self.url()],
                |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(|length| length as u64))),
            )
            .expect("a capture");
        if truncated.as_deref() != self.truncated {
            wrong.push(format!(
                "{}: truncated is {truncated:?}, not {:?}",
                self.name, self.truncated
            ));
        }
        if self.length.is_some() && length != self.length {
            wrong.push(format!(
                "{}: {length:?} bytes are kept, not {:?}",
                self.name, self.length
            ));
        }
        wrong
    }
}

/// The name a case is served under. Where private addresses are refused, only names given by hand
/// lead to loopback, so a redirect to any other address there is refused.
fn host(name: &str) -> String {
    format!("{}.example", name.replace('_', "-"))
}

/// An article that links to all the cases, one run over it, and what it says.
fn visit(cases: &[Case], timeout: &str, more: &[&str]) -> (Evercite, Ran, Report) {
    let evercite = Evercite::on_the_public_web_only();
    let links: Vec<String> = cases.iter().map(|case| format!("<{}>\n", case.url())).collect();
    evercite.write("a.md", links.join("\n"));
    let max_body = MAX_BODY.to_string();
    let mut arguments = vec!["snapshot", "a.md", "--max-concurrency", "64"];
    arguments.extend(more);
    arguments.extend(["--timeout", timeout, "--max-body", &max_body]);
    if cases.iter().any(|case| case.needs_root) {
        evercite.write("root.pem", root_pem());
        arguments.extend(["--ca-file", "root.pem"]);
    }
    let names: Vec<String> = cases.iter().map(Case::resolve).collect();
    for name in &names {
        arguments.extend(["--resolve", name]);
    }
    let ran = evercite.ok(&arguments);
    let report = evercite.report();
    (evercite, ran, report)
}

fn alone(case: Case) {
    try_alone(case, &["--robots", "ignore"]);
}

fn try_alone(case: Case, more: &[&str]) {
    let begun = Instant::now();
    let cases = [case];
    let (evercite, ran, report) = visit(&cases, "1", more);
    let [case] = &cases;
    ran.never_panicked();
    assert_eq!(case.objections(&evercite, &report), Vec::<String>::new());
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    assert!(evercite.is_sound());
}

#[test]
fn all_at_once() {
    let begun = Instant::now();
    let cases: Vec<Case> = [
        connections::all(),
        redirects::all(),
        bodies::all(),
        tls::all(),
        http2::all(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let made = begun.elapsed();
    let (evercite, ran, report) = visit(&cases, "4", &["--robots", "ignore"]);
    let took = begun.elapsed() - made;
    println!("{} cases, {took:?}, {} MiB", cases.len(), ran.peak_memory >> 20);
    ran.never_panicked();
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| case.objections(&evercite, &report))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(took < Duration::from_secs(40), "{took:?}");
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    assert!(evercite.is_sound());
}
