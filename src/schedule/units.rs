//! A service and a timer of systemd that run what is due.

use super::crontab::Entry;

/// A unit: the name of its file, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Without a folder.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// What every unit of ours says first: a file without it is somebody else's.
pub const MARK: &str = "# Written by evercite";

/// The service and the timer; `name` is what both are called.
pub fn units(entry: &Entry, name: &str) -> [Unit; 2] {
    let command: Vec<String> = entry.words.iter().map(|word| quoted(word)).collect();
    let about = format!(
        "{MARK} for {}; `evercite schedule uninstall --systemd` removes it",
        entry.archive
    );
    let service = format!(
        "{about}\n\
         [Unit]\n\
         Description=Runs what is due of {archive}\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         WorkingDirectory={folder}\n\
         ExecStart={command}\n\
         Nice=10\n",
        archive = escaped(&entry.archive),
        folder = escaped(&entry.folder),
        command = command.join(" "),
    );
    let timer = format!(
        "{about}\n\
         [Unit]\n\
         Description=Runs what is due of {archive}, every five minutes\n\
         \n\
         [Timer]\n\
         OnCalendar=*:0/5\n\
         Persistent=true\n\
         \n\
         [Install]\n\
         WantedBy=timers.target\n",
        archive = escaped(&entry.archive),
    );
    let unit = |kind: &str, text| Unit {
        name: format!("{name}.{kind}"),
        text,
    };
    [unit("service", service), unit("timer", timer)]
}

/// A word of a command line (systemd.syntax(7), systemd.service(5)).
fn quoted(word: &str) -> String {
    let escaped = word
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

/// A value that is no command: only specifiers have a meaning in it.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_meaning() {
        let entry = Entry {
            archive: "/a b/100%.db".into(),
            folder: "/a b".into(),
            words: ["/bin/evercite", "--archive", "/a b/$HOME \"100%\".db"]
                .map(str::to_owned)
                .to_vec(),
        };
        let [service, timer] = units(&entry, "evercite-x");
        assert_eq!(
            (&*service.name, &*timer.name),
            ("evercite-x.service", "evercite-x.timer")
        );
        assert!(service.text.contains("WorkingDirectory=/a b\n"));
        let command = r#"ExecStart="/bin/evercite" "--archive" "/a b/$$HOME \"100%%\".db""#;
        assert!(service.text.contains(command), "{}", service.text);
        assert!(timer.text.contains("of /a b/100%%.db, every"));
    }
}
