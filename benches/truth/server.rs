//! The web on loopback: one listener for all hosts, told apart by their name in the request.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{site::Reply, web::Web};

/// Serves the web until the process ends. `second` tells which epoch it is.
pub fn serve(web: &Arc<Web>, second: &Arc<AtomicBool>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (web, second) = (Arc::clone(web), Arc::clone(second));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (web, second) = (Arc::clone(&web), Arc::clone(&second));
            // An error is a client that went away, which is its right.
            std::thread::spawn(move || drop(converse(stream, &web, &second)));
        }
    });
    Ok(address)
}

/// An address on which nobody listens, as long as the socket is held.
pub fn closed() -> io::Result<(socket2::Socket, SocketAddr)> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    let address = address.ok_or_else(|| io::Error::other("a socket without an address"))?;
    Ok((socket, address))
}

struct Request {
    path: String,
    host: String,
    etag: Option<String>,
}

fn converse(mut stream: TcpStream, web: &Web, second: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read(&mut reader)? {
        match web.answer(second.load(Ordering::SeqCst), &request.host, &request.path) {
            Reply::HangUp => return Ok(()),
            // Ends when the client has had enough.
            Reply::Silence => return reader.read(&mut [0]).map(drop),
            Reply::Page { status, headers, body } => {
                let validates = web
                    .sites
                    .iter()
                    .any(|site| site.host == request.host && site.validators);
                let etag = (status == 200 && validates).then(|| etag(&body));
                let (status, body) = match etag.is_some() && etag == request.etag {
                    true => (304, ""),
                    false => (status, body.as_str()),
                };
                let mut head = format!("HTTP/1.1 {status} -\r\n");
                let etag = etag.map(|etag| ("etag", etag));
                for (name, value) in headers.into_iter().chain(etag) {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                if status != 304 {
                    head.push_str(&format!("content-length: {}\r\n", body.len()));
                }
                stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
            }
        }
    }
    Ok(())
}

/// The next request of a connection; `None` when there is none to come.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut request = Request {
        path: line.split(' ').nth(1).unwrap_or("/").to_owned(),
        host: String::new(),
        etag: None,
    };
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            return Ok(Some(request));
        };
        match name.to_ascii_lowercase().as_str() {
            "host" => request.host = value.to_ascii_lowercase(),
            "if-none-match" => request.etag = Some(value.to_owned()),
            _ => {}
        }
    }
}

fn etag(body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("\"{:x}\"", hasher.finish())
}
