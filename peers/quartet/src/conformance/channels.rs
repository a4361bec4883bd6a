use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::Bytes;
use quartet::channel::Channel;

use super::Error;
use super::pem::Pem;
use crate::proto::connectrpc::conformance::v1::{
    ClientCompatRequest, ConformanceServiceClient, TLSCreds,
};

/// The channels to all servers, each made when it is first asked for.
#[derive(Default)]
pub struct Channels(RefCell<HashMap<Server, Reached>>);

/// A server, and how it is reached.
#[derive(PartialEq, Eq, Hash)]
struct Server {
    target: String,
    /// The certificate that it shows; empty for plaintext.
    certificate: Bytes,
    /// The client's own certificate and key.
    identity: Option<(Bytes, Bytes)>,
    /// The longest message that is taken from it, if there is a limit.
    max_receive: u32,
}

struct Reached {
    client: ConformanceServiceClient,
    _certificates: Option<Pem>,
}

impl Channels {
    /// A client of the server that a request names.
    pub fn client(&self, request: &ClientCompatRequest) -> Result<ConformanceServiceClient, Error> {
        match self.0.borrow_mut().entry(Server::of(request)) {
            Entry::Occupied(reached) => Ok(reached.get().client.clone()),
            Entry::Vacant(server) => {
                let reached = server.key().reach()?;
                Ok(server.insert(reached).client.clone())
            }
        }
    }
}

impl Server {
    fn of(request: &ClientCompatRequest) -> Self {
        let identity = request.client_tls_creds.as_ref();
        Server {
            target: format!("{}:{}", request.host, request.port),
            certificate: request.server_tls_cert.clone(),
            identity: identity.map(|TLSCreds { cert, key, .. }| (cert.clone(), key.clone())),
            max_receive: request.message_receive_limit,
        }
    }

    fn reach(&self) -> Result<Reached, Error> {
        let mut builder = Channel::builder(&self.target);
        if self.max_receive > 0 {
            builder = builder.max_receive(self.max_receive as usize);
        }
        let mut certificates = None;
        if !self.certificate.is_empty() {
            let pem = Pem::new()?;
            let identity = self.identity.as_ref().map(|(cert, key)| (&**cert, &**key));
            builder = builder.tls(&pem.client(&self.certificate, identity)?);
            certificates = Some(pem);
        }
        let client = ConformanceServiceClient::new(builder.build());
        Ok(Reached { client, _certificates: certificates })
    }
}
