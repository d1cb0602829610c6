//! Other people's crontab and units, before and after.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use super::add;
use crate::harness::{Evercite, Ran, finish};

/// What `crontab` of cron does, on a file of the test's own: whoever runs the tests has a crontab, too.
const CRONTAB: &str = r#"#!/bin/sh
case "$1" in
-l) if [ -e "$CRONTAB_FILE" ]; then cat "$CRONTAB_FILE"; else echo "no crontab for me" >&2; exit 1; fi ;;
-r) rm "$CRONTAB_FILE" ;;
-) cat > "$CRONTAB_FILE" ;;
*) exit 2 ;;
esac
"#;

/// A `crontab` command: the one of cron where the machine is only for tests, else one of our own.
struct Crontab {
    path: std::ffi::OsString,
    file: PathBuf,
}

impl Crontab {
    fn new(evercite: &Evercite) -> Self {
        let path = std::env::var_os("PATH").expect("a PATH");
        let file = evercite.path("crontab");
        if std::env::var_os("EVERCITE_REAL_CRONTAB").is_some() {
            return Self { path, file };
        }
        evercite.write("bin/crontab", CRONTAB);
        let program = evercite.path("bin/crontab");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("it can be run");
        let mut own = evercite.path("bin").into_os_string();
        own.push(":");
        own.push(path);
        Self { path: own, file }
    }

    fn command(&self, argument: &str) -> Command {
        let mut command = Command::new("crontab");
        command
            .arg(argument)
            .env("PATH", &self.path)
            .env("CRONTAB_FILE", &self.file)
            .env("LC_ALL", "C");
        command
    }

    fn set(&self, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else {
            // There may be none.
            let _ = self.command("-r").stderr(Stdio::null()).status();
            return;
        };
        let mut child = self.command("-").stdin(Stdio::piped()).spawn().expect("crontab starts");
        child.stdin.take().expect("a pipe").write_all(bytes).expect("it reads");
        assert!(child.wait().expect("it ends").success());
    }

    fn get(&self) -> Option<Vec<u8>> {
        let output = self.command("-l").output().expect("crontab starts");
        output.status.success().then_some(output.stdout)
    }

    fn run(&self, evercite: &Evercite, arguments: &[&str]) -> Ran {
        let mut command = evercite.command(arguments);
        command.env("PATH", &self.path).env("CRONTAB_FILE", &self.file);
        finish(arguments, command.spawn().expect("it starts"))
    }
}

#[test]
fn other_peoples_lines_are_left_as_they_were() {
    let evercite = Evercite::new();
    add(&evercite, "nightly", &["check"]);
    let crontab = Crontab::new(&evercite);
    let theirs: [Option<&[u8]>; 4] = [
        None,
        Some(b""),
        Some(b"# m h  dom mon dow   command\nMAILTO=\"me@example.org\"\n\n0 5 * * 1 tar -zcf /var/b%Y.tgz /home/ \n"),
        Some("# Größe\t\n@daily\techo 'it''s'; true \\\n\n\n#BEGIN evercite\n# END evercite x\n".as_bytes()),
    ];
    for before in theirs {
        crontab.set(before);
        let dry = crontab
            .run(&evercite, &["schedule", "install", "--cron", "--dry-run"])
            .exits(0);
        assert_eq!(crontab.get().as_deref(), before, "a dry run writes nothing");
        crontab.run(&evercite, &["schedule", "install", "--cron"]).exits(0);
        let with = crontab.get().expect("a crontab");
        assert_eq!(with, dry.bytes, "it is what was shown");
        let text = String::from_utf8_lossy(&with);
        let line = text
            .lines()
            .find(|line| line.starts_with("*/5 * * * * cd "))
            .expect("a line");
        assert!(
            line.ends_with(" schedule run-due") && line.contains("archive.db"),
            "{text}"
        );
        crontab.run(&evercite, &["schedule", "install", "--cron"]).exits(0);
        assert_eq!(
            crontab.get().as_deref(),
            Some(&with[..]),
            "a second time changes nothing"
        );
        crontab.run(&evercite, &["schedule", "uninstall", "--cron"]).exits(0);
        assert_eq!(crontab.get().as_deref(), before);
        let none = crontab.run(&evercite, &["schedule", "uninstall", "--cron"]).exits(0);
        assert!(none.stdout.contains("no line for"), "{none}");
    }
    crontab.set(None);
}

#[test]
fn the_line_does_what_it_says_when_a_shell_runs_it() {
    let evercite = Evercite::new();
    add(&evercite, "fixity", &["verify", "--quick"]);
    super::let_be_due(&evercite, "fixity", 0);
    let crontab = Crontab::new(&evercite);
    let shown = crontab
        .run(&evercite, &["schedule", "install", "--cron", "--dry-run"])
        .exits(0)
        .stdout;
    let line = shown
        .lines()
        .find_map(|line| line.strip_prefix("*/5 * * * * "))
        .expect("a line");
    // As cron hands it over: a percent sign that is escaped is one.
    let output = Command::new("/bin/sh")
        .args(["-c", &line.replace("\\%", "%")])
        .env_clear()
        .output()
        .expect("sh starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(super::times(&evercite), [("fixity".into(), "done".into(), 1, 1)]);
}

#[test]
fn units_are_written_and_removed_and_those_of_others_are_left_alone() {
    let evercite = Evercite::new();
    add(&evercite, "nightly", &["check"]);
    let home = evercite.path("config");
    let log = evercite.path("systemctl.log");
    evercite.write("bin/systemctl", "#!/bin/sh\necho \"$@\" >> \"$SYSTEMCTL_LOG\"\n");
    fs::set_permissions(evercite.path("bin/systemctl"), fs::Permissions::from_mode(0o755)).expect("it can be run");
    let run = |arguments: &[&str]| {
        let mut command = evercite.command(arguments);
        let path = std::env::var("PATH").expect("a PATH");
        command.env("PATH", format!("{}:{path}", evercite.path("bin").display()));
        command.env("XDG_CONFIG_HOME", &home).env("SYSTEMCTL_LOG", &log);
        finish(arguments, command.spawn().expect("it starts"))
    };
    let dry = run(&["schedule", "install", "--systemd", "--dry-run"]).exits(0).stdout;
    assert!(
        !home.exists() && dry.contains("OnCalendar=*:0/5") && dry.contains("\"run-due\""),
        "{dry}"
    );
    run(&["schedule", "install", "--systemd"]).exits(0);
    let folder = home.join("systemd/user");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(
        names.len() == 2 && names[0].ends_with(".service") && names[1].ends_with(".timer"),
        "{names:?}"
    );
    let said = fs::read_to_string(&log).expect("systemctl was called");
    assert_eq!(
        said,
        format!("--user daemon-reload\n--user enable --now {}\n", names[1])
    );
    run(&["schedule", "uninstall", "--systemd"]).exits(0);
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 0);
    fs::write(folder.join(&names[1]), "[Timer]\n").expect("a unit of somebody's");
    for verb in ["install", "uninstall"] {
        let ran = run(&["schedule", verb, "--systemd"]).exits(1);
        assert!(
            ran.complains_clearly().stderr.contains("was not written by evercite"),
            "{ran}"
        );
    }
    assert_eq!(fs::read(folder.join(&names[1])).expect("it is there"), b"[Timer]\n");
}
