//! A chat service that does what the content of the (first) message says.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chat::{ChatService, Message, message};
use futures::{Stream, StreamExt, stream};
use futures_timer::Delay;
use quartet::rpc::{Code, Request, Response, Status, Streaming};

/// What a handler reports when it starts, and when it is dropped or done.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Started(&'static str),
    Over { method: &'static str, finished: bool, at: Instant },
    Upload(Result<usize, Code>),
}

#[derive(Clone)]
pub struct Probe {
    events: Arc<Mutex<mpsc::Sender<Event>>>,
}

pub fn probe() -> (Probe, mpsc::Receiver<Event>) {
    let (sender, receiver) = mpsc::channel();
    (Probe { events: Arc::new(Mutex::new(sender)) }, receiver)
}

/// Reports the end of a handler, however it comes.
struct Watch {
    probe: Probe,
    method: &'static str,
    finished: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Watch { method, finished, .. } = *self;
        self.probe.report(Event::Over { method, finished, at: Instant::now() });
    }
}

impl Probe {
    fn report(&self, event: Event) {
        // A test that has seen enough no longer listens.
        let _ = self.events.lock().unwrap().send(event);
    }

    fn watch(&self, method: &'static str) -> Watch {
        self.report(Event::Started(method));
        Watch { probe: self.clone(), method, finished: false }
    }
}

/// Carries out what a message says.
async fn obey(order: &str) -> Result<(), Status> {
    match order {
        "panic at once" => panic!("as told, at once"),
        "panic later" => {
            Delay::new(Duration::from_millis(5)).await;
            panic!("as told, later")
        }
        "sleep" => Delay::new(Duration::from_secs(60)).await,
        "wait for ever" => futures::future::pending().await,
        "fail" => return Err(Status::aborted("as told")),
        _ => {}
    }
    Ok(())
}

fn reply(content: impl Into<String>) -> Message {
    message("Probe", content)
}

impl ChatService for Probe {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        let mut watch = self.watch("SayHello");
        obey(&request.get_ref().content).await?;
        watch.finished = true;
        Ok(reply(&request.get_ref().content).into())
    }

    /// `N then X` sends N messages, then obeys X.
    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let content = request.into_inner().content;
        let (count, order) = content.split_once(" then ").unwrap_or(("0", &content));
        let (count, order) = (count.parse::<usize>().unwrap_or(0), order.to_owned());
        let watch = self.watch("BroadcastMessages");
        let numbers = stream::iter(0..count).map(|n| Ok(reply(n.to_string())));
        let end = stream::once(async move {
            let mut watch = watch;
            let result = obey(&order).await;
            watch.finished = true;
            result
        });
        let end = end.filter_map(async |result| result.err().map(Err));
        Ok(Response::new(numbers.chain(end)))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let mut watch = self.watch("UploadStream");
        let mut upload = request.into_inner();
        let mut count = 0;
        loop {
            match upload.message().await {
                Ok(Some(message)) => {
                    count += 1;
                    obey(&message.content).await?;
                }
                Ok(None) => break,
                Err(status) => {
                    self.report(Event::Upload(Err(status.code())));
                    return Err(status);
                }
            }
        }
        self.report(Event::Upload(Ok(count)));
        watch.finished = true;
        Ok(reply(count.to_string()).into())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let watch = Arc::new(Mutex::new(self.watch("ChatStream")));
        let echoes = request.into_inner().then(move |received| {
            let watch = watch.clone();
            async move {
                let message = received?;
                obey(&message.content).await?;
                drop(watch);
                Ok(reply(message.content))
            }
        });
        Ok(Response::new(echoes))
    }
}
