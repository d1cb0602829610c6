//! Reading 4: what a page says, against a copy of it.

use super::drift;
use crate::model::{
    facts::PageFacts,
    page::PageKind,
    verdict::{Content, Scores},
};

/// How a page stands to a copy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub content: Content,
    /// Where texts were compared.
    pub scores: Option<Scores>,
    /// Why they were not.
    pub without: Option<Without>,
}

/// Why two pages could not be compared by their texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Without {
    /// Images and other files whose text is not read.
    Opaque,
    /// PDFs that are scanned or locked.
    Locked,
    /// At least one is only the shell of an application, which a script would draw.
    Shell,
    /// At least one has no text.
    Textless,
    /// The site asks that no copy be kept.
    Withheld,
}

/// Whether the texts of two pages are needed to compare them.
pub(super) fn needs_texts(old: &PageFacts, new: &PageFacts) -> bool {
    !old.shell && !new.shell && old.text != new.text && old.text_length > 0 && new.text_length > 0
}

/// Compares two pages. `texts` are the main texts, old and new, where both are kept.
pub(super) fn compare(old: &PageFacts, new: &PageFacts, texts: Option<(&str, &str)>) -> Compared {
    let plain = |content| Compared {
        content,
        scores: None,
        without: None,
    };
    let without = |content, why| Compared {
        content,
        scores: None,
        without: Some(why),
    };
    // The same shell may draw another page.
    if old.shell || new.shell {
        return without(Content::NotCompared, Without::Shell);
    }
    if old.document == new.document && old.kind == new.kind {
        return plain(Content::Identical);
    }
    if old.kind == PageKind::Opaque || new.kind == PageKind::Opaque {
        let content = if old.kind == new.kind {
            Content::Major
        } else {
            Content::Replaced
        };
        return without(content, Without::Opaque);
    }
    let textless = old.text_length == 0 || new.text_length == 0;
    if old.kind == PageKind::Pdf && new.kind == PageKind::Pdf && textless {
        return without(Content::Major, Without::Locked);
    }
    if old.text == new.text {
        return plain(Content::Cosmetic);
    }
    if textless {
        return without(Content::NotCompared, Without::Textless);
    }
    let Some((before, after)) = texts else {
        return without(Content::NotCompared, Without::Withheld);
    };
    let side = |title, text| drift::Side { title, text };
    let (content, scores) = drift::compare(side(&old.title, before), side(&new.title, after));
    Compared {
        content,
        scores: Some(scores),
        without: None,
    }
}
