//! What all servers are run with.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{Either, select};
use futures_timer::Delay;
use grpcio::{Server, ServerBuilder, ServerCredentials};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long calls may take to end after the signal.
const GRACE: Duration = Duration::from_secs(1);

/// Serves on `address` until a signal.
pub fn serve(
    builder: ServerBuilder,
    address: &str,
    credentials: ServerCredentials,
) -> Result<ExitCode, Box<dyn Error>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let mut server = builder.build()?;
    let port = server.add_listening_port(address, credentials)?;
    server.start();
    println!("listening on {address}, port {port}");
    signals.forever().next();
    block_on(shut_down(server))?;
    Ok(ExitCode::SUCCESS)
}

/// Lets calls end, and cancels those that don't.
async fn shut_down(mut server: Server) -> grpcio::Result<()> {
    match select(server.shutdown(), Delay::new(GRACE)).await {
        Either::Left((result, _)) => result,
        Either::Right(((), ended)) => {
            server.cancel_all_calls();
            ended.await
        }
    }
}
