use super::Target;

/// Which targets to reach through the HTTP proxy that the environment names.
///
/// C-core uses the first of `grpc_proxy`, `https_proxy` and `http_proxy` (lower case) that is set,
/// as `http://[USER:PASSWORD@]HOST:PORT`, and sends it a `CONNECT` for the target's host and port.
/// Hosts are excluded if their name ends with one in `no_grpc_proxy` or else `no_proxy`, or if they
/// are in an address range there (`10.0.0.0/8`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpProxy {
    /// Single hosts on other machines. What is on this machine (a loopback address, `localhost`, a
    /// socket) is reached directly, and so is what a proxy can't be asked for: several addresses,
    /// and services of a control plane.
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
