//! `merge`: takes everything from another archive.

use std::path::Path;

use super::{
    CLEAN, FAILED,
    args::{Global, MergeArgs},
    config::Config,
    context,
    error::CliError,
    progress, writing,
};
use crate::{
    archive::{self, Amount, Archive, Coming, Merged},
    report::bytes,
};

pub fn run(global: &Global, args: &MergeArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?.durable(args.writing.durable);
    let other = Archive::open(&args.other)?;
    not_itself(archive.path(), other.path())?;
    // Nobody may change either of them meanwhile.
    let _locks = match args.dry_run {
        true => None,
        false => Some((
            writing::lock(&archive, global, &args.writing)?,
            writing::lock(&other, global, &args.writing)?,
        )),
    };
    all_ended(&other)?;
    let coming = archive::coming(&archive, &other)?;
    if args.dry_run {
        if !global.quiet {
            context::print(&format!(
                "{} would come; {} are there already.\nNothing was done.\n",
                words(&coming.new),
                words(&coming.there)
            ))?;
        }
    } else {
        let bar = progress::bar(global, "merging {bar:24} {pos}/{len} captures, {eta} left");
        let merged = archive::merge(&archive, &other, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let merged = merged?;
        writing::settle(&archive)?;
        if !global.quiet {
            context::print(&as_text(&coming, &merged))?;
        }
    }
    if coming.apart == 0 {
        return Ok(CLEAN);
    }
    context::note(&format!(
        "{} captures of {} cannot be taken: their run was gone on with in both archives, and ended here without them",
        coming.apart,
        other.path().display()
    ));
    Ok(FAILED)
}

fn not_itself(archive: &Path, other: &Path) -> Result<(), CliError> {
    match (archive.canonicalize(), other.canonicalize()) {
        (Ok(archive), Ok(same)) if archive == same => Err(CliError::usage(
            format!("{} is the archive itself", other.display()),
            "name another archive",
        )),
        _ => Ok(()),
    }
}

/// What is not at its end has no root yet.
fn all_ended(other: &Archive) -> Result<(), CliError> {
    let reader = other.reader()?;
    let path = other.path().display();
    if reader.unfinished_run()?.is_some() {
        return Err(CliError::failed(
            format!("{path} has a run that has not ended"),
            format!("end it with `evercite --archive {path} resume`, then merge again"),
        ));
    }
    if reader.is_half_merged()? {
        return Err(CliError::failed(
            format!("a merge into {path} was stopped half way"),
            format!("end it with the same `evercite --archive {path} merge`, then merge again"),
        ));
    }
    Ok(())
}

fn words(amount: &Amount) -> String {
    format!(
        "{} runs, {} captures, {} pages, {} bodies ({})",
        amount.runs,
        amount.captures,
        amount.pages,
        amount.bodies,
        bytes(amount.bytes)
    )
}

fn as_text(coming: &Coming, merged: &Merged) -> String {
    let mut out = format!(
        "{} taken, {} as they are stored; {} were there already.\n",
        words(&coming.new),
        bytes(merged.stored),
        words(&coming.there)
    );
    if merged.sealed_anew > 0 {
        out.push_str(&format!(
            "{} runs were sealed anew, at the end of this archive's own chain: both went on from the same root.\n",
            merged.sealed_anew
        ));
    }
    out
}
