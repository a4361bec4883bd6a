use quartet::dynamic::{Method, Reflector, Schema, nearest};
use quartet::rpc::{Client, Code, Request, Status};

use super::Session;
use crate::Failure;

/// What the server serves, by its reflection; an error about what is missing lists what exists.
pub struct Explorer<'a> {
    session: &'a Session<'a>,
    reflector: Reflector<NewRequest<'a>>,
}

/// In how many services something is looked for that the server does not know.
const SEARCHED: usize = 50;
/// How many names are shown of what is there instead.
const SHOWN: usize = 20;

type NewRequest<'a> = Box<dyn Fn() -> Result<Request<()>, Status> + 'a>;

impl<'a> Explorer<'a> {
    pub fn new(session: &'a Session<'a>) -> Self {
        let client = Client::from(&session.connection.channel);
        let request = || session.options.request(()).map_err(Status::invalid_argument);
        let reflector = Reflector::new(client, Box::new(request) as NewRequest<'a>);
        let reflector = match session.options.timeout() {
            Some(timeout) => reflector.patience(timeout),
            None => reflector,
        };
        Explorer { session, reflector }
    }

    /// The names of all services.
    pub async fn services(&mut self) -> Result<Vec<String>, Failure> {
        self.reflector.services().await.map_err(|status| self.failed(status))
    }

    /// The files that define a symbol. Not every server knows where methods and fields are, but
    /// what is around them.
    pub async fn symbol(&mut self, symbol: &str) -> Result<Schema, Failure> {
        let mut name = symbol;
        loop {
            match self.reflector.schema(name).await {
                Ok(schema) if name == symbol || schema.describe(symbol).is_some() => {
                    return Ok(schema);
                }
                Err(status) if status.code() != Code::NotFound => return Err(self.failed(status)),
                _ => {}
            }
            match name.rsplit_once('.') {
                Some((around, _)) => name = around,
                None => return Err(self.unknown_symbol(symbol).await?),
            }
        }
    }

    async fn unknown_symbol(&mut self, symbol: &str) -> Result<Failure, Failure> {
        let services = self.services().await?;
        let mut known = services.clone();
        for service in services.iter().take(SEARCHED) {
            // What a service lacks is no reason to be silent on the others.
            if let Ok(schema) = self.reflector.schema(service).await {
                known.extend(schema.messages().map(str::to_owned));
            }
        }
        known.sort_unstable();
        known.dedup();
        let known = known.iter().map(String::as_str);
        Ok(Failure::Input(unknown("symbol", symbol, "the server", known)))
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
                "`{name}` is not a method: write SERVICE/METHOD, such as chat.ChatService/SayHello"
            )));
        };
        let schema = self.service(service).await?;
        let found = schema.method(service, method).map_err(|error| {
            let why = format!("the server's descriptors can't be used: {error}");
            self.failed(Status::internal(why))
        })?;
        found.ok_or_else(|| {
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
            let shown: Vec<_> = names.clone().take(SHOWN).collect();
            let more = match names.count() - shown.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            format!("{owner} has no {what} `{name}`; it has {}{more}", shown.join(", "))
        }
    }
}
