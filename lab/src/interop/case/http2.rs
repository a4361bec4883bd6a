//! Suite `http2`: what a server does that no good server does, and how a client has to take it.
//! After gRPC's negative-http2-interop-test-descriptions.md. A cell passes if the client says so,
//! and the lab's own server has seen it.

use super::{Case, Judgement, Proof, Suite};
use crate::interop::http2::script::{End, Part, Script, Seen};

pub const CASES: &[Case] = &[
    Case {
        name: "rst_after_header",
        about: "the stream is reset after the answer's headers",
        proof: Proof::Seen(&Script { answer: Part::Headers, ..RESET }, one_call),
        ..CASE
    },
    Case {
        name: "rst_during_data",
        about: "the stream is reset in the middle of the answer",
        proof: Proof::Seen(&Script { answer: Part::Half, ..RESET }, one_call),
        ..CASE
    },
    Case {
        name: "rst_after_data",
        about: "the stream is reset instead of the trailers",
        proof: Proof::Seen(&RESET, one_call),
        ..CASE
    },
    Case {
        name: "goaway",
        about: "GOAWAY after the first call: the second needs another connection",
        proof: Proof::Seen(&Script { goaway: true, ..Script::GOOD }, goaway),
        ..CASE
    },
    Case {
        name: "ping",
        about: "a PING before each frame: all are to be acknowledged",
        proof: Proof::Seen(&Script { pings: true, ..Script::GOOD }, ping),
        ..CASE
    },
    Case {
        name: "max_streams",
        about: "no more than one stream may be open at once",
        proof: Proof::Seen(&ONE_STREAM, max_streams),
        ..CASE
    },
    Case {
        name: "data_frame_padding",
        about: "each DATA frame has more padding than content",
        asks: LARGE_UNARY,
        proof: Proof::Seen(&Script { padding: Some(255), ..SMALL_FRAMES }, one_call),
        ..CASE
    },
    Case {
        name: "no_df_padding_sanity_test",
        about: "the same frames without padding",
        asks: LARGE_UNARY,
        proof: Proof::Seen(&SMALL_FRAMES, one_call),
        ..CASE
    },
];

pub const NONSENSE: Case =
    Case { name: "no_such_case", about: "a case that doesn't exist", ..CASE };

const CASE: Case = Case { proof: Proof::Seen(&Script::GOOD, |_| Ok(())), ..Case::DEFAULT };

const RESET: Script = Script { end: End::Reset, ..Script::GOOD };

/// A call ends only after a PING was there and back: other streams that the client has opened are
/// seen by then.
const ONE_STREAM: Script = Script { max_streams: Some(1), pings: true, ..Script::GOOD };

/// More padding than any window that a client might have forgotten to open again.
const SMALL_FRAMES: Script = Script { chunk: 64, ..Script::GOOD };

/// As upstream: an ordinary call of an ordinary client.
const LARGE_UNARY: Option<(Suite, &str)> = Some((Suite::Interop, "large_unary"));

/// The fewest calls that show whether a client keeps to the limit: one, and ten at once.
const ENOUGH: usize = 11;

fn one_call(connections: &[Seen]) -> Judgement {
    let calls: usize = connections.iter().map(|seen| seen.calls).sum();
    let answers: usize = connections.iter().map(|seen| seen.answers).sum();
    expect("calls", 1, calls)?;
    expect("calls that the server could end as it wanted", 1, answers)
}

fn goaway(connections: &[Seen]) -> Judgement {
    let late: usize = connections.iter().map(|seen| seen.late).sum();
    expect("calls on the connection after GOAWAY", 0, late)?;
    let answers: Vec<_> = connections.iter().map(|seen| seen.answers).collect();
    if answers == [1, 1] {
        return Ok(());
    }
    Err(format!("expected a call on each of two connections, saw {answers:?}"))
}

fn ping(connections: &[Seen]) -> Judgement {
    let sum = |count: fn(&Seen) -> usize| connections.iter().map(count).sum::<usize>();
    let sent = sum(|seen| seen.pings);
    expect("PINGs acknowledged", sent, sum(|seen| seen.acknowledged))?;
    if sent == 0 { Err("there was no call".into()) } else { Ok(()) }
}

fn max_streams(connections: &[Seen]) -> Judgement {
    let most = connections.iter().map(|seen| seen.at_once).max().unwrap_or(0);
    if most > 1 {
        expect("streams open at once", 1, most)?;
    }
    let answers: usize = connections.iter().map(|seen| seen.answers).sum();
    if answers >= ENOUGH {
        return Ok(());
    }
    Err(format!("expected at least {ENOUGH} calls, saw {answers}"))
}

fn expect(what: &str, expected: usize, saw: usize) -> Judgement {
    if expected == saw {
        return Ok(());
    }
    Err(format!("{what}: expected {expected}, the server saw {saw}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(name: &str, connections: &[Seen]) -> Judgement {
        let case = CASES.iter().find(|case| case.name == name).unwrap();
        let Proof::Seen(_, judge) = &case.proof else { panic!("{name} needs no server") };
        judge(connections)
    }

    const ONE: Seen =
        Seen { calls: 1, answers: 1, at_once: 1, late: 0, pings: 0, acknowledged: 0, broken: None };

    #[test]
    fn a_call_that_is_reset_is_not_made_again() {
        assert_eq!(judge("rst_after_data", &[ONE]), Ok(()));
        let again = Seen { calls: 2, answers: 2, ..ONE };
        let error = judge("rst_after_data", &[again]).unwrap_err();
        assert_eq!(error, "calls: expected 1, the server saw 2");
    }

    #[test]
    fn goaway_asks_for_another_connection() {
        assert_eq!(judge("goaway", &[ONE, ONE]), Ok(()));
        assert!(judge("goaway", &[Seen { calls: 2, late: 1, ..ONE }]).is_err());
        assert!(judge("goaway", &[Seen { calls: 2, answers: 2, ..ONE }]).is_err());
    }

    #[test]
    fn every_ping_counts() {
        assert_eq!(judge("ping", &[Seen { pings: 20, acknowledged: 20, ..ONE }]), Ok(()));
        assert!(judge("ping", &[Seen { pings: 20, acknowledged: 19, ..ONE }]).is_err());
        assert!(judge("ping", &[]).is_err());
    }

    #[test]
    fn one_stream_at_once_and_enough_of_them() {
        assert_eq!(judge("max_streams", &[Seen { calls: 16, answers: 16, ..ONE }]), Ok(()));
        assert!(judge("max_streams", &[Seen { answers: 16, at_once: 2, ..ONE }]).is_err());
        assert!(judge("max_streams", &[ONE]).is_err());
    }
}
