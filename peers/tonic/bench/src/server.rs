//! The server that is measured.

use std::io;
use std::net::{Ipv6Addr, TcpListener};

use tonic::Status;
use tonic::codec::CompressionEncoding::{Deflate, Gzip};
use tonic::transport::server::TcpIncoming;

use crate::benchmark::Benchmark;
use crate::settings::{Settings, compression};
use crate::stage::Stage;
use crate::testing::benchmark_service_server::BenchmarkServiceServer;
use crate::testing::server_args::Argtype;
use crate::testing::{ServerArgs, ServerConfig, ServerStats, ServerStatus, ServerType};
use crate::usage::Usage;
use crate::worker::{Ask, Measured, cores};

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

    fn set_up(config: ServerConfig, settings: &Settings) -> Result<Self, Status> {
        if config.server_type() == ServerType::AsyncGenericServer {
            return Err(Status::unimplemented(
                "ASYNC_GENERIC_SERVER: this worker has protobuf only",
            ));
        }
        let mut service = BenchmarkServiceServer::new(Benchmark)
            .accept_compressed(Deflate)
            .accept_compressed(Gzip);
        if let Some(encoding) = compression(&config.channel_args)? {
            service = service.send_compressed(encoding);
        }
        let router = settings.server(config.security_params.as_ref())?.add_service(service);
        let port = u16::try_from(config.port)
            .map_err(|_| Status::invalid_argument(format!("port: saw {}", config.port)))?;
        let listening = |error| Status::unavailable(format!("port {port}: {error}"));
        let listener = listen(port).map_err(listening)?;
        let port = listener.local_addr().map_err(listening)?.port();

        let serve = async move {
            let incoming = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => TcpIncoming::from(listener).with_nodelay(Some(true)),
                Err(error) => return eprintln!("port {port}: {error}"),
            };
            if let Err(error) = router.serve_with_incoming(incoming).await {
                eprintln!("port {port}: {error}");
            }
        };
        let stage = Stage::start("bench-server", settings.tuning, serve)?;
        Ok(MeasuredServer { port, usage: Usage::now()?, _stage: stage })
    }

    fn status(&mut self, reset: bool) -> Result<ServerStatus, Status> {
        let used = self.usage.used(reset)?;
        let stats = ServerStats {
            time_elapsed: used.elapsed,
            time_user: used.user,
            time_system: used.system,
            total_cpu_time: used.total_ticks,
            idle_cpu_time: used.idle_ticks,
            ..Default::default()
        };
        Ok(ServerStatus { stats: Some(stats), port: self.port.into(), cores: cores() })
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
