use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use grpcio::ServerCredentials;

use super::Address;

/// Why a server can't listen on an address.
#[derive(Debug)]
pub struct BindError {
    address: Option<Address>,
    source: io::Error,
}

impl BindError {
    pub(super) fn core(error: grpcio::Error) -> Self {
        BindError::of_server(io::Error::other(error.to_string()))
    }

    /// About none of its addresses.
    pub(super) fn of_server(source: io::Error) -> Self {
        BindError { address: None, source }
    }

    /// The address, if the error is about one.
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(address) = &self.address else {
            return write!(f, "can't create the server: {}", self.source);
        };
        write!(f, "can't listen on {address}: ")?;
        match self.source.kind() {
            io::ErrorKind::AddrInUse => write!(f, "another process is listening there"),
            io::ErrorKind::AddrNotAvailable => write!(f, "not an address of this machine"),
            _ => write!(f, "{}", self.source),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Opens an address, and returns it with the port that was picked.
pub(super) fn listen(
    server: &mut grpcio::Server,
    address: &Address,
    credentials: ServerCredentials,
) -> Result<Address, BindError> {
    let failed = |source| BindError { address: Some(address.clone()), source };
    if let Address::Unix(path) = address {
        check_socket_file(path).map_err(failed)?;
    }
    match server.add_listening_port(address.to_string(), credentials) {
        Ok(picked) => Ok(match address {
            Address::Tcp { host, .. } => Address::Tcp { host: host.clone(), port: picked },
            Address::Unix(_) => address.clone(),
        }),
        Err(_) => Err(failed(reason(address))),
    }
}

/// C-core removes a socket file that is in its way, even from under a server that uses it.
fn check_socket_file(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(file) if !file.file_type().is_socket() => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "a file that is not a socket is in its place",
        )),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(_) => Ok(()),
        },
    }
}

/// C-core does not say why it can't listen; the same attempt without it does.
fn reason(address: &Address) -> io::Error {
    let attempt = match address {
        Address::Tcp { host, port } => TcpListener::bind(format!("{host}:{port}")).map(drop),
        Address::Unix(path) => UnixListener::bind(path).map(|_| {
            let _ = std::fs::remove_file(path);
        }),
    };
    // The address is good, so it is what is to be served there.
    let unusable = "C-core rejects the credentials: a certificate or key is invalid, or they don't \
                    match (GRPC_VERBOSITY=error says more)";
    attempt.err().unwrap_or_else(|| io::Error::other(unusable))
}
