//! `migrate`: an archive of an older format is brought to today's.

use std::path::{Path, PathBuf};

use super::{
    CLEAN,
    args::{Global, MigrateArgs},
    config::Config,
    context,
    error::CliError,
    progress, writing,
};
use crate::{
    archive::{Archive, ArchiveError, FORMAT_VERSION},
    report::bytes,
};

pub fn run(global: &Global, args: &MigrateArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let (archive, found) = Archive::open_any(&config.archive)?;
    let archive = archive.durable(args.write.durable);
    let say = |text: String| match global.quiet {
        true => Ok(()),
        false => context::print(&text),
    };
    let name = config.archive.display();
    if found == FORMAT_VERSION {
        say(format!("{name} has format {found}, today's: nothing to do.\n"))?;
        return Ok(CLEAN);
    }
    say(format!("{name} has format {found}; today's is {FORMAT_VERSION}.\n"))?;
    let copy = backup_of(&config.archive, found);
    if !args.no_backup {
        say(format!("  first: a backup to {}\n", copy.display()))?;
    }
    for (format, says) in Archive::steps_from(found) {
        say(format!("  to format {format}: {says}\n"))?;
    }
    if args.dry_run {
        say("Nothing was done; without --dry-run it is.\n".into())?;
        return Ok(CLEAN);
    }
    let _lock = writing::lock(&archive, global, &args.write)?;
    if !args.no_backup {
        let bar = progress::bar(global, "backing up {bar:24} {pos}/{len} pages, {eta} left");
        let done = archive.backup(&copy, false, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let done = done.map_err(|error| match error {
            ArchiveError::Taken(path) => CliError::failed(
                format!("{} exists already", path.display()),
                "move that backup away, or add --no-backup; the archive was left as it is",
            ),
            error => error.into(),
        })?;
        say(format!(
            "{}: {}, {} captures.\n",
            copy.display(),
            bytes(done.bytes),
            done.captures
        ))?;
    }
    for (format, _) in Archive::steps_from(found) {
        archive.migrate(format)?;
        say(format!("{name} has format {format} now.\n"))?;
    }
    writing::settle(&archive)?;
    Ok(CLEAN)
}

/// `archive.db.format-1.backup`, beside the archive.
fn backup_of(archive: &Path, format: i64) -> PathBuf {
    let mut name = archive.as_os_str().to_owned();
    name.push(format!(".format-{format}.backup"));
    name.into()
}
