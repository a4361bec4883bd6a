use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::thread;

use futures::channel::mpsc;
use futures::{SinkExt, Stream};
use futures_executor::block_on;

use crate::failure::Failure;

/// A line of input, or why it can't be a message.
pub type Line = Result<String, BadLine>;

/// A line that can't be sent. The lines after it are not harmed.
#[derive(Debug)]
pub struct BadLine {
    pub number: u64,
    pub why: String,
}

impl std::fmt::Display for BadLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.number, self.why)
    }
}

/// The lines of a file, or of stdin, read on a thread of its own as fast as they are taken.
/// A line over `longest` bytes is bad, and is not kept in memory.
pub fn lines(
    file: Option<&Path>,
    longest: u64,
) -> Result<impl Stream<Item = Result<Line, Failure>>, Failure> {
    let name = match file {
        Some(path) if path != Path::new("-") => path.display().to_string(),
        _ => "stdin".to_owned(),
    };
    let failed =
        move |error: io::Error| Failure::environment(format!("can't read {name}: {error}"));
    let source: Box<dyn Read + Send> = match file {
        Some(path) if path != Path::new("-") => Box::new(File::open(path).map_err(&failed)?),
        _ => Box::new(io::stdin()),
    };
    let (mut sender, receiver) = mpsc::channel(0);
    let reading = move || {
        let mut source = BufReader::new(source);
        for number in 1.. {
            let line = match read_line(&mut source, number, longest) {
                Ok(Some(line)) => Ok(line),
                Ok(None) => return,
                Err(error) => Err(failed(error)),
            };
            let last = line.is_err();
            if block_on(sender.send(line)).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new().spawn(reading).map_err(|error| Failure::no_thread(&error))?;
    Ok(receiver)
}

fn read_line(source: &mut impl BufRead, number: u64, longest: u64) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    // Room for a line end, and one byte to see that there is too much.
    if source.take(longest.saturating_add(3)).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let ended = bytes.last() == Some(&b'\n');
    if ended {
        bytes.pop();
        bytes.pop_if(|byte| *byte == b'\r');
    }
    let bad = |why| Ok(Some(Err(BadLine { number, why })));
    if bytes.len() as u64 > longest {
        let rest = if ended { 0 } else { skip_line(source)? };
        let length = bytes.len() as u64 + rest;
        return bad(format!(
            "{length} bytes are over the limit of a message ({longest}; --max-message)"
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Ok(text))),
        Err(error) => {
            bad(format!("not valid UTF-8 at byte {}", error.utf8_error().valid_up_to() + 1))
        }
    }
}

/// Reads to the end of a line, and counts its bytes.
fn skip_line(source: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = source.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.unwrap_or(buffer.len());
        let done = end.is_some() || buffer.is_empty();
        skipped += length as u64;
        source.consume(length + usize::from(end.is_some()));
        if done {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut input: &[u8], longest: u64) -> Vec<Result<String, String>> {
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut input, lines.len() as u64 + 1, longest).unwrap() {
            lines.push(line.map_err(|bad| bad.to_string()));
        }
        lines
    }

    #[test]
    fn lines_end_in_every_way() {
        let lines = read_all(b"one\ntwo\r\n\nlast", 100);
        assert_eq!(lines, ["one", "two", "", "last"].map(|line| Ok(line.to_owned())));
    }

    #[test]
    fn a_bad_line_does_not_harm_the_next() {
        let lines = read_all(b"ok\nb\xffd\nfar too long for this\nok", 8);
        assert_eq!(lines[0], Ok("ok".into()));
        assert!(lines[1].as_ref().unwrap_err().contains("line 2: not valid UTF-8 at byte 2"));
        assert!(lines[2].as_ref().unwrap_err().contains("line 3: 21 bytes"), "{:?}", lines[2]);
        assert_eq!(lines[3], Ok("ok".into()));
    }

    #[test]
    fn the_longest_line_fits() {
        assert_eq!(read_all(b"12345678\n", 8), [Ok("12345678".to_owned())]);
        assert_eq!(read_all(b"12345678\r\n", 8), [Ok("12345678".to_owned())]);
        assert!(read_all(b"123456789", 8)[0].is_err());
    }
}
