//! The code that is generated from the .proto files, and what server and client share.

use std::fs;
use std::path::Path;

pub mod testing {
    tonic::include_proto!("grpc.testing");
}

/// The packages of the load reports: their code names each other by this path.
pub mod xds {
    pub mod data {
        pub mod orca {
            pub mod v3 {
                tonic::include_proto!("xds.data.orca.v3");
            }
        }
    }
    pub mod service {
        pub mod orca {
            pub mod v3 {
                tonic::include_proto!("xds.service.orca.v3");
            }
        }
    }
}

pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// A call's own load report, in its trailers.
pub const LOAD_REPORT: &str = "endpoint-load-metrics-bin";

/// A payload of so many zeros.
pub fn payload(size: usize) -> Option<testing::Payload> {
    Some(testing::Payload { body: vec![0; size], ..Default::default() })
}

/// Reads the file that a flag names, or ends the program.
pub fn read_file(flag: &str, path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| {
        eprintln!("--{flag}: {}: {error}", path.display());
        std::process::exit(2)
    })
}
