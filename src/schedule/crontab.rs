//! Our block in somebody's crontab: one line between two marks, and everything else byte for byte as it was.

/// What a block calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names the block: the archive's path.
    pub archive: String,
    /// The folder it is run in.
    pub folder: String,
    /// The command and what goes with it.
    pub words: Vec<String>,
}

/// Why a crontab cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrontabError {
    /// A path has a character that a crontab cannot hold.
    #[error("a path has a line break in it, which a crontab cannot hold")]
    LineBreak,
    /// A block begins and does not end.
    #[error("the block of this archive has a first mark and no last one")]
    Unended,
}

const EVERY: &str = "*/5 * * * *";
/// Says in the first mark that there was no crontab before: then none is left behind.
const ALONE: &str = " (the crontab was made for this)";

impl Entry {
    fn begin(&self) -> String {
        format!("# BEGIN evercite {}", self.archive)
    }

    fn end(&self) -> String {
        format!("# END evercite {}", self.archive)
    }

    fn block(&self, alone: bool) -> Result<String, CrontabError> {
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        // Cron takes a percent sign for a line break.
        let command = format!("cd {} && {}", quoted(&self.folder), words.join(" ")).replace('%', "\\%");
        if self.archive.contains(['\n', '\r']) || command.contains(['\n', '\r']) {
            return Err(CrontabError::LineBreak);
        }
        let alone = if alone { ALONE } else { "" };
        Ok(format!("{}{alone}\n{EVERY} {command}\n{}\n", self.begin(), self.end()))
    }

    /// Where the block stands: its first byte, the one behind it, and whether it is alone.
    fn find(&self, crontab: &[u8]) -> Result<Option<(usize, usize, bool)>, CrontabError> {
        let (begin, alone, end) = (self.begin(), self.begin() + ALONE, self.end());
        let mut found = None;
        let mut at = 0;
        for line in crontab.split_inclusive(|byte| *byte == b'\n') {
            let bare = line.strip_suffix(b"\n").unwrap_or(line);
            if found.is_none() && (bare == begin.as_bytes() || bare == alone.as_bytes()) {
                found = Some((at, bare == alone.as_bytes()));
            }
            at += line.len();
            if let Some((from, alone)) = found
                && bare == end.as_bytes()
            {
                return Ok(Some((from, at, alone)));
            }
        }
        match found {
            Some(_) => Err(CrontabError::Unended),
            None => Ok(None),
        }
    }

    /// The crontab with the block at its end, or where it was before. `None`: there was no crontab.
    ///
    /// # Errors
    /// Where it cannot be written, or an old block is broken.
    pub fn install(&self, crontab: Option<&[u8]>) -> Result<Vec<u8>, CrontabError> {
        let Some(crontab) = crontab else {
            return Ok(self.block(true)?.into_bytes());
        };
        let (from, to, alone) = self.find(crontab)?.unwrap_or((crontab.len(), crontab.len(), false));
        // A last line without its end was refused by cron already, and is none of ours to mend.
        Ok([&crontab[..from], self.block(alone)?.as_bytes(), &crontab[to..]].concat())
    }

    /// The crontab without the block; the outer `None`: there is no such block; the inner: no crontab is left, as there
    /// was none before.
    ///
    /// # Errors
    /// Where the block is broken.
    #[allow(clippy::option_option)]
    pub fn uninstall(&self, crontab: &[u8]) -> Result<Option<Option<Vec<u8>>>, CrontabError> {
        Ok(self.find(crontab)?.map(|(from, to, alone)| {
            let rest = [&crontab[..from], &crontab[to..]].concat();
            (!(alone && rest.is_empty())).then_some(rest)
        }))
    }
}

/// A word as sh takes it whole.
fn quoted(word: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '=' | ':' | ',' | '@');
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(archive: &str) -> Entry {
        Entry {
            archive: archive.into(),
            folder: "/home/me/my site".into(),
            words: ["/usr/bin/evercite", "--archive", archive, "schedule", "run-due"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    #[test]
    fn the_block_is_one_line_between_marks() {
        let block = entry("/a/100%.db").install(Some(b"MAILTO=me\n")).unwrap();
        assert_eq!(
            String::from_utf8(block).unwrap(),
            "MAILTO=me\n# BEGIN evercite /a/100%.db\n\
             */5 * * * * cd '/home/me/my site' && /usr/bin/evercite --archive '/a/100\\%.db' schedule run-due\n\
             # END evercite /a/100%.db\n"
        );
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        for (word, text) in [
            ("a/b.db", "a/b.db"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("ø", "'ø'"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }

    #[test]
    fn what_cannot_be_done_is_told() {
        assert_eq!(entry("/a\nb").install(None), Err(CrontabError::LineBreak));
        let broken = b"# BEGIN evercite /a\n1 2 3 4 5 x\n";
        assert_eq!(entry("/a").install(Some(broken)), Err(CrontabError::Unended));
        assert_eq!(entry("/a").uninstall(broken), Err(CrontabError::Unended));
        assert_eq!(entry("/a").uninstall(b"# BEGIN evercite /ab\n"), Ok(None));
    }

    #[test]
    fn a_crontab_made_for_it_goes_with_it() {
        let made = entry("/a").install(None).unwrap();
        assert_eq!(entry("/a").uninstall(&made), Ok(Some(None)));
        // Unless somebody has written something else into it since.
        let more = [&made[..], b"0 0 * * * true\n"].concat();
        assert_eq!(
            entry("/a").uninstall(&more),
            Ok(Some(Some(b"0 0 * * * true\n".to_vec())))
        );
        assert_eq!(
            entry("/a").uninstall(&entry("/a").install(Some(b"")).unwrap()),
            Ok(Some(Some(vec![])))
        );
    }

    proptest! {
        #[test]
        fn other_peoples_lines_stay_byte_for_byte(lines in prop::collection::vec("[^\n]{0,30}", 0..8), at in 0usize..8) {
            let (ours, other) = (entry("/a"), entry("/b"));
            let mut lines: Vec<String> = lines.into_iter().map(|line| line + "\n").collect();
            lines.insert(at.min(lines.len()), String::from_utf8(other.install(None).unwrap()).unwrap());
            let before = lines.concat().into_bytes();
            let with = ours.install(Some(&before)).unwrap();
            // A second time changes nothing.
            prop_assert_eq!(&ours.install(Some(&with)).unwrap(), &with);
            prop_assert_eq!(ours.uninstall(&with).unwrap(), Some(Some(before)));
        }
    }
}
