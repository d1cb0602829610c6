//! Certificates: whom the user trusts, and when that of a server ends.

use x509_cert::{Certificate, der::Decode};

use super::failure;
use crate::model::time::Timestamp;

/// Reads the certificates of a PEM file; the error says why there are none.
pub fn authorities(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, String> {
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(found) if found.is_empty() => Err("there is no certificate in it (PEM is wanted)".into()),
        Ok(found) => Ok(found),
        Err(e) => Err(failure::words(&e)),
    }
}

/// `notAfter` of a certificate in DER (RFC 5280 section 4.1.2.5), where it can be read.
pub(super) fn end(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Some(Timestamp::from_millis(end.as_millis().try_into().ok()?))
}
