//! The client: one request, its answer read whole within time and size limits.

use std::{
    net::IpAddr,
    sync::OnceLock,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use reqwest::{
    Client, Response,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue},
};

use super::{
    Jar, Proxies, Resolution, certificate, failure,
    guard::LookupError,
    spool::{self, Spool},
    trace::{Measured, Trace, millis_since},
    wait::{self, Waits},
};
use crate::model::{
    capture::{Answer, Exchange, Outcome, Truncated, Wire},
    host::ByHost,
    run::Prior,
    time::Timestamp,
    url::{self, Url},
    verdict::{Access, Transport},
};

/// How exchanges are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For the whole exchange, body included.
    pub timeout: Duration,
    /// Sent as `User-Agent`.
    pub user_agent: String,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// Bytes of a body read at most, before and after decoding.
    pub max_body: usize,
    /// Names and addresses.
    pub resolution: Resolution,
    /// Who is asked in the site's place.
    pub proxies: Proxies,
    /// Certificates that are trusted besides the system's.
    pub authorities: Vec<reqwest::Certificate>,
    /// Certificates are not checked.
    pub insecure: bool,
    /// Cookies sent where they belong.
    pub jar: Jar,
    /// What the user said of single hosts.
    pub hosts: ByHost<HostRequests>,
}

/// What differs in requests to a host, and is sent to no other.
#[derive(Clone, Default)]
pub struct HostRequests {
    /// In place of [`Settings::timeout`].
    pub timeout: Option<Duration>,
    /// In place of [`Settings::user_agent`].
    pub user_agent: Option<String>,
    /// Beside [`Settings::headers`], and in place of those of the same name.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for HostRequests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values are secrets.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "HostRequests({:?}, {:?}, {names:?})", self.timeout, self.user_agent)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where.
    pub url: &'a Url,
    /// What we hold of it, to be asked for conditionally.
    pub prior: Option<&'a Prior>,
    /// Cookies of the chain: host, name, value.
    pub cookies: &'a [(String, String, String)],
    /// The time it is begun at.
    pub at: Timestamp,
    /// How often it failed before. What failed is asked on a fresh connection, and every other time at
    /// an address of the other family first.
    pub attempt: u32,
}

/// An exchange, and what the next steps need of it that is not archived.
#[derive(Debug)]
pub struct Fetched {
    /// What happened, secrets redacted.
    pub exchange: Exchange,
    /// Cookies that were set: name and value.
    pub cookies: Vec<(String, String)>,
    /// How long the server asks us to wait.
    pub waits: Waits,
}

/// Makes exchanges. Cheap to share.
#[derive(Debug)]
pub struct Fetcher {
    settings: Settings,
    headers: HeaderMap,
    hosts: ByHost<HeaderMap>,
    plain: Client,
    secure: OnceLock<Result<Client, String>>,
    /// Without a pool of connections: `http`, then any.
    fresh: [OnceLock<Result<Client, String>>; 2],
    /// Bounds the memory of bodies that are being read: each is bounded by itself, and the long ones together.
    long_bodies: Semaphore,
}

/// A body that is longer than this has to take turns with others.
const SHORT_BODY: usize = 512 << 10;
/// Bytes that long bodies may take together while they are read.
const LONG_BODIES: usize = 64 << 20;
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const CODINGS: &str = "gzip, deflate, br, zstd";
/// Values never written to the archive.
const SECRETS: &[&str] = &["authorization", "proxy-authorization", "cookie", "set-cookie"];
const REDACTED: &str = "[redacted]";

impl Fetcher {
    /// Errors when a header or the user agent cannot be sent as it is.
    pub fn new(settings: Settings) -> Result<Self, String> {
        // Fails only when another provider is in place already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::ACCEPT, HeaderValue::from_static(ACCEPT));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
        add(&mut headers, Some(&settings.user_agent), &settings.headers)?;
        let hosts = settings.hosts.map(|host, own| {
            let mut headers = HeaderMap::new();
            add(&mut headers, own.user_agent.as_deref(), &own.headers).map_err(|why| format!("{host}: {why}"))?;
            Ok::<_, String>(headers)
        })?;
        let plain = build(&settings, false, true)?;
        let held = settings.max_body.clamp(1, spool::HELD_TO_READ);
        let long_bodies = Semaphore::new((LONG_BODIES / held).clamp(1, 64));
        Ok(Self {
            long_bodies,
            settings,
            headers,
            hosts,
            plain,
            secure: OnceLock::new(),
            fresh: Default::default(),
        })
    }

    /// The largest body read, in bytes.
    pub fn max_body(&self) -> usize {
        self.settings.max_body
    }

    /// Makes one exchange. A failure is an outcome, never an error.
    pub async fn exchange(&self, request: Request<'_>) -> Fetched {
        let begun = Instant::now();
        let trace = Trace::new(request.attempt % 2 == 1);
        let mut wire = Wire::default();
        let asked = match self.refused(request.url).await {
            Some(outcome) => Asked {
                outcome,
                ..Asked::default()
            },
            None => trace.along(self.ask(&request, begun, &mut wire)).await,
        };
        (wire.lookup_ms, wire.connect_ms) = trace.times();
        Fetched {
            exchange: Exchange {
                url: request.url.clone(),
                at: request.at,
                elapsed_ms: millis_since(begun),
                wire,
                request_head: asked.head,
                outcome: asked.outcome,
            },
            cookies: asked.cookies,
            waits: asked.waits,
        }
    }

    async fn ask(&self, request: &Request<'_>, begun: Instant, wire: &mut Wire) -> Asked {
        let client = match self.client(request) {
            Ok(client) => client,
            Err(detail) => {
                let transport = Transport::Other;
                let outcome = Outcome::Failed { transport, detail };
                return Asked {
                    outcome,
                    ..Asked::default()
                };
            }
        };
        let headers = self.request_headers(request);
        let head = request_head(request.url, &headers);
        let own = self.settings.hosts.get(url::host(request.url));
        let deadline = tokio::time::Instant::now() + own.and_then(|own| own.timeout).unwrap_or(self.settings.timeout);
        let asking = client.get(request.url.clone()).headers(headers).send();
        match tokio::time::timeout_at(deadline, asking).await {
            Err(_) => Asked {
                head,
                outcome: Outcome::Failed {
                    transport: Transport::ReadTimeout,
                    detail: "no answer in time".into(),
                },
                ..Asked::default()
            },
            Ok(Err(error)) => Asked {
                head,
                outcome: failure::outcome(&error),
                ..Asked::default()
            },
            Ok(Ok(response)) => {
                wire.first_byte_ms = Some(millis_since(begun));
                let tls = response.extensions().get::<reqwest::tls::TlsInfo>();
                wire.certificate_ends = tls.and_then(|tls| certificate::end(tls.peer_certificate()?));
                Asked {
                    head,
                    cookies: cookies(response.headers()),
                    waits: wait::waits(response.headers(), request.at.plus(begun.elapsed())),
                    outcome: Outcome::Answer(self.read(response, deadline).await),
                }
            }
        }
    }

    /// Reads a body until it ends, is longer than allowed, or `deadline` has come.
    async fn read(&self, mut response: Response, mut deadline: tokio::time::Instant) -> Answer {
        let mut answer = Answer {
            status: response.status().as_u16(),
            protocol: protocol(response.version()),
            remote: response.remote_addr(),
            headers: response.headers().iter().map(redacted).collect(),
            encoded: Vec::new(),
            spooled: None,
            truncated: None,
            detail: None,
        };
        let expected = response.content_length().unwrap_or(0).min(SHORT_BODY as u64) as usize;
        answer.encoded.reserve_exact(expected);
        let mut long = None;
        let mut body = Receiving {
            held: spool::held(answer.content_type().0.as_deref()),
            bytes: std::mem::take(&mut answer.encoded),
            spool: None,
        };
        let stopped = loop {
            match tokio::time::timeout_at(deadline, response.chunk()).await {
                Ok(Ok(None)) => break None,
                Ok(Ok(Some(chunk))) => {
                    if long.is_none() && body.length() + chunk.len() > SHORT_BODY {
                        let begun = tokio::time::Instant::now();
                        // The semaphore is never closed.
                        long = self.long_bodies.acquire().await.ok();
                        // Others kept it waiting, not the site.
                        deadline += begun.elapsed();
                    }
                    let room = self.settings.max_body - body.length();
                    if let Err(error) = body.add(&chunk[..chunk.len().min(room)]) {
                        break Some((
                            Truncated::Length,
                            format!("no room for more in the temporary folder: {error}"),
                        ));
                    }
                    if chunk.len() > room {
                        let why = format!("more than {} bytes", self.settings.max_body);
                        break Some((Truncated::Length, why));
                    }
                }
                Ok(Err(error)) if error.is_timeout() => break Some((Truncated::Time, failure::words(&error))),
                Ok(Err(error)) => break Some((Truncated::Disconnect, failure::words(&error))),
                Err(_) => break Some((Truncated::Time, "the body did not end in time".into())),
            }
        };
        (answer.truncated, answer.detail) = stopped.unzip();
        (answer.encoded, answer.spooled) = (body.bytes, body.spool.map(Spool::end));
        answer
    }

    fn client(&self, request: &Request<'_>) -> Result<&Client, String> {
        let secure = request.url.scheme() == "https";
        let slot = match (request.attempt, secure) {
            (0, false) => return Ok(&self.plain),
            (0, true) => &self.secure,
            _ => &self.fresh[usize::from(secure)],
        };
        slot.get_or_init(|| build(&self.settings, secure, request.attempt == 0))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// What the resolver never gets to see is looked at here: literal addresses, and names that a proxy
    /// would look up for itself.
    async fn refused(&self, url: &Url) -> Option<Outcome> {
        let resolution = &self.settings.resolution;
        let refused = match url.host()? {
            ::url::Host::Ipv4(v4) => resolution.refuses(IpAddr::V4(v4)),
            ::url::Host::Ipv6(v6) => resolution.refuses(IpAddr::V6(v6)),
            ::url::Host::Domain(name) if self.settings.proxies.serves(url) && !resolution.allow_private => {
                match resolution.look_up(name).await {
                    Err(why @ LookupError::Private(_)) => Some(why),
                    // The proxy may know more names than we do, but names without a public ending are
                    // those of somebody's own network.
                    Err(_) if !url::is_public_name(name) => {
                        let detail = format!("{name} is no public name, and cannot be looked up here");
                        let access = Access::PrivateAddress;
                        return Some(Outcome::NotAsked { access, detail });
                    }
                    _ => None,
                }
            }
            ::url::Host::Domain(_) => None,
        }?;
        Some(failure::lookup_outcome(&refused, refused.to_string()))
    }

    fn request_headers(&self, request: &Request<'_>) -> HeaderMap {
        let mut headers = self.headers.clone();
        for (name, value) in self.hosts.get(url::host(request.url)).into_iter().flatten() {
            headers.insert(name, value.clone());
        }
        let mut insert = |name: HeaderName, value: &str| {
            // A validator or cookie that cannot be sent back is left out: the full page is asked for.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.insert(name, value);
            }
        };
        if let Some(prior) = request.prior {
            if let Some(etag) = &prior.etag {
                insert(reqwest::header::IF_NONE_MATCH, etag);
            }
            if let Some(modified) = &prior.last_modified {
                insert(reqwest::header::IF_MODIFIED_SINCE, modified);
            }
        }
        let host = url::host(request.url);
        let own = request.cookies.iter().filter(|c| c.0 == host);
        let own: Vec<(&str, &str)> = own.map(|(_, name, value)| (name.as_str(), value.as_str())).collect();
        // What the site has set on the way is newer than what the user brought.
        let brought = self.settings.jar.for_url(request.url, request.at);
        let brought = brought.filter(|(name, _)| own.iter().all(|(newer, _)| newer != name));
        let cookies: Vec<String> = brought
            .chain(own.iter().copied())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            insert(reqwest::header::COOKIE, &cookies.join("; "));
        }
        headers
    }
}

/// Adds what users set: the user agent, and headers of their own.
fn add(to: &mut HeaderMap, user_agent: Option<&str>, headers: &[(String, String)]) -> Result<(), String> {
    if let Some(agent) = user_agent {
        let value = HeaderValue::from_str(agent).map_err(|_| format!("the user agent {agent:?} cannot be sent"))?;
        to.insert(reqwest::header::USER_AGENT, value);
    }
    for (name, value) in headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| format!("{name:?} is not a header name"))?;
        let mut value =
            HeaderValue::from_str(value).map_err(|_| format!("the value of header {name} cannot be sent"))?;
        // What a user adds by hand is often a key: it is sent, but never archived.
        value.set_sensitive(true);
        to.insert(name, value);
    }
    Ok(())
}

/// A body that arrives: in memory, or in a temporary file once it is too long for that.
struct Receiving {
    held: usize,
    bytes: Vec<u8>,
    spool: Option<Spool>,
}

impl Receiving {
    fn length(&self) -> usize {
        self.spool.as_ref().map_or(self.bytes.len(), Spool::length)
    }

    fn add(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        match &mut self.spool {
            Some(spool) => spool.write(chunk),
            None if self.bytes.len() + chunk.len() <= self.held => {
                self.bytes.extend_from_slice(chunk);
                Ok(())
            }
            None => {
                self.spool.insert(Spool::begin(&self.bytes)?).write(chunk)?;
                self.bytes = Vec::new();
                Ok(())
            }
        }
    }
}

/// What came of asking, before it is an exchange.
struct Asked {
    head: Vec<u8>,
    outcome: Outcome,
    cookies: Vec<(String, String)>,
    waits: Waits,
}

impl Default for Asked {
    fn default() -> Self {
        let (transport, detail) = (Transport::Other, String::new());
        Self {
            head: Vec::new(),
            outcome: Outcome::Failed { transport, detail },
            cookies: Vec::new(),
            waits: Waits::default(),
        }
    }
}

/// A client for `http`, which needs no certificates and must work where none are installed, or for `https`.
pub(super) fn build(settings: &Settings, secure: bool, pooled: bool) -> Result<Client, String> {
    let mut resolution = settings.resolution.clone();
    resolution.trusted.extend(settings.proxies.hosts().map(str::to_owned));
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Before the time for the whole exchange is up, or it could not be told which of them it was.
        .connect_timeout((settings.timeout * 3 / 4).min(Duration::from_secs(10)))
        .pool_idle_timeout(Duration::from_secs(20))
        .http1_max_headers(512)
        .http2_max_header_list_size(128 * 1024)
        .connector_layer(Measured)
        .dns_resolver(resolution);
    if !pooled {
        builder = builder.pool_max_idle_per_host(0);
    }
    let failed = |what: &str, e: reqwest::Error| format!("{what}: {}", failure::words(&e));
    let except = settings
        .proxies
        .except
        .as_deref()
        .and_then(reqwest::NoProxy::from_string);
    if let Some(proxy) = &settings.proxies.http {
        let proxy = reqwest::Proxy::http(proxy.as_str()).map_err(|e| failed("the proxy", e))?;
        builder = builder.proxy(proxy.no_proxy(except.clone()));
    }
    if let Some(proxy) = &settings.proxies.https {
        let proxy = reqwest::Proxy::https(proxy.as_str()).map_err(|e| failed("the proxy", e))?;
        builder = builder.proxy(proxy.no_proxy(except));
    }
    if !secure {
        return builder
            .tls_certs_only([])
            .build()
            .map_err(|e| failed("the HTTP client cannot start", e));
    }
    if !settings.authorities.is_empty() {
        builder = builder.tls_certs_merge(settings.authorities.iter().cloned());
    }
    builder
        .tls_info(true)
        .tls_danger_accept_invalid_certs(settings.insecure)
        .build()
        .map_err(|e| {
            failed(
                "no certificate store to check servers with (install ca-certificates)",
                e,
            )
        })
}

fn protocol(version: reqwest::Version) -> &'static str {
    match version {
        reqwest::Version::HTTP_09 => "HTTP/0.9",
        reqwest::Version::HTTP_10 => "HTTP/1.0",
        reqwest::Version::HTTP_2 => "HTTP/2",
        reqwest::Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

/// Fields that hold addresses, whose credentials are hidden.
const ADDRESSES: &[&str] = &["location", "content-location", "link", "refresh"];

fn redacted((name, value): (&HeaderName, &HeaderValue)) -> (String, Vec<u8>) {
    let kept = match value.to_str() {
        _ if value.is_sensitive() || SECRETS.contains(&name.as_str()) => REDACTED.as_bytes().to_vec(),
        Ok(text) if ADDRESSES.contains(&name.as_str()) => url::without_userinfo(text).as_bytes().to_vec(),
        _ => value.as_bytes().to_vec(),
    };
    (name.as_str().to_owned(), kept)
}

/// The request as it would read in HTTP/1.1; the order of its fields is ours.
fn request_head(url: &Url, headers: &HeaderMap) -> Vec<u8> {
    let mut path = url.path().to_owned();
    if let Some(query) = url.query() {
        path.push('?');
        path.push_str(query);
    }
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url::host(url)),
        None => url::host(url).to_owned(),
    };
    let mut head = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    for field in headers {
        let (name, value) = redacted(field);
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(&value);
        head.extend_from_slice(b"\r\n");
    }
    head
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.get_all(reqwest::header::SET_COOKIE).iter().filter_map(|value| {
        let (name, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    // More than any honest site sets on one page.
    pairs.take(64).collect()
}
