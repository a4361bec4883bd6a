//! Makes a doctest of each block of Rust in README.md and `docs/`, as it stands there: what it needs
//! around it is added here. It is compiled; one with `<!-- runs -->` in the line above is run.
//!
//! A page becomes a file of doc comments with the same lines at the same numbers, so that a doctest
//! and its errors have the line of the Markdown. What comes before a block stands on the line of its
//! fence, and the fence on the line above.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    quartet_codegen::Builder::new()
        .include("../examples/greeter/proto")
        .include("../examples/proto")
        .include("../proto")
        .protos(["greet/greeter.proto", "calculator.proto", "chat/chat.proto"])
        .protos(["google/rpc/error_details.proto", "google/rpc/status.proto"])
        .compile()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut pages = vec![PathBuf::from("../README.md")];
    for folder in [".", "guide"] {
        println!("cargo:rerun-if-changed={folder}");
        for entry in fs::read_dir(folder)? {
            pages.push(entry?.path());
        }
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    let mut modules = String::new();
    for (number, page) in pages.iter().enumerate() {
        println!("cargo:rerun-if-changed={}", page.display());
        // Under the page's own path, as that is what a failed test shows.
        let path = match page.strip_prefix("..") {
            Ok(path) => path.to_owned(),
            Err(_) => Path::new("docs").join(page).components().collect(),
        };
        let copy = out.join(path);
        fs::create_dir_all(copy.with_file_name(""))?;
        fs::write(&copy, doctests(page)?)?;
        modules += &format!("#[path = {copy:?}]\nmod page_{number};\n");
    }
    fs::write(out.join("pages.rs"), modules)?;
    Ok(())
}

/// The page, of which only the blocks are left.
fn doctests(page: &Path) -> Result<String> {
    let text = fs::read_to_string(page)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut out = vec![String::new(); lines.len() + 1];
    let mut next = 0;
    while let Some(start) = (next..lines.len()).find(|&n| lines[n].starts_with("```")) {
        let at = |why: &str| format!("{}:{}: {why}", page.display(), start + 1);
        let end = (start + 1..lines.len()).find(|&n| lines[n] == "```");
        let end = end.ok_or_else(|| at("this block has no end"))?;
        next = end + 1;
        let comment = if start == 0 { "" } else { lines[start - 1] };
        // What comes from a file is compiled there, and compared with it by `.ci/code`.
        if lines[start] != "```rust" || comment.starts_with("<!-- from: ") {
            continue;
        }
        let is_free = |n: usize| {
            out[n].is_empty() && lines.get(n).is_none_or(|s| s.is_empty() || s.starts_with("<!--"))
        };
        if start == 0 || !is_free(start - 1) || !is_free(end + 1) {
            return Err(at("a block needs an empty line before and after it, and a text between it and the next").into());
        }
        let block = &lines[start + 1..end];
        let (kind, before, after) = surroundings(block, comment == "<!-- runs -->");
        out[start - 1] = format!("```{kind}");
        out[start] = format!("# {before}");
        out[start + 1..end].iter_mut().zip(block).for_each(|(out, line)| *out = (*line).into());
        out[end] = format!("# {after}");
        out[end + 1] = "```".into();
    }
    Ok(out.iter().map(|line| format!("//! {line}\n")).collect())
}

/// How rustdoc has to take a block, and what it needs before and after it.
fn surroundings(block: &[&str], runs: bool) -> (&'static str, String, &'static str) {
    const USE: &str = "use quartet_guide::prelude::*;";
    let has = |start: &str| block.iter().any(|line| line.starts_with(start));
    if has("#[test]") {
        return ("test_harness", USE.into(), "fn main() {}");
    }
    if has("fn main()") {
        return (if runs { "rust" } else { "no_run" }, USE.into(), "");
    }
    // Statements with `?` and `.await`, which may use these names for what earlier blocks have made.
    let names = "server: quartet::server::Server, channel: quartet::channel::Channel, client: GreeterClient";
    let result = "std::result::Result<(), Box<dyn std::error::Error>>";
    ("no_run", format!("{USE} async fn block({names}) -> {result} {{"), "Ok(()) } fn main() {}")
}
