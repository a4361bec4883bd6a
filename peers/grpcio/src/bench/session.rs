//! A call of the driver's: a set-up, then marks, then the end.

use std::pin::pin;
use std::thread;
use std::time::Duration;

use futures::future::select;
use futures::{SinkExt, TryStreamExt};
use futures_timer::Delay;
use grpcio::{DuplexSink, RequestStream, RpcStatus, RpcStatusCode, WriteFlags};
use lab_contract::bench::{Options, Refusal};

/// What a message of the driver's asks for.
pub enum Ask<C> {
    SetUp(C),
    Mark { reset: bool },
}

/// A running server or client. It ends when dropped.
pub trait Measured: Sized + Send {
    type Args;
    type Config;
    type Status: Send;

    fn ask(args: Self::Args) -> Option<Ask<Self::Config>>;

    fn set_up(config: Self::Config, options: &Options) -> Result<Self, Refusal>;

    /// The figures since the last reset.
    fn status(&mut self, reset: bool) -> Self::Status;

    /// Ends it, and waits until it is gone.
    fn end(self) -> impl Future<Output = ()> + Send;
}

/// Answers the driver.
pub async fn run<M: Measured>(
    options: Options,
    mut args: RequestStream<M::Args>,
    mut sink: DuplexSink<M::Status>,
) {
    let answering = answer::<M>(&options, &mut args, &mut sink);
    // That the status can't be sent means that the driver is gone.
    let _ = match besides(answering).await {
        Ok(()) => sink.close().await,
        Err(status) => sink.fail(status).await,
    };
}

async fn answer<M: Measured>(
    options: &Options,
    args: &mut RequestStream<M::Args>,
    sink: &mut DuplexSink<M::Status>,
) -> Result<(), RpcStatus> {
    let Some(Ask::SetUp(config)) = args.try_next().await.map_err(gone)?.and_then(M::ask) else {
        return Err(wrong("the first message must be a setup"));
    };
    let mut measured = M::set_up(config, options).map_err(refused)?;
    let mut reset = false;
    loop {
        let status = measured.status(reset);
        sink.send((status, WriteFlags::default())).await.map_err(gone)?;
        reset = match args.try_next().await.map_err(gone)?.map(M::ask) {
            None => break,
            Some(Some(Ask::Mark { reset })) => reset,
            Some(_) => return Err(wrong("after the setup come only marks")),
        };
    }
    measured.end().await;
    Ok(())
}

/// How long the driver's thread looks at connections, and how long it does not.
const LOOK: Duration = Duration::from_micros(200);
const SLEEP: Duration = Duration::from_millis(20);

/// Runs a driver's call on a thread that sleeps most of the time.
///
/// C-core has one poller for all queues of a process: a thread that waits for marks would
/// read for those that are measured, and hand over to them. It can't do without its looks, as a
/// thread that is measured looks at no connection while a stream keeps it busy.
async fn besides<T>(call: impl Future<Output = T>) -> T {
    let sleeping = async {
        loop {
            Delay::new(LOOK).await;
            thread::sleep(SLEEP);
        }
    };
    select(pin!(call), pin!(sleeping)).await.factor_first().0
}

fn refused(refusal: Refusal) -> RpcStatus {
    RpcStatus::with_message(refusal.code, refusal.to_string())
}

fn wrong(what: &str) -> RpcStatus {
    RpcStatus::with_message(RpcStatusCode::INVALID_ARGUMENT, what.into())
}

fn gone(error: grpcio::Error) -> RpcStatus {
    RpcStatus::with_message(RpcStatusCode::UNKNOWN, error.to_string())
}
