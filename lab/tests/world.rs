//! A folder with fake peers, and a lab that runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const FAKE: &str = env!("CARGO_BIN_EXE_fake-peer");

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Peers, logs and process ids of one test.
pub struct World(TempDir);

/// What a lab did.
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    record: Option<Value>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("peers")).unwrap();
        fs::create_dir(folder.path().join("pids")).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A peer whose server and client have these manners.
    pub fn peer(self, name: &str, server: &str, client: &str) -> Self {
        let manifest = format!(
            r#"
            stack = "fake"
            language = "Rust"
            homepage = "https://example.org"
            version = ["{FAKE}", "version", "1.2.3"]
            [chat]
            server = ["{FAKE}", "server", "{server}", "{{host}}:{{port}}"]
            client = ["{FAKE}", "client", "{client}", "{{host}}:{{port}}"]
            [interop]
            server = ["{FAKE}", "server", "{server}", "{{host}}:{{port}}"]
            client = ["{FAKE}", "client", "{client}", "{{host}}:{{port}}", "--test_case={{case}}"]
            "#
        );
        self.file(&format!("peers/{name}/peer.toml"), &manifest)
    }

    /// A peer with a contestant for benchmarks, whose worker has these manners.
    pub fn contestant(self, name: &str, manner: &str) -> Self {
        let bench = format!(
            r#"
            [bench.{name}]
            worker = ["{FAKE}", "server", "{manner}", "{{host}}:{{port}}"]
            settings = "none"
            [bench.{name}.lacks]
            "server:that/*" = "it never learned it"
            "#
        );
        let world = self.peer(name, "serve", "pass");
        let path = format!("peers/{name}/peer.toml");
        let text = fs::read_to_string(world.path(&path)).unwrap();
        world.file(&path, &(text + &bench))
    }

    /// A file, with everything above it.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Changes a peer's manifest.
    pub fn edit(self, name: &str, from: &str, to: &str) -> Self {
        let path = format!("peers/{name}/peer.toml");
        let text = fs::read_to_string(self.path(&path)).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        self.file(&path, &text.replace(from, to))
    }

    /// A lab that has started.
    pub fn start(&self, arguments: &str) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.args(arguments.split_whitespace());
        if ["run", "build", "bench"].iter().any(|it| arguments.starts_with(it)) {
            command.args(["--logs", "logs"]);
        }
        command.current_dir(self.0.path()).env("FAKE_PEER_PIDS", self.path("pids"));
        command
            .env_remove("LAB_PEERS")
            .env("LAB_WORKLOADS", "workloads")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// What the lab does, to its end, after which no process is left.
    pub fn lab(&self, arguments: &str) -> Done {
        self.done(self.start(arguments))
    }

    pub fn done(&self, lab: Child) -> Done {
        let Output { status, stdout, stderr } = lab.wait_with_output().unwrap();
        self.wait_until_nothing_is_left();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let record = fs::read_to_string(self.path("logs/record.json")).ok();
        Done {
            code: status.code(),
            stdout: text(stdout),
            stderr: text(stderr),
            record: record.map(|record| serde_json::from_str(&record).unwrap()),
        }
    }

    /// Waits until so many fake peers have been started.
    pub fn wait_for_processes(&self, number: usize) {
        self.wait("too few processes", || self.pids().len() >= number);
    }

    pub fn wait_until_nothing_is_left(&self) {
        self.wait("a process is left behind", || {
            !self.pids().iter().any(|pid| is_alive(Path::new("/proc").join(pid)))
        });
    }

    fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < deadline, "{what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn pids(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("pids")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| Some(name.strip_suffix(".pid")?.to_owned())).collect()
    }
}

fn is_alive(process: PathBuf) -> bool {
    let state = fs::read_to_string(process.join("stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

impl Done {
    pub fn record(&self) -> &Value {
        self.record.as_ref().unwrap_or_else(|| panic!("no record; {}", self.stderr))
    }

    /// The cells, as `client:server case verdict: reason`.
    pub fn cells(&self) -> Vec<String> {
        let cells = self.record()["cells"].as_array().unwrap().iter();
        cells
            .map(|cell| {
                let text = |key: &str| cell[key].as_str().unwrap_or_default();
                let [client, server, case] = ["client", "server", "case"].map(text);
                let line =
                    format!("{client}:{server} {case} {}: {}", text("verdict"), text("reason"));
                line.trim_end_matches(": ").into()
            })
            .collect()
    }

    /// The only cell.
    pub fn cell(&self) -> String {
        let [cell]: [String; 1] = self.cells().try_into().unwrap();
        cell
    }
}
