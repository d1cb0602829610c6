//! When a server's certificate ends.

use x509_cert::{Certificate, der::Decode};

use crate::model::time::Timestamp;

/// `notAfter` of a certificate in DER (RFC 5280 section 4.1.2.5), where it can be read.
pub(super) fn end(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Some(Timestamp::from_millis(end.as_millis().try_into().ok()?))
}
