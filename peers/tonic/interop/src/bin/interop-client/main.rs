//! The client of gRPC's interop tests: runs one case.

mod cases;
mod load;

use std::error::Error;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Parser};
use tokio::time::timeout;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};

use tonic_interop_peer::read_file;
use tonic_interop_peer::testing::test_service_client::TestServiceClient;

const LIMIT: Duration = Duration::from_secs(60);

type Client = TestServiceClient<Channel>;

#[derive(Parser)]
#[command(rename_all = "snake_case")]
struct Args {
    #[arg(long, default_value = "localhost")]
    server_host: String,

    #[arg(long, default_value_t = 10000)]
    server_port: u16,

    /// The name that the server's certificate must have
    #[arg(long)]
    server_host_override: Option<String>,

    #[arg(long, default_value = "large_unary")]
    test_case: String,

    #[arg(long, action = ArgAction::Set, default_value_t = false)]
    use_tls: bool,

    /// Accepted: --ca_file has the authority
    #[arg(long, action = ArgAction::Set, default_value_t = false)]
    use_test_ca: bool,

    #[arg(long, required_if_eq("use_tls", "true"))]
    ca_file: Option<PathBuf>,

    /// Accepted: tonic has no service config
    #[arg(long)]
    service_config_json: Option<String>,

    #[command(flatten)]
    soak: load::Soak,
}

/// What was expected, and what was seen.
#[derive(Debug)]
struct Failed(String);

impl From<Status> for Failed {
    fn from(status: Status) -> Self {
        Failed(format!("status: expected Ok, saw {:?}: {}", status.code(), status.message()))
    }
}

type Tested = Result<(), Failed>;

fn expect<T: PartialEq + Display>(what: &str, expected: T, saw: T) -> Tested {
    if saw == expected {
        return Ok(());
    }
    Err(Failed(format!("{what}: expected {expected}, saw {saw}")))
}

/// Expects a call to end with this status.
fn expect_error<T>(expected: Code, called: Result<T, Status>) -> Result<Status, Failed> {
    let status = called.err().unwrap_or_else(|| Status::ok(""));
    if status.code() == expected {
        return Ok(status);
    }
    let (saw, message) = (status.code(), status.message());
    Err(Failed(format!("status: expected {expected:?}, saw {saw:?}: {message}")))
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let endpoint = endpoint(&args)?;
    let too_long = || Some(Err(Failed("expected an end within 60 s, saw none".into())));
    let tested = timeout(LIMIT, run(&args, &endpoint)).await.unwrap_or_else(|_| too_long());
    let Some(tested) = tested else {
        eprintln!("unsupported test case: {}", args.test_case);
        return Ok(ExitCode::from(127));
    };
    if let Err(Failed(why)) = tested {
        eprintln!("{}: {why}", args.test_case);
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn endpoint(args: &Args) -> Result<Endpoint, Box<dyn Error>> {
    let scheme = if args.use_tls { "https" } else { "http" };
    let address = format!("{scheme}://{}:{}", args.server_host, args.server_port);
    let mut endpoint = Endpoint::from_shared(address)?;
    if let (true, Some(ca)) = (args.use_tls, &args.ca_file) {
        let ca = Certificate::from_pem(read_file("ca_file", ca));
        let mut tls = ClientTlsConfig::new().ca_certificate(ca);
        if let Some(name) = &args.server_host_override {
            tls = tls.domain_name(name);
        }
        endpoint = endpoint.tls_config(tls)?;
    }
    Ok(endpoint)
}

/// Runs the case; none, if the client doesn't have it.
async fn run(args: &Args, endpoint: &Endpoint) -> Option<Tested> {
    let channel = endpoint.connect_lazy();
    let client = Client::new(channel.clone());
    Some(match args.test_case.as_str() {
        "empty_unary" => cases::unary::empty_unary(client).await,
        "large_unary" => cases::unary::large_unary(client).await,
        "client_compressed_unary" => cases::unary::client_compressed_unary(client).await,
        "status_code_and_message" => cases::unary::status_code_and_message(client).await,
        "special_status_message" => cases::unary::special_status_message(client).await,
        "unimplemented_method" => cases::unary::unimplemented_method(client).await,
        "unimplemented_service" => cases::unary::unimplemented_service(channel).await,
        "client_streaming" => cases::streaming::client_streaming(client).await,
        "server_streaming" => cases::streaming::server_streaming(client).await,
        "ping_pong" => cases::streaming::ping_pong(client).await,
        "empty_stream" => cases::streaming::empty_stream(client).await,
        "timeout_on_sleeping_server" => cases::streaming::timeout_on_sleeping_server(client).await,
        "custom_metadata" => cases::metadata::custom_metadata(client).await,
        "orca_per_rpc" => cases::metadata::orca_per_rpc(client).await,
        "orca_oob" => cases::metadata::orca_oob(client, channel).await,
        "rpc_soak" => load::soak(&args.soak, || client.clone()).await,
        "channel_soak" => load::soak(&args.soak, || Client::new(endpoint.connect_lazy())).await,
        "rst_after_header" | "rst_during_data" | "rst_after_data" => {
            cases::negative::reset(client).await
        }
        "goaway" => cases::negative::goaway(client).await,
        "ping" => cases::unary::large_unary(client).await,
        "max_streams" => cases::negative::max_streams(client).await,
        "concurrent_large_unary" => load::concurrent_large_unary(client).await,
        _ => return None,
    })
}
