//! The server that is measured.

use std::io;
use std::net::{Ipv6Addr, TcpListener};

use lab_contract::bench::{Options, Refusal, Stage, Usage, port};
use tokio::net::TcpSocket;
use tonic::codec::CompressionEncoding::{Deflate, Gzip};
use tonic::transport::server::TcpIncoming;

use crate::benchmark::Benchmark;
use crate::messages::{compression, server_status};
use crate::settings::{self, failed};
use crate::testing::benchmark_service_server::BenchmarkServiceServer;
use crate::testing::server_args::Argtype;
use crate::testing::{ServerArgs, ServerConfig, ServerStatus, ServerType};
use crate::worker::{Ask, Measured};

pub struct MeasuredServer {
    port: u16,
    usage: Usage,
    _stage: Stage,
}

impl Measured for MeasuredServer {
    type Args = ServerArgs;
    type Config = ServerConfig;
    type Status = ServerStatus;

    fn ask(args: ServerArgs) -> Option<Ask<ServerConfig>> {
        Some(match args.argtype? {
            Argtype::Setup(config) => Ask::SetUp(config),
            Argtype::Mark(mark) => Ask::Mark(mark),
        })
    }

    fn set_up(config: ServerConfig, options: &Options) -> Result<Self, Refusal> {
        if config.server_type() == ServerType::AsyncGenericServer {
            return Err(Refusal::unimplemented("no generic server: it answers with protobuf only"));
        }
        let mut service = BenchmarkServiceServer::new(Benchmark)
            .accept_compressed(Deflate)
            .accept_compressed(Gzip);
        if let Some(encoding) = compression(&config.channel_args)? {
            service = service.send_compressed(encoding);
        }
        let mut server = settings::server(options, config.security_params.as_ref())?;
        let router = server.add_service(service);
        let listener = listen(port(config.port)?).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();

        let serve = async move {
            let incoming = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => TcpIncoming::from(listener).with_nodelay(Some(true)),
                Err(error) => return eprintln!("port {port}: {error}"),
            };
            if let Err(error) = router.serve_with_incoming(incoming).await {
                eprintln!("port {port}: {error}");
            }
        };
        let stage = settings::stage("bench-server", options.tuning, serve).map_err(failed)?;
        Ok(MeasuredServer { port, usage: Usage::now(), _stage: stage })
    }

    fn status(&mut self, reset: bool) -> ServerStatus {
        server_status(self.port, self.usage.used(reset))
    }
}

/// How many connections may wait to be accepted, as tokio's own listeners have it.
const BACKLOG: u32 = 1024;

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v6()?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv6Addr::UNSPECIFIED, port).into())?;
    socket.listen(BACKLOG)?.into_std()
}
