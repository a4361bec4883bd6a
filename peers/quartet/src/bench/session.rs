//! A call of the driver's: a set-up, then marks, then the end.

use futures::{Stream, stream};
use quartet::rpc::{Status, Streaming};

use crate::proto::grpc::testing::client_args::Argtype as ClientArgtype;
use crate::proto::grpc::testing::server_args::Argtype as ServerArgtype;
use crate::proto::grpc::testing::{ClientArgs, ClientConfig, ServerArgs, ServerConfig};

/// What the driver sends.
pub enum Asked<C> {
    SetUp(C),
    Mark { reset: bool },
}

/// A message of the driver's.
pub trait Args: Send + 'static {
    type Config: Send;
    fn asked(self) -> Option<Asked<Self::Config>>;
}

impl Args for ServerArgs {
    type Config = ServerConfig;

    fn asked(self) -> Option<Asked<ServerConfig>> {
        self.argtype.map(|asked| match asked {
            ServerArgtype::Setup(config) => Asked::SetUp(config),
            ServerArgtype::Mark(mark) => Asked::Mark { reset: mark.reset },
        })
    }
}

impl Args for ClientArgs {
    type Config = ClientConfig;

    fn asked(self) -> Option<Asked<ClientConfig>> {
        self.argtype.map(|asked| match asked {
            ClientArgtype::Setup(config) => Asked::SetUp(config),
            ClientArgtype::Mark(mark) => Asked::Mark { reset: mark.reset },
        })
    }
}

/// A running server or client. It ends when dropped.
pub trait Measured: Send + 'static {
    type Status: Send;
    fn status(&mut self, reset: bool) -> Self::Status;
    /// Ends it, and waits until it is gone.
    fn end(self) -> impl Future<Output = ()> + Send;
}

/// The set-up, which has to come first.
pub async fn set_up<A: Args>(args: &mut Streaming<A>) -> Result<A::Config, Status> {
    match args.message().await?.and_then(A::asked) {
        Some(Asked::SetUp(config)) => Ok(config),
        _ => Err(Status::invalid_argument("the first message must be a setup")),
    }
}

/// Answers the set-up, and each mark.
pub fn answers<A: Args, M: Measured>(
    args: Streaming<A>,
    measured: M,
) -> impl Stream<Item = Result<M::Status, Status>> + Send {
    let start = (args, measured, true);
    stream::try_unfold(start, async |(mut args, mut measured, first)| {
        let reset = match first {
            true => false,
            false => match args.message().await?.map(A::asked) {
                None => {
                    measured.end().await;
                    return Ok(None);
                }
                Some(Some(Asked::Mark { reset })) => reset,
                Some(_) => {
                    return Err(Status::invalid_argument("after the setup come only marks"));
                }
            },
        };
        Ok(Some((measured.status(reset), (args, measured, false))))
    })
}
