use std::collections::HashSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use grpcio::{Marshaller, MethodType, pb_de, pb_ser};
use protobuf::descriptor::MethodDescriptorProto;

use crate::rpc::{Client, Request, Sender, Status, Streaming};

use super::{Encoded, MessageType};

/// A method that a [`Schema`](super::Schema) knows.
#[derive(Clone)]
pub struct Method {
    /// `/package.Service/Method`.
    path: &'static str,
    input: MessageType,
    output: MessageType,
    client_streaming: bool,
    server_streaming: bool,
}

impl Method {
    pub(super) fn new(
        service: &str,
        proto: &MethodDescriptorProto,
        input: MessageType,
        output: MessageType,
    ) -> Self {
        Method {
            path: interned(format!("/{service}/{}", proto.name())),
            input,
            output,
            client_streaming: proto.client_streaming(),
            server_streaming: proto.server_streaming(),
        }
    }

    /// `package.Service/Method`.
    pub fn name(&self) -> &'static str {
        &self.path[1..]
    }

    /// What a request is.
    pub fn input(&self) -> &MessageType {
        &self.input
    }

    /// What a reply is.
    pub fn output(&self) -> &MessageType {
        &self.output
    }

    /// Whether it takes a stream of requests, rather than one.
    pub fn client_streaming(&self) -> bool {
        self.client_streaming
    }

    /// Whether it answers with a stream of replies, rather than one.
    pub fn server_streaming(&self) -> bool {
        self.server_streaming
    }

    /// Starts a call. The four call types are alike on the wire; the caller sends as many requests
    /// as the method takes, and the replies make sure that there is exactly one where one is due.
    ///
    /// # Errors
    /// When the call can't be started; the replies report how it ends.
    pub fn start(
        &self,
        client: &Client,
        request: Request<()>,
    ) -> Result<(Sender<Encoded>, Replies), Status> {
        let marshaller = || Marshaller { ser: pb_ser, de: pb_de };
        let (req_mar, resp_mar) = (marshaller(), marshaller());
        let method = grpcio::Method { ty: MethodType::Duplex, name: self.path, req_mar, resp_mar };
        let (sender, stream) = client.bidi(&method, request)?;
        let owed = (!self.server_streaming).then_some(1);
        Ok((sender, Replies { stream, owed }))
    }
}

/// The replies of a call. Dropping them before their end cancels it.
pub struct Replies {
    stream: Streaming<Encoded>,
    /// How many are still to come, where that is known.
    owed: Option<u32>,
}

impl Replies {
    /// The next reply, or `None` when the call has ended with OK.
    ///
    /// # Errors
    /// The status that ended the call; `UNIMPLEMENTED` if it is OK, and a reply is missing or
    /// there are too many.
    pub async fn message(&mut self) -> Result<Option<Encoded>, Status> {
        let message = self.stream.message().await?;
        match (&mut self.owed, &message) {
            (Some(0), Some(_)) => Err(Status::unimplemented("the server sent more than one reply")),
            (Some(1), None) => {
                Err(Status::unimplemented("the server ended the call with OK, but sent no reply"))
            }
            (Some(owed), Some(_)) => {
                *owed -= 1;
                Ok(message)
            }
            _ => Ok(message),
        }
    }
}

/// grpcio keeps the names of methods for ever; so each is leaked once.
fn interned(path: String) -> &'static str {
    static PATHS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = paths.get(path.as_str()) {
        return known;
    }
    let leaked: &'static str = path.leak();
    paths.insert(leaked);
    leaked
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Method").field(&self.name()).finish()
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("owed", &self.owed).finish_non_exhaustive()
    }
}
