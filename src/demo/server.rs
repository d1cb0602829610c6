//! A minimal HTTP/1.1 server for loopback: reads request heads, writes answers, keeps connections.
//!
//! Owns the listener and its connections. Must not know what is served; whatever arrives, it
//! answers or closes and never panics. Not meant for any network but loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// Longest request head that is read.
const MAX_HEAD: usize = 16 * 1024;
/// How long a connection may stay silent.
const IDLE: Duration = Duration::from_secs(30);

/// What an answer is made from.
pub(super) struct Request {
    /// Lower case, without port.
    pub host: String,
    /// Path and query.
    pub target: String,
    pub if_none_match: Option<String>,
    pub if_modified_since: Option<String>,
}

/// What becomes of a request.
pub(super) enum Reply {
    Answer(Response),
    /// Close the connection and say nothing.
    HangUp,
}

/// An answer; the server adds `Content-Length` and `Connection`.
pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// A running server, which stops with all its connections when dropped.
pub(super) struct Server {
    addr: SocketAddr,
    accepting: AbortHandle,
}

impl Server {
    /// Listens on a free port of loopback and answers with `handler`.
    pub async fn start<H>(handler: H) -> io::Result<Server>
    where
        H: Fn(&Request) -> Reply + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::new(handler))).abort_handle();
        Ok(Server { addr, accepting })
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept<H>(listener: TcpListener, handler: Arc<H>)
where
    H: Fn(&Request) -> Reply + Send + Sync + 'static,
{
    // Owned by this task, so that aborting it ends the connections too.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let handler = Arc::clone(&handler);
                connections.spawn(async move {
                    // An error here is a peer that left, which is no concern of ours.
                    let _ = converse(stream, handler.as_ref()).await;
                });
            }
            // Out of descriptors, most likely: wait for some to come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side has had enough.
async fn converse<H: Fn(&Request) -> Reply>(mut stream: TcpStream, handler: &H) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut pending = Vec::new();
    while let Some(head) = read_head(&mut stream, &mut pending).await? {
        let head = match head {
            Ok(bytes) => Head::parse(&bytes),
            Err(status) => Err(status),
        };
        let head = match head {
            Ok(head) => head,
            Err(status) => {
                let headers = vec![("Allow", "GET, HEAD".into())];
                let refusal = Response {
                    status,
                    headers,
                    body: format!("{status}\n").into_bytes(),
                };
                stream.write_all(&encode(&refusal, false, false)).await?;
                return stream.shutdown().await;
            }
        };
        match handler(&head.request) {
            Reply::HangUp => return stream.shutdown().await,
            Reply::Answer(response) => {
                stream
                    .write_all(&encode(&response, head.body_is_unwanted, head.keep_alive))
                    .await?;
            }
        }
        if !head.keep_alive {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// The next request head, or the status it is refused with, or none when the peer is done.
async fn read_head(stream: &mut TcpStream, pending: &mut Vec<u8>) -> io::Result<Option<Result<Vec<u8>, u16>>> {
    let mut searched = 0;
    loop {
        // Steps back by three bytes: the mark may straddle two reads.
        let from = usize::saturating_sub(searched, 3);
        if let Some(at) = pending[from..].windows(4).position(|four| four == b"\r\n\r\n") {
            let end = from + at + 4;
            if end > MAX_HEAD {
                return Ok(Some(Err(431)));
            }
            let rest = pending.split_off(end);
            return Ok(Some(Ok(std::mem::replace(pending, rest))));
        }
        if pending.len() >= MAX_HEAD {
            return Ok(Some(Err(431)));
        }
        searched = pending.len();
        match tokio::time::timeout(IDLE, stream.read_buf(pending)).await {
            Err(_) | Ok(Ok(0)) => return Ok(None),
            Ok(read) => _ = read?,
        }
    }
}

/// A request head, understood.
struct Head {
    request: Request,
    body_is_unwanted: bool,
    keep_alive: bool,
}

impl Head {
    /// Reads a head, or says with which status it is refused.
    fn parse(bytes: &[u8]) -> Result<Head, u16> {
        let text = std::str::from_utf8(bytes).map_err(|_| 400_u16)?;
        let mut lines = text.trim_start_matches("\r\n").split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(400);
        };
        if !matches!(method, "GET" | "HEAD") {
            return Err(405);
        }
        let mut keep_alive = match version {
            "HTTP/1.1" => true,
            "HTTP/1.0" => false,
            _ => return Err(505),
        };
        let (mut host, mut if_none_match, mut if_modified_since) = (None, None, None);
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(400_u16)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "host" => host = Some(value),
                "if-none-match" => if_none_match = Some(value.to_owned()),
                "if-modified-since" => if_modified_since = Some(value.to_owned()),
                "connection" if value.eq_ignore_ascii_case("close") => keep_alive = false,
                // A body is not read, so nothing after it can be told from the next request.
                "content-length" if value != "0" => keep_alive = false,
                "transfer-encoding" => keep_alive = false,
                _ => {}
            }
        }
        // A proxy's form of the request line names the host before the header does.
        let (host, target) = match target.strip_prefix("http://") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => (host.ok_or(400_u16)?, target),
        };
        let target = if target.is_empty() { "/" } else { target };
        if !target.starts_with('/') {
            return Err(400);
        }
        let name = host.split(':').next().unwrap_or_default().trim_end_matches('.');
        let request = Request {
            host: name.to_ascii_lowercase(),
            target: target.to_owned(),
            if_none_match,
            if_modified_since,
        };
        Ok(Head {
            request,
            body_is_unwanted: method == "HEAD",
            keep_alive,
        })
    }
}

/// An answer as bytes. A 304 has neither body nor length.
fn encode(response: &Response, body_is_unwanted: bool, keep_alive: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if response.status != 304 {
        head.push_str(&format!("Content-Length: {}\r\n", response.body.len()));
    }
    head.push_str(if keep_alive {
        "Connection: keep-alive\r\n\r\n"
    } else {
        "Connection: close\r\n\r\n"
    });
    let mut bytes = head.into_bytes();
    if response.status != 304 && !body_is_unwanted {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}
