use std::io;
use std::pin::pin;
use std::thread;

use clap::Args;
use futures::channel::{mpsc, oneshot};
use futures::executor::block_on;
use futures::future::{self, Either};
use futures::{Stream, TryStreamExt};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::channels::Channels;
use super::{Error, calls, frames};
use crate::proto::connectrpc::conformance::v1::client_compat_response::Result as Outcome;
use crate::proto::connectrpc::conformance::v1::{
    ClientCompatRequest, ClientCompatResponse, ClientErrorResult, ClientResponseResult,
};

/// How a client works.
#[derive(Debug, Args)]
pub struct Options {
    /// How many calls are made at once
    #[arg(long, value_name = "CALLS", default_value_t = 8)]
    parallel: usize,
}

/// Makes each call that is asked for on standard input, until that ends. A signal cancels what is
/// left.
pub fn run(options: &Options) -> Result<(), Error> {
    let interrupted = interrupted()?;
    let channels = Channels::default();
    let responses = requests()
        .map_ok(|request| respond(&channels, request))
        .try_buffer_unordered(options.parallel.max(1));
    let mut output = io::stdout().lock();
    let work =
        responses.try_for_each(|response| future::ready(frames::write(&mut output, &response)));
    match block_on(future::select(pin!(work), interrupted)) {
        Either::Left((result, _)) => result,
        Either::Right(_) => Ok(()),
    }
}

/// Standard input blocks, and so is read on a thread of its own.
fn requests() -> impl Stream<Item = Result<ClientCompatRequest, Error>> {
    let (sender, requests) = mpsc::unbounded();
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(request) = frames::read(&mut input).transpose() {
            let broken = request.is_err();
            if sender.unbounded_send(request).is_err() || broken {
                break;
            }
        }
    });
    requests
}

/// Ends with a signal.
fn interrupted() -> Result<oneshot::Receiver<()>, Error> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Error::environment)?;
    let (sender, interrupted) = oneshot::channel();
    thread::spawn(move || {
        signals.forever().next();
        let _ = sender.send(());
    });
    Ok(interrupted)
}

async fn respond(
    channels: &Channels,
    request: ClientCompatRequest,
) -> Result<ClientCompatResponse, Error> {
    let test_name = request.test_name.clone();
    let result = match call(channels, request).await {
        Ok(result) => Outcome::Response(result),
        Err(message) => {
            Outcome::Error(ClientErrorResult { message, ..ClientErrorResult::default() })
        }
    };
    let result = Some(result);
    Ok(ClientCompatResponse { test_name, result, ..ClientCompatResponse::default() })
}

async fn call(
    channels: &Channels,
    request: ClientCompatRequest,
) -> Result<ClientResponseResult, String> {
    let client = channels.client(&request).map_err(|error| error.to_string())?;
    calls::make(&client, request).await
}
