//! Names that answer another address every time they are looked up.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{Fetcher, Jar, Names, Proxies, Request, Resolution, Settings, guard::LookupError};
use crate::model::{capture::Outcome, host::ByHost, time::Timestamp, url::Url, verdict::Access};

/// Gives the answers one after the other, the last one for ever, and counts the questions.
fn changing(answers: Vec<Vec<SocketAddr>>) -> (Names, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let names = Names::new(move |_| {
        let nth = counter.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        std::future::ready(Ok(answers[nth].clone()))
    });
    (names, asked)
}

fn address(text: &str) -> SocketAddr {
    format!("{text}:0").parse().unwrap()
}

/// A server that says who it is, and the number of connections it got.
fn server(name: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                name.len()
            );
            let _ = stream.write_all(format!("{head}{name}").as_bytes());
        }
    });
    (at, count)
}

fn fetcher(names: Names, allow_private: bool) -> Fetcher {
    let resolution = Resolution {
        names,
        allow_private,
        ..Resolution::default()
    };
    Fetcher::new(Settings {
        timeout: Duration::from_secs(5),
        user_agent: "test".into(),
        headers: Vec::new(),
        max_body: 1 << 20,
        resolution,
        proxies: Proxies::default(),
        authorities: Vec::new(),
        insecure: false,
        jar: Jar::default(),
        hosts: ByHost::default(),
    })
    .unwrap()
}

async fn ask(fetcher: &Fetcher, url: &str) -> Outcome {
    let request = Request {
        url: &Url::parse(url).unwrap(),
        prior: None,
        cookies: &[],
        at: Timestamp::default(),
        attempt: 0,
    };
    fetcher.exchange(request).await.exchange.outcome
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_then() {
    let (public, private) = (address("93.184.216.34"), address("10.0.0.1"));
    let (names, _) = changing(vec![vec![public], vec![private], vec![public, private], vec![]]);
    let resolution = Resolution {
        names,
        ..Resolution::default()
    };
    assert_eq!(resolution.look_up("rebinds.example").await.unwrap(), [public]);
    let second = resolution.look_up("rebinds.example").await;
    assert!(
        matches!(second, Err(LookupError::Private(ip)) if ip == private.ip()),
        "{second:?}"
    );
    let mixed = resolution.look_up("rebinds.example").await;
    assert_eq!(
        mixed.unwrap(),
        [public],
        "of a mixed answer only what is public is asked"
    );
    let none = resolution.look_up("rebinds.example").await;
    assert!(matches!(none, Err(LookupError::NoSuchName)), "{none:?}");
}

#[tokio::test]
async fn a_name_that_leads_inside_reaches_nobody() {
    let (inside, connections) = server("inside");
    let (names, asked) = changing(vec![vec![address("127.0.0.1")]]);
    let outcome = ask(
        &fetcher(names, false),
        &format!("http://rebinds.example:{}/", inside.port()),
    )
    .await;
    assert!(
        matches!(
            outcome,
            Outcome::NotAsked {
                access: Access::PrivateAddress,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(
        (asked.load(Ordering::SeqCst), connections.load(Ordering::SeqCst)),
        (1, 0)
    );
}

#[tokio::test]
async fn what_was_checked_is_what_is_dialled() {
    let (first, _) = server("first");
    let (names, asked) = changing(vec![vec![address("127.0.0.1")], vec![address("127.0.0.2")]]);
    let outcome = ask(
        &fetcher(names, true),
        &format!("http://rebinds.example:{}/", first.port()),
    )
    .await;
    let Outcome::Answer(answer) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(answer.encoded, b"first");
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "no second look-up between the check and the connection"
    );
}
