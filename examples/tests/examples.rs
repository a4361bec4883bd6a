//! Each example runs, ends with 0 in a minute, and shows what it is there to show.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

/// Runs a program, and gives what it prints.
#[track_caller]
fn run(program: &str) -> String {
    let mut command = Command::new(program);
    command.env("GRPC_VERBOSITY", "none").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).unwrap();
        printed
    });
    let limit = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > limit {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let printed = reader.join().unwrap();
    let status = status.unwrap_or_else(|| panic!("not over after {LIMIT:?}; printed:\n{printed}"));
    assert!(status.success(), "{status}; printed:\n{printed}");
    printed
}

#[test]
fn greeter() {
    let printed = run(env!("CARGO_BIN_EXE_greeter"));
    assert_eq!(printed, "Good day, Ada.\nrefused: INVALID_ARGUMENT: whom shall I greet?\n");
}

#[test]
fn four_styles() {
    let printed = run(env!("CARGO_BIN_EXE_four_styles"));
    let expected = "\
unary: 12 squared is 144
server streaming: 1
server streaming: 2
server streaming: 3
client streaming: the sum is 321
bidi in turns: plus 1 is 1
bidi in turns: plus 20 is 21
bidi in turns: plus 300 is 321
bidi at once: 1 to 1000 make 500500
";
    assert_eq!(printed, expected);
}

#[test]
fn metadata() {
    let printed = run(env!("CARGO_BIN_EXE_metadata"));
    let expected = "\
Bonjour, Ada!
binary header: Some([10, 255, 0])
trailers: [Ok(\"3\"), Ok(\"4\")]
UNIMPLEMENTED: no tlh; it has Some(\"en, fr\")
";
    let refused = printed.strip_prefix(expected).unwrap_or_else(|| panic!("{printed}"));
    let [bytes, reserved] = *refused.lines().collect::<Vec<_>>() else { panic!("{printed}") };
    assert!(bytes.starts_with("refused: ") && bytes.contains("`-bin`"), "{printed}");
    assert!(reserved.starts_with("refused: ") && reserved.contains("reserved"), "{printed}");
}

#[test]
fn deadlines() {
    let printed = run(env!("CARGO_BIN_EXE_deadlines"));
    let expected = "\
A deadline:
  client: DEADLINE_EXCEEDED, in time
  slow: Ada is in a hurry
  slow: Ada's handler was dropped
Cancellation:
  slow: Grace sets no deadline
  client: drops the call
  slow: Grace's handler was dropped
A deadline that is handed on, from Front to Slow:
  client: DEADLINE_EXCEEDED
  slow: Edsger is in a hurry
  slow: Edsger's handler was dropped
";
    assert_eq!(printed, expected);
}

#[test]
fn rich_errors() {
    let printed = run(env!("CARGO_BIN_EXE_rich_errors"));
    let expected = "\
Good day, Ada.
ada: INVALID_ARGUMENT: that is no name
  the field `name` starts with a capital
x: INVALID_ARGUMENT: that is no name
  the field `name` has at least two letters
  the field `name` starts with a capital
";
    assert_eq!(printed, expected);
}

#[test]
fn interceptor() {
    let printed = run(env!("CARGO_BIN_EXE_interceptor"));
    let expected = "\
with the token:
  server: /greeter.Greeter/Greet OK, 1 out, 1 in
  client: /greeter.Greeter/Greet OK, 1 out, 1 in
  Good day, Ada, says Ali Baba.
without:
  server: /greeter.Greeter/Greet UNAUTHENTICATED, 0 out, 0 in
  client: /greeter.Greeter/Greet UNAUTHENTICATED, 1 out, 0 in
  UNAUTHENTICATED: say the word
";
    assert_eq!(printed, expected);
}

#[test]
fn tls_reload() {
    let printed = run(env!("CARGO_BIN_EXE_tls_reload"));
    let expected = "\
in use, of old-ca: CN=a greeter for localhost, valid until 2098-12-31 00:00 UTC
  Good day, old client.
  new client gets UNAVAILABLE
in use, of new-ca, without a restart: CN=a greeter for localhost, valid until 2099-12-31 00:00 UTC
  Good day, new client.
  old client on a new connection gets UNAVAILABLE
  Good day, old client on the connection from before.
";
    assert_eq!(printed, expected);
}

#[test]
fn health_reflection_drain() {
    let printed = run(env!("CARGO_BIN_EXE_health_reflection_drain"));
    let expected = "\
health: SERVING
reflection: greeter.Greeter
reflection: grpc.health.v1.Health
reflection: grpc.reflection.v1.ServerReflection
reflection: grpc.reflection.v1alpha.ServerReflection
the load balancer: NOT_SERVING
a new call: UNAVAILABLE
the running call: Good day at last, Ada.
drained: Complete
";
    assert_eq!(printed, expected);
}

#[test]
fn round_robin() {
    let printed = run(env!("CARGO_BIN_EXE_round_robin"));
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 12, "{printed}");
    // In turns, and each replica at an address of its own.
    let calls: Vec<_> = lines[..9].iter().map(|line| line.split_once(": ").unwrap().1).collect();
    for turn in calls.windows(3) {
        let [a, b, c] = turn else { unreachable!() };
        assert!(a != b && b != c && a != c, "{printed}");
    }
    assert!(calls[..6].iter().zip(&calls[3..]).all(|(a, b)| a == b), "{printed}");
    assert_eq!(lines[9], r#"{"blue": 3, "green": 3, "red": 3}"#);
    assert_eq!(lines[10], "green goes: Complete");
    // About half each: the turns begin anew whenever the channel looks for green.
    let [blue, red] =
        *lines[11].split(|c: char| !c.is_ascii_digit()).flat_map(str::parse).collect::<Vec<u32>>()
    else {
        panic!("{printed}")
    };
    assert!(lines[11].starts_with(r#"{"blue": "#) && lines[11].contains(r#"red": "#), "{printed}");
    assert!(blue + red == 10 && blue >= 2 && red >= 2, "{printed}");
}
