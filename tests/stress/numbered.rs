//! Messages that say which they are.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::LazyLock;

use chat::{Message, message};

/// What contents are cut out of.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut random = fastrand::Rng::with_seed(7);
    (0..200_000).map(|_| random.alphanumeric()).collect()
});

/// The message of this number in this stream: mostly short, sometimes long, sometimes empty.
pub fn numbered(stream: u64, number: u64) -> Message {
    message(format!("{stream}:{number}"), content(stream, number))
}

fn content(stream: u64, number: u64) -> &'static str {
    let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one((stream, number));
    let (kind, start, length) = (hash % 4096, (hash >> 12) as usize, (hash >> 32) as usize);
    let most = match kind {
        0..256 => 1,
        256..4000 => 100,
        4000..4090 => 5_000,
        _ => 100_000,
    };
    let start = start % 100_000;
    &TEXT[start..start + length % most]
}

/// The stream and the number that a message names.
pub fn named(message: &Message) -> Result<(u64, u64), String> {
    let (stream, number) = message.user.split_once(':').unwrap_or_default();
    match (stream.parse(), number.parse()) {
        (Ok(stream), Ok(number)) => Ok((stream, number)),
        _ => Err(format!("a message of `{}`", message.user)),
    }
}

/// Checks that a message is the one of this number in this stream.
pub fn check(message: &Message, stream: u64, number: u64) -> Result<(), String> {
    let named = named(message)?;
    if named != (stream, number) {
        return Err(format!("message {named:?} where {:?} was to be", (stream, number)));
    }
    let expected = content(stream, number);
    if message.content != expected {
        let (came, length) = (message.content.len(), expected.len());
        return Err(format!("message {named:?} is another: {came} bytes of {length}"));
    }
    Ok(())
}
