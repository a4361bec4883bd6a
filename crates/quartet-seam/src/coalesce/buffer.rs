use std::io::{self, ErrorKind, IoSlice};

/// A connected socket that does not block.
pub(super) trait Socket {
    /// Sends as much as the kernel takes at once.
    fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// How many bytes the kernel is sure to take.
    fn room(&self) -> usize;
}

/// The longest write that is held back, and the most bytes that are held at all.
const SMALL: usize = 8 << 10;
const MOST: usize = 32 << 10;
/// What the kernel may add to what is sent at once.
const ADDED: usize = 1 << 10;

/// What C-core takes for sent on one connection, and is held here still. Its bytes leave in order:
/// no write goes past them.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// How many of the bytes the kernel has taken.
    gone: usize,
    /// How many writes the bytes are.
    writes: u32,
    /// How many more bytes the kernel is sure to take, as far as is known without asking it, which
    /// costs a system call. More are never held, as C-core closes a connection as soon as its last
    /// write has gone.
    credit: usize,
    /// Why what was held could not be sent; the next write reports it.
    failed: Option<io::Error>,
}

impl Buffer {
    pub fn is_empty(&self) -> bool {
        self.held().is_empty()
    }

    /// A write of C-core's, which is held if fewer than `at_most` then are, and is sent behind
    /// those that are held if not. Says how many of its bytes C-core may take for sent.
    pub fn write(
        &mut self,
        parts: &[IoSlice<'_>],
        at_most: u32,
        socket: &impl Socket,
    ) -> io::Result<usize> {
        let length = parts.iter().map(|part| part.len()).sum();
        if length == 0 {
            // What is written next goes past this buffer.
            self.credit = 0;
        }
        if at_most > self.writes + 1 && (1..=SMALL).contains(&length) && self.failed.is_none() {
            if self.is_empty() && self.credit < MOST {
                self.credit = socket.room();
            }
            let room = self.credit.min(MOST);
            if self.held().len() + length <= room {
                if self.is_empty() {
                    self.bytes.reserve(room.min(length * at_most as usize));
                }
                parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
                self.writes += 1;
                return Ok(length);
            }
        }
        self.send(parts, socket)
    }

    /// Sends what is held. Whether it could be shows at the next write.
    pub fn flush(&mut self, socket: &impl Socket) {
        match self.send(&[], socket) {
            Err(error) if !is_full(&error) => self.failed = Some(error),
            _ => {}
        }
    }

    /// Sends what is held, then `parts`. Says how many bytes of the parts have gone.
    ///
    /// It ends when the kernel has taken something of the parts, or says that it is full: then
    /// C-core, which knows, hears when it no longer is.
    fn send(&mut self, parts: &[IoSlice<'_>], socket: &impl Socket) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while !self.is_empty() {
            let held = [IoSlice::new(self.held())];
            let length = held[0].len();
            let sent = match parts {
                [] => socket.send(&held),
                _ => socket.send(&[&held, parts].concat()),
            };
            self.spend(&sent);
            match sent {
                Ok(sent) if sent < length => self.gone += sent,
                Ok(sent) => {
                    let of_parts = sent - length;
                    self.clear();
                    if of_parts > 0 || parts.is_empty() {
                        return Ok(of_parts);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) => return Err(error),
                Err(error) => {
                    self.clear();
                    return Err(error);
                }
            }
        }
        if parts.is_empty() {
            return Ok(0);
        }
        let sent = socket.send(parts);
        self.spend(&sent);
        sent
    }

    /// Takes what was sent off the credit, as if the peer had read nothing since.
    fn spend(&mut self, sent: &io::Result<usize>) {
        self.credit = match sent {
            Ok(sent) => self.credit.saturating_sub(sent + ADDED),
            Err(_) => 0,
        };
    }

    fn held(&self) -> &[u8] {
        &self.bytes[self.gone..]
    }

    /// Gives the memory back too: an idle connection holds none.
    fn clear(&mut self) {
        self.bytes = Vec::new();
        (self.gone, self.writes) = (0, 0);
    }
}

/// Whether the kernel takes nothing for now, as C-core understands it.
fn is_full(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// Takes `limit` bytes, then is full.
    struct Pipe {
        taken: RefCell<Vec<u8>>,
        limit: Cell<usize>,
        room: usize,
        asked: Cell<usize>,
        sends: Cell<usize>,
        broken: Cell<bool>,
    }

    impl Pipe {
        fn of(limit: usize, room: usize) -> Self {
            let (taken, asked, sends) = Default::default();
            Pipe { taken, limit: limit.into(), room, asked, sends, broken: Cell::default() }
        }

        fn taken(&self) -> String {
            String::from_utf8(self.taken.borrow().clone()).unwrap()
        }
    }

    impl Socket for Pipe {
        fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            self.sends.set(self.sends.get() + 1);
            if self.broken.get() {
                return Err(ErrorKind::BrokenPipe.into());
            }
            let mut taken = self.taken.borrow_mut();
            let before = taken.len();
            let bytes = parts.iter().flat_map(|part| part.iter());
            taken.extend(bytes.take(self.limit.get() - before));
            match taken.len() - before {
                0 => Err(ErrorKind::WouldBlock.into()),
                sent => Ok(sent),
            }
        }

        fn room(&self) -> usize {
            self.asked.set(self.asked.get() + 1);
            self.room
        }
    }

    fn write(buffer: &mut Buffer, text: &str, at_most: u32, pipe: &Pipe) -> io::Result<usize> {
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        buffer.write(&[IoSlice::new(first), IoSlice::new(second)], at_most, pipe)
    }

    #[test]
    fn small_writes_go_out_together_and_in_order() {
        let (mut buffer, pipe) = (Buffer::default(), Pipe::of(1 << 20, 1 << 20));
        for text in ["one ", "two "] {
            assert_eq!(write(&mut buffer, text, 4, &pipe).unwrap(), 4);
        }
        assert_eq!(pipe.sends.get(), 0);
        buffer.flush(&pipe);
        assert_eq!((pipe.taken(), pipe.sends.get()), ("one two ".into(), 1));

        for text in ["three ", "four ", "five ", "six "] {
            write(&mut buffer, text, 4, &pipe).unwrap();
        }
        assert!(buffer.is_empty(), "four may not be held");
        assert_eq!((&pipe.taken()[8..], pipe.sends.get()), ("three four five six ", 2));
    }

    #[test]
    fn with_one_at_most_or_no_room_nothing_is_held() {
        for (at_most, room) in [(1, 1 << 20), (64, 2)] {
            let (mut buffer, pipe) = (Buffer::default(), Pipe::of(1 << 20, room));
            write(&mut buffer, "one", at_most, &pipe).unwrap();
            assert_eq!((pipe.taken(), buffer.is_empty()), ("one".into(), true));
        }
    }

    #[test]
    fn the_kernel_is_asked_for_its_room_now_and_then() {
        let (mut buffer, pipe) = (Buffer::default(), Pipe::of(1 << 30, 1 << 20));
        let mut times = |writes| {
            for _ in 0..writes {
                write(&mut buffer, "held", 2, &pipe).unwrap();
                buffer.flush(&pipe);
            }
            pipe.asked.take()
        };
        assert_eq!(times(900), 1);
        assert_eq!(times(900), 1);

        // By somebody else, who gives no length.
        buffer.write(&[], 2, &pipe).unwrap();
        write(&mut buffer, "held", 2, &pipe).unwrap();
        assert_eq!(pipe.asked.get(), 1);
    }

    #[test]
    fn a_long_write_takes_along_what_is_held() {
        let (mut buffer, pipe) = (Buffer::default(), Pipe::of(1 << 20, 1 << 20));
        write(&mut buffer, "held", 64, &pipe).unwrap();
        let long = "x".repeat(SMALL + 1);
        assert_eq!(write(&mut buffer, &long, 64, &pipe).unwrap(), long.len());
        assert_eq!((pipe.taken(), pipe.sends.get()), (format!("held{long}"), 1));
    }

    #[test]
    fn what_a_full_kernel_leaves_stays_in_front() {
        let (mut buffer, pipe) = (Buffer::default(), Pipe::of(6, 1 << 20));
        write(&mut buffer, "held", 64, &pipe).unwrap();
        write(&mut buffer, "back", 64, &pipe).unwrap();
        buffer.flush(&pipe);
        assert_eq!((pipe.taken(), buffer.is_empty()), ("heldba".into(), false));
        let refused = write(&mut buffer, "next", 64, &pipe).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::WouldBlock);

        pipe.limit.set(8);
        let refused = write(&mut buffer, "next", 64, &pipe).unwrap_err();
        assert_eq!((refused.kind(), pipe.taken()), (ErrorKind::WouldBlock, "heldback".into()));
        pipe.limit.set(11);
        assert_eq!(write(&mut buffer, "next", 1, &pipe).unwrap(), 3);
        assert_eq!(pipe.taken(), "heldbacknex");
    }

    #[test]
    fn a_failure_is_told_to_the_next_write() {
        let (mut buffer, pipe) = (Buffer::default(), Pipe::of(1 << 20, 1 << 20));
        write(&mut buffer, "lost", 64, &pipe).unwrap();
        pipe.broken.set(true);
        buffer.flush(&pipe);
        assert!(buffer.is_empty());
        let told = write(&mut buffer, "next", 64, &pipe).unwrap_err();
        assert_eq!((told.kind(), pipe.sends.get()), (ErrorKind::BrokenPipe, 1));
    }
}
