//! A webhook on loopback, over TLS: what it is sent, and what it says to it.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use serde_json::Value;
use sha2::{Digest, Sha256};

pub use crate::harness::hostile::root_pem;
use crate::harness::hostile::{Identity, Server, say_nothing};

const NAME: &str = "hooks.example";

/// What is said to one message.
#[derive(Debug, Clone)]
pub struct Reply(What);

#[derive(Debug, Clone)]
enum What {
    Say(String),
    HangUp,
    Silence,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self(What::Say(format!(
            "HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n"
        )))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let What::Say(head) = &mut self.0 {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self
    }

    pub fn hang_up() -> Self {
        Self(What::HangUp)
    }

    pub fn silence() -> Self {
        Self(What::Silence)
    }
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub head: String,
    pub body: String,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Fails unless the message is signed with the secret, just now, as the Standard Webhooks specification has it.
    #[track_caller]
    pub fn assert_signed(&self, secret: &str) {
        let header = |name| {
            self.header(name)
                .unwrap_or_else(|| panic!("{name} is missing: {}", self.head))
        };
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let sent: u64 = timestamp.parse().expect("seconds");
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("a time")
            .as_secs();
        assert!(now.abs_diff(sent) < 60, "{timestamp}");
        let encoded = secret.strip_prefix("whsec_").expect("a secret");
        let key = data_encoding::BASE64.decode(encoded.as_bytes()).expect("base64");
        let mac = hmac(&key, format!("{id}.{timestamp}.{}", self.body).as_bytes());
        let want = format!("v1,{}", data_encoding::BASE64.encode(&mac));
        assert_eq!(header("webhook-signature"), want);
    }
}

/// RFC 2104 over SHA-256, written out.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let padded = |byte: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).unwrap_or(&0) ^ byte).collect() };
    let inner = Sha256::digest([&padded(0x36), text].concat());
    Sha256::digest([padded(0x5c).as_slice(), inner.as_slice()].concat()).to_vec()
}

#[test]
fn the_signature_is_that_of_the_specification() {
    let received = |secret: &str, body: &str| {
        let key = data_encoding::BASE64.decode(secret.as_bytes()).expect("base64");
        let text = format!("msg_loFOjxBNrRLzqYUf.1731705121.{body}");
        data_encoding::BASE64.encode(&hmac(&key, text.as_bytes()))
    };
    let body = r#"{"event_type":"ping","data":{"success":true}}"#;
    let want = "rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=";
    assert_eq!(received("plJ3nmyCDGBKInavdOK15jsl", body), want);
}

/// Says to each message what it was told to, then 204.
pub struct Webhook {
    server: Server,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Webhook {
    pub fn answering(replies: &[Reply]) -> Self {
        Self::over_tls(&Identity::trusted(NAME), replies)
    }

    pub fn self_signed() -> Self {
        Self::over_tls(&Identity::self_signed(NAME), &[])
    }

    fn over_tls(identity: &Identity, replies: &[Reply]) -> Self {
        let (received, converse) = conversation(replies);
        let server = Server::secure(identity, &["http/1.1"], move |tls| {
            converse(tls)?;
            tls.conn.send_close_notify();
            tls.flush()
        });
        Self { server, received }
    }

    pub fn without_tls() -> Self {
        let (received, converse) = conversation(&[]);
        let server = Server::accepting(move |stream| converse(stream));
        Self { server, received }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

type Converse = Box<dyn Fn(&mut dyn Stream) -> io::Result<()> + Send + Sync>;

fn conversation(replies: &[Reply]) -> (Arc<Mutex<Vec<Received>>>, Converse) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let (seen, replies) = (Arc::clone(&received), replies.to_vec());
    let converse = move |stream: &mut dyn Stream| {
        let (head, body) = message(stream)?;
        let reply = {
            let mut seen = seen.lock().expect("no panic");
            seen.push(Received {
                head,
                body,
                at: Instant::now(),
            });
            replies
                .get(seen.len() - 1)
                .cloned()
                .unwrap_or_else(|| Reply::status(204))
        };
        match reply.0 {
            What::Say(head) => {
                stream.write_all(head.as_bytes())?;
                stream.write_all(b"\r\n")?;
                stream.flush()
            }
            What::HangUp => Ok(()),
            What::Silence => say_nothing(&mut Wrapped(stream)),
        }
    };
    (received, Box::new(converse))
}

struct Wrapped<'a>(&'a mut dyn Stream);

impl Read for Wrapped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Reads the head of a request, and as much body as it says there is.
fn message(stream: &mut dyn Stream) -> io::Result<(String, String)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            if bytes.len() >= end + length.unwrap_or(0) {
                return Ok((head, String::from_utf8_lossy(&bytes[end..]).into_owned()));
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
