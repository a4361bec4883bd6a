//! Frames of HTTP/2 (RFC 9113, section 4 and 6), as bytes.

use std::io::{self, ErrorKind, Read, Write};

pub const DATA: u8 = 0x0;
pub const HEADERS: u8 = 0x1;
pub const RST_STREAM: u8 = 0x3;
pub const SETTINGS: u8 = 0x4;
pub const PING: u8 = 0x6;
pub const GOAWAY: u8 = 0x7;
pub const WINDOW_UPDATE: u8 = 0x8;

pub const ACK: u8 = 0x1;
pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;
pub const PADDED: u8 = 0x8;

/// What a client sends first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The longest payload that nobody has to agree to.
const LONGEST: usize = 16_384;

/// A frame, with whatever padding and priority it came with.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// The next frame, unless the other side has closed before it.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; 9];
        match from.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let [a, b, c, kind, flags, id @ ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > LONGEST {
            return Err(io::Error::other(format!("a frame of {length} bytes")));
        }
        let mut payload = vec![0; length];
        from.read_exact(&mut payload)?;
        Ok(Some(Self { kind, flags, stream: u32::from_be_bytes(id) & !(1 << 31), payload }))
    }

    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let [_, a, b, c] = (self.payload.len() as u32).to_be_bytes();
        let [s, t, u, v] = self.stream.to_be_bytes();
        let head = [a, b, c, self.kind, self.flags, s, t, u, v];
        to.write_all(&[&head, &self.payload[..]].concat())
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload's number at an offset; 0 if it is too short for one.
    pub fn number(&self, offset: usize) -> u32 {
        let bytes = self.payload.get(offset..offset + 4).and_then(|it| it.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
    }
}

/// A DATA frame; with padding, it is that much longer, and a byte.
pub fn data(stream: u32, content: &[u8], padding: Option<u8>) -> Frame {
    match padding {
        None => Frame::new(DATA, 0, stream, content),
        Some(length) => {
            let padded = [&[length], content, &vec![0; length.into()][..]].concat();
            Frame::new(DATA, PADDED, stream, padded)
        }
    }
}

pub fn settings(settings: &[(u16, u32)]) -> Frame {
    let pairs = settings.iter().map(|(id, value)| {
        let ([a, b], [c, d, e, f]) = (id.to_be_bytes(), value.to_be_bytes());
        [a, b, c, d, e, f]
    });
    Frame::new(SETTINGS, 0, 0, pairs.flatten().collect::<Vec<_>>())
}

pub fn window_update(stream: u32, increment: usize) -> Frame {
    Frame::new(WINDOW_UPDATE, 0, stream, (increment as u32).to_be_bytes())
}

/// RST_STREAM without an error.
pub fn reset(stream: u32) -> Frame {
    Frame::new(RST_STREAM, 0, stream, 0_u32.to_be_bytes())
}

/// GOAWAY without an error.
pub fn goaway(last: u32) -> Frame {
    Frame::new(GOAWAY, 0, 0, [last.to_be_bytes(), 0_u32.to_be_bytes()].concat())
}

pub fn ping(number: u64) -> Frame {
    Frame::new(PING, 0, 0, number.to_be_bytes())
}

/// The headers of every answer: `:status 200` is in HPACK's static table, and `content-type` is
/// its name 31.
pub fn headers(stream: u32) -> Frame {
    let block = [&[0x88, 0x0f, 31 - 15][..], &text("application/grpc")].concat();
    Frame::new(HEADERS, END_HEADERS, stream, block)
}

/// The trailers of a call that went well.
pub fn trailers(stream: u32) -> Frame {
    let block = [&[0][..], &text("grpc-status"), &text("0")].concat();
    Frame::new(HEADERS, END_HEADERS | END_STREAM, stream, block)
}

/// The headers of a call. `:method POST` and `:scheme http` are in HPACK's static table, `:path`,
/// `:authority` and `content-type` are its names 4, 1 and 31.
pub fn request(stream: u32, authority: &str, path: &str) -> Frame {
    let block = [
        &[0x83, 0x86, 0x04][..],
        &text(path),
        &[0x01],
        &text(authority),
        &[0x0f, 31 - 15],
        &text("application/grpc"),
        &[0x00],
        &text("te"),
        &text("trailers"),
    ];
    Frame::new(HEADERS, END_HEADERS, stream, block.concat())
}

/// A short string without Huffman's coding.
fn text(text: &str) -> Vec<u8> {
    [&[text.len() as u8], text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let frames = [settings(&[(3, 1)]), headers(5), data(5, b"abc", Some(9)), goaway(5)];
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.write(&mut bytes).unwrap());
        let mut from = &bytes[..];
        for frame in frames {
            assert_eq!(Frame::read(&mut from).unwrap(), Some(frame));
        }
        assert_eq!(Frame::read(&mut from).unwrap(), None);
    }

    #[test]
    fn padding_is_counted_with_its_length() {
        let frame = data(1, b"abc", Some(2));
        assert_eq!(frame.payload, [2, b'a', b'b', b'c', 0, 0]);
    }

    #[test]
    fn a_frame_that_is_too_long_is_an_error() {
        let error = Frame::read(&mut &[0, 64, 1, 0, 0, 0, 0, 0, 1][..]).unwrap_err();
        assert_eq!(error.to_string(), "a frame of 16385 bytes");
    }
}
