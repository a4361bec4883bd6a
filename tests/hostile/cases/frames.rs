//! Header blocks that are no HPACK, and frames that are wrong by themselves.

use super::Expected::{Closes, Ignored, Reset, Status};
use super::{Case, HELLO, and, body, ending, good_message, of_block, opening};
use crate::support::http2::hpack::{Literal, literal, reference, table_size};
use crate::support::http2::{
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PING, PUSH_PROMISE, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, block, call, frame,
};

const PRIORITY: u8 = 2;
const UNKNOWN: u8 = 0xbe;

/// The furthest that a window can be opened.
const MOST: [u8; 4] = [0x7f, 0xff, 0xff, 0xff];

pub fn all() -> Vec<Case> {
    [header_frames(), header_blocks(), streams(), settings(), upkeep()].concat()
}

fn good_block() -> Vec<u8> {
    block(&call(HELLO, &[]))
}

fn header_frames() -> Vec<Case> {
    let good = good_block();
    let (half, rest) = good.split_at(20);
    let opened = |flags| frame(HEADERS, flags, 1, half);
    let more = |stream| frame(CONTINUATION, END_HEADERS, stream, rest);
    let message = ending(&good_message());
    vec![
        ("headers in two frames", [opened(0), more(1), message.clone()].concat(), Status(0)),
        ("HEADERS cut in a literal", [opened(END_HEADERS), message.clone()].concat(), Closes),
        ("CONTINUATION of another stream", [opened(0), more(3)].concat(), Closes),
        ("DATA instead of CONTINUATION", [opened(0), message].concat(), Closes),
        ("CONTINUATION from nowhere", more(1), Closes),
    ]
}

fn header_blocks() -> Vec<Case> {
    let good = good_block();
    let resized = |size: &[u8]| of_block(&[size, &good].concat());
    let kept = literal(Literal::Indexed, ("x-keep", b"x"));
    let endless = [&[0xff][..], &[0x80; 500]].concat();
    let huffman = [0, 0x84, 0xff, 0xff, 0xff, 0xff, 1, b'x'];
    vec![
        ("noise", of_block(&[0xff; 40]), Closes),
        ("the index 0", and(&reference(0)), Closes),
        ("an index of the empty table", and(&reference(62)), Closes),
        ("an index beyond every table", and(&reference(1 << 20)), Closes),
        ("an index that overflows", and(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Closes),
        ("an index that never ends", and(&endless), Closes),
        ("a text longer than its block", and(&[0, 0x7f, 0xff, 0x7f, b'x']), Closes),
        ("a text of 4 GB", and(&[0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f]), Closes),
        ("a Huffman code that is none", and(&huffman), Reset(2)),
        ("a table of nothing", resized(&table_size(0)), Status(0)),
        ("a table of 1 GB", resized(&table_size(1 << 30)), Closes),
        ("a table changed ten times", resized(&table_size(0).repeat(10)), Closes),
        ("a table changed at the end", and(&table_size(0)), Status(0)),
        ("kept, and the table not shrunk", and(&kept), Closes),
        ("kept in a table of nothing", resized(&[table_size(0), kept].concat()), Status(0)),
    ]
}

fn streams() -> Vec<Case> {
    let good = good_block();
    let open = opening(&good);
    let higher = frame(HEADERS, END_HEADERS, 9, &good);
    let reset = |code: &[u8]| frame(RST_STREAM, 0, 1, code);
    let cut_reset = [&open[..], &reset(&CANCEL[1..])].concat();
    let window = frame(WINDOW_UPDATE, 0, 1, &MOST);
    vec![
        ("DATA on stream 0", frame(DATA, 0, 0, b"x"), Ignored),
        ("DATA on an idle stream", frame(DATA, 0, 9, b"x"), Ignored),
        ("HEADERS on stream 0", frame(HEADERS, END_HEADERS, 0, &good), Ignored),
        ("HEADERS on an even stream", frame(HEADERS, END_HEADERS, 2, &good), Ignored),
        ("a stream below another", [higher, body(&good_message())].concat(), Ignored),
        ("PUSH_PROMISE from a client", frame(PUSH_PROMISE, END_HEADERS, 1, &good), Ignored),
        ("RST_STREAM of an idle stream", frame(RST_STREAM, 0, 9, &CANCEL), Ignored),
        ("RST_STREAM of 3 bytes", cut_reset, Closes),
        ("RST_STREAM twice", [&open[..], &reset(&CANCEL).repeat(2)].concat(), Ignored),
        ("the window of a stream past its end", [&open[..], &window].concat(), Ignored),
        ("PRIORITY of 1 byte", frame(PRIORITY, 0, 1, &[0]), Ignored),
        ("an unknown kind", frame(UNKNOWN, 0xff, 0, b"what?"), Ignored),
        ("an unknown kind in a stream", [&open[..], &frame(UNKNOWN, 0, 1, b"?")].concat(), Ignored),
        ("a frame of 16 MB, announced", vec![0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1], Closes),
    ]
}

fn settings() -> Vec<Case> {
    let setting = |entry: [u8; 6]| frame(SETTINGS, 0, 0, &entry);
    vec![
        ("SETTINGS of half an entry", frame(SETTINGS, 0, 0, &[0, 1, 0]), Closes),
        ("SETTINGS of a stream", frame(SETTINGS, 0, 1, &[]), Closes),
        ("SETTINGS acknowledged with contents", frame(SETTINGS, ACK, 0, &[0; 6]), Closes),
        ("SETTINGS acknowledged six times", frame(SETTINGS, ACK, 0, &[]).repeat(5), Ignored),
        ("an unknown setting", setting([0xab, 0xcd, 1, 2, 3, 4]), Ignored),
        ("a window of 2^31", setting([0, 4, 0x80, 0, 0, 0]), Closes),
        ("frames of 1 byte", setting([0, 5, 0, 0, 0, 1]), Closes),
        ("a push of 7", setting([0, 2, 0, 0, 0, 7]), Closes),
    ]
}

fn upkeep() -> Vec<Case> {
    let window = |payload: &[u8]| frame(WINDOW_UPDATE, 0, 0, payload);
    vec![
        ("PING of 4 bytes", frame(PING, 0, 0, &[0; 4]), Closes),
        ("PING of a stream", frame(PING, 0, 1, &[0; 8]), Ignored),
        ("an answer to no PING", frame(PING, ACK, 0, &[0xee; 8]), Ignored),
        ("WINDOW_UPDATE by 0", window(&[0; 4]), Closes),
        ("WINDOW_UPDATE of 3 bytes", window(&[0; 3]), Closes),
        ("WINDOW_UPDATE past the end", window(&MOST).repeat(2), Ignored),
        ("GOAWAY of half a header", frame(GOAWAY, 0, 0, &[0; 4]), Closes),
        ("GOAWAY", frame(GOAWAY, 0, 0, &[0; 8]), Ignored),
    ]
}
