//! `show`: the archived copy of a page.

use super::{
    CLEAN,
    args::{Global, ShowArgs, ShowForm},
    config::Config,
    context,
    error::CliError,
};
use crate::{
    archive::{Archive, Shown},
    model::{
        canonical::{self, CanonicalUrl},
        url,
    },
    report,
};

pub fn run(global: &Global, args: &ShowArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let mut url = address(&archive, &reader, &args.url)?;
    url::strip(&mut url);
    let key = CanonicalUrl::of(&url);
    let Some(shown) = reader.show(&url, key.as_str(), args.at)? else {
        let when = args.at.map(|at| format!(" as of {at}")).unwrap_or_default();
        return Err(CliError::failed(
            format!("the archive has no good copy of {url}{when}"),
            "`evercite report --all` lists what it knows; `evercite query` finds addresses",
        ));
    };
    if !global.quiet {
        context::note(&describe(&shown));
    }
    match args.form {
        ShowForm::Text => context::print(&report::printable(&as_text(&shown)))?,
        ShowForm::Html => match shown.pruned_at {
            None => {
                let mut out = std::io::stdout().lock();
                let copied = reader.copy_payload(shown.payload, &mut out)?;
                context::written(copied.and_then(|()| std::io::Write::flush(&mut out)))?;
            }
            Some(at) => {
                return Err(CliError::failed(
                    format!(
                        "the body of {} as captured {} was pruned on {} by policy",
                        shown.url,
                        shown.at,
                        at.date()
                    ),
                    "its text is kept: leave out `--as html`; or choose another copy with --at",
                ));
            }
        },
        ShowForm::Headers => {
            for (request, response) in &shown.heads {
                context::print(&format!("{request}\n{response}\n"))?;
            }
        }
    }
    Ok(CLEAN)
}

/// A page's address; or an article as `list` shows it.
fn address(archive: &Archive, reader: &crate::archive::Reader, wanted: &str) -> Result<url::Url, CliError> {
    let articles = reader.articles()?;
    let project = context::Project::of(archive.path());
    let locator = project.locator(wanted);
    if let Some(article) = articles
        .iter()
        .find(|article| article.locator == wanted || article.locator == locator)
        && let Ok(urn) = url::Url::parse(&format!("urn:uuid:{}", article.uid))
        && article.kind != crate::model::article::ArticleKind::Web
    {
        return Ok(urn);
    }
    canonical::parse(wanted).map_err(|why| CliError::usage(why, "name the address of an archived page, or an article"))
}

fn describe(shown: &Shown) -> String {
    let mut line = format!("{} as captured {}", shown.url, shown.at);
    if shown.final_url != shown.url {
        line.push_str(&format!(", redirected to {}", shown.final_url));
    }
    if let Some(at) = shown.pruned_at {
        line.push_str(&format!("; its body was pruned on {} by policy", at.date()));
    }
    line
}

fn as_text(shown: &Shown) -> String {
    if shown.text.is_empty() && shown.title.is_empty() && shown.pruned_at.is_some() {
        return "[without text that could be read; its body was pruned]\n".into();
    }
    if shown.text.is_empty() && shown.title.is_empty() {
        return format!(
            "[{} bytes of {}, without text that could be read; `--as html` prints them]\n",
            shown.length,
            if shown.media_type.is_empty() {
                "unknown type"
            } else {
                &shown.media_type
            }
        );
    }
    format!("{}\n\n{}\n", shown.title, shown.text)
}
