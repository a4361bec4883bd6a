use crate::rpc::Status;

use super::super::wire::{Raw, Records};

/// How many files are taken from a server.
pub const FILES: usize = 10_000;
/// How many bytes they may have together.
pub const BYTES: usize = 64 << 20;
/// How many messages, fields, enums, values, services and methods, together with the comments of
/// each: a definition of two bytes takes some hundred when it is decoded.
pub const DEFINITIONS: usize = 2_000_000;

/// What a server's files have cost so far.
#[derive(Default)]
pub struct Spent {
    files: usize,
    bytes: usize,
    definitions: usize,
}

impl Spent {
    /// Adds a file that is not decoded yet.
    ///
    /// # Errors
    /// `INTERNAL` when it would be too much.
    pub fn add(&mut self, file: &[u8]) -> Result<(), Status> {
        self.files += 1;
        self.bytes += file.len();
        self.definitions += definitions(file);
        for (spent, limit, what) in [
            (self.files, FILES, "files"),
            (self.bytes, BYTES, "bytes of descriptors"),
            (self.definitions, DEFINITIONS, "definitions"),
        ] {
            if spent > limit {
                return Err(Status::internal(format!(
                    "the server's reflection sends more than {limit} {what}: it is broken or \
                     hostile"
                )));
            }
        }
        Ok(())
    }
}

/// The name of a file that is not decoded.
pub fn name(file: &[u8]) -> Option<String> {
    let records = Records::of(file).map_while(Result::ok);
    let names = records.filter_map(|record| match (record.number, record.value) {
        (1, Raw::Bytes(name)) => Some(name),
        _ => None,
    });
    String::from_utf8(names.last()?.to_vec()).ok()
}

/// A part of a file that can have many others.
#[derive(Clone, Copy)]
enum Part {
    File,
    Message,
    /// An enum or a service.
    Members,
    Comments,
    Other,
}

/// How many parts a file has, before any of them is decoded.
fn definitions(file: &[u8]) -> usize {
    let mut count = 0;
    let mut open = vec![(file, Part::File)];
    while let Some((bytes, part)) = open.pop() {
        for record in Records::of(bytes).map_while(Result::ok) {
            count += 1;
            let inner = match (part, record.number) {
                (Part::File, 4) | (Part::Message, 3) => Part::Message,
                (Part::File, 5 | 6) | (Part::Message, 4) => Part::Members,
                (Part::File, 9) => Part::Comments,
                (Part::Comments, 1) | (Part::Members, 2) | (Part::Message, 2 | 6 | 8) => {
                    Part::Other
                }
                _ => continue,
            };
            match (inner, record.value) {
                (Part::Other, _) => {}
                (inner, Raw::Bytes(bytes)) => open.push((bytes, inner)),
                _ => {}
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{DEFINITIONS, Spent};

    /// Each message takes two bytes here, and some hundred when it is decoded.
    #[test]
    fn definitions_are_counted_before_they_are_decoded() {
        let messages = |count| [0x22, 0].repeat(count);
        assert!(Spent::default().add(&messages(DEFINITIONS)).is_ok());
        let refused = Spent::default().add(&messages(DEFINITIONS + 1)).unwrap_err();
        assert!(refused.message().contains("more than 2000000 definitions"), "{refused:?}");
    }
}
