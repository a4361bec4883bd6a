//! gRPC's test certificates, as files for the peers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The authority.
pub const CA: &str = "ca.pem";

/// The server's certificate.
pub const CERTIFICATE: &str = "server1.pem";

/// Its key.
pub const KEY: &str = "server1.key";

/// A name in the server's certificate.
pub const AUTHORITY: &str = "foo.test.google.fr";

/// Where a file lies, among the logs.
pub fn path(logs: &Path, name: &str) -> PathBuf {
    logs.join("certs").join(name)
}

/// Writes the files.
pub fn write(logs: &Path) -> io::Result<()> {
    fs::create_dir_all(path(logs, ""))?;
    fs::write(path(logs, CA), include_bytes!("../../certs/ca.pem"))?;
    fs::write(path(logs, CERTIFICATE), include_bytes!("../../certs/server1.pem"))?;
    fs::write(path(logs, KEY), include_bytes!("../../certs/server1.key"))
}
