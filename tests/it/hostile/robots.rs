//! Robots rules that come from a server that means harm, before a page that does not.

use std::io::{self, Write};

use super::{Case, try_alone};
use crate::harness::hostile::{Server, reset, without_end};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<p>whole";

fn server(robots: impl Fn(&mut std::net::TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Server {
    Server::asked(move |stream, path| match path {
        "/robots.txt" => robots(stream),
        _ => stream.write_all(PAGE),
    })
}

fn saying(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    server(move |stream| stream.write_all(&bytes))
}

#[test]
fn endless_rules() {
    let server = server(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        without_end(stream, "Disallow: /x\n".repeat(5000).as_bytes())
    });
    try_alone(Case::answers(server).keeps(8).named("rules"), &[]);
}

#[test]
fn rules_that_are_costly_to_match() {
    let rules = format!("User-agent: *\nDisallow: /{}b$\n", "*a".repeat(2000)).repeat(100);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{rules}", rules.len());
    let case = Case::answers(saying(head)).keeps(8).named("rules");
    let long = |_: &Server| format!("http://rules.example/{}", "a".repeat(5000));
    try_alone(case.at(long), &[]);
}

#[test]
fn rules_behind_redirects_without_end() {
    let server =
        saying("HTTP/1.1 302 Found\r\nLocation: /robots.txt\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    try_alone(Case::answers(server).keeps(8).named("rules"), &[]);
}

#[test]
fn rules_behind_a_reset() {
    let server = server(|stream| reset(stream));
    try_alone(Case::fails("reset", server).named("rules"), &[]);
}

#[test]
fn rules_that_break_off() {
    let server = saying("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nUser-agent: *\n");
    try_alone(Case::fails("truncated", server).named("rules"), &[]);
}
