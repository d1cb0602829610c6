//! Which links the user wants visited at all.

use regex::Regex;

use crate::model::url::Url;

/// Include and exclude patterns: regular expressions matched anywhere in the whole address.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    include: Vec<Regex>,
    exclude: Vec<Regex>,
}

impl Scope {
    /// Compiles the patterns; the error names the one that is wrong.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, String> {
        let compile = |patterns: &[String]| {
            patterns
                .iter()
                .map(|pattern| {
                    Regex::new(pattern).map_err(|e| {
                        // The last line says what is wrong; those before it draw the place.
                        let why = e.to_string().lines().last().unwrap_or_default().replace("error: ", "");
                        format!("the pattern {pattern:?} is wrong: {why}")
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            include: compile(include)?,
            exclude: compile(exclude)?,
        })
    }

    /// Why an address is left out, if it is. An include pattern that matches wins over exclusion.
    pub fn refuses(&self, url: &Url) -> Option<String> {
        if self.includes(url) {
            return None;
        }
        self.excludes(url)
            .or_else(|| (!self.include.is_empty()).then(|| "matches none of the include patterns".to_owned()))
    }

    /// Why an asset is left out, if it is: include patterns choose pages, and what those need need not
    /// match them.
    pub fn refuses_asset(&self, url: &Url) -> Option<String> {
        self.excludes(url).filter(|_| !self.includes(url))
    }

    fn includes(&self, url: &Url) -> bool {
        self.include.iter().any(|pattern| pattern.is_match(url.as_str()))
    }

    fn excludes(&self, url: &Url) -> Option<String> {
        let pattern = self.exclude.iter().find(|pattern| pattern.is_match(url.as_str()))?;
        Some(format!("excluded by the pattern {:?}", pattern.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_wins_over_exclude() {
        let scope = |include: &[&str], exclude: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
            Scope::new(&owned(include), &owned(exclude))
        };
        for (include, exclude, url, refused) in [
            (&[][..], &[][..], "http://a.example/x", false),
            (&[], &["a\\.example"], "http://a.example/x", true),
            (&[], &["a\\.example"], "http://b.example/x", false),
            (&["/x$"], &["a\\.example"], "http://a.example/x", false),
            (&["/x$"], &[], "http://a.example/y", true),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(
                scope(include, exclude).unwrap().refuses(&url).is_some(),
                refused,
                "{include:?} {exclude:?}"
            );
        }
        for (include, exclude, refused) in [
            (&[][..], &[][..], false),
            (&["/y$"], &[], false),
            (&["/y$"], &["a\\.example"], true),
            (&["/x$"], &["a\\.example"], false),
        ] {
            let asset = Url::parse("http://a.example/x").unwrap();
            let got = scope(include, exclude).unwrap().refuses_asset(&asset);
            assert_eq!(got.is_some(), refused, "an asset: {include:?} {exclude:?}");
        }
        assert!(scope(&["("], &[]).unwrap_err().contains("\"(\""));
    }
}
