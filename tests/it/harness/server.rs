//! A web site on loopback that answers what the test says, while it runs, and remembers what it was asked.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What becomes of a request for one path.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    manner: Manner,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// Head and body, at once.
    Whole,
    /// The body is all bytes that go over the wire, status line included.
    Raw,
    /// The connection is closed and nothing said.
    HangUp,
    /// Head at once, then a byte of the body every so often.
    Drip(Duration),
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: format!("<html><title>{status}</title><body><p>Status {status}.</p></body></html>").into_bytes(),
            delay: Duration::ZERO,
            manner: Manner::Whole,
        }
    }

    /// The same answer under another status.
    pub fn under(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn html(body: impl AsRef<[u8]>) -> Self {
        Self::bytes("text/html; charset=utf-8", body)
    }

    pub fn bytes(media_type: &str, body: impl AsRef<[u8]>) -> Self {
        let mut answer = Self::status(200).header("Content-Type", media_type);
        answer.body = body.as_ref().to_vec();
        answer
    }

    pub fn redirect(status: u16, to: &str) -> Self {
        Self::status(status).header("Location", to)
    }

    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        let mut answer = Self::bytes("", bytes);
        answer.manner = Manner::Raw;
        answer
    }

    pub fn hang_up() -> Self {
        let mut answer = Self::status(200);
        answer.manner = Manner::HangUp;
        answer
    }

    /// A request whose `If-None-Match` names this tag is answered with 304 and no body.
    pub fn etag(self, tag: &str) -> Self {
        self.header("ETag", &format!("\"{tag}\""))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub fn dripping(mut self, pause: Duration) -> Self {
        self.manner = Manner::Drip(pause);
        self
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub head: String,
    /// The status it was answered with; 0 when it was not.
    pub status: u16,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The plan of a site: which path gets which answer. Every other path is 404.
#[derive(Debug, Default)]
pub struct Site {
    answers: HashMap<String, Answer>,
}

impl Site {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn answer(mut self, path: &str, answer: Answer) -> Self {
        self.answers.insert(path.to_owned(), answer);
        self
    }

    /// The answer for every path that has none of its own.
    const ANYWHERE: &str = "*";

    pub fn otherwise(self, answer: Answer) -> Self {
        self.answer(Self::ANYWHERE, answer)
    }

    pub fn page(self, path: &str, html: impl AsRef<[u8]>) -> Self {
        self.answer(path, Answer::html(html))
    }

    pub fn robots(self, rules: &str) -> Self {
        self.answer("/robots.txt", Answer::bytes("text/plain", rules))
    }

    pub fn gone(self, path: &str) -> Self {
        self.status(path, 410)
    }

    pub fn status(self, path: &str, status: u16) -> Self {
        self.answer(path, Answer::status(status))
    }

    pub fn redirect(self, status: u16, path: &str, to: &str) -> Self {
        self.answer(path, Answer::redirect(status, to))
    }

    pub fn hangs_up(self, path: &str) -> Self {
        self.answer(path, Answer::hang_up())
    }

    pub fn serve(self) -> LiveSite {
        self.serve_on("127.0.0.1")
    }

    /// Another loopback address is another host.
    pub fn serve_on(self, ip: &str) -> LiveSite {
        let listener = TcpListener::bind((ip, 0)).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound address");
        let web = Arc::new(Web {
            answers: Mutex::new(self.answers),
            asked: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let serving = Arc::clone(&web);
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.closed.load(Ordering::SeqCst) {
                    return;
                }
                let web = Arc::clone(&serving);
                // An error is a client that went away, as some tests want it to.
                std::thread::spawn(move || web.converse(stream).ok());
            }
        });
        LiveSite {
            address,
            web,
            listening: Some(listening),
        }
    }
}

/// A site that is up until it is dropped.
pub struct LiveSite {
    address: SocketAddr,
    web: Arc<Web>,
    listening: Option<std::thread::JoinHandle<()>>,
}

impl LiveSite {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The value of `--resolve` that finds `name` here.
    pub fn named(&self, name: &str) -> String {
        format!("{name}={}", self.address)
    }

    pub fn set(&self, path: &str, answer: Answer) {
        lock(&self.web.answers).insert(path.to_owned(), answer);
    }

    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.web.asked).clone()
    }

    pub fn asked_for(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    pub fn times(&self, path: &str) -> usize {
        self.asked_for(path).len()
    }

    /// Forgets what it was asked so far.
    pub fn forget(&self) {
        lock(&self.web.asked).clear();
    }
}

impl Drop for LiveSite {
    fn drop(&mut self) {
        self.web.closed.store(true, Ordering::SeqCst);
        // Wakes the listener up, so that it sees that it is closed; from then on nobody is there.
        if let (Ok(_), Some(listening)) = (TcpStream::connect(self.address), self.listening.take()) {
            // A panic in there has been printed already.
            let _ = listening.join();
        }
    }
}

struct Web {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    closed: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Web {
    fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut pending = Vec::new();
        while let Some(head) = next_head(&mut stream, &mut pending)? {
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let answer = {
                let plan = lock(&self.answers);
                let found = plan.get(&path).or_else(|| plan.get(Site::ANYWHERE));
                found.cloned().unwrap_or_else(|| Answer::status(404))
            };
            let mut asked = Asked {
                path,
                head,
                status: answer.status,
            };
            let tag = answer.headers.iter().find(|(name, _)| name == "ETag");
            let fresh = tag.is_some_and(|(_, tag)| asked.header("if-none-match") == Some(tag));
            asked.status = match answer.manner {
                Manner::HangUp | Manner::Raw => 0,
                _ if fresh => 304,
                _ => answer.status,
            };
            lock(&self.asked).push(asked);
            std::thread::sleep(answer.delay);
            if !say(&mut stream, &answer, fresh)? {
                return stream.shutdown(std::net::Shutdown::Both);
            }
        }
        Ok(())
    }
}

fn next_head(stream: &mut TcpStream, pending: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    loop {
        if let Some(at) = pending.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = pending.split_off(at + 4);
            let head = std::mem::replace(pending, rest);
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            read => pending.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Writes an answer. False when the connection is not to be used again.
fn say(stream: &mut TcpStream, answer: &Answer, fresh: bool) -> std::io::Result<bool> {
    match answer.manner {
        Manner::HangUp => return Ok(false),
        Manner::Raw => {
            stream.write_all(&answer.body)?;
            return Ok(false);
        }
        Manner::Whole | Manner::Drip(_) => {}
    }
    let status = if fresh { 304 } else { answer.status };
    let mut bytes = format!("HTTP/1.1 {status} Told\r\n").into_bytes();
    for (name, value) in &answer.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if fresh {
        bytes.extend_from_slice(b"\r\n");
    } else {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", answer.body.len()).as_bytes());
    }
    match answer.manner {
        Manner::Drip(pause) if !fresh => {
            stream.write_all(&bytes)?;
            for byte in &answer.body {
                std::thread::sleep(pause);
                stream.write_all(&[*byte])?;
            }
        }
        _ => {
            if !fresh {
                bytes.extend_from_slice(&answer.body);
            }
            stream.write_all(&bytes)?;
        }
    }
    Ok(true)
}
