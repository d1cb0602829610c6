//! One message to a webhook: a POST whose answer is its status. Where a webhook is, its user has written: any address
//! may be asked. Certificates are always checked, redirects never followed.

use std::time::Duration;

use reqwest::{
    Client,
    header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT},
};

use super::{HostRequests, Jar, Settings, client, failure, wait};
use crate::model::{capture::Outcome, host::ByHost, time::Timestamp, url::Url, verdict::Transport};

/// Sends messages. Keeps no connections.
#[derive(Debug)]
pub struct Poster {
    client: Client,
    user_agent: HeaderValue,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// An answer.
    Answered {
        /// Its status.
        status: u16,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// None.
    Failed {
        /// How the connection went.
        transport: Transport,
        /// Why, without the address, which may be a secret.
        why: String,
    },
}

impl Poster {
    /// A client for this address, by the settings of all fetches as far as they have to do with the network: time,
    /// names, proxies and whom to trust.
    pub fn new(mut settings: Settings, url: &Url) -> Result<Self, String> {
        // Fails only when another provider is in place already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        settings.insecure = false;
        settings.resolution.allow_private = true;
        settings.jar = Jar::default();
        settings.hosts = ByHost::<HostRequests>::default();
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| format!("the user agent {:?} cannot be sent", settings.user_agent))?;
        Ok(Self {
            client: client::build(&settings, url.scheme() == "https", false)?,
            user_agent,
        })
    }

    /// Sends a body of JSON at `now`, and waits for the head of the answer, so long at most. What the answer says
    /// beside its status is not read.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&str, String)],
        body: String,
        patience: Duration,
        now: Timestamp,
    ) -> Posted {
        let mut map = HeaderMap::new();
        map.insert(USER_AGENT, self.user_agent.clone());
        map.insert(
            reqwest::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        for (name, value) in headers {
            match (HeaderName::try_from(*name), HeaderValue::from_str(value)) {
                (Ok(name), Ok(value)) => map.insert(name, value),
                _ => return failed(Transport::Other, format!("the header {name} cannot be sent")),
            };
        }
        let sending = self.client.post(url.clone()).headers(map).body(body).send();
        match tokio::time::timeout(patience, sending).await {
            Err(_) => failed(Transport::ReadTimeout, "no answer in time".into()),
            Ok(Err(error)) => match failure::outcome(&error.without_url()) {
                Outcome::Failed { transport, detail } => failed(transport, detail),
                // Private addresses are allowed, and an error is no answer.
                _ => failed(Transport::Other, "no answer".into()),
            },
            Ok(Ok(response)) => Posted::Answered {
                status: response.status().as_u16(),
                retry_after: wait::waits(response.headers(), now).retry_after,
            },
        }
    }
}

fn failed(transport: Transport, why: String) -> Posted {
    Posted::Failed { transport, why }
}
