//! A headless Chromium, through chromedriver: WebDriver, which is JSON over HTTP/1.1.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    // Where it leaves what it doesn't clean up.
    _folder: TempDir,
}

impl Browser {
    /// Why there is none on this machine, unless there is.
    pub fn missing() -> Option<String> {
        let path = env::var_os("PATH").unwrap_or_default();
        let is_there = |name: &str| env::split_paths(&path).any(|it| it.join(name).is_file());
        let missing = ["chromium", "chromedriver"].into_iter().find(|name| !is_there(name));
        missing.map(|name| format!("{name} not found"))
    }

    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver");
        driver.env("TMPDIR", folder.path());
        driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = driver.spawn().unwrap();
        let lines = BufReader::new(driver.stdout.as_mut().unwrap()).lines();
        let port = lines.map(Result::unwrap).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let port = port.expect("chromedriver says where it listens");
        let mut browser = Self { driver, port, session: String::new(), _folder: folder };
        let options = json!({"args": ARGUMENTS});
        let timeouts = json!({"implicit": PATIENCE.as_millis()});
        let wanted = json!({"goog:chromeOptions": options, "timeouts": timeouts});
        let wanted = json!({"capabilities": {"alwaysMatch": wanted}});
        let session = browser.request("POST", "/session", &wanted);
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        browser
    }

    pub fn open(&self, page: &Path, hash: &str) {
        self.post("/url", json!({"url": "about:blank"}));
        self.post("/url", json!({"url": format!("file://{}{hash}", page.display())}));
    }

    pub fn address(&self) -> String {
        let address = self.request("GET", &format!("{}/url", self.session), &Value::Null);
        address.as_str().unwrap().into()
    }

    /// Emulates a screen of this size.
    pub fn resize(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true});
        let command = "Emulation.setDeviceMetricsOverride";
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": size}));
    }

    /// Shows the page as it is printed, or as it is on a screen.
    pub fn print(&self, on_paper: bool) {
        let media = json!({"media": if on_paper { "print" } else { "" }});
        self.post(
            "/goog/cdp/execute",
            json!({"cmd": "Emulation.setEmulatedMedia", "params": media}),
        );
    }

    /// What an expression in the page is.
    pub fn value(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        self.post("/execute/sync", json!({"script": script, "args": []}))
    }

    /// The visible text of an element.
    pub fn text(&self, selector: &str) -> String {
        let element = self.find(selector);
        let text = self.request("GET", &format!("{element}/text"), &Value::Null);
        text.as_str().unwrap().into()
    }

    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.request("POST", &format!("{element}/click"), &json!({}));
    }

    pub fn write(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.request("POST", &format!("{element}/value"), &json!({"text": text}));
    }

    /// Presses a key, whatever has the focus.
    pub fn press(&self, key: &str) {
        let actions = ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", json!({"actions": [keyboard]}));
    }

    fn find(&self, selector: &str) -> String {
        let element = self.post("/element", json!({"using": "css selector", "value": selector}));
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        format!("{}/element/{id}", self.session)
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.request("POST", &format!("{}{path}", self.session), &body)
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut answer = self.exchange(method, path, body).unwrap();
        let value = answer["value"].take();
        assert!(value["error"].is_null(), "{method} {path} {body}: {value:#}");
        value
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> io::Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        let host = format!("Host: 127.0.0.1:{}", self.port);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{host}\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut text = vec![0; length];
        answer.read_exact(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without its driver, Chromium would stay; with it, it must be asked to quit.
        drop(self.exchange("DELETE", &self.session, &Value::Null));
        drop(self.exchange("GET", "/shutdown", &Value::Null));
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.driver.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}
