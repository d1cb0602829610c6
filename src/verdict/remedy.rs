//! What became of a link -> where it should lead instead.

use crate::model::{
    fix::{Kind, Remedy},
    report::LinkReport,
    time::Timestamp,
    verdict::{Class, Content},
};

/// What may be proposed.
#[derive(Debug, Clone)]
pub struct Rules {
    /// An address of the copy of a page nearest to a time: `{url}` stands for the page's address, `{timestamp}` for
    /// the time as 14 digits, `{date}` for its day.
    pub template: String,
    /// Whether a link is dead also when that was seen on one day only.
    pub unconfirmed: bool,
}

impl Rules {
    /// Says why a template is none.
    pub fn check(template: &str) -> Result<(), String> {
        let starts = template.starts_with("https://") || template.starts_with("http://");
        match starts && template.contains("{url}") {
            true => Ok(()),
            false => Err(format!("{template:?} is no address with {{url}} in it")),
        }
    }

    /// The address of the copy of `url` nearest to a time.
    fn copy(&self, url: &str, at: Timestamp) -> String {
        let digits: String = at.to_string().chars().filter(char::is_ascii_digit).collect();
        self.template
            .replace("{timestamp}", &digits)
            .replace("{date}", &at.date())
            .replace("{url}", url)
    }
}

/// What to do about a link of an article that was cited then, if that is known. `Ok(None)` where nothing needs to
/// be done, an error that says why nothing is proposed although something should be.
pub fn remedy(link: &LinkReport, cited_at: Option<Timestamp>, rules: &Rules) -> Result<Option<Remedy>, &'static str> {
    let at = cited_at.unwrap_or(link.first_seen);
    let copy = (rules.copy(&link.url, at), at);
    match link.class {
        Class::Moved => {
            let Some(address) = link.moved_to.clone() else {
                return Err("it is not known where to");
            };
            match link.content {
                Some(Content::Identical | Content::Cosmetic) => Ok(Some(Remedy {
                    kind: Kind::Moved,
                    why: format!("moved to {address}, and says the same there"),
                    address,
                    copy,
                })),
                _ => Err("what stands there now is not the same text: look at `evercite diff` first"),
            }
        }
        Class::Dead | Class::Replaced if link.confirmed || rules.unconfirmed => Ok(Some(Remedy {
            kind: Kind::Copy,
            address: copy.0.clone(),
            why: format!("{}: {}", link.class, link.reason),
            copy,
        })),
        Class::Dead | Class::Replaced => Err("that was seen on one day only: check again, or use --unconfirmed"),
        _ => Ok(None),
    }
}
