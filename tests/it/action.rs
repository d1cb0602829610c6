//! Files that machines of CI read: `action.yml`, run as GitHub would; the hook of pre-commit; the recipes of `docs/ci.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    changed::git,
    harness::{Answer, Evercite, LiveSite, Site, page, prose},
};

const RECIPES: &str = include_str!("../../docs/ci.md");

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// What stands in a list.
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn action() -> Value {
    yaml(include_str!("../../action.yml"))
}

fn steps(action: &Value) -> &[Value] {
    list(&action["runs"]["steps"])
}

/// Names and values of a map.
fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let map = value.as_object().into_iter().flatten();
    map.map(|(name, value)| (name.as_str(), value))
}

fn binary_folder() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_evercite")).parent().expect("a folder")
}

/// What a step or a whole action came to.
struct Outcome {
    code: i32,
    said: String,
    summary: String,
    /// Outputs of the step, as the file has them.
    output: String,
    path: String,
}

/// A runner with a workspace, as far as the steps can see.
struct Runner {
    workspace: PathBuf,
    /// Folders on PATH before those of the system.
    path: Vec<PathBuf>,
    variables: Vec<(String, String)>,
    temp: tempfile::TempDir,
}

impl Runner {
    fn of(evercite: &Evercite) -> Self {
        // What the harness gives to every run: private addresses are allowed, nobody is waited for.
        let mut variables: Vec<(String, String)> = Vec::new();
        for (name, value) in evercite.bare_command(&[]).get_envs() {
            if let (Some(name), Some(value)) = (name.to_str(), value.and_then(|value| value.to_str())) {
                variables.push((name.to_owned(), value.to_owned()));
            }
        }
        Self {
            workspace: evercite.folder().to_owned(),
            path: vec![binary_folder().to_owned()],
            variables,
            temp: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn bash(&self, script: &str, variables: &[(String, String)]) -> Outcome {
        let file = |name: &str| self.temp.path().join(name);
        for name in ["summary", "output", "path"] {
            fs::write(file(name), "").expect("a file");
        }
        fs::write(file("step.sh"), script).expect("a file");
        let mut path = self.path.clone();
        path.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from));
        let ran = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(file("step.sh"))
            .env_clear()
            .env("PATH", std::env::join_paths(path).expect("a path"))
            .env("HOME", self.temp.path())
            .env("RUNNER_TEMP", self.temp.path())
            .env("GITHUB_WORKSPACE", &self.workspace)
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_PATH", file("path"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.workspace)
            .output()
            .expect("bash is installed");
        let read = |name: &str| fs::read_to_string(file(name)).expect("it is there");
        Outcome {
            code: ran.status.code().expect("it ends by itself"),
            said: String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr),
            summary: read("summary"),
            output: read("output"),
            path: read("path"),
        }
    }

    /// Runs the step of that name with these inputs.
    fn step(&self, name: &str, inputs: &[(&str, &str)]) -> Outcome {
        let action = action();
        let step = steps(&action).iter().find(|step| step["name"] == name);
        let step = step.unwrap_or_else(|| panic!("there is no step {name}"));
        let value = |input: &str| {
            let said = inputs
                .iter()
                .find(|(name, _)| *name == input)
                .map(|(_, value)| (*value).to_owned());
            said.unwrap_or_else(|| text(&action["inputs"][input]["default"]).to_owned())
        };
        let variables: Vec<(String, String)> = entries(&step["env"])
            .map(|(name, expression)| {
                let expression = text(expression).trim_start_matches("${{").trim_end_matches("}}").trim();
                let value = match expression.strip_prefix("inputs.") {
                    Some(input) => value(input),
                    None if expression == "github.action_path" => env!("CARGO_MANIFEST_DIR").to_owned(),
                    None => panic!("{expression} is not known"),
                };
                (name.to_owned(), value)
            })
            .collect();
        self.bash(text(&step["run"]), &variables)
    }

    fn check(&self, inputs: &[(&str, &str)]) -> Outcome {
        let outcome = self.step("Check links", inputs);
        assert_eq!(
            outcome.output,
            format!("exit-code={}\n", outcome.code),
            "{}",
            outcome.said
        );
        outcome
    }
}

fn web() -> LiveSite {
    Site::new()
        .page("/good", page("Good", &prose("good", 40)))
        .gone("/old-rot")
        .gone("/new-rot")
        .serve()
}

/// A repository with rot on its main branch, and a branch with more of it.
fn workspace(site: &LiveSite) -> Evercite {
    let evercite = Evercite::new();
    let rot = format!(
        "# One\n\n[rot]({})\n\n[good]({})\n",
        site.url("/old-rot"),
        site.url("/good")
    );
    evercite.write("docs/one.md", &rot);
    git(evercite.folder(), &["init", "--quiet"]);
    git(evercite.folder(), &["add", "."]);
    git(evercite.folder(), &["commit", "--quiet", "-m", "begin"]);
    git(evercite.folder(), &["checkout", "--quiet", "-b", "change"]);
    evercite.write("docs/one.md", format!("{rot}\n[new]({})\n", site.url("/new-rot")));
    git(evercite.folder(), &["commit", "--quiet", "-am", "change"]);
    evercite
}

#[test]
fn the_action_holds_together() {
    let action = action();
    for key in ["name", "description", "inputs", "outputs", "runs"] {
        assert!(!action[key].is_null(), "{key}");
    }
    assert_eq!(action["runs"]["using"], "composite");
    let mut used = BTreeSet::new();
    for step in steps(&action) {
        let script = text(&step["run"]);
        assert_eq!(step["shell"], "bash", "{step}");
        assert!(
            !script.contains("${{"),
            "what users say must not be part of a script: {script}"
        );
        assert!(!script.contains("eval "), "{script}");
        for (name, expression) in entries(&step["env"]) {
            assert!(script.contains(&format!("${name}")), "{name} is of no use");
            let expression = text(expression);
            assert!(
                expression.starts_with("${{ ") && expression.ends_with(" }}"),
                "{expression}"
            );
            used.extend(
                expression[4..]
                    .strip_prefix("inputs.")
                    .map(|input| input[..input.len() - 3].to_owned()),
            );
        }
    }
    let inputs: BTreeSet<String> = entries(&action["inputs"]).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(inputs, used);
    for (name, input) in entries(&action["inputs"]) {
        assert!(
            text(&input["description"]).len() > 20 && input["default"].is_string(),
            "{name}"
        );
        assert!(
            RECIPES.contains(&format!("\n| `{name}` |")),
            "docs/ci.md says nothing of {name}"
        );
    }
    let step = "${{ steps.check.outputs.exit-code }}";
    assert_eq!(action["outputs"]["exit-code"]["value"], step);
    assert!(steps(&action).iter().any(|step| step["id"] == "check"));
}

#[test]
fn evercite_is_built_where_there_is_none() {
    let evercite = Evercite::new();
    let mut runner = Runner::of(&evercite);
    let there = runner.step("Install evercite", &[]);
    assert_eq!((there.code, there.path.as_str()), (0, ""), "{}", there.said);

    let tools = tempfile::tempdir().expect("a temporary folder");
    let cargo = tools.path().join("cargo");
    fs::write(&cargo, "#!/bin/sh\npwd\nprintf '<%s>' \"$@\"\n").expect("a file");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("it can be run");
    runner.path = vec![tools.path().to_owned()];
    let built = runner.step("Install evercite", &[]);
    let root = runner.temp.path().join("evercite");
    assert_eq!(built.code, 0, "{}", built.said);
    assert!(
        built.said.contains(env!("CARGO_MANIFEST_DIR")),
        "SQLite has its settings from there: {}",
        built.said
    );
    let asked = format!("<install><--locked><--path><.><--root><{}>", root.display());
    assert!(built.said.contains(&asked), "{}", built.said);
    assert_eq!(built.path, format!("{}/bin\n", root.display()));
}

#[test]
fn a_pull_request_is_annotated() {
    let site = web();
    let evercite = workspace(&site);
    let runner = Runner::of(&evercite);
    let outcome = runner.check(&[("base", "main")]);
    assert_eq!(outcome.code, 2, "{}", outcome.said);
    assert!(
        outcome.said.contains("::error file=docs/one.md,title=dead link,line=7"),
        "{}",
        outcome.said
    );
    assert!(!outcome.said.contains("old-rot"), "{}", outcome.said);
    assert!(
        outcome.summary.contains("### dead (1)") && outcome.summary.contains("/new-rot"),
        "{}",
        outcome.summary
    );
    assert!(!evercite.path("snapshots").exists(), "nothing is kept");

    // With files; with none that have changed; with classes that do not fail.
    assert_eq!(runner.check(&[("base", "main"), ("files", "docs/*.md")]).code, 2);
    let outcome = runner.check(&[("base", "change")]);
    assert_eq!(outcome.code, 0, "{}", outcome.said);
    assert_eq!(runner.check(&[("base", "main"), ("fail-on", "none")]).code, 0);
    let unknown = runner.check(&[("base", "origin/main")]);
    assert_eq!(unknown.code, 3, "{}", unknown.said);
}

#[test]
fn all_files_are_checked_where_no_base_is_named() {
    let site = web();
    let evercite = workspace(&site);
    evercite.write("sp ace/two.txt", site.url("/good"));
    evercite.write("node_modules/x/README.md", format!("[x]({})", site.url("/x")));
    let runner = Runner::of(&evercite);
    let more = "--all\r\n\n--also=json=links.json\n";
    let outcome = runner.check(&[("args", more), ("format", "text")]);
    assert_eq!(outcome.code, 2, "{}", outcome.said);
    assert!(
        outcome.said.contains("DEAD (2)") && outcome.said.contains("sp ace/two.txt"),
        "{}",
        outcome.said
    );
    assert_eq!(site.times("/x"), 0);
    let json = fs::read_to_string(evercite.path("links.json")).expect("it is written");
    assert_eq!(
        serde_json::from_str::<Value>(&json).expect("JSON")["totals"]["links"],
        4
    );

    let outcome = runner.check(&[("files", "sp ace\n")]);
    assert_eq!(outcome.code, 0, "{}", outcome.said);
    let outcome = runner.check(&[("files", "sp*/*.html\n")]);
    assert_eq!(outcome.code, 0, "{}", outcome.said);
    assert!(outcome.summary.contains("No file to check"), "{}", outcome.summary);
    assert_eq!(runner.check(&[("files", "missing.md")]).code, 3);
}

#[test]
fn an_archive_is_kept_from_run_to_run() {
    let site = web();
    let evercite = workspace(&site);
    let runner = Runner::of(&evercite);
    let inputs = [
        ("archive", "snapshots/archive.db"),
        ("files", "docs"),
        ("fail-on", "changed"),
    ];
    let outcome = runner.check(&inputs);
    assert_eq!(outcome.code, 0, "{}", outcome.said);
    site.set("/good", Answer::html(page("Good", &prose("good", 43))));
    let outcome = runner.check(&inputs);
    assert_eq!(outcome.code, 2, "{}", outcome.said);
    assert!(outcome.summary.contains("### changed (1)"), "{}", outcome.summary);
    let outcome = runner.check(&[("archive", "snapshots/archive.db"), ("base", "main")]);
    assert_eq!(outcome.code, 2, "{}", outcome.said);
    assert!(!outcome.said.contains("/good"), "{}", outcome.said);
}

#[test]
fn what_users_say_is_never_run() {
    let site = web();
    let evercite = workspace(&site);
    let runner = Runner::of(&evercite);
    let hostile = [
        "$(touch pwned)",
        "`touch pwned`",
        "\"; touch pwned; \"",
        "'; touch pwned; '",
        "x\n$(touch pwned)\n; touch pwned",
        "a[$(touch pwned)]",
        "--output=pwned",
        "-o pwned",
        "main && touch pwned",
        "x; echo exit-code=0 >> \"$GITHUB_OUTPUT\"",
        "${IFS}|touch${IFS}pwned",
        "\\\n*",
    ];
    for input in ["files", "base", "archive", "fail-on", "format", "args"] {
        for value in hostile {
            // Options are what `args` is for.
            if input == "args" && value.starts_with('-') {
                continue;
            }
            let outcome = runner.check(&[(input, value), ("base", if input == "base" { value } else { "" })]);
            assert!(!evercite.path("pwned").exists(), "{input}: {value}: {}", outcome.said);
            assert!(matches!(outcome.code, 0..=3), "{input}: {value}: {}", outcome.said);
            assert!(!outcome.said.contains("panicked"), "{}", outcome.said);
            assert_eq!(outcome.path, "");
        }
    }
    // Nor what files are called, or say.
    for name in [
        "$(touch pwned).md",
        "`touch pwned`.md",
        "a\n::set-output name=x::y.md",
        "-o pwned.md",
    ] {
        evercite.write(
            name,
            format!("# $(touch pwned)\n\n[`touch pwned`]({})\n", site.url("/new-rot")),
        );
    }
    git(evercite.folder(), &["add", "."]);
    for base in ["main", ""] {
        let outcome = runner.check(&[("base", base)]);
        assert!(!evercite.path("pwned").exists(), "{}", outcome.said);
        assert!(!outcome.said.contains("\n::set-output"), "{}", outcome.said);
    }
}

#[test]
fn the_hook_looks_at_what_a_commit_brings() {
    let hooks = yaml(include_str!("../../.pre-commit-hooks.yaml"));
    let known = [
        "id",
        "name",
        "description",
        "entry",
        "args",
        "language",
        "types_or",
        "require_serial",
        "minimum_pre_commit_version",
    ];
    for hook in list(&hooks) {
        for (key, _) in entries(hook) {
            assert!(known.contains(&key), "{key}");
        }
        for key in ["id", "name", "entry", "language"] {
            assert!(!text(&hook[key]).is_empty(), "{key}");
        }
        assert_eq!(hook["language"], "rust");
        assert_eq!(hook["types_or"], serde_json::json!(["markdown", "html", "plain-text"]));
        assert_eq!(hook["require_serial"], true, "one archive, one run");
    }
    let site = web();
    let evercite = workspace(&site);
    let hook = &hooks[0];
    let mut words: Vec<&str> = text(&hook["entry"]).split(' ').collect();
    assert_eq!(words.remove(0), "evercite");
    words.extend(list(&hook["args"]).iter().map(text));
    let commit =
        |more: &[&str]| evercite.run_without_archive(&[&words[..], more, &["docs/one.md", "docs/two.md"]].concat());
    evercite.write("docs/two.md", "No link.\n");
    git(evercite.folder(), &["add", "."]);
    commit(&[]).exits(0);
    assert_eq!(site.times("/old-rot"), 0);
    evercite.write("docs/two.md", format!("[rot]({})\n", site.url("/new-rot")));
    git(evercite.folder(), &["add", "."]);
    let ran = commit(&[]).exits(2);
    assert!(ran.stdout.contains("/new-rot"), "{ran}");
    // Nobody answers: as without network.
    evercite.write("docs/two.md", "[it](http://127.9.9.9:9/)\n");
    git(evercite.folder(), &["add", "."]);
    commit(&["--timeout", "5s"]).exits(0);
}

/// The blocks of the recipes in that language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    RECIPES
        .split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

#[test]
fn recipes_name_what_there_is() {
    let action = action();
    let mut used = 0;
    for recipe in blocks("yaml").into_iter().map(yaml) {
        for (_, job) in entries(&recipe["jobs"]) {
            for step in list(&job["steps"]) {
                if step["uses"]
                    .as_str()
                    .is_some_and(|uses| uses.starts_with("OWNER/evercite@"))
                {
                    used += 1;
                    for (input, _) in entries(&step["with"]) {
                        assert!(!action["inputs"][input].is_null(), "{input} is no input");
                    }
                }
            }
        }
        for repository in recipe["repos"].as_array().into_iter().flatten() {
            assert_eq!(repository["hooks"][0]["id"], "evercite");
        }
    }
    assert_eq!(used, 3);
}

#[test]
fn the_archive_comes_from_a_branch_and_goes_back() {
    let site = web();
    let evercite = workspace(&site);
    let origin = tempfile::tempdir().expect("a temporary folder");
    git(origin.path(), &["init", "--quiet", "--bare"]);
    git(
        evercite.folder(),
        &["remote", "add", "origin", &origin.path().to_string_lossy()],
    );
    git(evercite.folder(), &["push", "--quiet", "origin", "main"]);
    let recipe = blocks("yaml")
        .into_iter()
        .find(|block| block.contains("hash-object"))
        .expect("a recipe");
    let recipe = yaml(recipe);
    let steps = list(&recipe["jobs"]["links"]["steps"]);
    let script = |name: &str| {
        let step = steps.iter().find(|step| step["name"] == name).expect("a step");
        text(&step["run"])
    };
    let runner = Runner::of(&evercite);
    for runs in 1..=2 {
        // Each time on a machine that has nothing.
        let _ = fs::remove_dir_all(evercite.path("snapshots"));
        let fetched = runner.bash(script("Fetch the archive"), &[]);
        assert_eq!(fetched.code, 0, "{}", fetched.said);
        let checked = runner.check(&[
            ("archive", "snapshots/archive.db"),
            ("files", "docs"),
            ("fail-on", "none"),
        ]);
        assert_eq!(checked.code, 0, "{}", checked.said);
        let kept = runner.bash(script("Keep the archive"), &[]);
        assert_eq!(kept.code, 0, "{}", kept.said);
        let archive = rusqlite::Connection::open(evercite.path("snapshots/archive.db")).expect("an archive");
        let count: i64 = archive
            .query_row("SELECT count(*) FROM run", [], |row| row.get(0))
            .expect("a number");
        assert_eq!(count, runs);
    }
    assert_eq!(
        git(origin.path(), &["rev-list", "--count", "evercite-archive"]),
        "1",
        "without history"
    );
}

#[test]
fn the_scripts_for_gitlab_work() {
    let site = web();
    let evercite = workspace(&site);
    let recipe = blocks("yaml")
        .into_iter()
        .find(|block| block.contains("CI_PIPELINE_SOURCE"))
        .expect("a recipe");
    let recipe = yaml(recipe);
    let runner = Runner::of(&evercite);
    let base = git(evercite.folder(), &["rev-parse", "main"]);
    let variables = [("CI_MERGE_REQUEST_DIFF_BASE_SHA".to_owned(), base)];
    for (job, dead) in [("links of a change", "new-rot"), ("link rot", "old-rot")] {
        let script: Vec<&str> = list(&recipe[job]["script"]).iter().map(text).collect();
        let ran = runner.bash(&script.join("\n"), &variables);
        assert_eq!(ran.code, 2, "{}", ran.said);
        let report = text(&recipe[job]["artifacts"]["reports"]["junit"]);
        assert!(
            fs::read_to_string(evercite.path(report))
                .expect("it is written")
                .contains(dead)
        );
    }
    assert!(evercite.path("links.html").exists());
}

#[test]
fn the_line_for_cron_works() {
    let line = blocks("crontab").concat();
    assert!(
        include_str!("../../README.md").contains(line.trim_end()),
        "README.md has another one"
    );
    let command = line.splitn(6, ' ').last().expect("a command").trim();
    let site = web();
    let evercite = Evercite::new();
    evercite.write("one.md", format!("[good]({})\n", site.url("/good")));
    let command = command.replace("/home/me/notes", &evercite.folder().to_string_lossy());
    let variables: BTreeMap<String, String> = Runner::of(&evercite).variables.into_iter().collect();
    // As cron has it: a shell, next to no environment, and no standard input.
    let cron = || {
        let ran = Command::new("/bin/sh")
            .args(["-c", &command])
            .env_clear()
            .envs(&variables)
            .env("PATH", format!("{}:/usr/bin:/bin", binary_folder().display()))
            .env("HOME", evercite.folder())
            .current_dir("/")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        (ran.status.code().expect("it ends by itself"), said)
    };
    evercite.run_without_archive(&["add", "one.md"]).exits(0);
    evercite.run_without_archive(&["check"]).exits(0);
    assert_eq!(cron(), (0, String::new()), "silent where nothing has changed");
    site.set("/good", Answer::status(410));
    let (code, said) = cron();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("/good"), "{said}");
    assert_eq!(cron().1, "", "told once");
}
