//! `diff`: what a page said then, and says now.

use super::{
    CLEAN,
    args::{DiffArgs, DiffFormat, Global},
    config::Config,
    context,
    error::CliError,
    page::{self, Asked},
};
use crate::{
    archive::{Archive, Copy, Reader, Which},
    extract::charset,
    model::{
        difference::{Difference, SCHEMA_VERSION, Side, Unit},
        url::{self, Url},
    },
    report,
    verdict::difference,
};

pub fn run(global: &Global, args: &DiffArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let asked = Asked::find(&archive, &reader, &args.url)?;
    let to = asked.copy(&reader, args.to.map_or(Which::Newest, Which::By))?;
    let from = earlier(&reader, &asked, args, &to)?;
    if from.at > to.at {
        return Err(CliError::usage(
            format!(
                "--from chooses the copy of {}, and --to that of {}, which is older",
                from.at, to.at
            ),
            "give the earlier time as --from",
        ));
    }
    let difference = compared(&reader, &asked.url, &from, &to, args.html)?;
    match args.format {
        DiffFormat::Text => context::print(&report::difference(&difference, context::style(false)))?,
        DiffFormat::Unified => context::print(&report::unified(&difference))?,
        DiffFormat::Html => context::print(&report::difference_html(&difference))?,
        DiffFormat::Json => context::print(&report::json(&difference))?,
    }
    Ok(CLEAN)
}

/// What `--from` says; else what links to the page are compared with, else its first good copy.
fn earlier(reader: &Reader, asked: &Asked, args: &DiffArgs, to: &Copy) -> Result<Copy, CliError> {
    match args.from {
        Some(at) => asked.copy(reader, Which::By(at)),
        None => match reader.baseline_copy(&asked.url)? {
            Some(baseline) if baseline.at <= to.at => Ok(baseline),
            _ => asked.copy(reader, Which::First),
        },
    }
}

fn compared(reader: &Reader, url: &Url, from: &Copy, to: &Copy, source: bool) -> Result<Difference, CliError> {
    let (unit, before, after) = match source {
        true => (Unit::Line, source_of(reader, from)?, source_of(reader, to)?),
        false => (Unit::Sentence, reader.text_of(from)?, reader.text_of(to)?),
    };
    let (links_added, links_removed) = difference::links(&reader.links_of(from)?, &reader.links_of(to)?);
    Ok(Difference {
        schema_version: SCHEMA_VERSION,
        url: url.to_string(),
        unit,
        title: difference::edited(&from.title, &to.title),
        parts: difference::parts(&before, &after, unit),
        links_added,
        links_removed,
        from: side(from),
        to: side(to),
    })
}

fn side(copy: &Copy) -> Side {
    Side {
        captured_at: copy.at,
        final_url: copy.final_url.clone(),
        title: copy.title.clone(),
        payload_sha256: copy.digest.hex(),
    }
}

/// The source of a copy, in characters.
fn source_of(reader: &Reader, copy: &Copy) -> Result<String, CliError> {
    page::is_kept(copy)?;
    let bytes = reader.payload(copy.payload)?;
    let host = Url::parse(&copy.final_url)
        .map(|url| url::host(&url).to_owned())
        .unwrap_or_default();
    let decoded = charset::decode(&bytes, copy.charset.as_deref(), true, &host);
    Ok(decoded.text.into_owned())
}
