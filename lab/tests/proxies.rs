//! Proxies between client and server.

use crate::world::World;

const RUN: &str = "run --timeout 5s --suite interop --case empty_unary";

/// A peer whose client passes if the server says something, and a proxy.
fn world(server: &str, proxy: &str) -> World {
    let fake = env!("CARGO_BIN_EXE_fake-peer");
    let manifest = format!(
        "stack = 'fake'\nlanguage = 'Rust'\nhomepage = 'https://example.org'\n\
         version = ['{fake}', 'version', '7']\n[proxy]\nconfig = 'addresses'\n\
         command = ['{fake}', 'proxy', '{proxy}', '{{config}}']\n"
    );
    World::new()
        .peer("it", server, "knock")
        .file("proxies/relay/proxy.toml", &manifest)
        .file("proxies/relay/addresses", "127.0.0.1:{listen_port} {upstream_host}:{upstream_port}")
}

#[test]
fn what_goes_through_a_proxy_is_a_cell_of_its_own() {
    let world = world("greet", "pass-on");
    let done = world.lab(&format!("{RUN} --through direct,relay"));
    assert_eq!(
        done.cells(),
        ["it:it empty_unary pass", "it:it empty_unary pass"],
        "{}",
        done.stdout
    );
    let [direct, through] = [0, 1].map(|index| done.record()["cells"][index].clone());
    assert!(direct.get("proxy").is_none());
    assert_eq!(through["proxy"], "relay");
    let command = "lab run --suite interop --through relay --pair it:it --case empty_unary";
    assert_eq!(through["command"], command);
    assert!(done.stdout.contains("interop, plaintext, through relay"), "{}", done.stdout);
    assert!(done.stdout.contains("relay            fake             7"), "{}", done.stdout);
    let log = world.path("logs/interop/plaintext/it--relay--it/empty_unary/proxy.log");
    assert!(std::fs::read_to_string(log).unwrap().starts_with("from 127.0.0.1:"));
}

#[test]
fn a_proxy_that_does_not_start_fails_the_cells_behind_it() {
    let done = world("greet", "crash").lab(&format!("{RUN} --through relay"));
    let reason = "fail: proxy ended with exit code 3 before it was ready: out of order";
    assert_eq!(done.cell(), format!("it:it empty_unary {reason}"));
}

#[test]
fn what_a_proxy_changes_is_known_of_the_proxy() {
    let world = world("serve", "pass-on")
        .edit("it", "\"knock\"", "\"fail\"")
        .file("proxies/relay/known-failing.txt", "interop/proxy/empty_* with it: tired\n");
    let done = world.lab(&format!("{RUN} --through relay"));
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    assert!(
        done.stdout.contains("known: tired\n  it -> it through relay: empty_unary"),
        "{}",
        done.stdout
    );
    assert_eq!(world.lab(RUN).code, Some(1), "directly, it is not known");
}

#[test]
fn a_proxy_must_be_there() {
    let world = world("greet", "pass-on");
    let done = world.lab(&format!("{RUN} --through relai"));
    assert_eq!(done.code, Some(2));
    let error = "lab: --through relai: there is no proxies/relai/proxy.toml";
    assert!(done.stderr.contains(error), "{}", done.stderr);
    let version = std::fs::read_to_string(world.path("proxies/relay/proxy.toml")).unwrap();
    let missing = version.replace("[proxy]", "needs = ['no-such-program']\n[proxy]");
    let done =
        world.file("proxies/relay/proxy.toml", &missing).lab(&format!("{RUN} --through relay"));
    assert_eq!(done.cell(), "it:it empty_unary no-run: relay: no-such-program not found");
    assert_eq!(done.code, Some(3));
}

#[test]
fn only_plaintext_goes_through_a_proxy() {
    let done = world("greet", "pass-on").lab(&format!("{RUN} --tls tls --through relay"));
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("no case matches these filters"), "{}", done.stderr);
}
