//! From an error of the client to what failed, by the types in its chain of sources.

use std::{error::Error, io};

use super::guard::LookupError;
use crate::model::{
    capture::Outcome,
    verdict::{Access, Transport},
};

/// Names what failed before a whole answer head was there.
pub(super) fn outcome(error: &reqwest::Error) -> Outcome {
    let detail = words(error);
    let (mut io_kind, mut hyper_kind) = (None, None);
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(e) = cause {
        if let Some(lookup) = e.downcast_ref::<LookupError>() {
            return lookup_outcome(lookup, detail);
        }
        if let Some(tls) = e.downcast_ref::<rustls::Error>() {
            return failed(tls_cause(tls), detail);
        }
        if let Some(h2) = e.downcast_ref::<h2::Error>() {
            hyper_kind = h2_cause(h2).or(hyper_kind);
        }
        if let Some(hyper) = e.downcast_ref::<hyper::Error>() {
            hyper_kind = hyper_cause(hyper).or(hyper_kind);
        }
        // An I/O error may wrap another error that `source` does not show.
        cause = match e.downcast_ref::<io::Error>() {
            Some(io) => {
                io_kind = Some(io.kind()).filter(|kind| *kind != io::ErrorKind::Other).or(io_kind);
                io.get_ref()
                    .map(|inner| inner as &(dyn Error + 'static))
                    .or_else(|| io.source())
            }
            None => e.source(),
        };
    }
    let transport = match (io_kind.and_then(io_cause), hyper_kind) {
        _ if error.is_timeout() && error.is_connect() => Transport::ConnectTimeout,
        _ if error.is_timeout() => Transport::ReadTimeout,
        (Some(by_io), _) => by_io,
        (None, Some(by_hyper)) => by_hyper,
        (None, None) => Transport::Other,
    };
    failed(transport, detail)
}

/// What a look-up that gave no address comes to.
pub(super) fn lookup_outcome(lookup: &LookupError, detail: String) -> Outcome {
    match lookup {
        LookupError::NoSuchName => failed(Transport::NoSuchName, detail),
        LookupError::Failed(_) | LookupError::Family => failed(Transport::DnsFailure, detail),
        LookupError::Private(_) => Outcome::NotAsked {
            access: Access::PrivateAddress,
            detail: lookup.to_string(),
        },
    }
}

fn failed(transport: Transport, detail: String) -> Outcome {
    Outcome::Failed { transport, detail }
}

fn tls_cause(error: &rustls::Error) -> Transport {
    use rustls::CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
                Transport::TlsExpired
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => Transport::TlsName,
            C::UnknownIssuer | C::BadSignature | C::Revoked => Transport::TlsUntrusted,
            _ => Transport::TlsOther,
        },
        _ => Transport::TlsOther,
    }
}

/// What the other side says in frames is a reset; what breaks the protocol is none of HTTP/2.
fn h2_cause(error: &h2::Error) -> Option<Transport> {
    match (error.is_io(), error.is_remote()) {
        (true, _) => None,
        (false, true) => Some(Transport::Reset),
        (false, false) => Some(Transport::Malformed),
    }
}

fn hyper_cause(error: &hyper::Error) -> Option<Transport> {
    // Bytes before anything was asked; there is no predicate for it, only these words.
    let unasked = "received unexpected message from connection";
    if error.to_string() == unasked || error.source().is_some_and(|e| e.to_string() == unasked) {
        return Some(Transport::Malformed);
    }
    if error.is_timeout() {
        Some(Transport::ReadTimeout)
    } else if error.is_parse() {
        Some(Transport::Malformed)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some(Transport::Reset)
    } else {
        None
    }
}

fn io_cause(kind: io::ErrorKind) -> Option<Transport> {
    use io::ErrorKind as K;
    Some(match kind {
        K::ConnectionRefused => Transport::Refused,
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::UnexpectedEof | K::NotConnected => {
            Transport::Reset
        }
        K::TimedOut => Transport::ConnectTimeout,
        K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown | K::AddrNotAvailable => Transport::ConnectTimeout,
        K::InvalidData => Transport::TlsOther,
        _ => return None,
    })
}

/// The chain of errors in one line, without the URL, which is stored beside it.
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(e) = cause {
        let said = e.to_string();
        if words.last() != Some(&said) {
            words.push(said);
        }
        cause = e.source();
    }
    match words.is_empty() {
        true => error.to_string(),
        false => words.join(": "),
    }
}
