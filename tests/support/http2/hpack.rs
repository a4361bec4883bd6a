//! Header blocks (RFC 7541), as plainly as they can be: literals, not Huffman coded. The reader
//! knows what a gRPC server says to a client that asked it to keep no header table.

use std::collections::VecDeque;

pub type Header<'a> = (&'a str, &'a [u8]);

/// How a literal is written: whether the peer is to keep it in its table (RFC 7541, 6.2).
#[derive(Clone, Copy)]
pub enum Literal {
    Indexed = 0x40,
    NotIndexed = 0,
}

/// A header block of literals that are not indexed.
pub fn block(headers: &[Header<'_>]) -> Vec<u8> {
    headers.iter().flat_map(|header| literal(Literal::NotIndexed, *header)).collect()
}

/// An encoder that has the peer keep every header, and refers to what it keeps. Few headers are
/// enough for a test, so none is ever driven out.
pub struct Table {
    room: bool,
    started: bool,
    kept: Vec<(String, Vec<u8>)>,
}

impl Table {
    /// With the room that a peer gives whose settings have this SETTINGS_HEADER_TABLE_SIZE.
    /// Without any, it goes on asking the peer to keep headers, which is allowed, and in vain.
    pub fn new(announced: Option<u32>) -> Self {
        Table { room: announced != Some(0), started: false, kept: Vec::new() }
    }

    pub fn block(&mut self, headers: &[Header<'_>]) -> Vec<u8> {
        let mut block = Vec::new();
        if !self.started && !self.room {
            // The first block after the settings says that the table has shrunk (4.2).
            block.extend(table_size(0));
        }
        self.started = true;
        for (name, value) in headers {
            let same = |kept: &(String, Vec<u8>)| kept.0 == *name && kept.1 == *value;
            match self.kept.iter().rev().position(same) {
                Some(age) => block.extend(reference(62 + age)),
                None => {
                    block.extend(literal(Literal::Indexed, (name, value)));
                    if self.room {
                        self.kept.push(((*name).into(), value.to_vec()));
                    }
                }
            }
        }
        block
    }
}

/// A literal with a name of its own.
pub fn literal(kind: Literal, (name, value): Header<'_>) -> Vec<u8> {
    let mut bytes = vec![kind as u8];
    for text in [name.as_bytes(), value] {
        integer(&mut bytes, 0, 7, text.len());
        bytes.extend(text);
    }
    bytes
}

/// A reference to an entry of the peer's table: its static part, and from 62 on what it keeps.
pub fn reference(index: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    integer(&mut bytes, 0x80, 7, index);
    bytes
}

/// How large the peer's table is from here on.
pub fn table_size(size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    integer(&mut bytes, 0x20, 5, size);
    bytes
}

/// An integer behind a pattern that leaves it `prefix` bits of the first byte (RFC 7541, 5.1).
fn integer(bytes: &mut Vec<u8>, pattern: u8, prefix: u32, value: usize) {
    let most = (1 << prefix) - 1;
    let Some(mut rest) = value.checked_sub(most) else { return bytes.push(pattern | value as u8) };
    bytes.push(pattern | most as u8);
    while rest >= 128 {
        bytes.push(rest as u8 | 128);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Reads a header block of a peer that uses no table of its own.
pub fn decode(block: &[u8]) -> Vec<(String, String)> {
    Reader::default().decode(block)
}

/// Reads the header blocks of a connection, and keeps what its peer wants kept, newest first, in
/// the 4,096 bytes that every peer may use.
#[derive(Default)]
pub struct Reader(VecDeque<(String, String)>);

impl Reader {
    pub fn decode(&mut self, block: &[u8]) -> Vec<(String, String)> {
        let mut rest = block;
        let mut headers = Vec::new();
        while let Some(first) = rest.first().copied() {
            let (prefix, literal) = match first {
                0x80.. => (7, false),
                0x40.. => (6, true),
                0x20.. => {
                    self.shrink(take_integer(&mut rest, 5));
                    continue;
                }
                _ => (4, true),
            };
            let (name, value) = match take_integer(&mut rest, prefix) {
                0 => (take_text(&mut rest), String::new()),
                index => self.entry(index),
            };
            let value = if literal { take_text(&mut rest) } else { value };
            if prefix == 6 {
                self.0.push_front((name.clone(), value.clone()));
                self.shrink(4096);
            }
            headers.push((name, value));
        }
        headers
    }

    fn entry(&self, index: usize) -> (String, String) {
        match index.checked_sub(62) {
            Some(age) => self.0.get(age).expect("an entry that is kept").clone(),
            None => static_entry(index),
        }
    }

    fn shrink(&mut self, most: usize) {
        let size = |(name, value): &(String, String)| name.len() + value.len() + 32;
        while self.0.iter().map(size).sum::<usize>() > most {
            self.0.pop_back();
        }
    }
}

fn take_integer(rest: &mut &[u8], prefix: u32) -> usize {
    let most = (1 << prefix) - 1;
    let mut value = usize::from(take_byte(rest)) & most;
    let mut shift = 0;
    while value >= most && shift < 28 {
        let byte = take_byte(rest);
        value += usize::from(byte & 127) << shift;
        shift += 7;
        if byte & 128 == 0 {
            break;
        }
    }
    value
}

fn take_text(rest: &mut &[u8]) -> String {
    let huffman = rest.first().is_some_and(|first| first & 128 != 0);
    // C-core codes nothing but `-bin` values, and no test of the wire looks at one.
    assert!(!huffman, "expected plain text, saw a Huffman code: {rest:?}");
    let length = take_integer(rest, 7);
    let (text, after) = rest.split_at_checked(length).expect("a text as long as it says");
    *rest = after;
    String::from_utf8_lossy(text).into_owned()
}

fn take_byte(rest: &mut &[u8]) -> u8 {
    let (first, after) = rest.split_first().expect("a header block that is whole");
    *rest = after;
    *first
}

/// The entries of the static table that gRPC has a use for.
fn static_entry(index: usize) -> (String, String) {
    let (name, value) = match index {
        1 => (":authority", ""),
        3 => (":method", "POST"),
        4 => (":path", "/"),
        6 => (":scheme", "http"),
        7 => (":scheme", "https"),
        8 => (":status", "200"),
        9 => (":status", "204"),
        10 => (":status", "206"),
        11 => (":status", "304"),
        12 => (":status", "400"),
        13 => (":status", "404"),
        14 => (":status", "500"),
        16 => ("accept-encoding", "gzip, deflate"),
        31 => ("content-type", ""),
        _ => panic!("expected an entry that gRPC has a use for, saw {index}"),
    };
    (name.into(), value.into())
}
