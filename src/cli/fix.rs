//! `fix`: links of local files that are dead or moved, made to lead where they should.

use std::{
    collections::HashMap,
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    CLEAN,
    args::{FixArgs, Global, ReportFormat},
    config::Config,
    context::{self, Project},
    error::CliError,
};
use crate::{
    archive::{Archive, Reader},
    extract::{
        self,
        destination::{Destination, Form, destinations},
    },
    model::{
        article::Article,
        fix::{Fix, FixedFile, Fixes, Kind, Left, Remedy, SCHEMA_VERSION},
        link::{Link, Role},
        page::Page,
        report::LinkReport,
        url::{self, Url},
    },
    report, source,
    verdict::remedy::{self, Rules},
};

pub fn run(global: &Global, args: &FixArgs) -> Result<u8, CliError> {
    Rules::check(&args.copies).map_err(|why| {
        CliError::usage(
            format!("--copies: {why}"),
            "such as https://web.archive.org/web/{timestamp}/{url}",
        )
    })?;
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let fixer = Fixer {
        reader: &reader,
        project: Project::of(archive.path()),
        rules: Rules {
            template: args.copies.clone(),
            unconfirmed: args.unconfirmed,
        },
        robust: args.robust,
    };
    let mut all = Fixes {
        schema_version: SCHEMA_VERSION,
        written: args.write,
        files: Vec::new(),
    };
    for name in &args.files {
        let (mut file, before, after) = fixer.file(name)?;
        if args.write && before != after {
            file.backup = Some(write(Path::new(name), &before, &after)?.display().to_string());
        }
        match args.format {
            ReportFormat::Json => {}
            ReportFormat::Text => {
                if !global.quiet {
                    anstream::eprint!("{}", report::fixes(&file));
                }
                if !args.write {
                    context::print_bytes(report::patch(name.trim_start_matches("./"), &before, &after).as_bytes())?;
                }
            }
        }
        all.files.push(file);
    }
    match args.format {
        ReportFormat::Json => context::print(&report::json(&all))?,
        ReportFormat::Text if !global.quiet => context::note(&sums(&all)),
        ReportFormat::Text => {}
    }
    Ok(CLEAN)
}

fn sums(all: &Fixes) -> String {
    let count = |kind| {
        let fixes = all.files.iter().flat_map(|file| &file.fixes);
        fixes.filter(|fix| fix.kind == kind).count()
    };
    let (moved, copies) = (count(Kind::Moved), count(Kind::Copy));
    let left: usize = all.files.iter().map(|file| file.left.len()).sum();
    let verb = if all.written { "fixed" } else { "could be fixed" };
    let next = match (all.written, moved + copies) {
        (false, 1..) => "; --write does it, and keeps each file as FILE.orig",
        _ => "",
    };
    format!(
        "{} links {verb}: {moved} moved, {copies} to copies; {left} left as they are{next}",
        moved + copies
    )
}

struct Fixer<'a> {
    reader: &'a Reader,
    project: Project,
    rules: Rules,
    robust: bool,
}

/// A replacement of bytes.
struct Edit {
    range: Range<usize>,
    text: String,
    /// Attributes to add to the tag, and where.
    attributes: Option<(usize, String)>,
}

/// A link that is to lead elsewhere: its place among the links, and how it gets there.
struct Planned {
    link: usize,
    remedy: Remedy,
    to: String,
    form: Form,
    edit: Edit,
    report: LinkReport,
}

impl Fixer<'_> {
    /// What is to be done in a file, the file as it is, and as it would be.
    fn file(&self, name: &str) -> Result<(FixedFile, String, String), CliError> {
        let bytes = context::read_input(name)?;
        let article = context::exact_article(self.reader, &self.project, name)?;
        let article = article.as_ref();
        let base = article
            .and_then(|article| article.base.as_deref())
            .and_then(|base| Url::parse(base).ok());
        let document = source::document(name, bytes, base)
            .map_err(|why| CliError::usage(why, "name Markdown, HTML or text files"))?;
        let text = String::from_utf8(document.bytes).map_err(|_| {
            CliError::usage(
                format!("{name} is not UTF-8, so that nothing in it can be replaced byte for byte"),
                "convert it first: iconv -t utf-8",
            )
        })?;
        let url = document.base.unwrap_or_else(url::nowhere);
        let page = read(&text, document.media_type, &url);
        let mut file = FixedFile {
            file: name.to_owned(),
            fixes: Vec::new(),
            left: Vec::new(),
            backup: None,
        };
        let planned = self.plan(&text, &page, article, &mut file.left)?;
        let again = |text: &str| read(text, document.media_type, &url);
        let (after, done) = applied(&text, &page, &planned, &again);
        for (one, done) in planned.into_iter().zip(done) {
            let link = &page.links[one.link];
            match done {
                true => file.fixes.push(fix(link, one)),
                false => file.left.push(left(
                    link,
                    &one.report,
                    "its place in the file cannot be told for certain",
                )),
            }
        }
        Ok((file, text, after))
    }

    fn plan(
        &self,
        text: &str,
        page: &Page,
        article: Option<&Article>,
        left_alone: &mut Vec<Left>,
    ) -> Result<Vec<Planned>, CliError> {
        let mut known: HashMap<String, Option<LinkReport>> = HashMap::new();
        let mut planned = Vec::new();
        for (number, (link, place)) in page.links.iter().zip(destinations(text, &page.links)).enumerate() {
            let Some(address) = address(link) else { continue };
            let report = match known.get(&address) {
                Some(report) => report.clone(),
                None => {
                    let report = self.became(&address, article)?;
                    known.insert(address.clone(), report.clone());
                    report
                }
            };
            let Some(report) = report else { continue };
            let cited_at = article.and_then(|article| article.cited_at);
            let remedy = match remedy::remedy(&report, cited_at, &self.rules) {
                Ok(Some(remedy)) => remedy,
                Ok(None) => continue,
                Err(why) => {
                    left_alone.push(left(link, &report, why));
                    continue;
                }
            };
            let Some(place) = place else {
                left_alone.push(left(link, &report, "its place in the file cannot be told for certain"));
                continue;
            };
            let to = with_fragment(&remedy, report.fragment.as_deref());
            planned.push(Planned {
                link: number,
                edit: self.edit(&place, &to, &report.url, &remedy),
                form: place.form,
                to,
                remedy,
                report,
            });
        }
        Ok(planned)
    }

    /// What became of a link: as this article has it, or else as any has.
    fn became(&self, address: &str, article: Option<&Article>) -> Result<Option<LinkReport>, CliError> {
        let Ok(url) = Url::parse(address) else { return Ok(None) };
        for article in [article.map(|article| article.id), None] {
            let named = self.reader.cited(&url, article)?;
            let (found, _) = self.reader.explain(&named, address)?;
            let same = |report: &LinkReport| {
                let fragment = report.fragment.as_deref().map(|fragment| format!("#{fragment}"));
                format!("{}{}", report.url, fragment.unwrap_or_default()) == address
            };
            if let Some(found) = found.into_iter().map(|one| one.link).find(same) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn edit(&self, place: &Destination, to: &str, from: &str, remedy: &Remedy) -> Edit {
        let attributes = place
            .attributes
            .filter(|_| self.robust)
            .map(|at| (at, robust(from, remedy)));
        Edit {
            range: place.range.clone(),
            text: place.written(to),
            attributes,
        }
    }
}

/// Robust Links 1.0: with a link to a copy, where the original was; with another, where a copy is; and of what day.
fn robust(from: &str, remedy: &Remedy) -> String {
    let (copy, at) = &remedy.copy;
    let (name, value) = match remedy.kind {
        Kind::Copy => ("data-originalurl", from),
        Kind::Moved => ("data-versionurl", copy.as_str()),
    };
    format!(
        " {name}=\"{}\" data-versiondate=\"{}\"",
        value.replace('&', "&amp;"),
        at.date()
    )
}

/// Where a link leads, if it is one that could be fetched, with fragment.
fn address(link: &Link) -> Option<String> {
    let target = link.target.as_ref().ok().filter(|_| link.role == Role::Cite)?;
    let fragment = target.fragment.as_deref().filter(|fragment| !fragment.is_empty());
    Some(match fragment {
        Some(fragment) => format!("{}#{fragment}", target.url),
        None => target.url.to_string(),
    })
}

fn with_fragment(remedy: &Remedy, fragment: Option<&str>) -> String {
    match fragment {
        Some(fragment) if !remedy.address.contains('#') => format!("{}#{fragment}", remedy.address),
        _ => remedy.address.clone(),
    }
}

fn read(text: &str, media_type: &str, url: &Url) -> Page {
    extract::read(&extract::Body {
        bytes: text.as_bytes(),
        media_type: Some(media_type),
        charset: Some("utf-8"),
        url,
        local: true,
        assets: false,
        quotes: false,
        volatile: &[],
    })
}

/// The text with as much of the plan as comes out right, and which of it did: read again, those links lead where they
/// should, and the others are as they were.
fn applied(text: &str, page: &Page, planned: &[Planned], read: &dyn Fn(&str) -> Page) -> (String, Vec<bool>) {
    let mut done = vec![true; planned.len()];
    let all: Vec<&Planned> = planned.iter().collect();
    let after = edited(text, &all);
    if is_right(page, &read(&after), &all) {
        return (after, done);
    }
    let mut kept: Vec<&Planned> = Vec::new();
    for (number, one) in planned.iter().enumerate() {
        kept.push(one);
        if !is_right(page, &read(&edited(text, &kept)), &kept) {
            kept.pop();
            done[number] = false;
        }
    }
    (edited(text, &kept), done)
}

fn edited(text: &str, planned: &[&Planned]) -> String {
    let mut changes: Vec<(Range<usize>, &str)> = Vec::new();
    for Planned { edit, .. } in planned {
        changes.push((edit.range.clone(), &edit.text));
        changes.extend(edit.attributes.as_ref().map(|(at, text)| (*at..*at, text.as_str())));
    }
    // Several links may lead through one definition.
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    changes.dedup();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, change) in changes {
        if range.start >= at {
            out.push_str(&text[at..range.start]);
            out.push_str(change);
            at = range.end;
        }
    }
    out + &text[at..]
}

fn is_right(before: &Page, after: &Page, planned: &[&Planned]) -> bool {
    let plan: HashMap<usize, &Planned> = planned.iter().map(|one| (one.link, *one)).collect();
    before.links.len() == after.links.len()
        && before
            .links
            .iter()
            .zip(&after.links)
            .enumerate()
            .all(|(number, (was, is))| match plan.get(&number) {
                Some(one) => {
                    address(is).as_deref() == Some(&one.to) && (is.anchor == was.anchor || one.form == Form::Bare)
                }
                None => (&is.raw, &is.anchor, is.role) == (&was.raw, &was.anchor, was.role),
            })
}

fn fix(link: &Link, one: Planned) -> Fix {
    let (line, column) = link.span.map_or((0, 0), |span| (span.line, span.column));
    Fix {
        line,
        column,
        from: address(link).unwrap_or_default(),
        to: one.to,
        kind: one.remedy.kind,
        class: one.report.class,
        why: one.remedy.why,
    }
}

fn left(link: &Link, report: &LinkReport, why: &str) -> Left {
    Left {
        line: link.span.map_or(0, |span| span.line),
        url: address(link).unwrap_or_default(),
        class: report.class,
        why: why.to_owned(),
    }
}

/// Puts a file in the place of another at once, and keeps that beside it; returns as what.
fn write(path: &Path, before: &str, after: &str) -> Result<PathBuf, CliError> {
    let failed = |e: std::io::Error| {
        CliError::failed(
            format!("{} could not be written: {e}", path.display()),
            "nothing in it was changed",
        )
    };
    // The file itself, not a link to it.
    let path = path.canonicalize().map_err(failed)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let permissions = std::fs::metadata(&path).map_err(failed)?.permissions();
    let backup = backup_name(&path, before);
    std::fs::write(&backup, before).map_err(failed)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    new.write_all(after.as_bytes()).map_err(failed)?;
    new.as_file().set_permissions(permissions).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    new.persist(&path).map_err(|e| failed(e.error))?;
    Ok(backup)
}

/// `FILE.orig`, or the first of `FILE.orig.2`, … that does not hold something else.
fn backup_name(path: &Path, before: &str) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(".orig");
        if number > 1 {
            name.push(format!(".{number}"));
        }
        PathBuf::from(name)
    };
    let is_free = |path: &PathBuf| match std::fs::read(path) {
        Ok(held) => held == before.as_bytes(),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    };
    (1..=u32::MAX).map(name).find(is_free).unwrap_or_else(|| name(1))
}
