//! `show`: the archived copy of a page.

use super::{
    CLEAN,
    args::{Global, ShowArgs, ShowForm},
    config::Config,
    context,
    error::CliError,
    page::{self, Asked},
};
use crate::{
    archive::{Archive, Copy, Reader, Which},
    report,
};

pub fn run(global: &Global, args: &ShowArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let asked = Asked::find(&archive, &reader, &args.url)?;
    let copy = asked.copy(&reader, args.at.map_or(Which::Newest, Which::By))?;
    if !global.quiet {
        context::note(&describe(&copy));
    }
    match args.form {
        ShowForm::Text => context::print(&report::printable(&as_text(&reader, &copy)?))?,
        ShowForm::Html => {
            page::is_kept(&copy)?;
            let mut out = std::io::stdout().lock();
            let copied = reader.copy_payload(copy.payload, &mut out)?;
            context::written(copied.and_then(|()| std::io::Write::flush(&mut out)))?;
        }
        ShowForm::Headers => {
            for (request, response) in reader.heads_of(&copy)? {
                context::print(&format!("{request}\n{response}\n"))?;
            }
        }
    }
    Ok(CLEAN)
}

fn describe(copy: &Copy) -> String {
    let mut line = format!("{} as captured {}", copy.url, copy.at);
    if copy.final_url != copy.url {
        line.push_str(&format!(", redirected to {}", copy.final_url));
    }
    if let Some(at) = copy.pruned_at {
        line.push_str(&format!("; its body was pruned on {} by policy", at.date()));
    }
    line
}

fn as_text(reader: &Reader, copy: &Copy) -> Result<String, CliError> {
    let text = reader.text_of(copy)?;
    if text.is_empty() && copy.title.is_empty() && copy.pruned_at.is_some() {
        return Ok("[without text that could be read; its body was pruned]\n".into());
    }
    if text.is_empty() && copy.title.is_empty() {
        return Ok(format!(
            "[{} bytes of {}, without text that could be read; `--as html` prints them]\n",
            copy.length,
            if copy.media_type.is_empty() {
                "unknown type"
            } else {
                &copy.media_type
            }
        ));
    }
    Ok(format!("{}\n\n{}\n", copy.title, text))
}
