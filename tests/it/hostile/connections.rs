//! Answers that come slowly, never end, break off, or are no answers.

use std::{io::Write, time::Duration};

use super::{Case, MAX_BODY};
use crate::harness::hostile::{Server, drip, request, reset, say_nothing, without_end};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
/// Often enough that every read succeeds in time.
const PAUSE: Duration = Duration::from_millis(200);

/// An answer with these fields and this body.
fn answer(fields: &str, body: &str) -> String {
    format!("{HEAD}{fields}\r\n{body}")
}

cases! {
    silence: Case::fails("read-timeout", Server::accepting(say_nothing));
    never_accepted: Case::fails("connect-timeout", Server::full());
    slow_head: Case::fails("read-timeout", Server::asked(|stream, _| {
        drip(stream, answer("X-Slow: slow\r\n", "").as_bytes(), PAUSE)
    }));
    slow_body: Case::fails("read-timeout", Server::asked(|stream, _| {
        stream.write_all(answer("Content-Length: 90\r\n", "").as_bytes())?;
        drip(stream, &[b'x'; 90], PAUSE)
    })).truncated("time");
    slow_chunks: Case::fails("read-timeout", Server::asked(|stream, _| {
        stream.write_all(answer("Transfer-Encoding: chunked\r\n", "").as_bytes())?;
        drip(stream, "1\r\nx\r\n".repeat(20).as_bytes(), PAUSE)
    })).truncated("time");
    endless_body: Case::answers(Server::asked(|stream, _| {
        stream.write_all(answer("", "").as_bytes())?;
        without_end(stream, &[b'x'; 65_536])
    })).truncated("length").keeps(MAX_BODY);
    endless_chunks: Case::answers(Server::asked(|stream, _| {
        stream.write_all(answer("Transfer-Encoding: chunked\r\n", "").as_bytes())?;
        without_end(stream, format!("1000\r\n{}\r\n", "x".repeat(0x1000)).as_bytes())
    })).truncated("length").keeps(MAX_BODY);
    endless_chunk_extension: Case::fails("truncated", Server::asked(|stream, _| {
        stream.write_all(answer("Transfer-Encoding: chunked\r\n", "1;").as_bytes())?;
        without_end(stream, &[b'x'; 65_536])
    })).truncated("disconnect");
    endless_trailers: Case::fails("truncated", Server::asked(|stream, _| {
        stream.write_all(answer("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n").as_bytes())?;
        without_end(stream, b"X-Trailer: x\r\n")
    })).truncated("disconnect");
    length_longer_than_the_body: Case::fails(
        "truncated",
        Server::saying(answer("Content-Length: 5000\r\n", "<p>cut")),
    ).truncated("disconnect");
    length_shorter_than_the_body: Case::answers(
        Server::saying(answer("Content-Length: 8\r\n", "<p>whole, and more than was said")),
    ).keeps(8);
    length_beyond_all_numbers: Case::fails(
        "malformed-response",
        Server::saying(answer("Content-Length: 99999999999999999999999\r\n", "x")),
    );
    length_of_nearly_everything: Case::fails(
        "truncated",
        Server::saying(answer("Content-Length: 9223372036854775807\r\n", "x")),
    ).truncated("disconnect");
    two_lengths: Case::fails(
        "malformed-response",
        Server::saying(answer("Content-Length: 1\r\nContent-Length: 2\r\n", "xy")),
    );
    bad_chunk_size: Case::fails(
        "truncated",
        Server::saying(answer("Transfer-Encoding: chunked\r\n", "1\r\nx\r\nzz\r\nx\r\n0\r\n\r\n")),
    ).truncated("disconnect");
    chunk_of_nearly_everything: Case::fails(
        "truncated",
        Server::saying(answer("Transfer-Encoding: chunked\r\n", "fffffffffffffffe\r\nx\r\n")),
    ).truncated("disconnect");
    chunks_cut_off: Case::fails(
        "truncated",
        Server::saying(answer("Transfer-Encoding: chunked\r\n", "5\r\nwhole\r\n64\r\nnot so")),
    ).truncated("disconnect");
    a_mebibyte_of_headers: Case::fails(
        "malformed-response",
        Server::saying(answer(&format!("X-Long: {}\r\n", "y".repeat(10_230)).repeat(102), "x")),
    );
    one_header_of_a_mebibyte: Case::fails(
        "malformed-response",
        Server::saying(answer(&format!("X-Long: {}\r\n", "y".repeat(1 << 20)), "x")),
    );
    ten_thousand_headers: Case::fails(
        "malformed-response",
        Server::saying(answer(&"X: y\r\n".repeat(10_000), "x")),
    );
    endless_headers: Case::fails("malformed-response", Server::asked(|stream, _| {
        stream.write_all(HEAD.as_bytes())?;
        without_end(stream, "X-More: and more\r\n".repeat(1000).as_bytes())
    }));
    endless_status_line: Case::fails("malformed-response", Server::asked(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 ")?;
        without_end(stream, &[b'K'; 65_536])
    }));
    endless_interim_answers: Case::fails("read-timeout", Server::asked(|stream, _| {
        without_end(stream, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100).as_bytes())
    }));
    garbage_for_a_status_line: Case::fails(
        "malformed-response",
        Server::saying("HTTP/7.x two hundred !!\r\nContent-Length: 1\r\n\r\nx"),
    );
    a_status_of_four_digits: Case::fails(
        "malformed-response",
        Server::saying("HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n\r\nx"),
    );
    not_http_but_ssh: Case::fails("malformed-response", Server::asked(|stream, _| {
        stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n")?;
        say_nothing(stream)
    }));
    not_http_but_ssh_at_once: Case::fails("malformed-response", Server::accepting(|stream| {
        stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n")?;
        say_nothing(stream)
    }));
    not_http_but_noise: Case::fails("malformed-response", Server::saying((0..=255).collect::<Vec<u8>>()));
    an_upgrade_nobody_asked_for: Case::answers(
        Server::saying("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    ).classed("suspect");
    http_0_9: Case::fails("malformed-response", Server::saying("<html><p>no head"));
    more_answers_than_requests: Case::answers(
        Server::saying(answer("Content-Length: 8\r\n", "<p>whole").repeat(1000)),
    ).keeps(8);
    cookies_without_number: Case::answers(Server::saying(answer(
        &format!("{}Content-Length: 8\r\n", (0..500).map(|n| format!("Set-Cookie: c{n}=x\r\n")).collect::<String>()),
        "<p>whole",
    ))).keeps(8);
    an_error_that_asks_to_wait_for_years: Case::answers(Server::saying(
        "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999\r\nContent-Length: 1\r\n\r\nx",
    )).classed("suspect");
    an_error_that_asks_to_wait_for_a_nonsense_date: Case::answers(Server::saying(
        "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 999999 23:59:59 GMT\r\nContent-Length: 1\r\n\r\nx",
    )).classed("suspect");
    empty_answer: Case::fails("reset", Server::saying(""));
    closed_when_accepted: Case::fails("reset", Server::accepting(|_| Ok(())));
    closed_in_the_head: Case::fails("reset", Server::saying(HEAD));
    reset_when_accepted: Case::fails("reset", Server::accepting(|stream| reset(stream)));
    reset_after_the_request: Case::fails("reset", Server::asked(|stream, _| reset(stream)));
    reset_in_the_head: Case::fails("reset", Server::asked(|stream, _| {
        stream.write_all(HEAD.as_bytes())?;
        reset(stream)
    }));
    reset_in_the_body: Case::fails("truncated", Server::asked(|stream, _| {
        stream.write_all(answer("Content-Length: 5000\r\n", "<p>cut").as_bytes())?;
        reset(stream)
    })).truncated("disconnect");
    reset_in_a_body_without_length: Case::fails("truncated", Server::asked(|stream, _| {
        stream.write_all(answer("", "<p>cut").as_bytes())?;
        reset(stream)
    })).truncated("disconnect");
    half_closed_by_the_server: Case::fails("reset", Server::accepting(|stream| {
        stream.shutdown(std::net::Shutdown::Write)?;
        request(stream)?;
        say_nothing(stream)
    }));
}
