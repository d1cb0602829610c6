//! Bodies too large for memory: decoded and encoded as they are read from their temporary file. They are kept, told
//! apart by their digest, and never read as pages.

use std::io;

use sha2::{Digest, Sha256};

use super::prepare::Worker;
use crate::{
    archive::{ArchiveError, Parts},
    fetch::decode,
    model::{
        capture::{Capture, Exchange, Outcome, Revisit, Spooled},
        digest::PayloadDigest,
        run::Body,
    },
};

impl Worker {
    /// What becomes of a body in a temporary file. It is decoded twice, first to know whether it is held already.
    pub(super) fn large(
        &self,
        exchange: &Exchange,
        spooled: &Spooled,
        capture: &mut Capture,
        withheld: bool,
    ) -> Result<Body, ArchiveError> {
        let failed = |e: io::Error| ArchiveError::from_spool(&e);
        let coding = match &exchange.outcome {
            Outcome::Answer(answer) => answer.header("content-encoding").unwrap_or("").to_owned(),
            _ => String::new(),
        };
        let mut sha256 = Sha256::new();
        let passed = decode::stream(spooled, &coding, self.max_body, &mut |bytes| {
            sha256.update(bytes);
            Ok(())
        })
        .map_err(failed)?;
        let (digest, length) = (PayloadDigest(sha256.finalize().into()), passed.length);
        capture.truncated = capture.truncated.or(passed.truncated);
        capture.detail = capture.detail.take().or(passed.detail);
        let media_type = capture.media_type.as_deref().unwrap_or("");
        let charset = capture.charset.as_deref().unwrap_or("");
        let held = self.reader.held(&digest, &exchange.url, media_type, charset, false)?;
        if withheld {
            let why = "not kept: the site asks for no copies (noarchive)";
            capture.detail.get_or_insert_with(|| why.to_owned());
        }
        match held {
            Some(held) if held.kept || withheld => {
                capture.revisit = Some(Revisit::IdenticalPayload);
                Ok(Body::Held {
                    payload_id: held.payload_id,
                })
            }
            None if withheld => Ok(Body::Withheld { digest, length }),
            _ => {
                let mut parts = Parts::begin().map_err(failed)?;
                decode::stream(spooled, &coding, self.max_body, &mut |bytes| parts.write(bytes)).map_err(failed)?;
                let parts = parts.end().map_err(failed)?;
                Ok(Body::Large { digest, length, parts })
            }
        }
    }
}
