//! `backup`: a copy of the archive, taken while it is in use.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    CLEAN,
    args::{BackupArgs, Global},
    config::Config,
    context::{self, SystemClock},
    error::CliError,
    progress,
};
use crate::{
    archive::Archive,
    model::time::{Clock, Timestamp},
    report::bytes,
};

pub fn run(global: &Global, args: &BackupArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let is_folder = args.to.is_dir() || args.to.to_string_lossy().ends_with('/');
    if args.keep.is_some() && !is_folder {
        return Err(CliError::usage(
            format!("--keep wants a folder, and {} is none", args.to.display()),
            "end its name with a slash to have it made",
        ));
    }
    let to = match is_folder {
        true => args.to.join(dated(&config.archive, SystemClock::default().now())),
        false => args.to.clone(),
    };
    not_itself(&config.archive, &to)?;
    let begun = Instant::now();
    let bar = progress::bar(global, "backing up {bar:24} {pos}/{len} pages, {eta} left");
    let done = archive.backup(&to, args.replace, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let done = done?;
    let removed = match args.keep {
        Some(keep) => remove_older(&args.to, &config.archive, keep as usize)?,
        None => 0,
    };
    if !global.quiet {
        let newest = done
            .newest
            .map(|at| format!(", the newest of {at}"))
            .unwrap_or_default();
        let removed = match removed {
            0 => String::new(),
            count => format!("{count} older removed.\n"),
        };
        context::print(&format!(
            "{}: {}, {} captures{newest}; copied and checked in {:.1} s.\n{removed}",
            to.display(),
            bytes(done.bytes),
            done.captures,
            begun.elapsed().as_secs_f64(),
        ))?;
    }
    Ok(CLEAN)
}

/// Replacing the archive by a copy of itself would pull it away under those who have it open.
fn not_itself(archive: &Path, to: &Path) -> Result<(), CliError> {
    match (archive.canonicalize(), to.canonicalize()) {
        (Ok(archive), Ok(to)) if archive == to => Err(CliError::usage(
            format!("{} is the archive itself", to.display()),
            "name another file",
        )),
        _ => Ok(()),
    }
}

/// `archive-2026-11-27T031500Z.db`: sorts by time, and every file system takes it.
fn dated(archive: &Path, at: Timestamp) -> String {
    format!("{}-{}.db", stem(archive), at.to_string().replace(':', ""))
}

fn stem(archive: &Path) -> String {
    let stem = archive.file_stem().unwrap_or(archive.as_os_str());
    stem.to_string_lossy().into_owned()
}

/// Whether a name is one that [`dated`] gives to backups of the archive.
fn is_dated(name: &str, archive: &Path) -> bool {
    let date = name
        .strip_prefix(&stem(archive))
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.strip_suffix(".db"));
    date.is_some_and(|date| {
        date.len() == "2026-11-27T031500Z".len()
            && date
                .bytes()
                .zip("0000-00-00T000000Z".bytes())
                .all(|(found, form)| match form {
                    b'0' => found.is_ascii_digit(),
                    form => found == form,
                })
    })
}

/// Removes dated backups of this archive but for the newest; others' files are not touched.
fn remove_older(folder: &Path, archive: &Path, keep: usize) -> Result<usize, CliError> {
    let failed = |path: &Path, e: std::io::Error| {
        CliError::failed(
            format!(
                "the backup is made, but older ones were not removed: {}: {e}",
                path.display()
            ),
            "check the permissions of the folder",
        )
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| failed(folder, e))?
        .into_iter()
        .filter(|entry| is_dated(&entry.file_name().to_string_lossy(), archive))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    let older = found.len().saturating_sub(keep);
    for path in &found[..older] {
        std::fs::remove_file(path).map_err(|e| failed(path, e))?;
    }
    Ok(older)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_names_are_known_again_and_no_others() {
        let archive = Path::new("snapshots/archive.db");
        let name = dated(archive, Timestamp::parse("2026-11-27T03:15:00Z").unwrap());
        assert_eq!(name, "archive-2026-11-27T031500Z.db");
        for (name, want) in [
            (name.as_str(), true),
            ("archive-2026-11-27T031501Z.db", true),
            ("archive.db", false),
            ("archive-2026-11-27.db", false),
            ("archive-2026-11-27T03150xZ.db", false),
            ("archive-2026-11-27T031500Z.db.bak", false),
            ("archive-old-2026-11-27T031500Z.db", false),
            ("other-2026-11-27T031500Z.db", false),
        ] {
            assert_eq!(is_dated(name, archive), want, "{name}");
        }
    }
}
