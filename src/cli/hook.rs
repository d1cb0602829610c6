//! A command that is told what is new: started without a shell, with the message on its standard input, and ended
//! together with what it has started when it takes too long.

use std::{
    io::Write,
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);
/// How long one that was killed is waited for.
const LAST: Duration = Duration::from_secs(1);

/// A command, and what it is given.
pub struct Hook<'a> {
    /// The program and its arguments.
    pub words: &'a [String],
    /// Set in its environment.
    pub environment: &'a [(&'a str, &'a str)],
    /// What it reads.
    pub input: &'a str,
    /// How long it may take.
    pub timeout: Duration,
}

impl Hook<'_> {
    /// Runs it to its end. What it prints goes to standard error.
    pub fn run(&self) -> Result<(), String> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err("there is no command".into());
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::from(std::io::stderr()));
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .spawn()
            .map_err(|e| format!("{program} could not be started: {e}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = self.input.to_owned();
            // On a thread of its own, for which nobody waits: it may not read, and need not.
            std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        match wait(&mut child, self.timeout) {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(format!("{program} failed: {status}")),
            Ok(None) => {
                end(&mut child);
                Err(format!("{program} took longer than {:?}, and was ended", self.timeout))
            }
            Err(e) => {
                end(&mut child);
                Err(format!("{program} could not be waited for: {e}"))
            }
        }
    }
}

fn wait(child: &mut Child, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        sleep(LOOK.min(left));
    }
}

/// Kills it with its children, as far as these stayed in its process group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // It fails when they are gone, which is what is wanted.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    // For the same reason.
    let _ = child.kill();
    // One that cannot be killed is the system's to deal with; nobody waits for it any longer.
    let _ = wait(child, LAST);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str, timeout: Duration) -> Result<(), String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        Hook {
            words: &words,
            environment: &[("EVERCITE_SUBJECT", "a subject")],
            input: "the text",
            timeout,
        }
        .run()
    }

    #[test]
    fn a_command_is_told_and_its_end_counts() {
        let long = Duration::from_secs(20);
        for (script, want) in [
            (
                "test \"$(cat)\" = 'the text' && test \"$EVERCITE_SUBJECT\" = 'a subject'",
                Ok(()),
            ),
            ("exit 0", Ok(())),
            ("exit 3", Err("exit status: 3")),
            ("kill -9 $$", Err("signal: 9")),
        ] {
            match (run(script, long), want) {
                (Ok(()), Ok(())) => {}
                (Err(why), Err(want)) => assert!(why.contains(want), "{script}: {why}"),
                (got, _) => panic!("{script}: {got:?}"),
            }
        }
        let nowhere = ["/no/such/program".to_owned()];
        let missing = Hook {
            words: &nowhere,
            environment: &[],
            input: "",
            timeout: long,
        };
        assert!(missing.run().unwrap_err().contains("could not be started"));
    }

    #[test]
    fn one_that_hangs_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pids");
        let script = format!(
            "sleep 600 & echo $! > {0}.new; mv {0}.new {0}; cat > /dev/null; wait",
            file.display()
        );
        let begun = Instant::now();
        let why = run(&script, Duration::from_millis(1500)).unwrap_err();
        assert!(why.contains("took longer than 1.5s"), "{why}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        let child = std::fs::read_to_string(&file).unwrap();
        // A process that nobody has buried yet is dead all the same.
        let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }
}
