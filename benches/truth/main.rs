//! A web of our own with known answers, visited twice: what each link truly is, against what was said of
//! it. The web is made from a seed and served on loopback; the built program takes a snapshot of an
//! article that cites all of it, the web turns to its second epoch, and the program checks again.
//!
//! `cargo bench --bench truth [-- --seed N] [--links N] [--keep FOLDER]`; exit code 1 when anything said is
//! wrong. The archive of the run is left in FOLDER, to be looked into.

mod confusion;
mod dress;
mod kind;
mod plan;
mod random;
mod server;
mod site;
mod story;
mod tongue;
mod web;

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, ExitCode, Output},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use confusion::Confusion;
use kind::TRUTH;
use site::Manner;
use web::{ARTICLE, Web};

/// The archive of the run.
const ARCHIVE: &str = "truth.db";

fn main() -> ExitCode {
    let (seed, links) = (option("--seed").unwrap_or(1), option("--links").unwrap_or(600));
    assert!(links > 0, "a web has links");
    let web = Arc::new(Web::new(seed, links));
    let second = Arc::new(AtomicBool::new(false));
    let open = server::serve(&web, &second).expect("a free port on loopback");
    let (_held, closed) = server::closed().expect("a free port on loopback");
    let passing = tempfile::tempdir().expect("a temporary folder");
    let folder = option("--keep").unwrap_or_else(|| passing.path().to_owned());
    std::fs::create_dir_all(&folder).expect("a folder for the archive");
    assert!(!folder.join(ARCHIVE).exists(), "{folder:?} holds an archive already");
    let program = Program {
        folder,
        resolve: resolve(&web, open, closed),
    };

    println!("{links} links to {} hosts, seed {seed}\n", web.sites.len());
    let begun = Instant::now();
    let article = format!("http://{}{}", ARTICLE.0, ARTICLE.1);
    program.visit(&["snapshot", &article], &[0]);
    let first = Confusion::of(&web, 0, &program.report());
    let taken = begun.elapsed();
    second.store(true, Ordering::SeqCst);
    // 2: there are dead and changed links, as there should be but in the smallest of webs.
    program.visit(&["check"], &[0, 2]);
    let again = Confusion::of(&web, 1, &program.report());

    println!("First visit ({:.1} s)\n{first}", taken.as_secs_f64());
    println!(
        "Second visit ({:.1} s)\n{again}",
        (begun.elapsed() - taken).as_secs_f64()
    );
    let absent: Vec<&str> = TRUTH
        .iter()
        .filter(|(kind, ..)| !first.holds(*kind) && !again.holds(*kind))
        .map(|(_, name, _)| *name)
        .collect();
    if !absent.is_empty() {
        println!("No link of this web is: {}\n", absent.join("; "));
    }
    let wrong = first.wrong() + again.wrong();
    println!("{} verdicts, {wrong} wrong", first.told() + again.told());
    ExitCode::from(u8::from(wrong > 0))
}

/// What is given for an option on the command line. Cargo adds arguments of its own, which are passed over.
fn option<T: FromStr>(name: &str) -> Option<T> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next()?;
    let value = arguments.next().and_then(|value| value.parse().ok());
    Some(value.unwrap_or_else(|| panic!("{name} wants a value")))
}

/// Where each host is found.
fn resolve(web: &Web, open: SocketAddr, closed: SocketAddr) -> Vec<String> {
    let place = |site: &site::Site| match site.manner {
        Manner::Refusing => format!("{}={closed}", site.host),
        _ => format!("{}={open}", site.host),
    };
    let mut resolve: Vec<String> = web.sites.iter().map(place).collect();
    resolve.push(format!("{}={open}", ARTICLE.0));
    resolve
}

/// The program that is held against the truth.
struct Program {
    folder: PathBuf,
    resolve: Vec<String>,
}

impl Program {
    /// Visits the web, and ends with one of these exit codes.
    fn visit(&self, verb: &[&str], codes: &[i32]) {
        let mut command = self.command();
        command.args(verb);
        command.args([
            "--allow-private",
            "--proxy",
            "none",
            "--max-concurrency",
            "64",
            "--timeout",
            "3s",
        ]);
        command.args([
            "--host-concurrency",
            "0",
            "--host-request-interval",
            "0",
            "--max-retries",
            "0",
        ]);
        for place in &self.resolve {
            command.args(["--resolve", place]);
        }
        run(&mut command, codes);
    }

    /// The report on every link.
    fn report(&self) -> serde_json::Value {
        let mut command = self.command();
        let output = run(command.args(["report", "--all", "--format", "json"]), &[0, 2]);
        serde_json::from_slice(&output.stdout).expect("the report is JSON")
    }

    /// Neither environment nor configuration of whoever runs this has a say.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evercite"));
        command
            .current_dir(&self.folder)
            .args(["--archive", ARCHIVE, "--quiet"]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("EVERCITE_") {
                command.env_remove(name);
            }
        }
        command
    }
}

fn run(command: &mut Command, codes: &[i32]) -> Output {
    let output = command.output().expect("the program runs");
    let ended = output.status.code();
    assert!(
        ended.is_some_and(|code| codes.contains(&code)),
        "{command:?} ended with {ended:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
