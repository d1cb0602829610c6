//! One exchange with one URL at one time, and what was read off it at once.

use super::{
    digest::EncodedDigest,
    time::Timestamp,
    url::Url,
    verdict::{Access, Transport},
    words::words,
};

words! {
    /// Why something was fetched.
    pub enum Purpose {
        /// An article itself.
        Article = "article",
        /// A page that an article cites, or that is reached within the depth.
        Citation = "citation",
        /// What a page needs to look as it did: a style sheet, an image, a font.
        Asset = "asset",
        /// A robots.txt.
        Robots = "robots",
        /// An address made up, to see what a host shows where there is nothing.
        Probe = "probe",
        /// A second look at a page, to learn what changes on it by itself.
        Volatile = "volatile",
    }
}

words! {
    /// Why a body is not whole (WARC 1.1, `WARC-Truncated`).
    pub enum Truncated {
        /// Longer than the cap.
        Length = "length",
        /// Took longer than allowed.
        Time = "time",
        /// The connection ended early.
        Disconnect = "disconnect",
        /// A content coding could not be undone to its end.
        Decoding = "decoding",
    }
}

words! {
    /// What a revisit rests on (WARC 1.1, revisit profiles).
    pub enum Revisit {
        /// The same bytes came again.
        IdenticalPayload = "identical-payload-digest",
        /// The server said 304.
        NotModified = "server-not-modified",
    }
}

/// One request and what came of it. A failure is an exchange too.
#[derive(Debug)]
pub struct Exchange {
    /// What was asked for, without fragment.
    pub url: Url,
    /// When the request was begun.
    pub at: Timestamp,
    /// Milliseconds until the whole answer was there, or the failure.
    pub elapsed_ms: u64,
    /// How that time was spent, as far as can be told.
    pub wire: Wire,
    /// Request line and headers, secrets redacted. Reconstructed: order across names is ours.
    pub request_head: Vec<u8>,
    /// What came.
    pub outcome: Outcome,
}

/// What was seen of the connection of one exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wire {
    /// Milliseconds to look the name up; `None` on a connection that was open already.
    pub lookup_ms: Option<u64>,
    /// Milliseconds to connect, TLS included, the look-up not; `None` on a connection that was open already.
    pub connect_ms: Option<u64>,
    /// Milliseconds from the beginning of the request until the whole head of the answer was there.
    pub first_byte_ms: Option<u64>,
    /// When the server's certificate ends.
    pub certificate_ends: Option<Timestamp>,
}

/// How an exchange ended.
#[derive(Debug)]
pub enum Outcome {
    /// An HTTP answer, perhaps with a truncated body.
    Answer(Answer),
    /// A local document was read.
    Local {
        /// Its media type.
        media_type: &'static str,
        /// Its bytes.
        body: Vec<u8>,
        /// The address that its relative links stand for, where given.
        base: Option<Url>,
    },
    /// No HTTP answer.
    Failed {
        /// What failed.
        transport: Transport,
        /// The error in words.
        detail: String,
    },
    /// Not asked, by the rule of the site or ours.
    NotAsked {
        /// Which rule.
        access: Access,
        /// The rule in words.
        detail: String,
    },
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: &'static str,
    /// Where the connection went.
    pub remote: Option<std::net::SocketAddr>,
    /// Header fields in the order received within a name, names lower case, secrets redacted.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body as received, transfer coding undone, content coding not.
    pub encoded: Vec<u8>,
    /// The body in place of `encoded`, where it is too long to be held in memory.
    pub spooled: Option<Spooled>,
    /// Set when the body is not whole.
    pub truncated: Option<Truncated>,
    /// Why it is not whole, in words.
    pub detail: Option<String>,
}

/// A long body as received, in a temporary file that goes when this is dropped.
#[derive(Debug)]
pub struct Spooled {
    /// Readable; where it stands is anywhere.
    pub file: std::fs::File,
    /// Bytes in it.
    pub length: u64,
    /// Of all of them.
    pub sha256: EncodedDigest,
}

impl Answer {
    /// Bytes of the body that were received.
    pub fn received(&self) -> u64 {
        self.spooled
            .as_ref()
            .map_or(self.encoded.len() as u64, |spooled| spooled.length)
    }

    /// The first value of a header field, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
            .map(str::trim)
    }

    /// Essence of the media type and the charset parameter of `Content-Type`, lower case.
    pub fn content_type(&self) -> (Option<String>, Option<String>) {
        let Some(value) = self.header("content-type") else {
            return (None, None);
        };
        let mut parts = value.split(';');
        let essence = parts
            .next()
            .map(|e| e.trim().to_ascii_lowercase())
            .filter(|e| e.contains('/'));
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        (essence, charset)
    }
}

/// The facts of an exchange that the archive keeps in a row.
#[derive(Debug, Clone)]
pub struct Capture {
    /// How the connection went.
    pub transport: Transport,
    /// Whether we were let in.
    pub access: Access,
    /// HTTP status.
    pub status: Option<u16>,
    /// Essence of the media type.
    pub media_type: Option<String>,
    /// Charset of the `Content-Type` header.
    pub charset: Option<String>,
    /// Where a redirect leads, resolved, without fragment.
    pub location: Option<String>,
    /// Digest of the body as received.
    pub encoded_sha256: Option<EncodedDigest>,
    /// Length of the body as received.
    pub encoded_length: Option<u64>,
    /// What a revisit rests on.
    pub revisit: Option<Revisit>,
    /// The capture a revisit refers to.
    pub refers_to: Option<i64>,
    /// Row of the payload a 304 stands for.
    pub payload_id: Option<i64>,
    /// Why the body is not whole.
    pub truncated: Option<Truncated>,
    /// Entity tag for conditional requests.
    pub etag: Option<String>,
    /// `Last-Modified` for conditional requests.
    pub last_modified: Option<String>,
    /// In words, where the words above do not say all.
    pub detail: Option<String>,
}

impl Capture {
    /// A capture of which nothing is known but these two readings.
    pub fn new(transport: Transport, access: Access) -> Self {
        Self {
            transport,
            access,
            status: None,
            media_type: None,
            charset: None,
            location: None,
            encoded_sha256: None,
            encoded_length: None,
            revisit: None,
            refers_to: None,
            payload_id: None,
            truncated: None,
            etag: None,
            last_modified: None,
            detail: None,
        }
    }

    /// True when this is a copy worth keeping as "the last good one".
    pub fn is_good(&self) -> bool {
        self.transport == Transport::Ok
            && self.access == Access::Open
            && self.truncated.is_none()
            && self.location.is_none()
            && match self.status {
                Some(status) => (200..300).contains(&status) || status == 304,
                None => true,
            }
    }
}
