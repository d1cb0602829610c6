//! Certificates that prove nothing, and TLS that breaks.

use std::io::Write;

use super::Case;
use crate::harness::hostile::{Identity, Server, request, say_nothing};

const WITH_LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<p>whole";
const WITHOUT_LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>perhaps more";

/// Answers and closes, with the word that this is the end or without it.
fn closing(identity: &Identity, answer: &'static [u8], properly: bool) -> Server {
    Server::secure(identity, &["http/1.1"], move |tls| {
        request(tls)?;
        tls.write_all(answer)?;
        if properly {
            tls.conn.send_close_notify();
        }
        tls.flush()
    })
}

fn answering(identity: &Identity) -> Server {
    closing(identity, WITH_LENGTH, true)
}

cases! {
    tls_self_signed: Case::fails(
        "tls-untrusted",
        answering(&Identity::self_signed("tls-self-signed.example")),
    ).over_tls();
    tls_without_tls: Case::fails("tls-other", Server::accepting(|stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?;
        say_nothing(stream)
    })).over_tls();
    tls_noise: Case::fails("tls-other", Server::accepting(|stream| {
        stream.write_all(&[0xff; 4096])?;
        say_nothing(stream)
    })).over_tls();
    tls_alert: Case::fails("tls-other", Server::accepting(|stream| {
        // A fatal alert: handshake_failure.
        stream.write_all(&[21, 3, 3, 0, 2, 2, 40])?;
        say_nothing(stream)
    })).over_tls();
    tls_that_stalls: Case::fails("connect-timeout", Server::accepting(say_nothing)).over_tls();
    tls_that_is_cut: Case::fails("reset", Server::accepting(|stream| {
        let mut hello = [0; 64];
        std::io::Read::read(stream, &mut hello)?;
        stream.shutdown(std::net::Shutdown::Both)
    })).over_tls();
    tls_trusted: Case::answers(answering(&Identity::trusted("tls-trusted.example"))).with_root().keeps(8);
    tls_expired: Case::fails(
        "tls-expired",
        answering(&Identity::expired("tls-expired.example")),
    ).with_root();
    tls_wrong_name: Case::fails(
        "tls-wrong-name",
        answering(&Identity::trusted("somebody-else.example")),
    ).with_root();
    tls_of_an_unknown_issuer: Case::fails(
        "tls-untrusted",
        answering(&Identity::self_signed("tls-of-an-unknown-issuer.example")),
    ).with_root();
    tls_closed_without_a_word: Case::fails(
        "truncated",
        closing(&Identity::trusted("tls-closed-without-a-word.example"), WITHOUT_LENGTH, false),
    ).with_root().truncated("disconnect");
    tls_closed_with_a_word: Case::answers(
        closing(&Identity::trusted("tls-closed-with-a-word.example"), WITHOUT_LENGTH, true),
    ).with_root().keeps(15);
    tls_whole_but_closed_without_a_word: Case::answers(
        closing(&Identity::trusted("tls-whole-but-closed-without-a-word.example"), WITH_LENGTH, false),
    ).with_root().keeps(8);
    tls_closed_before_the_answer: Case::fails(
        "reset",
        closing(&Identity::trusted("tls-closed-before-the-answer.example"), b"", true),
    ).with_root();
    tls_half_closed: Case::fails("reset", Server::secure(
        &Identity::trusted("tls-half-closed.example"), &["http/1.1"], |tls| {
            tls.conn.send_close_notify();
            tls.flush()?;
            say_nothing(tls)
        },
    )).with_root();
}
