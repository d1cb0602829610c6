//! The bundled web: a newspaper article and the pages it cites, in two successive years.
//!
//! Owns a small web on loopback that shows, without network, everything that becomes of a link:
//! its content (`pages`, `web/`), how a page is put together (`reply`) and the listener (`server`).
//! Must not open outgoing sockets, read a clock, print, or know anything of the crawler; whoever
//! visits it resolves [`DemoWeb::hosts`] to [`DemoWeb::addr`].

mod pages;
mod reply;
mod server;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pages::{PAGES, SITES, Year};
use server::Server;

/// The address of the article that cites all the others.
pub const ARTICLE: &str = "http://www.tidewater-courier.example/2025/the-bridge-that-was-promised";

/// A running web. It starts in its first year and stops when it is dropped.
pub struct DemoWeb {
    server: Server,
    clock: Arc<Clock>,
}

/// What a request reads of the world: the year, and how many were answered before it.
#[derive(Default)]
struct Clock {
    second_year: AtomicBool,
    served: AtomicU64,
}

impl Clock {
    fn year(&self) -> Year {
        if self.second_year.load(Ordering::Acquire) {
            Year::Second
        } else {
            Year::First
        }
    }
}

impl DemoWeb {
    /// Binds a free port on loopback and serves every host there.
    ///
    /// # Errors
    ///
    /// When no port of the loopback address can be bound.
    pub async fn start() -> std::io::Result<DemoWeb> {
        let clock = Arc::new(Clock::default());
        let seen = Arc::clone(&clock);
        let server = Server::start(move |request| {
            let served = seen.served.fetch_add(1, Ordering::Relaxed);
            reply::reply(request, seen.year(), served)
        })
        .await?;
        Ok(DemoWeb { server, clock })
    }

    /// Where all hosts of this web are to be found.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The host names that resolve at present; any other name does not exist.
    pub fn hosts(&self) -> Vec<&'static str> {
        let year = self.clock.year();
        SITES
            .iter()
            .filter(|site| site.exists(year))
            .map(|site| site.host)
            .collect()
    }

    /// Puts every page into the state of its second year.
    pub fn a_year_passes(&self) {
        self.clock.second_year.store(true, Ordering::Release);
    }

    /// The number of distinct web addresses that the article cites.
    pub fn cited() -> usize {
        expected().len()
    }
}

/// Every address as the article cites it, with the class it deserves in the second year.
pub fn expected() -> Vec<(&'static str, &'static str)> {
    PAGES.iter().filter_map(|page| Some((page.url, page.class?))).collect()
}
