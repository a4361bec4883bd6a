//! A peer that misbehaves in the given way: `fake-peer ROLE MANNER FLAGS...`.
//!
//! It writes its process id into the folder that `FAKE_PEER_PIDS` names, so that a test can see
//! whether it is gone.

mod http2;

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{self, Command};
use std::thread;
use std::time::Duration;

const UNSUPPORTED: i32 = 127;

fn main() {
    note_pid(process::id());
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["version", version] => println!("{version}"),
        ["build", words @ ..] => {
            eprintln!("{}", words.join(" "));
            process::exit(1);
        }
        ["server", manner, address] => serve(manner, address),
        ["client", manner, address, flags @ ..] => call(manner, address, flags),
        ["proxy", manner, config] => relay(manner, config),
        other => panic!("{other:?}"),
    }
}

fn serve(manner: &str, address: &str) {
    match manner {
        "crash" => {
            eprintln!("no room at the inn");
            process::exit(3);
        }
        "deaf" => idle(),
        "serve" | "greet" | "leave-a-child" | "brief" => {}
        other => panic!("no such server: {other}"),
    }
    if manner == "leave-a-child" {
        start_a_child();
    }
    let listener = TcpListener::bind(address).expect("the port should be free");
    // The first connection is the lab's, to see whether it is ready.
    let mut connections: Vec<_> = listener.accept().into_iter().collect();
    while let Ok((mut connection, from)) = listener.accept() {
        match manner {
            "brief" => process::exit(5),
            // Who has left again needs no welcome.
            "greet" => connection.write_all(b"welcome").unwrap_or_default(),
            _ => {}
        }
        connections.push((connection, from));
    }
}

fn call(manner: &str, address: &str, flags: &[&str]) {
    let is_nonsense =
        flags.iter().any(|flag| flag.contains("no_such_case") || *flag == "no-such-call");
    if is_nonsense && manner != "liar" {
        process::exit(UNSUPPORTED);
    }
    match manner {
        "pass" | "liar" => {}
        "fail" => {
            eprintln!("expected 12, got 2");
            process::exit(1);
        }
        "crash" => process::abort(),
        "hang" => {
            eprintln!("still here");
            idle();
        }
        "leave-a-child" => start_a_child(),
        "own-way" => {
            println!("this is not for me");
            process::exit(1);
        }
        "every-other" => every_other(),
        "connect" => {
            drop(TcpStream::connect(address).map(|mut server| server.read(&mut [0])));
            eprintln!("lost the server");
            process::exit(1);
        }
        "rubbish" => println!("hello world"),
        "endless-rubbish" => loop {
            println!("hello world");
        },
        "greet" => report("Hello, Marko! Thanks for your message.", "OK"),
        "watch" => watch(address),
        "knock" => knock(address),
        "call" => http2::call(address, 1),
        "call-twice" => http2::call(address, 2),
        other => panic!("no such client: {other}"),
    }
}

/// Fails each time the folder of process ids has an even number of failures.
fn every_other() {
    let folder = env::var("FAKE_PEER_PIDS").expect("a folder");
    let path = format!("{folder}/turn");
    let turn = fs::read_to_string(&path).unwrap_or_default().len();
    fs::write(&path, "x".repeat(turn + 1)).expect("a file");
    process::exit((turn % 2) as i32);
}

fn report(content: &str, code: &str) {
    println!(r#"{{"event":"message","user":"Server","content":"{content}"}}"#);
    println!(r#"{{"event":"status","code":"{code}","message":""}}"#);
}

/// Reports one message, and that the server is gone as soon as it is.
fn watch(address: &str) {
    let mut server = TcpStream::connect(address).expect("a server");
    println!(r#"{{"event":"message","user":"Server","content":"Echo: Hi!"}}"#);
    std::io::stdout().flush().expect("somebody who reads");
    server.read(&mut [0]).map(drop).unwrap_or_default();
    println!(r#"{{"event":"status","code":"UNAVAILABLE","message":"gone"}}"#);
}

/// Passes if somebody behind the address says something.
fn knock(address: &str) {
    let mut server = TcpStream::connect(address).expect("a server");
    server.write_all(b"knock").expect("a server that reads");
    let said = server.read(&mut [0; 64]).expect("an answer");
    if said == 0 {
        eprintln!("nobody is at home");
        process::exit(1);
    }
}

/// Passes on what comes to one address to another, in both directions.
fn relay(manner: &str, config: &str) {
    let text = fs::read_to_string(config).expect("a file");
    let [listen, upstream] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("not two addresses: {text}");
    };
    if manner == "crash" {
        eprintln!("out of order");
        process::exit(3);
    }
    let listener = TcpListener::bind(listen).expect("the port should be free");
    while let Ok((mut near, _)) = listener.accept() {
        let mut far = TcpStream::connect(upstream).expect("a server");
        println!("from {listen} to {upstream}");
        let mut pair = (far.try_clone().expect("a socket"), near.try_clone().expect("a socket"));
        thread::spawn(move || io::copy(&mut pair.0, &mut pair.1));
        thread::spawn(move || io::copy(&mut near, &mut far));
    }
}

#[expect(clippy::zombie_processes, reason = "it is left behind on purpose")]
fn start_a_child() {
    let child = Command::new("sleep").arg("60").spawn().expect("sleep");
    note_pid(child.id());
}

fn note_pid(pid: u32) {
    if let Ok(folder) = env::var("FAKE_PEER_PIDS") {
        fs::write(format!("{folder}/{pid}.pid"), "").expect("a folder for process ids");
    }
}

fn idle() -> ! {
    loop {
        thread::sleep(Duration::from_secs(60));
    }
}
