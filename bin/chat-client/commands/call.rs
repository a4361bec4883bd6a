use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::pin::pin;
use std::thread;

use futures::channel::mpsc;
use futures::future::{self, Either};
use futures::{SinkExt, Stream, StreamExt, stream};
use futures_executor::block_on;
use quartet::dynamic::json::{self, Value};
use quartet::dynamic::{Encoded, Method, Replies};
use quartet::rpc::{Client, Sender, Status};

use super::Session;
use super::explorer::Explorer;
use crate::Failure;

/// Calls any method that the server's reflection knows. The JSON values of the input are the
/// requests; the replies are printed as they come.
pub async fn run(session: Session<'_>, method: &str, data: Option<&str>) -> Result<(), Failure> {
    let mut explorer = Explorer::new(&session);
    let method = explorer.method(method).await?;
    explorer.finish().await;
    let requests = requests(&method, data)?;
    let client = Client::from(&session.connection.channel);
    let mut requests = pin!(requests);
    // One request is read before the call begins, so that a wrong one starts nothing.
    let first = match method.client_streaming() {
        true => None,
        false => Some(only(&method, requests.as_mut()).await?),
    };
    let (sender, replies) =
        method.start(&client, session.request(())?).map_err(|status| session.failed(status))?;
    let sending = pin!(send(first, requests, sender));
    let receiving = pin!(print_all(&session, &method, replies));
    match future::select(sending, receiving).await {
        Either::Left((sent, receiving)) => {
            sent?;
            receiving.await
        }
        Either::Right((received, _)) => received,
    }
}

/// The request of a method that takes one; an empty message if the input is empty.
async fn only(
    method: &Method,
    mut requests: impl Stream<Item = Result<Encoded, Failure>> + Unpin,
) -> Result<Encoded, Failure> {
    let Some(request) = requests.next().await.transpose()? else {
        return Ok(Encoded::default());
    };
    match requests.next().await {
        None => Ok(request),
        Some(_) => Err(Failure::Input(format!(
            "{} takes one request, but the input has more",
            method.name()
        ))),
    }
}

/// At a request that is wrong the call is cancelled: the sender is dropped unclosed.
async fn send(
    first: Option<Encoded>,
    mut requests: impl Stream<Item = Result<Encoded, Failure>> + Unpin,
    mut sender: Sender<Encoded>,
) -> Result<(), Failure> {
    if let Some(request) = first {
        let _ = sender.send(request).await;
        sender.close().await;
        return Ok(());
    }
    while let Some(request) = requests.next().await {
        // A call that has ended says why with its replies.
        if sender.send(request?).await.is_err() {
            return Ok(());
        }
    }
    sender.close().await;
    Ok(())
}

async fn print_all(
    session: &Session<'_>,
    method: &Method,
    mut replies: Replies,
) -> Result<(), Failure> {
    while let Some(reply) = replies.message().await.map_err(|status| session.failed(status))? {
        let json = json::print(method.output(), &reply).map_err(|bad| {
            session.failed(Status::internal(format!("can't print the reply as JSON: {}", bad.why)))
        })?;
        session.output.json(&json)?;
    }
    Ok(())
}

/// The requests of JSON, `@FILE`, or stdin (`-`), made on a thread as fast as they are taken.
fn requests(
    method: &Method,
    data: Option<&str>,
) -> Result<impl Stream<Item = Result<Encoded, Failure>> + use<>, Failure> {
    let (name, source): (_, Box<dyn BufRead + Send>) = match data {
        None => ("the request".to_owned(), Box::new(io::empty())),
        Some("-") => ("stdin".to_owned(), Box::new(BufReader::new(io::stdin()))),
        Some(text) => match text.strip_prefix('@') {
            Some(path) => {
                let file = File::open(path)
                    .map_err(|error| Failure::environment(format!("can't read {path}: {error}")))?;
                (path.to_owned(), Box::new(BufReader::new(file)))
            }
            None => ("the request".to_owned(), Box::new(io::Cursor::new(text.to_owned()))),
        },
    };
    let input = method.input().clone();
    read(name.clone(), json::values(source), move |value| {
        value.parse(&input).map_err(|bad| Failure::Input(format!("{name}, {bad}")))
    })
}

/// The messages of values, to their end or the first that is wrong. That the thread is gone is
/// not their end: it says so itself.
fn read(
    name: String,
    values: impl Iterator<Item = io::Result<Value>> + Send + 'static,
    encode: impl Fn(Value) -> Result<Encoded, Failure> + Send + 'static,
) -> Result<impl Stream<Item = Result<Encoded, Failure>>, Failure> {
    let (mut sender, receiver) = mpsc::channel(0);
    let source = name.clone();
    let reading = move || {
        for value in values {
            let value = value.map_err(|error| Failure::environment(format!("{source}: {error}")));
            let request = value.and_then(&encode).map(Some);
            let last = request.is_err();
            if block_on(sender.send(request)).is_err() || last {
                return;
            }
        }
        let _ = block_on(sender.send(Ok(None)));
    };
    thread::Builder::new().spawn(reading).map_err(|error| Failure::no_thread(&error))?;
    Ok(stream::unfold(Some((name, receiver)), async |state| {
        let (name, mut receiver) = state?;
        match receiver.next().await {
            Some(Ok(Some(request))) => Some((Ok(request), Some((name, receiver)))),
            Some(Ok(None)) => None,
            Some(Err(failure)) => Some((Err(failure), None)),
            None => {
                let why = format!("{name} could not be read to its end: a bug in chat-client");
                Some((Err(Failure::environment(why)), None))
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_reading_is_a_failure_and_not_the_end() {
        let values = || -> Box<dyn Iterator<Item = io::Result<Value>> + Send> {
            Box::new([Ok(Value { line: 1, text: "{}".into() })].into_iter())
        };
        let all = |values, encode: fn(Value) -> Result<Encoded, Failure>| {
            let read = read("stdin".into(), values, encode).expect("a thread");
            block_on(read.collect::<Vec<_>>())
        };
        let good = all(values(), |_| Ok(Encoded::default()));
        assert!(matches!(&good[..], [Ok(_)]), "{good:?}");
        let torn = all(values(), |_| panic!("on purpose"));
        assert!(matches!(&torn[..], [Err(Failure::Environment(_))]), "{torn:?}");
        let torn =
            all(Box::new(std::iter::from_fn(|| panic!("on purpose"))), |_| Ok(Encoded::default()));
        assert!(matches!(&torn[..], [Err(Failure::Environment(_))]), "{torn:?}");
    }
}
