//! Servers that mean harm: a listener of its own for each, and whatever is to be done with a connection.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// A connection after the handshake.
pub type Tls = StreamOwned<ServerConnection, TcpStream>;

/// How long a server goes on with something that has no end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Does the same to every connection, on a thread of its own, until it is dropped.
pub struct Server {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
    listening: Option<std::thread::JoinHandle<()>>,
    /// Connections that are held open.
    held: Vec<TcpStream>,
}

impl Server {
    /// Never accepts a connection, and has no room for more of them: Linux then drops what comes.
    pub fn full() -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket
            .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .and_then(|()| socket.listen(0))
            .expect("a free port on loopback");
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().expect("a bound address");
        let filling = |_| TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let held = (0..4).map_while(filling).collect();
        let closed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&closed);
        // Keeps the listener until the end.
        let listening = std::thread::spawn(move || {
            while !seen.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            drop(listener);
        });
        Self {
            address,
            closed,
            listening: Some(listening),
            held,
        }
    }

    /// Gets the connection as it was accepted.
    pub fn accepting(converse: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound address");
        let (closed, converse) = (Arc::new(AtomicBool::new(false)), Arc::new(converse));
        let seen = Arc::clone(&closed);
        let listening = std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let converse = Arc::clone(&converse);
                std::thread::spawn(move || {
                    // An error is a client that went away, which is what it should do.
                    let _ = stream.set_nodelay(true);
                    let _ = stream.set_read_timeout(Some(PATIENCE));
                    let _ = stream.set_write_timeout(Some(PATIENCE));
                    let _ = converse(&mut stream);
                });
            }
        });
        Self {
            address,
            closed,
            listening: Some(listening),
            held: Vec::new(),
        }
    }

    /// Gets the connection once a request was read, and its path.
    pub fn asked(answer: impl Fn(&mut TcpStream, &str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::accepting(move |stream| {
            let path = request(stream)?;
            answer(stream, &path)
        })
    }

    /// Answers every request with these bytes and closes.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::asked(move |stream, _| stream.write_all(&bytes))
    }

    /// Gets the connection after a TLS handshake with this certificate.
    pub fn secure(
        identity: &Identity,
        protocols: &[&str],
        converse: impl Fn(&mut Tls) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
            .expect("a certificate and its key");
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let config = Arc::new(config);
        Self::accepting(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
            let mut tls = StreamOwned::new(connection, stream.try_clone()?);
            while tls.conn.is_handshaking() {
                tls.conn.complete_io(&mut tls.sock)?;
            }
            converse(&mut tls)
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        if !self.held.is_empty() {
            return;
        }
        // Wakes the listener up, so that it sees that it is closed.
        if let (Ok(_), Some(listening)) = (TcpStream::connect(self.address), self.listening.take()) {
            let _ = listening.join();
        }
    }
}

/// Reads the head of a request and gives its path.
pub fn request(stream: &mut impl Read) -> io::Result<String> {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head);
    Ok(head.split(' ').nth(1).unwrap_or_default().to_owned())
}

/// The same bytes again and again, until the client has had enough.
pub fn without_end(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        stream.write_all(bytes)?;
    }
    Ok(())
}

/// A byte every so often.
pub fn drip(stream: &mut impl Write, bytes: &[u8], pause: Duration) -> io::Result<()> {
    for byte in bytes {
        std::thread::sleep(pause);
        stream.write_all(&[*byte])?;
        stream.flush()?;
    }
    Ok(())
}

/// Says nothing until the client has gone.
pub fn say_nothing(stream: &mut impl Read) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}

/// Cuts the connection with a reset. What was written before is given a moment to arrive.
pub fn reset(stream: &TcpStream) -> io::Result<()> {
    std::thread::sleep(Duration::from_millis(100));
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// A certificate and its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "An authority for tests");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Authority {
            issuer: Issuer::new(params, key),
            pem,
        }
    })
}

/// The root that [`Identity::trusted`] and [`Identity::expired`] lead to.
pub fn root_pem() -> &'static str {
    &authority().pem
}

impl Identity {
    fn made(params: &CertificateParams, own: bool) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = match own {
            true => params.self_signed(&key),
            false => params.signed_by(&key, &authority().issuer),
        };
        Self {
            certificate: certificate.expect("a certificate").der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        }
    }

    fn params(name: &str) -> CertificateParams {
        CertificateParams::new(vec![name.to_owned()]).expect("a name")
    }

    pub fn trusted(name: &str) -> Self {
        Self::made(&Self::params(name), false)
    }

    pub fn self_signed(name: &str) -> Self {
        Self::made(&Self::params(name), true)
    }

    pub fn expired(name: &str) -> Self {
        let mut params = Self::params(name);
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        Self::made(&params, false)
    }
}
