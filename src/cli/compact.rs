//! `compact`: the archive encoded again, with more effort than a crawl has time for.

use super::{
    CLEAN, FAILED,
    args::{CompactArgs, Global},
    config::Config,
    context::{self, size_of},
    error::CliError,
    progress, writing,
};
use crate::{
    archive::{self, Archive, Compacted, Sizes},
    report::{bytes, printable},
};

pub fn run(global: &Global, args: &CompactArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?.durable(args.write.durable);
    let _lock = writing::lock(&archive, global, &args.write)?;
    let before = (archive.reader()?.sizes()?, size_of(&config.archive));
    let done = {
        let writer = archive.writer()?;
        let bar = progress::bar(global, "compacting {bar:24} {pos}/{len} addresses, {eta} left");
        let done = archive::compact(&archive, &writer, args.level, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        done?
    };
    if args.rebuild {
        archive.rebuild()?;
    }
    writing::settle(&archive)?;
    // The last connection is closed by now, which folds the write-ahead log into the file.
    let file = size_of(&config.archive);
    let after = (archive.reader()?.sizes()?, file);
    for lost in &done.unreadable {
        context::note(&format!("left as it is: {}", printable(lost)));
    }
    if !global.quiet {
        context::print(&as_text(before, after, &done))?;
    }
    Ok(if done.unreadable.is_empty() { CLEAN } else { FAILED })
}

fn as_text(before: (Sizes, u64), after: (Sizes, u64), done: &Compacted) -> String {
    let line = |what: &str, was: u64, is: u64| {
        let saved = 100.0 * (1.0 - is as f64 / was.max(1) as f64);
        format!("{what:8} {:>10} -> {:>10}  {:+.1}%\n", bytes(was), bytes(is), -saved)
    };
    let mut out = line("bodies", before.0.bodies, after.0.bodies);
    out.push_str(&line("texts", before.0.texts, after.0.texts));
    out.push_str(&line("archive", before.1, after.1));
    out.push_str(&format!(
        "{} bodies and texts take less room; bodies are {} as received.\n",
        done.smaller,
        bytes(after.0.received)
    ));
    if done.rebased > 0 {
        out.push_str(&format!(
            "The pages of {} hosts are stored against another page.\n",
            done.rebased
        ));
    }
    out
}
