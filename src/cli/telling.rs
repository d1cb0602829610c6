//! A report on its way out: into the format that was asked for, with what only the archive can add to it.

use std::path::Path;

use super::{
    args::{Global, OutputArgs, OutputFormat},
    context,
    error::CliError,
};
use crate::{
    archive::{Archive, Reader, Which},
    model::{
        canonical::CanonicalUrl,
        difference::{Excerpt, Unit},
        report::{LinkReport, Report},
        url::Url,
        verdict::Class,
    },
    report::{self, ArchiveName, Differences, Shell},
    verdict::difference,
};

/// How much is shown of what changed behind links.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Links at most.
    pub links: usize,
    /// Bytes of text of each, and of all together.
    pub bytes: (usize, usize),
}

/// Of a report as a page.
const PAGE: Room = Room {
    links: 200,
    bytes: (8 << 10, 1 << 20),
};
/// Bytes of a text beyond which it is not compared.
const LONG: usize = 1 << 20;

/// Where a report goes, and of which archive it tells.
pub struct Telling<'a> {
    pub global: &'a Global,
    pub output: &'a OutputArgs,
    /// `None` where it is gone when the report is read.
    pub archive: Option<&'a Archive>,
    pub reader: &'a Reader,
}

impl Telling<'_> {
    /// Writes a report where the user wants it.
    pub fn write(&self, report: &Report) -> Result<(), CliError> {
        let text = self.text(report, self.output.format, self.output.output.is_some())?;
        match &self.output.output {
            None => context::print(&text)?,
            Some(path) => save(path, text)?,
        }
        self.write_also(report)
    }

    /// Writes the files of `--also`.
    pub fn write_also(&self, report: &Report) -> Result<(), CliError> {
        for (format, path) in &self.output.also {
            save(path, self.text(report, *format, true)?)?;
        }
        Ok(())
    }

    fn text(&self, report: &Report, format: OutputFormat, to_file: bool) -> Result<String, CliError> {
        Ok(match format {
            OutputFormat::Json => report::json(report),
            OutputFormat::Text => report::text(report, context::style(to_file)),
            OutputFormat::Html => self.html(report)?,
            OutputFormat::Csv => report::csv(report),
            OutputFormat::Markdown => report::markdown(report),
            OutputFormat::Junit => report::junit(report),
            OutputFormat::Sarif => report::sarif(report),
            OutputFormat::Github => report::github(report),
        })
    }

    fn html(&self, report: &Report) -> Result<String, CliError> {
        let differences = differences(self.reader, report, PAGE)?;
        let name = |path: &Path| path.to_string_lossy().into_owned();
        let archive = self.archive.map(|archive| ArchiveName {
            path: name(archive.path()),
            shell: Shell::new(self.global.archive.as_deref().map(name).as_deref()),
        });
        Ok(report::report_html(report, archive.as_ref(), &differences))
    }
}

fn save(path: &Path, text: String) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|e| {
        CliError::failed(
            format!("{} could not be written: {e}", path.display()),
            "choose another place",
        )
    })
}

/// What changed behind the changed links of a report: of the first so many, so much.
pub fn differences(reader: &Reader, report: &Report, room: Room) -> Result<Differences, CliError> {
    let (mut found, mut left) = (Differences::default(), room.bytes.1);
    for (position, link) in report.links.iter().enumerate() {
        if link.class != Class::Changed {
            continue;
        }
        if found.excerpts.len() == room.links || left == 0 {
            found.left_out += 1;
            continue;
        }
        if let Some(excerpt) = excerpt(reader, link, left.min(room.bytes.0))? {
            left = left.saturating_sub(excerpt.bytes());
            found.excerpts.insert(position, excerpt);
        }
    }
    Ok(found)
}

/// How the newest good copy differs from the one that the link is held against. `None` where there is no text to
/// compare, or too much.
fn excerpt(reader: &Reader, link: &LinkReport, bytes: usize) -> Result<Option<Excerpt>, CliError> {
    let (Some(baseline), Ok(url)) = (&link.baseline, Url::parse(&link.url)) else {
        return Ok(None);
    };
    let key = CanonicalUrl::of(&url);
    let copy = |which| reader.good_copy(&url, key.as_str(), which);
    let (Some(from), Some(to)) = (copy(Which::By(baseline.captured_at))?, copy(Which::Newest)?) else {
        return Ok(None);
    };
    let (before, after) = (reader.text_of(&from)?, reader.text_of(&to)?);
    if before.len().max(after.len()) > LONG {
        return Ok(None);
    }
    let parts = difference::parts(&before, &after, Unit::Sentence);
    let excerpt = Excerpt::of(from.at, to.at, &parts, bytes);
    Ok((!excerpt.is_empty()).then_some(excerpt))
}
