use quartet::dynamic::{Method, Reflector, Schema, nearest};
use quartet::rpc::{Client, Code, Request, Status};

use super::Session;
use crate::Failure;

/// What the server serves, by its reflection; what is not there is told with what is.
pub struct Explorer<'a> {
    session: &'a Session<'a>,
    reflector: Reflector<NewRequest<'a>>,
}

type NewRequest<'a> = Box<dyn Fn() -> Result<Request<()>, Status> + 'a>;

impl<'a> Explorer<'a> {
    pub fn new(session: &'a Session<'a>) -> Self {
        let client = Client::from(&session.connection.channel);
        let request = || session.options.request(()).map_err(Status::invalid_argument);
        Explorer { session, reflector: Reflector::new(client, Box::new(request)) }
    }

    /// The names of all services.
    pub async fn services(&mut self) -> Result<Vec<String>, Failure> {
        self.reflector.services().await.map_err(|status| self.failed(status))
    }

    /// The files that define a symbol.
    pub async fn symbol(&mut self, symbol: &str) -> Result<Schema, Failure> {
        match self.reflector.schema(symbol).await {
            Ok(schema) => Ok(schema),
            Err(status) if status.code() == Code::NotFound => {
                let mut known = self.services().await?;
                for service in known.clone() {
                    // What a service lacks is no reason to be silent on the others.
                    if let Ok(schema) = self.reflector.schema(&service).await {
                        known.extend(schema.messages());
                    }
                }
                known.sort_unstable();
                known.dedup();
                let known = known.iter().map(String::as_str);
                Err(Failure::Input(unknown("symbol", symbol, "the server", known)))
            }
            Err(status) => Err(self.failed(status)),
        }
    }

    /// The files that define a service, which is known to be one.
    pub async fn service(&mut self, service: &str) -> Result<Schema, Failure> {
        match self.reflector.schema(service).await {
            Ok(schema) if schema.services().any(|name| name == service) => Ok(schema),
            Err(status) if status.code() != Code::NotFound => Err(self.failed(status)),
            _ => {
                let services = self.services().await?;
                let services = services.iter().map(String::as_str);
                Err(Failure::Input(unknown("service", service, "the server", services)))
            }
        }
    }

    /// A method, by `package.Service/Method` or `package.Service.Method`.
    pub async fn method(&mut self, name: &str) -> Result<Method, Failure> {
        let name = name.trim_start_matches('/');
        let split = name.rsplit_once('/').or_else(|| name.rsplit_once('.'));
        let Some((service, method)) = split else {
            return Err(Failure::Input(format!(
                "`{name}` is no method: write SERVICE/METHOD, such as chat.ChatService/SayHello"
            )));
        };
        let schema = self.service(service).await?;
        schema.method(service, method).ok_or_else(|| {
            let methods = schema.methods(service);
            let methods = methods.iter().map(String::as_str);
            Failure::Input(unknown("method", method, &format!("`{service}`"), methods))
        })
    }

    /// There are no more questions.
    pub async fn finish(self) {
        self.reflector.finish().await;
    }

    fn failed(&self, status: Status) -> Failure {
        self.session.failed(status)
    }
}

/// A text on what is not there.
fn unknown<'n>(
    what: &str,
    name: &str,
    owner: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> String {
    match nearest(name, names.clone()) {
        Some(nearest) => format!("{owner} has no {what} `{name}`; the nearest is `{nearest}`"),
        None => {
            let names: Vec<_> = names.collect();
            format!("{owner} has no {what} `{name}`; it has {}", names.join(", "))
        }
    }
}
