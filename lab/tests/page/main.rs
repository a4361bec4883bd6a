//! The HTML reports in a browser: they are opened, read, clicked and narrowed.

mod bench;
mod browser;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use browser::Browser;
use serde_json::{Value, json};
use tempfile::TempDir;

const ESCAPE: &str = "\u{E00C}";
const ARROW_DOWN: &str = "\u{E015}";
const FAILED: &str = "[data-cell='interop/plaintext/java/grpcio/large_unary']";

#[test]
fn a_reader_finds_their_way() {
    let Some(browser) = browser() else { return };
    let page = Page::of(&record());

    browser.open(&page.path, "");
    nothing_was_loaded(&browser);
    a_click_shows_why(&browser);
    keys_move_and_close(&browser);
    filters_are_in_the_address(&browser);
    an_address_is_a_view(&browser, &page.path);
    pairs_lead_to_cases(&browser, &page.path);
    nothing_is_wider_than_a_phone(&browser, &page.path);
}

#[test]
fn the_page_asks_for_nothing() {
    let page = fs::read_to_string(Page::of(&record()).path).unwrap();
    for attribute in ["src=", "srcset=", "<link", "@import", "url("] {
        assert!(!page.contains(attribute), "{attribute}");
    }
    let (_, table) = page.split_once("<noscript>").unwrap();
    let (table, _) = table.split_once("</noscript>").unwrap();
    for mark in ["pass>✓", "fail>✕", "known>⊘", "surprise>!", "unsupported>–", "no-run>?"] {
        assert!(table.contains(mark), "{mark} is not in {table}");
    }
}

fn nothing_was_loaded(browser: &Browser) {
    assert_eq!(browser.value("performance.getEntriesByType('resource').length"), 0);
    let marks =
        browser.value("[...document.querySelectorAll('main td button')].map(it => it.innerText)");
    assert_eq!(marks, json!(["✓", "1/2", "✓", "✕", "–", "⊘", "?", "!", "✓"]));
}

fn a_click_shows_why(browser: &Browser) {
    browser.click(FAILED);
    let panel = browser.text("#panel");
    let expected = [
        "large_unary",
        "java → grpcio, interop, plaintext",
        "✕ fail",
        "exit code 1: expected 12 & got </script><b>2</b>",
        "250 ms",
        "lab run --pair java:grpcio --case large_unary",
        "the client's last words",
        "the server's last words",
    ];
    for text in expected {
        assert!(panel.contains(text), "{text} is not in {panel}");
    }
    let cell = "#cell=interop/plaintext/java/grpcio/large_unary";
    assert!(browser.address().ends_with(cell), "{}", browser.address());
    browser.click(".copy button");
    assert_eq!(
        browser.value("String(getSelection())"),
        "lab run --pair java:grpcio --case large_unary"
    );
}

fn keys_move_and_close(browser: &Browser) {
    browser.press(ESCAPE);
    assert_eq!(browser.value("document.getElementById('panel').hidden"), true);
    assert_eq!(browser.value(&format!("document.activeElement.matches(\"{FAILED}\")")), true);
    browser.press(ARROW_DOWN);
    browser.press("\n");
    let panel = browser.text("#panel");
    assert!(panel.contains("go/known-failing.txt:1") && panel.contains("It ignores it"), "{panel}");
    browser.press(ESCAPE);
}

fn filters_are_in_the_address(browser: &Browser) {
    browser.click("[name=verdict][value=fail]");
    assert_eq!(rows(browser), ["empty_unary", "large_unary"]);
    assert!(browser.address().ends_with("#verdict=fail"), "{}", browser.address());
    browser.write("[name=text]", "large");
    assert_eq!(rows(browser), ["large_unary"]);
    assert!(browser.address().ends_with("#verdict=fail&text=large"), "{}", browser.address());
    browser.write("[name=text]", "r than life");
    assert_eq!(rows(browser), [""; 0]);
    browser.click(".empty button");
    assert_eq!(rows(browser).len(), 5);
}

fn an_address_is_a_view(browser: &Browser, page: &Path) {
    browser.open(page, "#transport=tls&peer=java&cell=interop/tls/java/grpcio/empty_unary");
    assert_eq!(rows(browser), ["empty_unary"]);
    assert_eq!(browser.value("document.querySelector('[name=peer]').value"), "java");
    assert!(browser.text("#panel").contains("✓ pass"), "{}", browser.text("#panel"));
}

fn pairs_lead_to_cases(browser: &Browser, page: &Path) {
    browser.open(page, "#peer=*&transport=plaintext");
    let pair = "[aria-label='java → grpcio: 1 known, 1 surprise, 2 fail']";
    browser.click(pair);
    let address = browser.address();
    assert!(address.ends_with("#transport=plaintext&peer=java&with=grpcio"), "{address}");
    assert_eq!(rows(browser).len(), 4);
    browser.value("history.back()");
    browser.text(pair);
}

fn nothing_is_wider_than_a_phone(browser: &Browser, page: &Path) {
    browser.resize(390, 800);
    for view in ["", "#peer=*", "#cell=interop/plaintext/java/grpcio/large_unary"] {
        browser.open(page, view);
        assert_eq!(browser.value("document.documentElement.scrollWidth"), 390, "{view}");
    }
}

fn rows(browser: &Browser) -> Vec<String> {
    let rows = "[...document.querySelectorAll('main tbody th')].map(it => it.innerText)";
    let rows = browser.value(rows);
    rows.as_array().unwrap().iter().map(|row| row.as_str().unwrap().into()).collect()
}

/// A browser, if the machine has one; where everything is required, it must.
fn browser() -> Option<Browser> {
    let Some(missing) = Browser::missing() else { return Some(Browser::start()) };
    assert!(env::var_os("QUARTET_REQUIRE_PEERS").is_none(), "{missing}");
    println!("NOT RUN: {missing}");
    None
}

/// The report of a record.
struct Page {
    path: PathBuf,
    _folder: TempDir,
}

impl Page {
    fn of(record: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (file, path) = (folder.path().join("record.json"), folder.path().join("page.html"));
        fs::write(&file, record.to_string()).unwrap();
        let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
        let output = format!("html:{}", path.display());
        let done = lab.arg("report").arg(&file).args(["--output", &output]).output().unwrap();
        assert!(path.exists(), "{}", String::from_utf8_lossy(&done.stderr));
        Self { path, _folder: folder }
    }
}

/// A record with each verdict.
fn record() -> Value {
    let known = json!({"place": "go/known-failing.txt:1", "reason": "It ignores it"});
    let evidence =
        json!({"client": ["the client's last words"], "server": ["the server's last words"]});
    let verdict = |verdict: &str, reason: &str| json!({"verdict": verdict, "reason": reason});
    let fail = verdict("fail", "exit code 1: expected 12 & got </script><b>2</b>");
    let flaky = json!({"verdict": "fail", "reason": "lost", "attempts": 2, "passed": 1});
    let with = |mut verdict: Value, name: &str, value: &Value| {
        verdict[name] = value.clone();
        verdict
    };
    let listed = with(fail.clone(), "known", &known);
    let pass = json!({"verdict": "pass", "passed": 1});
    let cells = [
        cell("plaintext", "grpcio:java", "empty_unary", &pass),
        cell("plaintext", "java:grpcio", "empty_unary", &flaky),
        cell("plaintext", "java:grpcio", "large_unary", &with(fail, "evidence", &evidence)),
        cell("plaintext", "grpcio:java", "large_unary", &pass),
        cell("plaintext", "java:grpcio", "ping_pong", &listed),
        cell("plaintext", "grpcio:java", "ping_pong", &verdict("unsupported", "it says so")),
        cell(
            "plaintext",
            "java:grpcio",
            "status_code_and_message",
            &with(pass.clone(), "known", &known),
        ),
        cell("plaintext", "grpcio:java", "status_code_and_message", &verdict("no-run", "no java")),
        cell("tls", "java:grpcio", "empty_unary", &pass),
    ];
    let peer = |name: &str, version: Option<&str>| {
        json!({
            "name": name, "stack": name, "language": "Rust", "homepage": "https://example.org",
            "version": version, "no_run": "not found", "required": false,
        })
    };
    json!({
        "schema": 1, "lab": "0.1.0", "command": "lab run", "started": "2026-11-24T12:00:00Z",
        "seconds": 61.5, "machine": {"cores": 2, "system": "Linux 6.1"}, "interrupted": false,
        "peers": [peer("grpcio", Some("0.13.0")), peer("java", None)],
        "cells": cells, "errors": ["something else is wrong"],
    })
}

fn cell(transport: &str, pair: &str, case: &str, verdict: &Value) -> Value {
    let (client, server) = pair.split_once(':').unwrap();
    let mut cell = json!({
        "suite": "interop", "transport": transport, "client": client, "server": server,
        "case": case, "known": null, "attempts": 1, "passed": 0, "seconds": 0.25,
        "command": format!("lab run --pair {pair} --case {case}"), "logs": null, "evidence": null,
    });
    cell.as_object_mut().unwrap().extend(verdict.as_object().unwrap().clone());
    cell
}
