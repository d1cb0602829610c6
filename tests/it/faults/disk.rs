//! The built binary on a disk that fails: `faults.c`, preloaded.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::harness::{Evercite, Ran, finish};

/// What happens at an operation on the archive's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The process is killed before it.
    Kill,
    /// Half of a write is done, then the process is killed.
    Torn,
    /// The power goes: of what was not synced, a random part is there.
    Power,
    /// No room is left, for this operation.
    Full,
    /// No room is left from now on.
    FullForGood,
    /// An I/O error.
    Broken,
    /// A write stops halfway, and then there is no room.
    Short,
}

impl How {
    pub const CRASHES: [Self; 3] = [Self::Kill, Self::Torn, Self::Power];
    pub const ERRORS: [Self; 4] = [Self::Full, Self::FullForGood, Self::Broken, Self::Short];

    fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Torn => "torn",
            Self::Power => "power",
            Self::Full | Self::FullForGood => "enospc",
            Self::Broken => "eio",
            Self::Short => "short",
        }
    }
}

/// A fault at the `at`-th operation, from 1.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub how: How,
    pub at: u64,
}

/// What a whole run did to the archive's files.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    pub operations: u64,
    pub syncs: u64,
}

/// The binary, ready to be started on a disk that fails, telling what is acknowledged.
pub fn command(evercite: &Evercite, arguments: &[&str], fault: Option<Fault>) -> Command {
    let folder = evercite.folder().canonicalize().expect("the folder is there");
    let mut command = evercite.command(arguments);
    command
        .env("LD_PRELOAD", library())
        .env("FAULT_FOLDER", folder)
        .env("NO_COLOR", "1");
    if let Some(Fault { how, at }) = fault {
        command
            .env("FAULT_HOW", how.word())
            .env("FAULT_AT", at.to_string())
            .env("FAULT_SEED", at.to_string());
        if how == How::FullForGood {
            command.env("FAULT_ON", "1");
        }
    }
    command
}

pub fn run(evercite: &Evercite, arguments: &[&str], fault: Fault) -> Ran {
    let child = command(evercite, arguments, Some(fault)).spawn();
    finish(arguments, child.expect("the binary starts"))
}

/// Runs on a sound disk, and counts.
pub fn count(evercite: &Evercite, arguments: &[&str]) -> (Ran, Counted) {
    let report = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut command = command(evercite, arguments, None);
    let child = command.env("FAULT_REPORT", report.path()).spawn();
    let ran = finish(arguments, child.expect("the binary starts"));
    let text = std::fs::read_to_string(report.path()).expect("a report");
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [operations, _writes, syncs] = numbers[..] else {
        panic!("{text:?}: {ran}")
    };
    (ran, Counted { operations, syncs })
}

/// Addresses that the log of a run with `-vv` says were acknowledged, in order.
pub fn acknowledged(ran: &Ran) -> Vec<String> {
    let lines = ran.stderr.lines().filter(|line| line.contains("acknowledged url="));
    lines
        .map(|line| {
            let (_, rest) = line.split_once("url=\"").expect("an address in quotes");
            rest.split('"').next().expect("an address").to_owned()
        })
        .collect()
}

/// Compiled once for all tests of this program.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/faults.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{}.so", std::process::id()));
        let compiled = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .arg("-lpthread")
            .status()
            .expect("a C compiler, which SQLite needs too");
        assert!(compiled.success());
        library
    })
}
