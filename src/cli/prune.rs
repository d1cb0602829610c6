//! `prune`: bodies that a policy does not keep are freed.

use super::{
    CLEAN, FAILED,
    args::{Global, PruneArgs},
    config::Config,
    context::{self, SystemClock, size_of},
    error::CliError,
    progress, writing,
};
use crate::{
    archive::{self, Archive, Pruning},
    model::{
        retention::Policy,
        time::{Clock, Timestamp},
    },
    report::{bytes, printable},
};

/// Hosts that are told one by one.
const HOSTS: usize = 20;

pub fn run(global: &Global, args: &PruneArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let now = SystemClock::default().now();
    let policy = Policy {
        keep: args.keep.iter().copied().collect(),
        before: args.older_than.map(|age| before(now, age)),
    };
    let archive = Archive::open(&config.archive)?.durable(args.writing.durable);
    // What is planned must still hold when it is done.
    let _lock = args
        .write
        .then(|| writing::lock(&archive, global, &args.writing))
        .transpose()?;
    let bar = progress::bar(global, "weighing {bar:24} {pos}/{len} captures, {eta} left");
    let pruning = archive.reader()?.pruning(&policy, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let pruning = pruning?;
    if !args.write || pruning.bodies() == 0 {
        if !global.quiet {
            context::print(&as_text(&pruning, args.write))?;
        }
        return Ok(CLEAN);
    }
    let before = size_of(&config.archive);
    let bar = progress::bar(global, "pruning {bar:24} {pos}/{len} bodies, {eta} left");
    bar.set_length(pruning.bodies());
    let pruned = {
        let writer = archive.writer()?;
        archive::prune(&archive, &writer, &pruning, now, &|done| bar.set_position(done))
    };
    bar.finish_and_clear();
    let pruned = pruned?;
    writing::settle(&archive)?;
    for left in &pruned.unreadable {
        context::note(&format!("left as it is: {}", printable(left)));
    }
    if !global.quiet {
        let (was, is) = (bytes(before), bytes(size_of(&config.archive)));
        context::print(&format!(
            "{} bodies freed, {} kept. The archive: {was} -> {is}\n",
            pruned.bodies, pruning.kept
        ))?;
    }
    Ok(if pruned.unreadable.is_empty() { CLEAN } else { FAILED })
}

fn before(now: Timestamp, age: std::time::Duration) -> Timestamp {
    let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.millis().saturating_sub(millis))
}

fn as_text(pruning: &Pruning, write: bool) -> String {
    if pruning.bodies() == 0 {
        return format!("Nothing to free: the policy keeps all {} bodies.\n", pruning.kept);
    }
    let mut out = String::new();
    for (host, bodies, stored) in pruning.hosts.iter().take(HOSTS) {
        let host = if host.is_empty() { "(local articles)" } else { host };
        out.push_str(&format!(
            "{:<48}{bodies:>9} bodies{:>12}\n",
            printable(host),
            bytes(*stored)
        ));
    }
    if pruning.hosts.len() > HOSTS {
        out.push_str(&format!("and {} hosts more\n", pruning.hosts.len() - HOSTS));
    }
    out.push_str(&format!(
        "{} bodies would be freed, {} as they are stored; {} would be kept.\n",
        pruning.bodies(),
        bytes(pruning.bytes()),
        pruning.kept
    ));
    if !write {
        out.push_str("Nothing was done; `evercite prune --write` with the same options does it.\n");
    }
    out
}
