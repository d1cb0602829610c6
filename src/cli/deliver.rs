//! A message on its way to one receiver: to a webhook, a command or a feed file. Every way has its end in time.

use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    args::CrawlArgs,
    config,
    context::SystemClock,
    error::CliError,
    hook::Hook,
    notifiers::{self, Input, Kept, Notifier, Way},
};
use crate::{
    fetch::{Posted, Poster},
    model::{
        time::Clock,
        url::{self, Url},
        verdict::Transport,
    },
    notify::{
        Message, Secrets, atom,
        retry::{Attempted, Next, next},
        seconds,
    },
};

/// Of all the time there is, one attempt has this part.
const ATTEMPT: u32 = 3;

/// What every receiver is told the same way.
pub struct Delivery<'a> {
    pub crawl: &'a CrawlArgs,
    /// The archive, as its user calls it.
    pub archive: &'a str,
}

impl Delivery<'_> {
    /// Brings a message to a receiver. The error says why it did not arrive, without any secret.
    pub fn deliver(&self, to: &Notifier, message: &Message) -> Result<(), CliError> {
        match &to.way {
            Way::Webhook { address, secret } => self.webhook(to, address, secret.as_ref(), message),
            Way::Command { words, input } => self.command(words, *input, to.timeout, message),
            Way::Feed(path) => feed(path, self.archive, message).map_err(|why| {
                CliError::failed(
                    format!("{}: {why}", path.display()),
                    "name another file, or move that one away",
                )
            }),
        }
    }

    fn webhook(&self, to: &Notifier, address: &Kept, secret: Option<&Kept>, message: &Message) -> Result<(), CliError> {
        let hint = "docs/notify.md tells how a webhook is written";
        let what = format!("the address of the webhook {}", to.name);
        let url = notifiers::address(&address.read(&what)?)
            .map_err(|why| CliError::usage(format!("{what} is wrong: {why}"), hint))?;
        let what = format!("the secret of the webhook {}", to.name);
        let secrets = secret.map(|secret| {
            let text = secret.read(&what)?;
            Secrets::parse(&text).map_err(|why| CliError::usage(format!("{what} is wrong: {why}"), hint))
        });
        let secrets = secrets.transpose()?;
        let settings = config::post_settings(self.crawl, to.timeout / ATTEMPT)?;
        let poster = Poster::new(settings, &url).map_err(|why| CliError::failed(why, ""))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| CliError::failed(format!("the network runtime cannot start: {e}"), ""))?;
        let post = Post {
            poster,
            url,
            secrets,
            message,
        };
        let outcome = runtime.block_on(post.attempts(to.timeout));
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        outcome.map_err(|why| CliError::failed(format!("{}: {why}", url::host(&post.url)), ""))
    }

    fn command(&self, words: &[String], input: Input, timeout: Duration, message: &Message) -> Result<(), CliError> {
        let words: Vec<String> = words
            .iter()
            .map(|word| word.replace("{subject}", &message.subject))
            .collect();
        let (id, mut text) = (message.id.to_string(), message.text.clone());
        if input == Input::Json {
            text.clone_from(&message.json);
        }
        let hook = Hook {
            words: &words,
            environment: &[
                ("EVERCITE_SUBJECT", &message.subject),
                ("EVERCITE_MESSAGE_ID", &id),
                ("EVERCITE_ARCHIVE", self.archive),
            ],
            input: &text,
            timeout,
        };
        hook.run().map_err(|why| CliError::failed(why, ""))
    }
}

/// A message for a webhook.
struct Post<'a> {
    poster: Poster,
    url: Url,
    secrets: Option<Secrets>,
    message: &'a Message,
}

impl Post<'_> {
    /// Tries until it is taken, or no further attempt is worth it, or the time is up.
    async fn attempts(&self, timeout: Duration) -> Result<(), String> {
        let until = Instant::now() + timeout;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let left = until.saturating_duration_since(Instant::now());
            let attempted = self.attempt(left.min(timeout / ATTEMPT)).await;
            let left = until.saturating_duration_since(Instant::now());
            match next(attempts, &attempted, left) {
                Next::Told => return Ok(()),
                Next::Again(wait) => tokio::time::sleep(wait).await,
                Next::GiveUp(why) => return Err(why),
            }
        }
    }

    async fn attempt(&self, patience: Duration) -> Attempted {
        let now = SystemClock::default().now();
        let id = self.message.id.to_string();
        let mut headers = vec![
            ("webhook-id", id.clone()),
            ("webhook-timestamp", seconds(now).to_string()),
        ];
        if let Some(secrets) = &self.secrets {
            headers.push(("webhook-signature", secrets.sign(&id, now, &self.message.json)));
        }
        let body = self.message.json.clone();
        match self.poster.post(&self.url, &headers, body, patience, now).await {
            Posted::Answered { status, retry_after } => Attempted::Answered(status, retry_after),
            Posted::Failed { transport, why } => Attempted::Failed {
                why: format!("{transport} ({why})"),
                may_pass: !matches!(
                    transport,
                    Transport::NoSuchName
                        | Transport::TlsExpired
                        | Transport::TlsName
                        | Transport::TlsUntrusted
                        | Transport::TlsOther
                ),
            },
        }
    }
}

/// Writes a feed with one more entry in the place of the one before, whole or not at all.
fn feed(path: &Path, archive: &str, message: &Message) -> Result<(), String> {
    // A link is followed: what it leads to is written anew.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let before = match std::fs::read(&path) {
        Ok(bytes) => Some(String::from_utf8(bytes).map_err(|_| "it is damaged: it is not written in UTF-8")?),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(format!("it could not be read: {e}")),
    };
    let title = format!("What became of the links in {archive}");
    let text = atom::grown(before.as_deref(), &title, message)?;
    let written = |e: std::io::Error| format!("it could not be written: {e}");
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(written)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(written)?;
    new.write_all(text.as_bytes())
        .and_then(|()| new.as_file().set_permissions(permissions(&path)?))
        .and_then(|()| new.as_file().sync_all())
        .map_err(written)?;
    new.persist(&path).map_err(|e| written(e.error))?;
    Ok(())
}

/// Those that a feed has, or such that everybody may read it: it is there to be published.
fn permissions(path: &Path) -> std::io::Result<std::fs::Permissions> {
    if let Ok(file) = std::fs::metadata(path) {
        return Ok(file.permissions());
    }
    #[cfg(unix)]
    return Ok(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    #[cfg(not(unix))]
    std::fs::metadata(path.parent().unwrap_or(Path::new("."))).map(|folder| folder.permissions())
}
