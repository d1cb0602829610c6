//! What one payload says when read as a page.

use super::{
    digest::{DocumentDigest, TextDigest},
    link::Link,
    url::Url,
    words::words,
};

/// Version of the rules that turn a body into a [`Page`]. Digests compare only at equal version:
/// raise it with every change that can alter title, text, digests or links.
pub const EXTRACTOR_VERSION: i64 = 1;

words! {
    /// How a body was read.
    pub enum PageKind {
        /// HTML or XHTML.
        Html = "html",
        /// CommonMark.
        Markdown = "markdown",
        /// Plain text, and data in the form of text: JSON, XML, CSV.
        Text = "text",
        /// PDF. Without text when it is scanned, or locked with a password.
        Pdf = "pdf",
        /// Something without text of its own: an image, a style sheet, an archive, an unknown type.
        Opaque = "opaque",
    }
}

/// A page version: everything derived from one payload at one URL by one extractor version.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How the body was read.
    pub kind: PageKind,
    /// Name of the character encoding it was read in (WHATWG label, such as `UTF-8`).
    pub charset: &'static str,
    /// Title, white space folded; empty when there is none.
    pub title: String,
    /// Who wrote it, as the page says, several parted by commas.
    pub byline: Option<String>,
    /// BCP 47 language tag as the page declares it.
    pub language: Option<String>,
    /// Date of publication as the page declares it, `YYYY-MM-DD` where it can be read so.
    pub published: Option<String>,
    /// The address the page declares as its own, resolved.
    pub canonical: Option<String>,
    /// Main text: one block a line, NFC, white space folded within a line.
    pub text: String,
    /// Digest of the page without what changes by itself.
    pub document: DocumentDigest,
    /// Digest of the main text.
    pub text_digest: TextDigest,
    /// Every link, in document order.
    pub links: Vec<Link>,
    /// What it needs to look as it did, each once; empty unless that was asked for. No part of the page
    /// version: what is kept of a page must not hang on a setting.
    pub assets: Vec<Url>,
    /// True when it asks that no copy of it be kept.
    pub noarchive: bool,
    /// True when it is only the shell of an application, which a script would draw: it says nothing that
    /// could be compared.
    pub shell: bool,
    /// True when the document was too deep or too large to be read whole.
    pub cut: bool,
}
