//! The code over `::quartet::rpc`: for each service a trait, a server and a client.
//!
//! All paths are absolute, `self::` or through `files`, as the messages of the
//! package are in scope and may be called `Result`, `Send` or `S`.

use crate::finish;
use crate::model::{Call, Method, Service};

const RPC: &str = "::quartet::rpc";
const STR: &str = "::core::primitive::str";

/// The items of a service, in a module from which the module of all files is
/// `files`. `stubs` is the module of its constants.
pub fn items(service: &Service, stubs: &str, files: &str) -> String {
    let writer = Writer { service, stubs, files };
    [writer.service_trait(), writer.server(), writer.service_from_server(), writer.client()]
        .join("\n")
}

/// The lines as documentation.
pub fn doc(lines: &[String]) -> String {
    lines.iter().map(|line| finish::doc(line) + "\n").collect()
}

/// Shifts the lines to the right by one level.
pub fn indent(text: &str) -> String {
    text.lines()
        .map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("    {line}\n"),
        })
        .collect()
}

struct Writer<'a> {
    service: &'a Service,
    stubs: &'a str,
    files: &'a str,
}

impl Writer<'_> {
    fn service_trait(&self) -> String {
        let Service { rust_name: name, full_name, .. } = self.service;
        let doc = match self.service.doc.as_slice() {
            [] => format!("/// The service `{full_name}`.\n"),
            lines => doc(lines),
        };
        let methods = self.each_method(|method| {
            format!(
                "\
{doc}fn {function}(
    &self,
    request: {request},
) -> impl ::core::future::Future<
    Output = {output},
> + ::core::marker::Send;
",
                doc = self::doc(&method.doc),
                function = method.rust_name,
                request = request(&self.incoming(method)),
                output = result(&format!("{RPC}::Response<{}>", self.outgoing(method))),
            )
        });
        format!(
            "{doc}pub trait {name}: ::core::marker::Send + ::core::marker::Sync + 'static \
             {{\n{methods}}}\n"
        )
    }

    fn server(&self) -> String {
        let Service { rust_name: name, full_name, .. } = self.service;
        format!(
            "\
/// Serves a [`{name}`](trait@self::{name}).
pub struct {name}Server<S>(::std::sync::Arc<S>);

impl<S: self::{name}> {name}Server<S> {{
    /// The full name of the service.
    pub const NAME: &'static {STR} = {full_name:?};

    /// Creates a server of the service.
    pub fn new(service: S) -> Self {{
        Self(::std::sync::Arc::new(service))
    }}

    /// Creates a server of a service that is shared.
    pub fn from_arc(service: ::std::sync::Arc<S>) -> Self {{
        Self(service)
    }}
}}
"
        )
    }

    fn service_from_server(&self) -> String {
        let name = &self.service.rust_name;
        let full_name = &self.service.full_name;
        let methods = self.each_method(|method| {
            let add = function_of(method.call);
            let constant = self.constant(method);
            let call = format!("<S as self::{name}>::{}(&s, request).await", method.rust_name);
            // A stream of replies may borrow from the service, which outlives it then.
            let answer = match method.call {
                Call::ServerStreaming | Call::Bidi => {
                    format!("async move {{ responder.answer(async {{ {call} }}).await }}")
                }
                _ => format!("responder.answer(async move {{ {call} }})"),
            };
            format!("        .{add}(&{constant}, |s, request, responder| {{\n            {answer}\n        }})\n")
        });
        format!(
            "\
impl<S: self::{name}> ::core::convert::From<{name}Server<S>> for {RPC}::Service {{
    fn from(server: {name}Server<S>) -> Self {{
        {RPC}::Service::builder({full_name:?}, &server.0)
{methods}            .build()
    }}
}}
"
        )
    }

    fn client(&self) -> String {
        let name = &self.service.rust_name;
        let methods = self.each_method(|method| self.client_method(method));
        format!(
            "\
/// Calls a [`{name}`](trait@self::{name}).
#[derive(::core::clone::Clone)]
pub struct {name}Client {{
    client: {RPC}::Client,
}}

impl {name}Client {{
    /// Creates a client that calls over a client, or what converts into one.
    pub fn new(client: impl ::core::convert::Into<{RPC}::Client>) -> Self {{
        Self {{
            client: ::core::convert::Into::into(client),
        }}
    }}

{methods}}}
"
        )
    }

    fn client_method(&self, method: &Method) -> String {
        let message = method.request.path(self.files);
        let reply = method.response.path(self.files);
        let (asynchronous, argument, output, wait) = match method.call {
            Call::Unary => ("async ", message, format!("{RPC}::Response<{reply}>"), ".await"),
            Call::ServerStreaming => ("", message, format!("{RPC}::Streaming<{reply}>"), ""),
            Call::ClientStreaming => (
                "",
                "()".to_owned(),
                format!("({RPC}::Sender<{message}>, {RPC}::Reply<{reply}>)"),
                "",
            ),
            Call::Bidi => (
                "",
                "()".to_owned(),
                format!("({RPC}::Sender<{message}>, {RPC}::Streaming<{reply}>)"),
                "",
            ),
        };
        format!(
            "\
{doc}{deprecated}pub {asynchronous}fn {function}(
    &self,
    request: impl ::core::convert::Into<{request}>,
) -> {result} {{
    self.client.{call}(&{constant}, ::core::convert::Into::into(request)){wait}
}}
",
            doc = doc(&method.doc),
            deprecated = if method.deprecated { "#[deprecated]\n" } else { "" },
            function = method.rust_name,
            request = request(&argument),
            result = result(&output),
            call = function_of(method.call),
            constant = self.constant(method),
        )
    }

    /// The texts of all methods, with an empty line between two.
    fn each_method(&self, text: impl Fn(&Method) -> String) -> String {
        let methods: Vec<_> = self.service.methods.iter().map(text).collect();
        indent(&methods.join("\n"))
    }

    /// What a method of the trait gets in its request.
    fn incoming(&self, method: &Method) -> String {
        let message = method.request.path(self.files);
        match method.call {
            Call::Unary | Call::ServerStreaming => message,
            Call::ClientStreaming | Call::Bidi => format!("{RPC}::Streaming<{message}>"),
        }
    }

    /// What a method of the trait gives in its response.
    fn outgoing(&self, method: &Method) -> String {
        let message = method.response.path(self.files);
        match method.call {
            Call::Unary | Call::ClientStreaming => message,
            Call::ServerStreaming | Call::Bidi => {
                format!("impl {RPC}::Stream<Item = {}> + ::core::marker::Send", result(&message))
            }
        }
    }

    fn constant(&self, method: &Method) -> String {
        format!("{}::{}::{}", self.files, self.stubs, method.constant)
    }
}

/// The function that adds a method to a service and that by which a client calls it.
fn function_of(call: Call) -> &'static str {
    match call {
        Call::Unary => "unary",
        Call::ClientStreaming => "client_streaming",
        Call::ServerStreaming => "server_streaming",
        Call::Bidi => "bidi",
    }
}

fn request(message: &str) -> String {
    format!("{RPC}::Request<{message}>")
}

fn result(value: &str) -> String {
    format!("::core::result::Result<{value}, {RPC}::Status>")
}
