//! Calls with something wrong in their headers, their metadata or their message.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::Expected::{Closes, Either, Ignored, Repeated, Reset, Status};
use super::{Case, HELLO, and, body, ending, good_message, of_block, opening, with};
use crate::support::http2::{
    DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, block, call, frame, prefixed,
};

pub fn all() -> Vec<Case> {
    [headers(), encodings(), timeouts(), metadata(), messages(), compressed(), framing()].concat()
}

fn headers() -> Vec<Case> {
    vec![
        ("an unknown method", with(&[(":path", b"/chat.ChatService/Nothing")]), Status(12)),
        ("an unknown service", with(&[(":path", b"/no.Service/SayHello")]), Status(12)),
        ("a path without a slash", with(&[(":path", b"chat.ChatService/SayHello")]), Status(12)),
        ("a path of control characters", with(&[(":path", b"\x00\x01\x7f")]), Status(12)),
        ("a path of 10 KB", with(&[(":path", &[b'/'; 10_000])]), Status(12)),
        ("two paths", and(&block(&[(":path", b"/other")])), Status(12)),
        ("no path", with(&[(":path", b"")]), Repeated(2)),
        ("no method", with(&[(":method", b"")]), Repeated(2)),
        ("no scheme", with(&[(":scheme", b"")]), Repeated(2)),
        ("no headers", of_block(&[]), Repeated(2)),
        ("GET", with(&[(":method", b"GET")]), Repeated(2)),
        ("PUT", with(&[(":method", b"PUT")]), Repeated(2)),
        ("DELETE", with(&[(":method", b"DELETE")]), Repeated(2)),
        ("no te", with(&[("te", b"")]), Repeated(2)),
        ("a wrong te", with(&[("te", b"frobnicate")]), Repeated(2)),
        ("host for :authority", with(&[(":authority", b""), ("host", b"localhost")]), Status(0)),
        ("a :status from a client", with(&[(":status", b"200")]), Status(0)),
        ("an unknown pseudo-header", with(&[(":what", b"x")]), Reset(2)),
    ]
}

fn encodings() -> Vec<Case> {
    vec![
        ("an image", with(&[("content-type", b"image/jpeg")]), Reset(2)),
        ("a page", with(&[("content-type", b"text/html")]), Reset(2)),
        ("gRPC-Web", with(&[("content-type", b"application/grpc-web")]), Reset(2)),
        ("a content-type in capitals", with(&[("content-type", b"Application/GRPC")]), Reset(2)),
        ("no content-type", with(&[("content-type", b"")]), Status(0)),
        ("another codec", with(&[("content-type", b"application/grpc+x")]), Status(0)),
        ("parameters", with(&[("content-type", b"application/grpc;x")]), Status(0)),
        ("an unknown grpc-encoding, not used", with(&[("grpc-encoding", b"foo")]), Status(0)),
        ("a bad grpc-accept-encoding", with(&[("grpc-accept-encoding", b"foo,,bar")]), Status(0)),
        ("a bad accept-encoding", with(&[("accept-encoding", b"foo,\x01bar")]), Status(0)),
    ]
}

fn timeouts() -> Vec<Case> {
    let two = block(&[("grpc-timeout", b"9S"), ("grpc-timeout", b"5S")]);
    vec![
        ("a timeout in words", with(&[("grpc-timeout", b"15 seconds")]), Reset(2)),
        ("a timeout without a unit", with(&[("grpc-timeout", b"15")]), Reset(2)),
        ("a timeout without a number", with(&[("grpc-timeout", b"S")]), Reset(2)),
        ("a negative timeout", with(&[("grpc-timeout", b"-1S")]), Reset(2)),
        // Expired, or answered by a handler that is ready at once.
        ("a timeout of 0", with(&[("grpc-timeout", b"0m")]), Ignored),
        ("a timeout of 9 digits", with(&[("grpc-timeout", b"100000000S")]), Status(0)),
        ("an endless timeout", with(&[("grpc-timeout", b"99999999999999999999H")]), Status(0)),
        ("two timeouts", and(&two), Status(0)),
    ]
}

fn metadata() -> Vec<Case> {
    let long = |length| with(&[("x-long", &vec![b'x'; length])]);
    let in_one_frame = opening(&block(&call(HELLO, &[("x-long", &[b'x'; 20_000])])));
    vec![
        ("an upper-case name", with(&[("X-Upper", b"x")]), Reset(2)),
        ("no name", with(&[("", b"x")]), Reset(2)),
        ("a name with a line break", with(&[("x\r\ny", b"x")]), Reset(2)),
        ("a connection header", with(&[("connection", b"keep-alive")]), Status(0)),
        ("a reserved name", with(&[("grpc-foo", b"x")]), Status(0)),
        ("a grpc-status from a client", with(&[("grpc-status", b"x")]), Reset(2)),
        ("a value that is not ASCII", with(&[("x-text", b"\xc3\xa4")]), Status(0)),
        ("a value with a line break", with(&[("x-text", b"a\r\nb")]), Status(0)),
        ("a key twice", and(&block(&[("x-key", b"1"), ("x-key", b"2")])), Status(0)),
        ("base64 with its padding", with(&[("x-blob-bin", b"qw==")]), Status(0)),
        ("base64 without its padding", with(&[("x-blob-bin", b"qw")]), Status(0)),
        ("base64 that is none", with(&[("x-blob-bin", b"***")]), Reset(2)),
        ("base64 of one digit", with(&[("x-blob-bin", b"q")]), Reset(2)),
        ("two blobs in one", with(&[("x-blob-bin", b"qw,rA")]), Reset(2)),
        ("metadata of 9 KB", long(9_000), Status(0)),
        ("metadata of 15.5 KB", long(15_500), Status(0)),
        ("metadata just over 16 KiB", long(16_400), Status(8)),
        ("metadata of 20 KB", long(20_000), Status(8)),
        ("metadata of 60 KB", long(60_000), Status(8)),
        ("metadata of 1 MB", long(1_000_000), Repeated(8)),
        ("500 headers", and(&block(&[("x", &b"y"[..]); 500])), Status(8)),
        ("a frame longer than frames may be", in_one_frame, Closes),
    ]
}

fn messages() -> Vec<Case> {
    let unended = [opening(&block(&call(HELLO, &[]))), frame(DATA, 0, 1, &good_message())].concat();
    let ended = [&unended[..], &ending(b"")].concat();
    let late = [&unended[..], &ending(&good_message())].concat();
    // Groups of protobuf, one in the other, that never end.
    let nested = prefixed(&[0x1b; 4_000]);
    vec![
        ("no message", body(b""), Status(12)),
        ("half a prefix", body(b"\0\0"), Status(13)),
        ("half a message", body(b"\0\0\0\0\x09abc"), Status(13)),
        ("an empty message", body(&[0; 5]), Status(0)),
        ("two messages", body(&good_message().repeat(2)), Status(12)),
        ("two empty messages", body(&[0; 10]), Status(12)),
        ("a second message later", late, Status(12)),
        (
            "half a message behind a whole one",
            body(&[&good_message()[..], &[0, 0]].concat()),
            Status(13),
        ),
        ("a message, and no end", unended, Ignored),
        ("a message, and an end of its own", ended, Status(0)),
        ("an unknown flag", body(b"\x02\0\0\0\x01x"), Status(13)),
        (
            "an unknown flag behind a message",
            body(&[&good_message()[..], &[9; 5]].concat()),
            Status(13),
        ),
        ("no protobuf", body(b"\0\0\0\0\x03\x0a\x7fx"), Status(13)),
        ("invalid UTF-8", body(b"\0\0\0\0\x04\x0a\x02\xff\xfe"), Status(13)),
        ("groups in groups", body(&nested), Status(13)),
        ("4 MiB and a byte, announced", body(b"\0\0\x40\0\x01"), Status(13)),
        ("4 GiB, announced", body(b"\0\xff\xff\xff\xff"), Status(13)),
    ]
}

fn compressed() -> Vec<Case> {
    let encoded = |name: &[u8], data: &[u8]| {
        let headers = block(&call(HELLO, &[("grpc-encoding", name)]));
        [opening(&headers), ending(data)].concat()
    };
    let gzip = |data: &[u8]| encoded(b"gzip", data);
    vec![
        ("compressed, without an encoding", body(b"\x01\0\0\0\x01x"), Status(13)),
        ("compressed, as identity", encoded(b"identity", b"\x01\0\0\0\x01x"), Status(13)),
        ("zstd", encoded(b"zstd", b"\x01\0\0\0\x04\x28\xb5\x2f\xfd"), Status(12)),
        ("compressed to nothing, unknown", encoded(b"br", b"\x01\0\0\0\0"), Status(12)),
        ("not compressed, with an encoding", gzip(&good_message()), Status(0)),
        ("gzip that is none", gzip(b"\x01\0\0\0\x05hello"), Status(13)),
        ("gzip that inflates to 8 MiB", gzip(&bomb(8 << 20)), Status(8)),
    ]
}

/// A compressed message that inflates to this many bytes.
fn bomb(size: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; size]).expect("to compress in memory");
    let mut message = prefixed(&encoder.finish().expect("to compress in memory"));
    message[0] = 1;
    message
}

fn framing() -> Vec<Case> {
    let message = good_message();
    let open = opening(&block(&call(HELLO, &[])));
    let data = |flags, data: &[u8]| frame(DATA, flags, 1, data);
    let trailers = frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&[("x-end", b"x")]));
    let padded = [&[3], &message[..], &[0; 3]].concat();
    let flood = data(0, &[0; 16_000]).repeat(20);
    vec![
        ("trailers from a client", [&open, &data(0, &message), &trailers[..]].concat(), Status(0)),
        ("padding", [&open[..], &data(END_STREAM | PADDED, &padded)].concat(), Repeated(13)),
        ("padding only", [&open[..], &data(END_STREAM | PADDED, &[255])].concat(), Repeated(13)),
        ("DATA after the end", [body(&message), data(0, &message)].concat(), Status(0)),
        ("HEADERS after the end", [body(&message), open.clone()].concat(), Status(0)),
        ("HEADERS twice", [open.clone(), body(&message)].concat(), Closes),
        // A reset for each frame too many, or a close: which, is a matter of the moment.
        ("more than the window", [open, flood].concat(), Either),
    ]
}
