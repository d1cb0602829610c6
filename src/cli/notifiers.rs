//! `[notify.NAME]` in `evercite.toml`: who is told what is new, and how.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{args::duration_in_toml, error::CliError};
use crate::model::{
    url::{self, Url},
    verdict::Class,
};

/// One table, as it is written.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NotifierArgs {
    webhook: Option<String>,
    webhook_env: Option<String>,
    webhook_file: Option<PathBuf>,
    secret_env: Option<String>,
    secret_file: Option<PathBuf>,
    command: Option<Vec<String>>,
    input: Option<Input>,
    feed: Option<PathBuf>,
    #[serde(deserialize_with = "duration_in_toml")]
    timeout: Option<Duration>,
    classes: Option<Vec<Class>>,
}

impl fmt::Debug for NotifierArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its address may be a secret.
        f.write_str("NotifierArgs")
    }
}

/// What a command reads on its standard input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    #[default]
    Text,
    Json,
}

/// Somebody who is told what is new.
#[derive(Debug, Clone)]
pub struct Notifier {
    pub name: String,
    pub way: Way,
    /// How long telling may take, every attempt included.
    pub timeout: Duration,
    /// Only links of these classes are worth a message; `None`: all that is new.
    pub classes: Option<Vec<Class>>,
}

/// How somebody is told.
#[derive(Debug, Clone)]
pub enum Way {
    Webhook { address: Kept, secret: Option<Kept> },
    Command { words: Vec<String>, input: Input },
    Feed(PathBuf),
}

/// Where something is kept that may be a secret. It is read when it is needed, and told to nobody.
#[derive(Clone)]
pub enum Kept {
    Written(String),
    Variable(String),
    File(PathBuf),
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(_) => f.write_str("Written"),
            Self::Variable(name) => write!(f, "Variable({name})"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl Kept {
    fn of(variable: Option<String>, file: Option<PathBuf>) -> Vec<Self> {
        let (variable, file) = (variable.map(Self::Variable), file.map(Self::File));
        variable.into_iter().chain(file).collect()
    }

    /// Reads it; `what` says what it is.
    pub fn read(&self, what: &str) -> Result<String, CliError> {
        let text = match self {
            Self::Written(text) => text.clone(),
            Self::Variable(name) => std::env::var(name).map_err(|_| {
                CliError::usage(
                    format!("the environment variable {name}, which holds {what}, is not set"),
                    "set it where evercite is started; cron has an environment of its own",
                )
            })?,
            Self::File(path) => std::fs::read_to_string(path).map_err(|e| {
                CliError::usage(
                    format!("{}, which holds {what}, could not be read: {e}", path.display()),
                    "check its name and its permissions",
                )
            })?,
        };
        Ok(text.trim().to_owned())
    }
}

/// The address of a webhook. The error does not quote it.
pub fn address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && !url::host(&url).is_empty() => Ok(url),
        _ => Err("it is no address that begins with https:// or http://".into()),
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);

/// Takes the tables of a file apart.
pub fn read(tables: BTreeMap<String, NotifierArgs>, file: &Path) -> Result<Vec<Notifier>, CliError> {
    let notifier = |(name, args): (String, _)| {
        notifier(&name, args).map_err(|why| {
            CliError::usage(
                format!("{}: [notify.{name}]: {why}", file.display()),
                "each is one webhook (webhook, webhook-env or webhook-file), one command or one feed; docs/notify.md \
                 tells of all keys",
            )
        })
    };
    tables.into_iter().map(notifier).collect()
}

fn notifier(name: &str, args: NotifierArgs) -> Result<Notifier, String> {
    if name.is_empty() || name.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("a name is a word".into());
    }
    let mut addresses = Kept::of(args.webhook_env, args.webhook_file);
    addresses.extend(args.webhook.map(Kept::Written));
    let mut secrets = Kept::of(args.secret_env, args.secret_file);
    if secrets.len() > 1 {
        return Err("secret-env and secret-file stand there both".into());
    }
    let is_webhook = !addresses.is_empty();
    if !is_webhook && !secrets.is_empty() {
        return Err("only what a webhook is sent is signed with a secret".into());
    }
    if args.command.is_none() && args.input.is_some() {
        return Err("only a command has an input".into());
    }
    let mut ways: Vec<Way> = addresses
        .into_iter()
        .map(|address| Way::Webhook {
            address,
            secret: secrets.pop(),
        })
        .collect();
    ways.extend(args.command.map(|words| Way::Command {
        words,
        input: args.input.unwrap_or_default(),
    }));
    ways.extend(args.feed.map(Way::Feed));
    let (Some(way), true) = (ways.pop(), ways.is_empty()) else {
        return Err("it says no way of telling, or several".into());
    };
    match &way {
        Way::Webhook {
            address: Kept::Written(text),
            ..
        } => drop(address(text)?),
        Way::Command { words, .. } if words.first().is_none_or(String::is_empty) => {
            return Err("its command is empty".into());
        }
        Way::Feed(path) if path.file_name().is_none() => return Err("its feed names no file".into()),
        _ => {}
    }
    let timeout = args.timeout.unwrap_or(TIMEOUT);
    if timeout.is_zero() {
        return Err("no time is no timeout".into());
    }
    Ok(Notifier {
        name: name.to_owned(),
        way,
        timeout,
        classes: args.classes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Notifier>, String> {
        let tables: BTreeMap<String, NotifierArgs> = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        read(tables, Path::new("evercite.toml")).map_err(|e| match e {
            CliError::Usage { what, .. } | CliError::Failed { what, .. } => what,
        })
    }

    #[test]
    fn a_table_says_who_is_told_and_how() {
        let told = of(
            "[a]\nwebhook = 'https://hooks.example/hush'\nsecret-env = 'S'\ntimeout = '5s'\nclasses = ['dead', 'moved']\n\
             [b]\ncommand = ['mail', '-s', '{subject}']\ninput = 'json'\n[c]\nfeed = 'public/links.atom'\n\
             [d]\nwebhook-file = '/run/secrets/hook'",
        )
        .unwrap();
        assert_eq!(
            told.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c", "d"]
        );
        assert!(matches!(&told[0].way, Way::Webhook { secret: Some(Kept::Variable(name)), .. } if name == "S"));
        assert_eq!(told[0].timeout, Duration::from_secs(5));
        assert_eq!(told[0].classes, Some(vec![Class::Dead, Class::Moved]));
        assert!(matches!(&told[1].way, Way::Command { words, input: Input::Json } if words.len() == 3));
        assert!(matches!(&told[2].way, Way::Feed(path) if path == Path::new("public/links.atom")));
        assert_eq!(told[3].timeout, TIMEOUT);
        assert!(!format!("{told:?}").contains("hush"));
    }

    #[test]
    fn mistakes_are_told_and_secrets_are_not() {
        for (text, why) in [
            ("[a]", "no way of telling"),
            ("[a]\nwebhook = 'https://h.example/hush'\nfeed = 'f'", "or several"),
            (
                "[a]\nwebhook = 'https://h.example/hush'\nwebhook-env = 'H'",
                "or several",
            ),
            ("[a]\nwebhook = 'hush'", "begins with https://"),
            ("[a]\nwebhook = 'ftp://h.example/hush'", "begins with https://"),
            ("[a]\nwebhook = ['https://h.example/hush']", "expected a string"),
            ("[a]\nwebhook-env = 'H'\nsecret = 'hush'", "unknown field `secret`"),
            ("[a]\nwebhook-env = 'H'\nsecret-env = 'S'\nsecret-file = 'f'", "both"),
            ("[a]\nfeed = 'f'\nsecret-env = 'S'", "only what a webhook"),
            ("[a]\nfeed = 'f'\ninput = 'json'", "only a command"),
            ("[a]\ncommand = []", "command is empty"),
            ("[a]\ncommand = ['']", "command is empty"),
            ("[a]\nfeed = '/'", "names no file"),
            ("[a]\nfeed = 'f'\ntimeout = 0", "no time"),
            ("[a]\nfeed = 'f'\ntimeout = 'soon'", "not a time"),
            ("[a]\nfeed = 'f'\nclasses = ['broken']", "broken"),
            ("['a b']\nfeed = 'f'", "a name is a word"),
        ] {
            let told = of(text).map(|_| ()).unwrap_err();
            assert!(told.contains(why) && !told.contains("hush"), "{text}: {told}");
        }
    }
}
