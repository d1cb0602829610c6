//! The client: one request, its answer read whole within time and size limits.

use std::{
    net::IpAddr,
    sync::OnceLock,
    time::{Duration, Instant},
};

use reqwest::{
    Client, Response,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue},
};

use super::{
    Resolution, failure,
    guard::is_private,
    wait::{self, Waits},
};
use crate::model::{
    capture::{Answer, Exchange, Outcome, Truncated},
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
}

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
        // Without certificates: it must work where none are installed, and is used for http only.
        let plain = builder(&settings)
            .tls_certs_only([])
            .build()
            .map_err(|e| format!("the HTTP client cannot start: {}", failure::words(&e)))?;
        Ok(Self {
            settings,
            headers,
            hosts,
            plain,
            secure: OnceLock::new(),
        })
    }

    /// The largest body read, in bytes.
    pub fn max_body(&self) -> usize {
        self.settings.max_body
    }

    /// Makes one exchange. A failure is an outcome, never an error.
    pub async fn exchange(&self, request: Request<'_>) -> Fetched {
        let begun = Instant::now();
        let done = |request_head, outcome, cookies, waits| Fetched {
            exchange: Exchange {
                url: request.url.clone(),
                at: request.at,
                elapsed_ms: begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
                request_head,
                outcome,
            },
            cookies,
            waits,
        };
        if let Some(ip) = self.refused_literal(request.url) {
            let detail = format!("{ip} is a private or special address");
            return done(
                Vec::new(),
                Outcome::NotAsked {
                    access: Access::PrivateAddress,
                    detail,
                },
                Vec::new(),
                Waits::default(),
            );
        }
        let client = match self.client(request.url) {
            Ok(client) => client,
            Err(detail) => {
                return done(
                    Vec::new(),
                    Outcome::Failed {
                        transport: Transport::Other,
                        detail,
                    },
                    Vec::new(),
                    Waits::default(),
                );
            }
        };
        let headers = self.request_headers(&request);
        let head = request_head(request.url, &headers);
        let mut asking = client.get(request.url.clone()).headers(headers);
        let own = self.settings.hosts.get(url::host(request.url));
        if let Some(timeout) = own.and_then(|own| own.timeout) {
            asking = asking.timeout(timeout);
        }
        match asking.send().await {
            Err(error) => done(head, failure::outcome(&error), Vec::new(), Waits::default()),
            Ok(response) => {
                let cookies = cookies(response.headers());
                let waits = wait::waits(response.headers(), request.at.plus(begun.elapsed()));
                let answer = self.read(response).await;
                done(head, Outcome::Answer(answer), cookies, waits)
            }
        }
    }

    async fn read(&self, mut response: Response) -> Answer {
        let mut answer = Answer {
            status: response.status().as_u16(),
            protocol: protocol(response.version()),
            remote: response.remote_addr(),
            headers: response.headers().iter().map(redacted).collect(),
            encoded: Vec::new(),
            truncated: None,
            detail: None,
        };
        let expected = response.content_length().unwrap_or(0).min(1 << 20) as usize;
        answer.encoded.reserve_exact(expected);
        loop {
            match response.chunk().await {
                Ok(None) => return answer,
                Ok(Some(chunk)) => {
                    let room = self.settings.max_body - answer.encoded.len();
                    answer.encoded.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        answer.truncated = Some(Truncated::Length);
                        answer.detail = Some(format!("more than {} bytes", self.settings.max_body));
                        return answer;
                    }
                }
                Err(error) => {
                    let time = error.is_timeout();
                    answer.truncated = Some(if time { Truncated::Time } else { Truncated::Disconnect });
                    answer.detail = Some(failure::words(&error));
                    return answer;
                }
            }
        }
    }

    fn client(&self, url: &Url) -> Result<&Client, String> {
        if url.scheme() != "https" {
            return Ok(&self.plain);
        }
        let secure = self.secure.get_or_init(|| {
            builder(&self.settings).build().map_err(|e| {
                format!(
                    "no certificate store to check servers with (install ca-certificates): {}",
                    failure::words(&e)
                )
            })
        });
        secure.as_ref().map_err(Clone::clone)
    }

    /// Literal addresses never reach the resolver, so the guard looks at them here.
    fn refused_literal(&self, url: &Url) -> Option<IpAddr> {
        let ip = match url.host()? {
            ::url::Host::Ipv4(v4) => IpAddr::V4(v4),
            ::url::Host::Ipv6(v6) => IpAddr::V6(v6),
            ::url::Host::Domain(_) => return None,
        };
        (!self.settings.resolution.allow_private && is_private(ip)).then_some(ip)
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
        let cookies: Vec<String> = request
            .cookies
            .iter()
            .filter(|c| c.0 == host)
            .map(|(_, name, value)| format!("{name}={value}"))
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

fn builder(settings: &Settings) -> reqwest::ClientBuilder {
    Client::builder()
        // A proxy would resolve names itself, past the address guard.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout.min(Duration::from_secs(10)))
        .pool_idle_timeout(Duration::from_secs(20))
        .http1_max_headers(512)
        .http2_max_header_list_size(128 * 1024)
        .dns_resolver(settings.resolution.clone())
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
