//! Redirects without end, to what is no page, and to where we must not go.

use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::Case;
use crate::harness::hostile::Server;

fn to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Leads to the metadata service of a cloud, a neighbour, or ourselves.
fn inside(location: &str) -> Case {
    Case::is_private(Server::saying(to(location)))
}

/// Leads to an address that is no page.
fn nowhere(location: &str) -> Case {
    Case::fails("bad-redirect", Server::saying(to(location)))
}

cases! {
    redirect_to_itself: Case::fails("redirect-loop", Server::saying(to("/")));
    redirect_loop: Case::fails("redirect-loop", Server::asked(|stream, path| {
        stream.write_all(to(if path == "/a" { "/b" } else { "/a" }).as_bytes())
    }));
    endless_redirects: {
        let count = AtomicUsize::new(0);
        Case::fails("too-many-redirects", Server::asked(move |stream, _| {
            let next = count.fetch_add(1, Ordering::SeqCst);
            stream.write_all(to(&format!("/hop{next}")).as_bytes())
        }))
    };
    endless_redirects_with_cookies: {
        let count = AtomicUsize::new(0);
        Case::fails("too-many-redirects", Server::asked(move |stream, _| {
            let next = count.fetch_add(1, Ordering::SeqCst);
            let cookie = format!("\r\nSet-Cookie: n{next}=x\r\nContent-Length");
            stream.write_all(to("/").replacen("\r\nContent-Length", &cookie, 1).as_bytes())
        }))
    };
    redirects_that_grow: Case::fails("too-many-redirects", Server::asked(|stream, path| {
        stream.write_all(to(&format!("{}/{}", path.trim_end_matches('/'), "x".repeat(2000))).as_bytes())
    }));
    redirect_to_an_address_of_60_kilobytes: Case::fails("redirect-loop", Server::asked(|stream, path| {
        stream.write_all(to(&format!("/{}", "x".repeat(60_000 + path.len() / 60_000))).as_bytes())
    }));
    redirect_to_a_file: nowhere("file:///etc/passwd");
    redirect_to_data: nowhere("data:text/html,<p>hello");
    redirect_to_a_script: nowhere("javascript:alert(1)");
    redirect_to_ftp: nowhere("ftp://127.0.0.1/x");
    redirect_to_a_name_beyond_all_length: Case::fails(
        "dns-no-such-name",
        Server::saying(to(&format!("//{}", "x".repeat(2000)))),
    );
    redirect_to_what_is_no_address: nowhere("http://[bad");
    redirect_to_the_metadata_service: inside("http://169.254.169.254/latest/meta-data/");
    redirect_to_a_neighbour: inside("http://10.0.0.1/");
    redirect_to_loopback: inside("http://127.0.0.1:9/");
    redirect_to_loopback_as_a_number: inside("http://2130706433:9/");
    redirect_to_loopback_in_octal: inside("http://0177.0.0.1:9/");
    redirect_to_mapped_loopback: inside("http://[::ffff:127.0.0.1]:9/");
    redirect_to_loopback_of_version_6: inside("http://[::1]:9/");
    redirect_to_nobody: inside("http://0.0.0.0:9/");
    redirect_to_localhost: inside("http://localhost:9/");
    loopback_in_the_link: Case::is_private(Server::saying("HTTP/1.1 200 OK\r\n\r\nsecret"))
        .at(|server| format!("http://{}/", server.address()));
    localhost_in_the_link: Case::is_private(Server::saying("HTTP/1.1 200 OK\r\n\r\nsecret"))
        .at(|server| format!("http://localhost:{}/", server.address().port()));
}
