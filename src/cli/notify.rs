//! `notify`: everybody who is configured is told what is new to them. It never holds up or fails what calls it: each
//! receiver has so much time, and one that cannot be told is named to the others.

use std::time::{Duration, Instant};

use super::{
    CLEAN, FAILED, USAGE,
    args::{Global, NotifyArgs},
    config::Config,
    context::{self, SystemClock},
    deliver::Delivery,
    error::CliError,
    notifiers::Notifier,
    schedule::Logs,
    telling::{self, Room},
};
use crate::{
    archive::{Archive, ArchiveError, News, ReadMark, Reader, ReportReader, ReportScope, RunLock},
    model::{
        bulletin::{Bulletin, FailingNotifier, Occasion},
        time::{Clock, Timestamp},
    },
    notify::{self, Message},
    report::{self, Style},
};

/// What is shown of changes behind links, in one message.
const ROOM: Room = Room {
    links: 50,
    bytes: (4 << 10, 64 << 10),
};
/// How text is set that is read elsewhere.
const PLAIN: Style = Style {
    width: 78,
    colour: false,
};
/// Who reads what runners of jobs print.
const PRINTED: &str = "schedule";
/// Certificates that end within this time are told of.
const CERTIFICATES: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long another process that tells is waited for, beside the time that its receivers may take.
const OTHERS: Duration = Duration::from_secs(10);

pub fn run(global: &Global, args: &NotifyArgs) -> Result<u8, CliError> {
    let config = Config::load(global, args.network.as_crawl())?;
    let archive = Archive::open(&config.archive)?;
    let now = SystemClock::default().now();
    if let Some(reader) = &args.print {
        print_news(&config, &archive, reader, now)?;
        return Ok(CLEAN);
    }
    known(&config.notify, &args.names)?;
    let to = meant(&config.notify, &args.names);
    let teller = Teller {
        config: &config,
        archive: &archive,
        now,
    };
    if args.dry_run {
        return teller.dry_run(&to);
    }
    let outcomes = match args.test {
        true => complained(teller.test(&to)),
        false => tell(&config, &archive, &args.names, now),
    };
    let said: String = outcomes
        .iter()
        .filter(|_| !global.quiet)
        .filter_map(Outcome::said)
        .collect();
    context::print(&said)?;
    Ok(outcomes.iter().map(Outcome::code).max().unwrap_or(CLEAN))
}

/// Tells those of these names what is new to them; without names, everybody who is configured. Who could not be told
/// is named on standard error, and told the same again next time.
pub fn tell(config: &Config, archive: &Archive, names: &[String], now: Timestamp) -> Vec<Outcome> {
    let to = meant(&config.notify, names);
    complained(Teller { config, archive, now }.tell(&to))
}

/// What came of it, after all failures were told.
fn complained(outcomes: Result<Vec<Outcome>, CliError>) -> Vec<Outcome> {
    let outcomes = outcomes.unwrap_or_else(|error| {
        let name = "what is new".to_owned();
        vec![Outcome { name, told: Err(error) }]
    });
    outcomes.iter().for_each(Outcome::complain);
    outcomes
}

/// Prints what is new to a reader on standard output, and notes that it was told. Silent when nothing is.
pub fn print_news(config: &Config, archive: &Archive, reader: &str, now: Timestamp) -> Result<(), CliError> {
    let teller = Teller { config, archive, now };
    let fresh = teller.fresh(&archive.reader()?, reader, None)?;
    if fresh.bulletin.is_news() {
        let text = report::bulletin(&fresh.bulletin, context::style(false));
        context::print(&format!("{}\n\n{text}", notify::subject(&fresh.bulletin)))?;
    }
    teller.note(vec![fresh.read()], Vec::new())
}

/// Tells what jobs have brought since it was last told: everybody who is configured; where nobody is, it is printed. Who
/// could not be told rests for a while.
pub fn after_jobs(global: &Global, config: &Config, archive: &Archive, now: Timestamp) -> Result<(), CliError> {
    let reader = archive.reader()?;
    let Some(newest) = reader.newest_job_end()? else {
        return Ok(());
    };
    let is_behind = |name: String| -> Result<bool, CliError> {
        let who = ReportReader { name, article: None };
        Ok(reader.mark_of(&who)?.is_none_or(|mark| mark.at < newest))
    };
    if config.notify.is_empty() {
        return match !global.quiet && is_behind(PRINTED.to_owned())? {
            true => print_news(config, archive, PRINTED, now),
            false => Ok(()),
        };
    }
    let failing = reader.failing_notifiers()?;
    let rests = |name: &str| {
        let failing = failing.iter().find(|one| one.name == name);
        failing.is_some_and(|one| notify::retry::anew(one.since, one.failures) > now)
    };
    let mut names = Vec::new();
    for one in config.notify.iter().filter(|one| !rests(&one.name)) {
        if is_behind(reader_of(one))? {
            names.push(one.name.clone());
        }
    }
    if !names.is_empty() {
        tell(config, archive, &names, now);
    }
    Ok(())
}

/// What came of telling one receiver.
#[derive(Debug)]
pub struct Outcome {
    /// Who it is, as the configuration calls it.
    pub name: String,
    /// The subject of what was told; `None` where nothing was new.
    pub told: Result<Option<String>, CliError>,
}

impl Outcome {
    fn said(&self) -> Option<String> {
        let subject = self.told.as_ref().ok()?.as_ref()?;
        Some(format!("{}: told: {subject}\n", self.name))
    }

    /// Says on standard error why somebody could not be told.
    fn complain(&self) {
        if let Err(CliError::Usage { what, hint } | CliError::Failed { what, hint }) = &self.told {
            let hint = match hint.as_str() {
                "" => String::new(),
                hint => format!("\n  hint: {hint}"),
            };
            context::note(&format!("{} could not be told: {what}{hint}", self.name));
        }
    }

    fn code(&self) -> u8 {
        match &self.told {
            Ok(_) => CLEAN,
            Err(CliError::Failed { .. }) => FAILED,
            Err(CliError::Usage { .. }) => USAGE,
        }
    }
}

/// Whether there is somebody, and everybody who is named.
fn known(all: &[Notifier], names: &[String]) -> Result<(), CliError> {
    if all.is_empty() {
        return Err(CliError::usage(
            "nobody is configured to be told anything",
            "write a table [notify.NAME] in evercite.toml; `evercite notify --help` shows some",
        ));
    }
    let Some(unknown) = names.iter().find(|name| all.iter().all(|one| one.name != **name)) else {
        return Ok(());
    };
    let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    Err(CliError::usage(
        format!("there is no [notify.{unknown}]"),
        format!("there are: {}", known.join(", ")),
    ))
}

/// Those of these names; without names, all.
fn meant<'a>(all: &'a [Notifier], names: &[String]) -> Vec<&'a Notifier> {
    let is_meant = |one: &&Notifier| names.is_empty() || names.contains(&one.name);
    all.iter().filter(is_meant).collect()
}

/// What is new to somebody, and up to where.
struct Fresh {
    who: ReportReader,
    mark: ReadMark,
    bulletin: Bulletin,
}

impl Fresh {
    fn read(self) -> (ReportReader, ReadMark) {
        (self.who, self.mark)
    }
}

/// How telling went, to be kept: who it was, and why it failed where it did.
type Kept = (String, Option<String>);

struct Teller<'a> {
    config: &'a Config,
    archive: &'a Archive,
    now: Timestamp,
}

impl Teller<'_> {
    /// Tells all of these at once, and keeps what came of it.
    fn tell(&self, to: &[&Notifier]) -> Result<Vec<Outcome>, CliError> {
        if to.is_empty() {
            return Ok(Vec::new());
        }
        let _lock = self.lock()?;
        let reader = self.archive.reader()?;
        let (mut fresh, mut messages) = (Vec::new(), Vec::new());
        for one in to {
            let own = self.fresh(&reader, &reader_of(one), Some(one))?;
            messages.push(own.bulletin.is_news().then(|| message(&own.bulletin, one)));
            fresh.push(own);
        }
        let results = self.deliver(to, &messages);
        let (mut read, mut kept, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        for (((one, own), message), result) in to.iter().zip(fresh).zip(messages).zip(results) {
            if result.is_ok() {
                read.push(own.read());
            }
            if message.is_some() {
                kept.push((one.name.clone(), result.as_ref().err().map(CliError::to_string)));
            }
            outcomes.push(Outcome {
                name: one.name.clone(),
                told: result.map(|()| message.map(|message| message.subject)),
            });
        }
        self.note(read, kept)?;
        Ok(outcomes)
    }

    /// Brings each its message. They are told at the same time, so that a slow one keeps no other waiting.
    fn deliver(&self, to: &[&Notifier], messages: &[Option<Message>]) -> Vec<Result<(), CliError>> {
        let archive = self.name();
        let delivery = Delivery {
            crawl: &self.config.crawl,
            archive: &archive,
        };
        std::thread::scope(|scope| {
            let telling: Vec<_> = to
                .iter()
                .zip(messages)
                .map(|(one, message)| {
                    let delivery = &delivery;
                    message
                        .as_ref()
                        .map(|message| scope.spawn(move || delivery.deliver(one, message)))
                })
                .collect();
            let ended = |thread: std::thread::ScopedJoinHandle<'_, Result<(), CliError>>| {
                // A panic there has been printed by its own hook.
                let broken = |_| Err(CliError::failed("telling it broke off", ""));
                thread.join().unwrap_or_else(broken)
            };
            telling.into_iter().map(|thread| thread.map_or(Ok(()), ended)).collect()
        })
    }

    /// What is new to a reader; of a receiver, what it wants to hear.
    fn fresh(&self, reader: &Reader, name: &str, notifier: Option<&Notifier>) -> Result<Fresh, CliError> {
        let who = ReportReader {
            name: name.to_owned(),
            article: None,
        };
        let read = reader.mark_of(&who)?;
        // Taken before anything is read: what comes in between is told next time.
        let mark = reader.mark_now(self.now)?;
        let mut scope = ReportScope {
            news: read.map(News::After),
            certificates_until: Some(self.now.plus(CERTIFICATES)),
            ..ReportScope::default()
        };
        let classes = notifier.and_then(|one| one.classes.as_deref());
        if classes.is_some() {
            scope.certificates_until = None;
        }
        let mut report = reader.report(&scope, self.now)?;
        if let Some(classes) = classes {
            report.links.retain(|link| classes.contains(&link.class));
            report.source_changes.clear();
        }
        let mut bulletin = Bulletin::of(Occasion::News, self.name(), report);
        bulletin.differences = telling::differences(reader, &bulletin.report, ROOM)?.excerpts;
        bulletin.jobs = reader.job_troubles(read.map(|mark| mark.at), self.now)?;
        let logs = Logs::of(self.archive);
        for job in &mut bulletin.jobs {
            job.log = job.log.take().map(|log| logs.path(&log).to_string_lossy().into_owned());
        }
        bulletin.notifiers = self.failing(reader, notifier)?;
        Ok(Fresh { who, mark, bulletin })
    }

    /// Who else of those configured cannot be told at present.
    fn failing(&self, reader: &Reader, but: Option<&Notifier>) -> Result<Vec<FailingNotifier>, CliError> {
        let mut failing = reader.failing_notifiers()?;
        let is_other = |name: &str| but.is_none_or(|one| one.name != name);
        let is_known = |name: &str| self.config.notify.iter().any(|one| one.name == name);
        failing.retain(|one| is_other(&one.name) && is_known(&one.name));
        Ok(failing)
    }

    /// Notes up to where readers have read, and how telling went. It is a row for each, so no lock of a run is taken.
    fn note(&self, read: Vec<(ReportReader, ReadMark)>, kept: Vec<Kept>) -> Result<(), CliError> {
        if read.is_empty() && kept.is_empty() {
            return Ok(());
        }
        let now = self.now;
        let noted = self.archive.writer().and_then(|writer| {
            writer.call(move |ingest| {
                for (who, mark) in &read {
                    ingest.has_read(who, *mark)?;
                }
                for (name, failure) in &kept {
                    match failure {
                        None => ingest.notifier_told(name, now)?,
                        Some(why) => ingest.notifier_failed(name, now, why)?,
                    }
                }
                Ok(())
            })
        });
        noted.map_err(|why| {
            CliError::failed(
                format!("it was told, but not noted as told: {why}"),
                "the same is told again next time",
            )
        })
    }

    /// Prints what would be told.
    fn dry_run(&self, to: &[&Notifier]) -> Result<u8, CliError> {
        let reader = self.archive.reader()?;
        for one in to {
            let bulletin = self.fresh(&reader, &reader_of(one), Some(one))?.bulletin;
            let said = match bulletin.is_news() {
                true => {
                    let message = message(&bulletin, one);
                    format!("{} would be told: {}\n\n{}\n", one.name, message.subject, message.text)
                }
                false => format!("{} would be told nothing\n", one.name),
            };
            context::print(&said)?;
        }
        Ok(CLEAN)
    }

    /// Sends a message that is none, and keeps nothing of it.
    fn test(&self, to: &[&Notifier]) -> Result<Vec<Outcome>, CliError> {
        let _lock = self.lock()?;
        let nothing = ReportScope {
            articles: Some(Vec::new()),
            ..ReportScope::default()
        };
        let report = self.archive.reader()?.report(&nothing, self.now)?;
        let bulletin = Bulletin::of(Occasion::Test, self.name(), report);
        let messages: Vec<_> = to.iter().map(|one| Some(message(&bulletin, one))).collect();
        let results = self.deliver(to, &messages);
        let outcome = |(one, result): (&&Notifier, Result<(), CliError>)| Outcome {
            name: one.name.clone(),
            told: result.map(|()| Some(notify::subject(&bulletin))),
        };
        Ok(to.iter().zip(results).map(outcome).collect())
    }

    /// Two that tell at once would tell the same twice. The other one ends soon.
    fn lock(&self) -> Result<RunLock, CliError> {
        let longest = self
            .config
            .notify
            .iter()
            .map(|one| one.timeout)
            .max()
            .unwrap_or_default();
        let until = Instant::now() + longest + OTHERS;
        loop {
            match self.archive.lock_telling() {
                Err(ArchiveError::Locked { .. }) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(ArchiveError::Locked { holder, .. }) => {
                    return Err(CliError::failed(
                        format!("another process{holder} is telling what is new"),
                        "what it does not tell is told next time",
                    ));
                }
                result => return Ok(result?),
            }
        }
    }

    /// The archive, as its user calls it.
    fn name(&self) -> String {
        self.archive.path().to_string_lossy().into_owned()
    }
}

fn reader_of(one: &Notifier) -> String {
    format!("notify:{}", one.name)
}

fn message(bulletin: &Bulletin, to: &Notifier) -> Message {
    notify::message(bulletin, &to.name, report::bulletin(bulletin, PLAIN))
}
