//! A cancelled or broken upload never looks finished; a finished one always does.

use std::time::Duration;

use chat::message;
use quartet::rpc::Code;

use crate::support::probe::{Event, probe};
use crate::support::{run, serve};

fn uploads(events: &std::sync::mpsc::Receiver<Event>, count: usize) -> Vec<Result<usize, Code>> {
    let mut uploads = Vec::new();
    while uploads.len() < count {
        match events.recv_timeout(Duration::from_secs(10)) {
            Ok(Event::Upload(result)) => uploads.push(result),
            // Dropped before it saw the end: not reported as finished either.
            Ok(Event::Over { finished: false, .. }) => uploads.push(Err(Code::Cancelled)),
            Ok(_) => {}
            Err(error) => panic!("{error} after {} uploads", uploads.len()),
        }
    }
    uploads
}

#[test]
fn of_1000_cancelled_uploads_none_looks_finished() {
    let (probe, events) = probe();
    let served = serve(probe);
    let client = served.client();
    for n in 0..1000 {
        let (mut sender, reply) = client.upload_stream(()).unwrap();
        for _ in 0..n % 4 {
            run(sender.send(message("", "one"))).unwrap();
        }
        match n % 2 {
            0 => drop(reply),
            _ => drop(sender),
        }
    }
    // `finished` comes with Upload(Ok), so every call shows up exactly once below.
    let uploads = uploads(&events, 1000);
    let finished = uploads.iter().filter(|upload| upload.is_ok()).count();
    assert_eq!(finished, 0, "of 1000 cancelled uploads");
}

#[test]
fn of_1000_half_closed_uploads_each_is_finished() {
    let (probe, _events) = probe();
    let served = serve(probe);
    let client = served.client();
    run(async {
        for n in 0..1000 {
            let (mut sender, reply) = client.upload_stream(()).unwrap();
            for _ in 0..n % 4 {
                if sender.send(message("", "one")).await.is_err() {
                    // How it ended is with the reply.
                    break;
                }
            }
            sender.close().await;
            let reply = reply.await.unwrap_or_else(|status| panic!("upload {n}: {status}"));
            assert_eq!(reply.get_ref().content, (n % 4).to_string(), "upload {n}");
        }
    });
}
