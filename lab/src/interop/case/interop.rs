//! Suite `interop`: the cases of gRPC's interop-test-descriptions.md. The client holds their logic.

use std::time::Duration;

use super::Case;

pub const CASES: &[Case] = &[
    case("empty_unary", "nothing in, nothing out"),
    case("large_unary", "one large request, one larger answer"),
    case("client_streaming", "four requests, and the sum of their sizes"),
    case("server_streaming", "one request, four answers of the sizes it asks for"),
    case("ping_pong", "four requests, each after the answer to the one before"),
    case("empty_stream", "a bidirectional stream without a message"),
    case("cancel_after_begin", "cancelled before anything is sent"),
    case("cancel_after_first_response", "cancelled after the first answer"),
    case("timeout_on_sleeping_server", "a deadline that expires"),
    case("custom_metadata", "headers and trailers that the server sends back"),
    case("status_code_and_message", "a status that the server is asked for"),
    case("special_status_message", "a status message with white space and Unicode"),
    case("unimplemented_method", "a method that the server doesn't have"),
    case("unimplemented_service", "a service that the server doesn't have"),
    case("client_compressed_unary", "the server sees whether a request is compressed"),
    case("server_compressed_unary", "the server compresses an answer when asked to"),
    case("client_compressed_streaming", "the same, message by message, for requests"),
    case("server_compressed_streaming", "the same, message by message, for answers"),
    case("orca_per_rpc", "a load report in the trailers of a call"),
    case("orca_oob", "load reports on a stream of their own"),
    soak("rpc_soak", "large calls one after the other on one channel"),
    soak("channel_soak", "large calls one after the other, each on a fresh channel"),
    Case {
        limit: Duration::from_secs(120),
        ..case("concurrent_large_unary", "a thousand large calls at once")
    },
    Case {
        default: false,
        ..case("cacheable_unary", "an answer from a cache: needs a caching proxy")
    },
];

pub const NONSENSE: Case = case("no_such_case", "a case that doesn't exist");

const fn case(name: &'static str, about: &'static str) -> Case {
    Case { name, about, ..Case::DEFAULT }
}

/// Time enough for a busy machine: correctness is asked for, not speed.
const fn soak(name: &'static str, about: &'static str) -> Case {
    Case {
        limit: Duration::from_secs(60),
        flags: &[
            "--soak_iterations=20",
            "--soak_per_iteration_max_acceptable_latency_ms=5000",
            "--soak_overall_timeout_seconds=45",
        ],
        ..case(name, about)
    }
}
