//! `schedule install` and `uninstall`: cron or systemd, called upon to run what is due.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::{
    archive::Archive,
    cli::{
        CLEAN,
        args::{Global, InstallArgs},
        config::Config,
        context::{self, Project},
        error::CliError,
    },
    schedule::{CrontabError, Entry, MARK, Unit, units},
};

pub fn install(global: &Global, args: &InstallArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let entry = entry(global, &Archive::open(&config.archive)?)?;
    match args.systemd {
        true => install_units(global, &entry, args.dry_run),
        false => install_line(global, &entry, args.dry_run),
    }
}

pub fn uninstall(global: &Global, args: &InstallArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    // An archive that is gone has left its line behind.
    let entry = entry_of(global, &config.archive)?;
    match args.systemd {
        true => uninstall_units(global, &entry, args.dry_run),
        false => uninstall_line(global, &entry, args.dry_run),
    }
}

fn entry(global: &Global, archive: &Archive) -> Result<Entry, CliError> {
    entry_of(global, archive.path())
}

fn entry_of(global: &Global, archive: &Path) -> Result<Entry, CliError> {
    let name = |path: PathBuf| {
        path.into_os_string().into_string().map_err(|path| {
            CliError::failed(
                format!("{} is not UTF-8", path.to_string_lossy()),
                "rename it: what cron and systemd are told is text",
            )
        })
    };
    let absolute = |path: &Path| {
        let found = path.canonicalize().or_else(|_| std::path::absolute(path));
        found.map_err(|e| CliError::failed(format!("{}: {e}", path.display()), ""))
    };
    let program =
        std::env::current_exe().map_err(|e| CliError::failed(format!("this program is not found: {e}"), ""))?;
    let project = Project::of(archive);
    let archive = name(absolute(archive)?)?;
    let mut words = vec![name(program)?, "--archive".into(), archive.clone()];
    if let Some(config) = &global.config {
        words.extend(["--config".into(), name(absolute(config)?)?]);
    }
    words.extend(["schedule".into(), "run-due".into()]);
    Ok(Entry {
        archive,
        folder: name(absolute(&project.path("."))?)?,
        words,
    })
}

fn broken(why: CrontabError) -> CliError {
    CliError::failed(
        format!("your crontab cannot be changed: {why}"),
        "`crontab -e` shows it; nothing was changed",
    )
}

fn install_line(global: &Global, entry: &Entry, dry_run: bool) -> Result<u8, CliError> {
    let crontab = crontab(dry_run)?;
    let new = entry.install(crontab.as_deref()).map_err(broken)?;
    if dry_run {
        context::print_bytes(&new)?;
        return Ok(CLEAN);
    }
    if crontab.as_deref() != Some(&new[..]) {
        write_crontab(&new)?;
    }
    say(
        global,
        "Cron runs what is due every five minutes; `evercite schedule uninstall --cron` ends that.\n",
    )
}

fn uninstall_line(global: &Global, entry: &Entry, dry_run: bool) -> Result<u8, CliError> {
    let crontab = crontab(dry_run)?.unwrap_or_default();
    let Some(rest) = entry.uninstall(&crontab).map_err(broken)? else {
        return say(global, &format!("Your crontab has no line for {}.\n", entry.archive));
    };
    if dry_run {
        context::print_bytes(&rest.unwrap_or_default())?;
        return Ok(CLEAN);
    }
    match rest {
        Some(rest) => write_crontab(&rest)?,
        None => {
            let output = Command::new("crontab").arg("-r").stdin(Stdio::null()).output();
            done("crontab -r", &output.map_err(|e| not_started("crontab", &e))?)?;
        }
    }
    say(global, "Cron runs it no longer.\n")
}

/// The user's crontab; `None` where there is none. What would be done can be shown without cron, too.
fn crontab(dry_run: bool) -> Result<Option<Vec<u8>>, CliError> {
    let mut command = Command::new("crontab");
    let output = match command.arg("-l").env("LC_ALL", "C").stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(e) if dry_run && e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(not_started("crontab", &e)),
    };
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    if String::from_utf8_lossy(&output.stderr).contains("no crontab for") {
        return Ok(None);
    }
    done("crontab -l", &output)?;
    Ok(None)
}

fn write_crontab(bytes: &[u8]) -> Result<(), CliError> {
    let mut command = Command::new("crontab");
    let mut child = command
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| not_started("crontab", &e))?;
    if let Some(mut input) = child.stdin.take() {
        // When it does not read to the end, it says why.
        let _ = input.write_all(bytes);
    }
    let output = child.wait_with_output().map_err(|e| not_started("crontab", &e))?;
    done("crontab -", &output)
}

fn not_started(name: &str, why: &std::io::Error) -> CliError {
    CliError::failed(
        format!("{name} could not be started: {why}"),
        "install it, or choose another way: --cron, --systemd, or `evercite daemon`",
    )
}

fn done(what: &str, output: &Output) -> Result<(), CliError> {
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(CliError::failed(
        format!("`{what}` failed: {}", why.trim()),
        "--dry-run shows what would be written",
    ))
}

fn say(global: &Global, text: &str) -> Result<u8, CliError> {
    if !global.quiet {
        context::print(text)?;
    }
    Ok(CLEAN)
}

/// Where units of the user are.
fn unit_folder() -> Result<PathBuf, CliError> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    base.map(|base| base.join("systemd/user"))
        .ok_or_else(|| CliError::failed("there is no home folder to write units to", "set HOME"))
}

/// Both units are called after the archive, so that each has its own.
fn unit_name(entry: &Entry) -> String {
    let digest = crate::model::digest::PayloadDigest::of(entry.archive.as_bytes()).hex();
    format!("evercite-{}", &digest[..12])
}

fn install_units(global: &Global, entry: &Entry, dry_run: bool) -> Result<u8, CliError> {
    let (folder, name) = (unit_folder()?, unit_name(entry));
    let units = units(entry, &name);
    if dry_run {
        let text = units.map(|unit| format!("# {}\n{}\n", folder.join(&unit.name).display(), unit.text));
        context::print(&text.concat())?;
        return Ok(CLEAN);
    }
    for unit in &units {
        ours(&folder.join(&unit.name))?;
    }
    std::fs::create_dir_all(&folder).map_err(|e| unwritable(&folder, &e))?;
    for Unit { name, text } in &units {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|e| unwritable(&path, &e))?;
    }
    let timer = format!("{name}.timer");
    manage(&[&["daemon-reload"], &["enable", "--now", &timer]]).map_err(|why| {
        CliError::failed(
            format!(
                "the units are in {}, and the timer does not run: {why}",
                folder.display()
            ),
            format!("`systemctl --user enable --now {timer}` starts it once systemd runs for you"),
        )
    })?;
    say(
        global,
        "systemd runs what is due every five minutes; `evercite schedule uninstall --systemd` ends that.\n",
    )
}

fn uninstall_units(global: &Global, entry: &Entry, dry_run: bool) -> Result<u8, CliError> {
    let (folder, name) = (unit_folder()?, unit_name(entry));
    let paths: Vec<PathBuf> = units(entry, &name)
        .into_iter()
        .map(|unit| folder.join(unit.name))
        .collect();
    let there: Vec<&PathBuf> = paths.iter().filter(|path| path.exists()).collect();
    if there.is_empty() {
        return say(global, &format!("systemd has no units for {}.\n", entry.archive));
    }
    for path in &there {
        ours(path)?;
    }
    if dry_run {
        let text: Vec<String> = there
            .iter()
            .map(|path| format!("would remove {}\n", path.display()))
            .collect();
        context::print(&text.concat())?;
        return Ok(CLEAN);
    }
    let timer = format!("{name}.timer");
    let stopped = manage(&[&["disable", "--now", &timer]]);
    for path in &there {
        std::fs::remove_file(path).map_err(|e| unwritable(path, &e))?;
    }
    // The files are gone, so that it does not come back; it may still run until systemd is told.
    if let Err(why) = stopped.and_then(|()| manage(&[&["daemon-reload"]])) {
        context::note(&format!("the units are removed; systemd could not be told: {why}"));
    }
    say(global, "systemd runs it no longer.\n")
}

/// A unit of that name that we did not write is left alone.
fn ours(path: &Path) -> Result<(), CliError> {
    match std::fs::read(path) {
        Ok(bytes) if bytes.starts_with(MARK.as_bytes()) => Ok(()),
        Ok(_) => Err(CliError::failed(
            format!("{} was not written by evercite", path.display()),
            "move it away",
        )),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(CliError::failed(format!("{}: {e}", path.display()), "")),
    }
}

fn unwritable(path: &Path, why: &std::io::Error) -> CliError {
    CliError::failed(
        format!("{} cannot be written: {why}", path.display()),
        "check the permissions",
    )
}

/// Has systemd do things, in order; the error is what it said.
fn manage(steps: &[&[&str]]) -> Result<(), String> {
    for step in steps {
        let output = Command::new("systemctl")
            .arg("--user")
            .args(*step)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|e| format!("systemctl could not be started: {e}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
    }
    Ok(())
}
