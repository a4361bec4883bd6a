//! Connections and streams that the lab opens itself, and leaves alone.

use std::io;

use super::figure::Figure;
use super::record::Readings;
use super::usage;
use super::wire::{Connection, EventKind};
use super::worker::Worker;
use crate::interop::run::HOST;

/// Streams on each connection: as many as every server allows.
const STREAMS: usize = 100;

/// Fewer say nothing about each.
pub const ENOUGH: usize = 100;

/// An empty request.
const REQUEST: &[u8] = &[];

/// The memory of a server that holds so many connections.
pub fn connections(number: usize, server: &Worker, port: u16) -> Result<Readings, String> {
    sample(number, server, port, |address| {
        (0..number).map(|_| connection_after_a_call(address)).collect()
    })
}

/// The memory of a server that holds so many streams.
pub fn streams(number: usize, server: &Worker, port: u16) -> Result<Readings, String> {
    sample(number, server, port, |address| connections_with_streams(address, number))
}

fn sample(
    number: usize,
    server: &Worker,
    port: u16,
    open: impl FnOnce(&str) -> io::Result<Vec<Connection>>,
) -> Result<Readings, String> {
    let address = format!("{HOST}:{port}");
    let pid = server.pid().ok_or("its memory can't be seen from this machine")?;
    let cannot = |error: io::Error| format!("at {address}: {error}");
    // What the first connection of all costs is not each one's.
    let first = connection_after_a_call(&address).map_err(cannot)?;
    let before = usage::resident_memory(pid);
    let held = open(&address).map_err(cannot)?;
    let after = usage::resident_memory(pid);
    drop((first, held));
    let mut readings = Readings::default();
    readings.put(Figure::ServerMemory, Some(after));
    let each = (after - before) * 1024.0 / number as f64;
    readings.put(Figure::MemoryEach, (number >= ENOUGH).then_some(each));
    Ok(readings)
}

/// A connection that has been used for one call.
fn connection_after_a_call(address: &str) -> io::Result<Connection> {
    let mut connection = Connection::open(address)?;
    let stream = connection.call("/grpc.testing.BenchmarkService/UnaryCall")?;
    connection.message(stream, REQUEST, true)?;
    while !connection.next()?.ends {}
    Ok(connection)
}

/// Connections with so many streams in all, each after a message and its answer.
fn connections_with_streams(address: &str, number: usize) -> io::Result<Vec<Connection>> {
    let mut connections = Vec::new();
    let mut left = number;
    while left > 0 {
        let mut connection = connection_after_a_call(address)?;
        let here = left.min(STREAMS);
        for _ in 0..here {
            let stream = connection.call("/grpc.testing.BenchmarkService/StreamingCall")?;
            connection.message(stream, REQUEST, false)?;
        }
        await_answers(&mut connection, here)?;
        connections.push(connection);
        left -= here;
    }
    Ok(connections)
}

/// Waits for an answer on each stream.
fn await_answers(connection: &mut Connection, streams: usize) -> io::Result<()> {
    let mut answered = std::collections::HashSet::new();
    while answered.len() < streams {
        let event = connection.next()?;
        match event.kind {
            _ if event.ends => return Err(io::Error::other("a stream ended on its own")),
            EventKind::Data(data) if !data.is_empty() => drop(answered.insert(event.stream)),
            _ => {}
        }
    }
    Ok(())
}
