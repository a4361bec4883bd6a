//! Commands, flags, files and exit codes.

use std::fs;

use crate::world::World;

fn world() -> World {
    World::new().peer("it", "serve", "pass").peer("other", "serve", "pass")
}

#[test]
fn wrong_flags_are_explained_and_exit_with_2() {
    for (arguments, explanation) in [
        ("run --peer og", "lab: --peer og: no peer matches; there are it, other"),
        ("run --case emty", "lab: --case emty: no case matches; see lab list"),
        ("run --direction client", "lab: --direction is the role of the --of peers"),
        ("run --suite chat --tls tls", "lab: no case matches these filters"),
        ("run --pair it", "a pair is CLIENT:SERVER"),
        ("run --output pdf", "there is no report pdf: text, json, csv, junit, markdown"),
        ("run --jobs 0", "at least 1"),
        ("run --peers nowhere", "lab: --peers nowhere: No such file or directory"),
        ("report nothing.json", "lab: nothing.json: No such file or directory"),
    ] {
        let done = world().lab(arguments);
        assert_eq!(done.code, Some(2), "{arguments}: {}", done.stderr);
        assert!(done.stderr.contains(explanation), "{arguments}: {}", done.stderr);
    }
}

#[test]
fn a_mistake_in_a_manifest_names_file_and_key() {
    let done = world().edit("it", "homepage", "homepgae").lab("list");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("peers/it/peer.toml: TOML parse error"), "{}", done.stderr);
    assert!(done.stderr.contains("unknown field `homepgae`"), "{}", done.stderr);
}

#[test]
fn a_required_peer_that_nobody_knows_is_missing() {
    let done = world().lab("run --require og");
    assert_eq!(done.code, Some(3));
    assert!(done.stderr.contains("--require og: no such peer"), "{}", done.stderr);
}

#[test]
fn pairs_are_chosen_by_peer_by_part_and_by_name() {
    let world = world().peer("third", "serve", "pass");
    for (arguments, pairs) in [
        ("--peer it", &["it:it"][..]),
        ("--peer it,other --of it --direction client", &["it:it", "it:other"]),
        ("--of it --direction server", &["it:it", "other:it", "third:it"]),
        ("--pair third:it --pair *:other", &["it:other", "other:other", "third:it", "third:other"]),
    ] {
        let done = world.lab(&format!("run --suite interop --case empty_unary {arguments}"));
        let cells: Vec<_> = pairs.iter().map(|pair| format!("{pair} empty_unary pass")).collect();
        assert_eq!(done.cells(), cells, "{arguments}");
    }
}

#[test]
fn a_peer_of_ones_own_lies_anywhere() {
    let world = World::new().peer("mine", "serve", "pass");
    fs::rename(world.path("peers/mine"), world.path("mine")).unwrap();
    fs::remove_dir(world.path("peers")).unwrap();
    let done = world.lab("run --peer-dir ./mine --suite interop --case empty_unary");
    assert_eq!(done.cell(), "mine:mine empty_unary pass");
    let command = done.record()["cells"][0]["command"].as_str().unwrap().to_owned();
    assert_eq!(
        command,
        "lab run --suite interop --pair mine:mine --case empty_unary --peer-dir ./mine"
    );
    let again = world.lab(command.strip_prefix("lab ").unwrap());
    assert_eq!(again.cell(), "mine:mine empty_unary pass");
}

#[test]
fn every_report_comes_from_the_record() {
    let world = world();
    let outputs = "--output json:a.json --output junit:a.xml --output markdown:a.md";
    let run = world.lab(&format!("run --suite interop --case *_unary --tls both {outputs}"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let outputs = "--output json:b.json --output junit:b.xml --output markdown:b.md";
    let report = world.lab(&format!("report logs/record.json {outputs}"));
    assert_eq!(report.stdout, run.stdout);
    for file in ["json", "xml", "md"] {
        let read = |name: &str| fs::read_to_string(world.path(&format!("{name}.{file}"))).unwrap();
        assert_eq!(read("a"), read("b"), "{file}");
    }
}

#[test]
fn an_output_without_a_file_is_all_there_is_on_stdout() {
    let done = world().lab("run --suite interop --case empty_unary --output json");
    let printed: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(&printed, done.record());
}

#[test]
fn the_logs_of_a_cell_have_a_folder_of_their_own() {
    let world = world();
    world.lab("run --suite interop --case empty_unary --pair it:other");
    for file in ["client.out", "client.err", "server.log"] {
        let path = format!("logs/interop/plaintext/it--other/empty_unary/{file}");
        assert!(world.path(&path).exists(), "{path}");
    }
}

#[test]
fn the_list_has_peers_and_cases() {
    let done = world().lab("list");
    for line in ["it               fake for Rust", "suite chat", "unary/hello", "orca_oob"] {
        assert!(done.stdout.contains(line), "{line} is not in {}", done.stdout);
    }
}
