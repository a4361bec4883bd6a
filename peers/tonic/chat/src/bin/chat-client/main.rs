//! The chat client of the article. What it has to say goes to stdout, an error to stderr.

mod call;
mod check;
mod tls;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use tonic_chat_peer::Message;
use tonic_chat_peer::chat_service_client::ChatServiceClient;

type Client = ChatServiceClient<Channel>;

#[derive(Parser)]
struct Args {
    /// Call the server at host:port
    #[arg(long, default_value = "127.0.0.1:50051")]
    server: String,

    /// Factor on the article's sleeps; 0 for none
    #[arg(long, default_value_t = 1.0)]
    pace: f64,

    #[arg(long, value_enum, default_value_t = Style::All)]
    style: Style,

    /// Check the server (its pace must be 500ms), instead of making the article's calls
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    tls: tls::TlsArgs,

    #[command(flatten)]
    call: call::CallArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Style {
    Hello,
    Broadcast,
    Upload,
    Chat,
    All,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let endpoint = match args.tls.config()? {
        Some(tls) => Endpoint::from_shared(format!("https://{}", args.server))?.tls_config(tls)?,
        None => Endpoint::from_shared(format!("http://{}", args.server))?,
    };
    let client = Client::new(endpoint.connect_lazy());
    if args.check {
        return Ok(if check::run(&client).await { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }

    if let Some(name) = &args.call.call {
        let Ok(call) = call::Call::from_str(name, false) else {
            eprintln!("unsupported call: {name}");
            return Ok(ExitCode::from(127));
        };
        call::run(client, call, args.call).await;
        return Ok(ExitCode::SUCCESS);
    }

    let mut article = Article { client, pace: args.pace };
    if let Err(status) = article.call(args.style).await {
        eprintln!("{:?}: {}", status.code(), status.message());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The article's calls.
struct Article {
    client: Client,
    pace: f64,
}

impl Article {
    async fn call(&mut self, style: Style) -> Result<(), Status> {
        match style {
            Style::Hello => self.hello().await,
            Style::Broadcast => self.broadcast().await,
            Style::Upload => self.upload().await,
            Style::Chat => self.chat().await,
            Style::All => {
                self.hello().await?;
                self.broadcast().await?;
                self.upload().await?;
                self.chat().await
            }
        }
    }

    async fn hello(&mut self) -> Result<(), Status> {
        let mut request = Request::new(marko("This is a unary call."));
        request.set_timeout(Duration::from_secs(1));
        let response = self.client.say_hello(request).await?.into_inner();
        println!("Unary Response from {}: {}", response.user, response.content);
        Ok(())
    }

    async fn broadcast(&mut self) -> Result<(), Status> {
        let request = self.limited(marko(""));
        let mut stream = self.client.broadcast_messages(request).await?.into_inner();
        while let Some(message) = stream.message().await? {
            println!("Broadcast from {}: {}", message.user, message.content);
        }
        Ok(())
    }

    async fn upload(&mut self) -> Result<(), Status> {
        let messages = ["Log entry 1", "Log entry 2", "Log entry 3"].map(marko);
        let sleep = self.scaled(Duration::from_millis(300));
        let request = self.limited(tokio_stream::iter(messages).throttle(sleep));
        let response = self.client.upload_stream(request).await?.into_inner();
        println!("Upload Stream Response: {}", response.content);
        Ok(())
    }

    async fn chat(&mut self) -> Result<(), Status> {
        let (sender, receiver) = mpsc::channel(1);
        let sleep = self.scaled(Duration::from_secs(1));
        tokio::spawn(async move {
            for content in ["Hi!", "How are you?", "I'm using a bidi stream!"] {
                println!("Sending message: {content}");
                if sender.send(marko(content)).await.is_err() {
                    break; // The call has ended: who receives knows why
                }
                tokio::time::sleep(sleep).await;
            }
        });

        let request = self.limited(ReceiverStream::new(receiver));
        let mut stream = self.client.chat_stream(request).await?.into_inner();
        while let Some(message) = stream.message().await? {
            println!("Received from server: {}", message.content);
        }
        println!("Bidirectional stream finished.");
        Ok(())
    }

    /// Gives a stream ten seconds, and time for the sleeps of the slowest one.
    fn limited<T>(&self, outbound: T) -> Request<T> {
        let mut request = Request::new(outbound);
        request.set_timeout(Duration::from_secs(10) + self.scaled(Duration::from_secs(3)));
        request
    }

    fn scaled(&self, sleep: Duration) -> Duration {
        sleep.mul_f64(self.pace)
    }
}

fn marko(content: &str) -> Message {
    Message { user: "Marko".into(), content: content.into() }
}
