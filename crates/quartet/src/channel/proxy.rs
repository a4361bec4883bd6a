use super::Target;

/// Which targets are reached through the HTTP proxy that the environment names.
///
/// C-core takes it from the first of `grpc_proxy`, `https_proxy` and `http_proxy` (lower case) that
/// is there, as `http://[USER:PASSWORD@]HOST:PORT`, and asks it by `CONNECT` for the target's host
/// and port. It leaves out the hosts whose names end with one in `no_grpc_proxy`, or else
/// `no_proxy`, or that are in a range of addresses there (`10.0.0.0/8`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpProxy {
    /// Those that are one host of another machine. What is on this one (a loopback address,
    /// `localhost`, a socket) is reached without it, and so is what a proxy can't be asked for:
    /// several addresses, and services that a control plane knows.
    #[default]
    Remote,
    /// All but sockets.
    Always,
    /// None: the environment does not matter.
    Never,
}

impl HttpProxy {
    pub(super) fn is_for(self, target: &Target) -> bool {
        match self {
            HttpProxy::Remote => target.is_remote_host(),
            HttpProxy::Always => !target.is_socket(),
            HttpProxy::Never => false,
        }
    }
}
