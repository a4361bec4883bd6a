//! What can be measured, with its unit.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A figure of a sample. Costs are for each call (or message, or connection: whatever the
/// workload counts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// Calls, messages or connections a second.
    Rate,
    /// The median latency, in microseconds.
    P50,
    /// 99 % of latencies are lower, in microseconds.
    P99,
    /// 99.9 % of latencies are lower, in microseconds.
    P999,
    /// Processor time of the server, in microseconds a call.
    ServerCpu,
    /// Processor time of the client, in microseconds a call.
    ClientCpu,
    /// Context switches of the server a call.
    ServerSwitches,
    /// Context switches of the client a call.
    ClientSwitches,
    /// The server's largest resident set, in MiB.
    ServerMemory,
    /// The client's largest resident set, in MiB.
    ClientMemory,
    /// Bytes that the client sent a call, without headers of TCP and IP.
    BytesSent,
    /// Bytes that the client received a call, without headers of TCP and IP.
    BytesReceived,
    /// Calls that did not end with OK.
    Errors,
    /// Instructions of the server a call, counted by callgrind.
    Instructions,
    /// Resident memory of the server for each connection or stream, in KiB.
    MemoryEach,
    /// From the program's start until it takes connections, in milliseconds.
    StartTime,
    /// The program on the disk, in MB.
    ProgramSize,
    /// A build of the program and all that it depends on, from nothing, in seconds.
    BuildTime,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Figure {
    /// In a table's head.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::ServerCpu => "server CPU",
            Self::ClientCpu => "client CPU",
            Self::ServerSwitches => "server switches",
            Self::ClientSwitches => "client switches",
            Self::ServerMemory => "server memory",
            Self::ClientMemory => "client memory",
            Self::BytesSent => "sent",
            Self::BytesReceived => "received",
            Self::Errors => "errors",
            Self::Instructions => "instructions",
            Self::MemoryEach => "memory each",
            Self::StartTime => "start",
            Self::ProgramSize => "size",
            Self::BuildTime => "clean build",
        }
    }

    /// Its unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Rate => "/s",
            Self::P50 | Self::P99 | Self::P999 => "µs",
            Self::ServerCpu | Self::ClientCpu => "µs/call",
            Self::ServerSwitches | Self::ClientSwitches | Self::Instructions => "/call",
            Self::ServerMemory | Self::ClientMemory => "MiB",
            Self::BytesSent | Self::BytesReceived => "B/call",
            Self::Errors => "calls",
            Self::MemoryEach => "KiB",
            Self::StartTime => "ms",
            Self::ProgramSize => "MB",
            Self::BuildTime => "s",
        }
    }

    /// Which way is better.
    pub fn better(self) -> Better {
        if self == Self::Rate { Better::Higher } else { Better::Lower }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
