//! What is new is told: to webhooks over HTTPS, to commands, in feed files; once, or again until it has arrived.

mod webhook;

use std::time::{Duration, Instant};

use crate::harness::{Answer, Evercite, LiveSite, Ran, finish, page, prose, schema, two_pages_and_one_gone};
use webhook::{Reply, Webhook};

/// The address of the webhook, and what its messages are signed with: two secrets.
const ADDRESS: &str = "https://hooks.example/services/T0K3N-hush";
const SECRET: &str = "whsec_aHVzaC1odXNoLWh1c2gtaHVzaC1odXNo";

/// An archive of the site, and these notifiers.
fn told_by(tables: &str, site: &LiveSite) -> Evercite {
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite.write("evercite.toml", tables);
    evercite
}

/// The webhook as a notifier.
fn ops(webhook: &Webhook, more: &str) -> String {
    format!(
        "[crawl]\nca-file = 'root.pem'\nresolve = ['hooks.example={}']\n[notify.ops]\nwebhook-env = 'OPS_WEBHOOK'\n\
         secret-env = 'OPS_SECRET'\n{more}\n",
        webhook.address()
    )
}

fn with_webhook(webhook: &Webhook, more: &str, site: &LiveSite) -> Evercite {
    let evercite = told_by(&ops(webhook, more), site);
    evercite.write("root.pem", webhook::root_pem());
    evercite
}

fn notify(evercite: &Evercite, arguments: &[&str]) -> Ran {
    let arguments = [&["notify"], arguments].concat();
    let mut command = evercite.command(&arguments);
    command.env("OPS_WEBHOOK", ADDRESS).env("OPS_SECRET", SECRET);
    finish(&arguments, command.spawn().expect("the binary starts"))
}

fn changed(site: &LiveSite, evercite: &Evercite) {
    let text = prose("gate", 9).replace("year 7 ", "year 1007 ");
    site.set("/second", Answer::html(page("Gate", &text)));
    evercite.run(&["check"]).exits(2);
}

/// The addresses of a message, with their classes.
fn told(message: &webhook::Received) -> Vec<(String, String)> {
    let json = message.json();
    let links = json["data"]["links"].as_array().expect("links").iter();
    let word = |value: &serde_json::Value| value.as_str().expect("a word").to_owned();
    links.map(|link| (word(&link["url"]), word(&link["class"]))).collect()
}

#[test]
fn a_webhook_is_told_each_thing_once_and_signed() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&[]));
    let evercite = with_webhook(&hook, "", &site);
    let ran = notify(&evercite, &[]).exits(0);
    assert_eq!(ran.stdout, "ops: told: 1 link needs attention: 1 dead\n");
    let first = hook.received();
    assert_eq!(first.len(), 1);
    assert!(
        first[0].head.starts_with("POST /services/T0K3N-hush HTTP/1.1\r\n"),
        "{}",
        first[0].head
    );
    assert_eq!(first[0].header("content-type"), Some("application/json"));
    first[0].assert_signed(SECRET);
    let json = first[0].json();
    schema::assert_valid(&json, "bulletin.schema.json");
    assert_eq!(json["id"].as_str(), first[0].header("webhook-id"));
    assert_eq!(json["type"], "bulletin.news");
    assert!(json["data"]["since"].is_null());
    assert_eq!(
        told(&first[0]),
        [(site.url("/gone"), "dead".to_owned())],
        "what stands, and not what is fine"
    );

    assert_eq!(notify(&evercite, &[]).exits(0).stdout, "");
    changed(&site, &evercite);
    notify(&evercite, &[]).exits(0);
    let news = &hook.received()[1];
    news.assert_signed(SECRET);
    schema::assert_valid(&news.json(), "bulletin.schema.json");
    assert_eq!(told(news), [(site.url("/second"), "changed".to_owned())]);
    assert!(news.json()["data"]["since"].is_string());
    assert_ne!(news.header("webhook-id"), first[0].header("webhook-id"));
    let difference = &news.json()["data"]["differences"][0];
    assert_eq!(difference["url"], site.url("/second"));
    let text = news.json()["text"].as_str().expect("a text").to_owned();
    assert!(
        text.contains("CHANGED (1)") && text.contains("    - ") && text.contains("    + "),
        "{text}"
    );
    assert!(text.contains("year 1007"), "{text}");
    assert_eq!(notify(&evercite, &[]).exits(0).stdout, "");
    assert_eq!(hook.received().len(), 2);
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn what_fails_for_a_moment_is_tried_again_under_the_same_name() {
    let (site, hook) = (
        two_pages_and_one_gone(),
        Webhook::answering(&[Reply::status(500), Reply::hang_up()]),
    );
    let evercite = with_webhook(&hook, "", &site);
    notify(&evercite, &[]).exits(0);
    let received = hook.received();
    assert_eq!(received.len(), 3);
    for one in &received {
        one.assert_signed(SECRET);
        assert_eq!(one.header("webhook-id"), received[0].header("webhook-id"));
        assert_eq!(one.body, received[0].body);
    }
    assert_eq!(notify(&evercite, &[]).exits(0).stdout, "");
}

#[test]
fn who_asks_for_time_is_given_it() {
    let busy = Reply::status(503).header("Retry-After", "3");
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&[busy]));
    let evercite = with_webhook(&hook, "", &site);
    notify(&evercite, &[]).exits(0);
    let received = hook.received();
    let between = received[1].at.duration_since(received[0].at);
    assert!(
        (Duration::from_secs(3)..Duration::from_secs(8)).contains(&between),
        "{between:?}"
    );

    // More time than there is.
    let hook = Webhook::answering(&[Reply::status(429).header("Retry-After", "3600")]);
    let evercite = with_webhook(&hook, "", &site);
    let ran = notify(&evercite, &[]).exits(1);
    assert!(ran.stderr.contains("left alone for 3600 s"), "{ran}");
    assert_eq!(hook.received().len(), 1);
}

#[test]
fn what_was_not_taken_is_told_next_time_and_the_failure_is_told_to_others() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&[Reply::status(400)]));
    let evercite = with_webhook(&hook, "[notify.site]\nfeed = 'links.atom'", &site);
    let ran = notify(&evercite, &[]).exits(1);
    assert_eq!(
        ran.stderr,
        "evercite: ops could not be told: hooks.example: it answered 400\n"
    );
    assert_eq!(ran.stdout, "site: told: 1 link needs attention: 1 dead\n");
    assert_eq!(
        evercite.value::<i64>("SELECT failures FROM notifier WHERE name = 'ops'"),
        1
    );
    let why: String = evercite.value("SELECT failure FROM notifier WHERE name = 'ops'");
    assert_eq!(why, "hooks.example: it answered 400");

    let ran = notify(&evercite, &["site"]).exits(0);
    assert_eq!(ran.stdout, "site: told: 1 receiver cannot be told\n");
    let feed = std::fs::read_to_string(evercite.path("links.atom")).expect("a feed");
    assert!(feed.contains("ops cannot be told since"), "{feed}");
    assert_eq!(notify(&evercite, &["site"]).exits(0).stdout, "", "that was told");

    notify(&evercite, &[]).exits(0);
    let received = hook.received();
    assert_eq!(received.len(), 2);
    assert_eq!(told(&received[1]), [(site.url("/gone"), "dead".to_owned())]);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM notifier WHERE failing_since IS NULL"),
        2
    );
    assert!(evercite.is_sound());
    evercite.ok(&["verify", "--full"]);
}

#[test]
fn nothing_is_sent_to_whom_nobody_vouches_for() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::self_signed());
    let evercite = with_webhook(&hook, "", &site);
    // Not even where pages are fetched from anybody.
    let tables = ops(&hook, "").replace("[crawl]", "[crawl]\ninsecure = true");
    evercite.write("evercite.toml", tables);
    let ran = notify(&evercite, &[]).exits(1);
    assert!(ran.stderr.contains("hooks.example: tls-untrusted"), "{ran}");
    assert!(hook.received().is_empty());
    assert!(told_next_time(&evercite).contains(&site.url("/gone")));
}

fn told_next_time(evercite: &Evercite) -> String {
    notify(evercite, &["ops", "--dry-run"]).exits(0).stdout
}

#[test]
fn redirects_are_not_followed() {
    let to = Reply::status(307).header("Location", "https://hooks.example/elsewhere");
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&[to]));
    let evercite = with_webhook(&hook, "", &site);
    let ran = notify(&evercite, &[]).exits(1);
    assert!(ran.stderr.contains("a redirect"), "{ran}");
    assert_eq!(hook.received().len(), 1);
}

#[test]
fn one_that_hangs_holds_up_nobody_for_longer_than_its_time() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&vec![Reply::silence(); 9]));
    let evercite = with_webhook(&hook, "timeout = '6s'\n[notify.site]\nfeed = 'links.atom'", &site);
    let begun = Instant::now();
    let ran = notify(&evercite, &[]).exits(1);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert!(
        ran.stderr.contains("ops could not be told: hooks.example: ") && ran.stderr.contains("timeout"),
        "{ran}"
    );
    assert!(hook.received().len() > 1, "it was tried again within its time");
    assert!(ran.stdout.contains("site: told"), "{ran}");
}

#[test]
fn a_webhook_in_a_network_of_ones_own_is_reached_and_need_not_be_signed() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::without_tls());
    let evercite = Evercite::on_the_public_web_only();
    evercite.ok(&["snapshot", &site.url("/article"), "--allow-private"]);
    evercite.write("evercite.toml", "[notify.ops]\nwebhook-file = 'address.txt'");
    evercite.write("address.txt", format!("http://{}/x\n", hook.address()));
    evercite.ok(&["notify"]);
    assert_eq!(hook.received()[0].header("webhook-signature"), None);
    assert!(hook.received()[0].header("webhook-id").is_some());
}

#[test]
fn secrets_are_neither_kept_nor_said() {
    let (site, hook) = (
        two_pages_and_one_gone(),
        Webhook::answering(&[Reply::status(500).header("Retry-After", "999")]),
    );
    let evercite = with_webhook(&hook, "", &site);
    let mut said = String::new();
    for arguments in [&["-vvv"][..], &["--dry-run", "-vvv"], &["--test", "-vvv"], &["-vvv"]] {
        said.push_str(&notify(&evercite, arguments).to_string());
    }
    // A secret that is none, and addresses that are none.
    for (address, secret) in [
        (ADDRESS, "whsec_hush hush"),
        ("T0K3N-hush", SECRET),
        ("file:///T0K3N-hush", SECRET),
    ] {
        let mut command = evercite.command(&["notify", "--test", "-vvv"]);
        command.env("OPS_WEBHOOK", address).env("OPS_SECRET", secret);
        let ran = finish(&["notify"], command.spawn().expect("it starts")).exits(3);
        ran.never_panicked();
        said.push_str(&ran.to_string());
    }
    said.push_str(&String::from_utf8_lossy(&evercite.every_byte()));
    for secret in ["T0K3N", "aHVzaC1odXNo", "hush-hush", "whsec_hush"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    assert!(said.contains("the secret of the webhook ops is wrong"), "{said}");
}

#[test]
fn a_command_reads_what_is_new() {
    let site = two_pages_and_one_gone();
    let evercite = told_by(
        "[notify.desk]\ncommand = ['sh', '-c', 'cat > mail.txt; echo \"$0|$EVERCITE_SUBJECT\" > subject.txt', '{subject}']\n\
         [notify.robot]\ncommand = ['sh', '-c', 'cat > news.json; echo printed']\ninput = 'json'\nclasses = ['changed']",
        &site,
    );
    let ran = evercite.ok(&["notify"]);
    assert_eq!(ran.stdout, "desk: told: 1 link needs attention: 1 dead\n");
    let read = |name: &str| std::fs::read_to_string(evercite.path(name)).expect(name);
    let subject = "1 link needs attention: 1 dead";
    assert_eq!(read("subject.txt"), format!("{subject}|{subject}\n"));
    let mail = read("mail.txt");
    assert!(
        mail.contains("DEAD (1)") && mail.contains(&site.url("/gone")) && mail.contains("gone for good (410)"),
        "{mail}"
    );
    assert!(
        !evercite.path("news.json").exists(),
        "of the dead it does not want to hear"
    );

    changed(&site, &evercite);
    let ran = evercite.ok(&["notify", "robot"]);
    assert_eq!(ran.stdout, "robot: told: 1 link needs attention: 1 changed\n");
    assert!(ran.stderr.contains("printed"), "{ran}");
    let news = serde_json::from_str(&read("news.json")).expect("JSON");
    schema::assert_valid(&news, "bulletin.schema.json");
}

#[test]
fn a_command_that_hangs_is_ended_with_its_child_and_one_that_fails_is_told_of() {
    let site = two_pages_and_one_gone();
    let evercite = told_by(
        "[notify.hangs]\ncommand = ['sh', '-c', 'sleep 600 & echo $! > new; mv new child; wait']\ntimeout = '3s'\n\
         [notify.fails]\ncommand = ['sh', '-c', 'exit 7']\n[notify.missing]\ncommand = ['no-such-program']\n\
         [notify.works]\ncommand = ['sh', '-c', 'cat > mail.txt']",
        &site,
    );
    let begun = Instant::now();
    let ran = evercite.run(&["notify"]).exits(1);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    for said in [
        "hangs could not be told: sh took longer than 3s, and was ended",
        "fails could not be told: sh failed: exit status: 7",
        "missing could not be told: no-such-program could not be started",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {ran}");
    }
    ran.never_panicked();
    let child = std::fs::read_to_string(evercite.path("child")).expect("a child");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
    let mail = || std::fs::read_to_string(evercite.path("mail.txt")).expect("a mail");
    assert!(mail().contains(&site.url("/gone")));

    evercite.run(&["notify", "works"]).exits(0);
    for name in ["hangs", "fails", "missing"] {
        assert!(mail().contains(&format!("{name} cannot be told since")), "{}", mail());
    }
    assert!(!mail().contains(&site.url("/gone")), "told once: {}", mail());
}

#[test]
fn a_feed_grows_from_run_to_run_and_is_read_by_others() {
    let site = two_pages_and_one_gone();
    let evercite = told_by("[notify.site]\nfeed = 'public/links.atom'", &site);
    let feed = || std::fs::read(evercite.path("public/links.atom")).expect("a feed");
    evercite.ok(&["notify"]);
    changed(&site, &evercite);
    evercite.ok(&["notify"]);
    evercite.ok(&["notify"]);
    site.set("/gone", Answer::html(page("Back", &prose("back", 9))));
    evercite.run(&["check"]).exits(2);
    evercite.ok(&["notify"]);
    let listed = evercite::source::entries(&feed(), "application/atom+xml", None).expect("a feed");
    let titles: Vec<&str> = listed.entries.iter().map(|entry| entry.title.as_str()).collect();
    // The first and the third tell of one address, which a list has once.
    assert_eq!(titles, ["1 link is fine again", "1 link needs attention: 1 changed"]);
    let urls: Vec<&str> = listed.entries.iter().map(|entry| entry.url.as_str()).collect();
    assert_eq!(urls, [site.url("/gone"), site.url("/second")]);
    assert!(listed.notes.is_empty(), "{:?}", listed.notes);
    assert_eq!(String::from_utf8_lossy(&feed()).matches("<entry>").count(), 3);

    // What is no feed of ours stays as it is.
    for foreign in [
        "my notes\n",
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>x</id></feed>",
    ] {
        evercite.write("public/links.atom", foreign);
        changed_back(&site, &evercite);
        let ran = evercite.run(&["notify"]).exits(1);
        assert!(
            ran.stderr
                .contains("public/links.atom: it is no feed that Evercite has made"),
            "{ran}"
        );
        assert_eq!(feed(), foreign.as_bytes());
    }
    let beside: Vec<_> = std::fs::read_dir(evercite.path("public")).expect("a folder").collect();
    assert_eq!(beside.len(), 1, "nothing is left behind");
}

fn changed_back(site: &LiveSite, evercite: &Evercite) {
    site.set("/second", Answer::html(page("Gate", &prose("gate", 9))));
    evercite.ok(&["check", "--fail-on", "none"]);
}

#[test]
fn a_test_and_a_dry_run_leave_everything_to_be_told() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&[]));
    let evercite = with_webhook(&hook, "[notify.fails]\ncommand = ['false']", &site);
    let dry = notify(&evercite, &["ops", "--dry-run"]).exits(0);
    assert!(
        dry.stdout
            .starts_with("ops would be told: 1 link needs attention: 1 dead\n"),
        "{dry}"
    );
    assert!(dry.stdout.contains(&site.url("/gone")) && hook.received().is_empty());
    let ran = notify(&evercite, &["--test"]).exits(1);
    assert!(ran.stdout.starts_with("ops: told: a test"), "{ran}");
    assert!(
        ran.stderr
            .contains("fails could not be told: false failed: exit status: 1"),
        "{ran}"
    );
    let received = hook.received();
    schema::assert_valid(&received[0].json(), "bulletin.schema.json");
    assert_eq!(received[0].json()["type"], "bulletin.test");
    received[0].assert_signed(SECRET);
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM notifier"), 0);
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM report_reading"), 0);
    assert!(notify(&evercite, &["ops"]).exits(0).stdout.contains("1 dead"));
}

#[test]
fn two_that_tell_at_once_tell_it_once() {
    let (site, hook) = (two_pages_and_one_gone(), Webhook::answering(&[]));
    let evercite = with_webhook(&hook, "", &site);
    let both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = evercite.command(&["notify"]);
            command.env("OPS_WEBHOOK", ADDRESS).env("OPS_SECRET", SECRET);
            command.spawn().expect("it starts")
        })
        .collect();
    let said: String = both
        .into_iter()
        .map(|one| finish(&["notify"], one).exits(0).stdout)
        .collect();
    assert_eq!((hook.received().len(), said.matches("told").count()), (1, 1), "{said}");
}

#[test]
fn one_that_is_killed_before_it_could_note_it_tells_the_same_again_under_the_same_name() {
    let site = two_pages_and_one_gone();
    let script = "echo $EVERCITE_MESSAGE_ID >> ids.txt; [ -e once ] || { touch once; kill -9 $PPID; }";
    let evercite = told_by(&format!("[notify.desk]\ncommand = ['sh', '-c', '{script}']"), &site);
    assert_eq!(evercite.run(&["notify"]).code, None, "it was killed");
    assert!(evercite.ok(&["notify"]).stdout.contains("desk: told"));
    assert_eq!(evercite.ok(&["notify"]).stdout, "");
    let ids = std::fs::read_to_string(evercite.path("ids.txt")).expect("two names");
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!((ids.len(), ids[0]), (2, ids[1]));
}

#[test]
fn what_is_new_is_printed_for_cron_or_nothing_is() {
    let site = two_pages_and_one_gone();
    let evercite = told_by("", &site);
    let first = evercite.ok(&["notify", "--print"]).stdout;
    assert!(
        first.starts_with("1 link needs attention: 1 dead\n\nWhat stands in "),
        "{first}"
    );
    assert_eq!(evercite.ok(&["notify", "--print"]).stdout, "");
    changed(&site, &evercite);
    let news = evercite.ok(&["notify", "--print"]).stdout;
    assert!(
        news.contains(&site.url("/second")) && !news.contains(&site.url("/gone")),
        "{news}"
    );
    assert!(
        evercite
            .ok(&["notify", "--print=me"])
            .stdout
            .contains("2 links need attention")
    );
}

#[test]
fn of_what_went_wrong_at_night_everybody_hears() {
    let site = two_pages_and_one_gone();
    let evercite = told_by("[notify.desk]\ncommand = ['sh', '-c', 'cat > mail.txt']", &site);
    evercite.ok(&["notify"]);
    let now: i64 = evercite.value("SELECT max(read_at) FROM report_reading");
    let sql = rusqlite::Connection::open(evercite.archive()).expect("the archive");
    sql.execute_batch(&format!(
        "INSERT INTO job (id, uid, name, cron, zone, arguments, folder, jitter_ms, catch_up, limit_ms, added_at, considered_at)
             VALUES (1, 'a', 'weekly', '@weekly', 'UTC', '[]', '', 0, 'once', 0, 0, 0);
         INSERT INTO job_run (job_id, due_at, by_hand, times, outcome, attempts, ended_at, exit_code, log) VALUES
             (1, 1, 0, 1, 'failed', 1, {now} - 5, 1, NULL), (1, 2, 0, 1, 'done', 1, {now} + 1, 0, NULL),
             (1, 3, 0, 1, 'failed', 1, {now} + 2, 1, NULL), (1, 4, 0, 1, 'timed-out', 1, {now} + 3, NULL, 'weekly-4.log');",
    ))
    .expect("rows");
    drop(sql);
    assert_eq!(evercite.ok(&["notify"]).stdout, "desk: told: 1 job went wrong\n");
    let mail = std::fs::read_to_string(evercite.path("mail.txt")).expect("a mail");
    let mail = mail.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        mail.contains("The job weekly went wrong 2 times, the last time on"),
        "{mail}"
    );
    assert!(mail.contains("archive.db.logs/weekly-4.log."), "{mail}");
    assert!(
        mail.contains("it took longer than its limit, and was stopped; what it printed is in"),
        "{mail}"
    );
    assert_eq!(evercite.ok(&["notify"]).stdout, "");
}

#[test]
fn a_configuration_that_is_wrong_is_told_before_anything_is_done() {
    let site = two_pages_and_one_gone();
    let evercite = told_by("", &site);
    let refused = |tables: &str, arguments: &[&str], why: &str| {
        evercite.write("evercite.toml", tables);
        let ran = evercite.run(&[&["notify"], arguments].concat()).exits(3);
        assert!(ran.stderr.contains(why), "{why}: {ran}");
        ran.complains_clearly();
    };
    refused("", &[], "nobody is configured");
    refused("[notify.a]\nfeed = 'f'", &["b"], "there is no [notify.b]");
    refused(
        "[notify.a]\nfeed = 'f'\ncommand = ['x']",
        &[],
        "[notify.a]: it says no way of telling, or several",
    );
    refused("[notify.a]\nfed = 'f'", &[], "unknown field `fed`");
    refused("[notify.a]\nwebhook-env = 'NO_SUCH_VARIABLE'", &[], "NO_SUCH_VARIABLE");
    assert!(!evercite.path("f").exists());
}
