//! What is generated for, with all names decided.

use std::collections::HashMap;

use protobuf::descriptor::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};

use crate::builtin;
use crate::comments::Comments;
use crate::error::{Kind, Result};
use crate::flatten::module_of;
use crate::names::{self, Names};
use crate::types::{Type, Types};

/// What services of one package are called, by the package.
type Packages<'a> = HashMap<&'a str, Names>;

/// A file whose code is generated.
pub struct Module<'a> {
    /// Its flattened descriptor.
    pub file: &'a FileDescriptorProto,
    pub services: Vec<Service>,
}

impl<'a> Module<'a> {
    /// The name of the module of its messages.
    pub fn name(&self) -> &'a str {
        module_of(self.file)
    }
}

/// A service.
pub struct Service {
    /// The name that is part of its methods' paths, such as `chat.ChatService`.
    pub full_name: String,
    /// The name of its trait, and what its server's and client's names begin with.
    pub rust_name: String,
    /// The lines of its comment.
    pub doc: Vec<String>,
    pub methods: Vec<Method>,
}

/// A method of a service.
pub struct Method {
    pub name: String,
    /// The identifier of its function.
    pub rust_name: String,
    /// The name of its `::grpcio::Method`.
    pub constant: String,
    pub call: Call,
    pub request: Type,
    pub response: Type,
    /// The lines of its comment.
    pub doc: Vec<String>,
    pub deprecated: bool,
}

/// The style of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Unary,
    ClientStreaming,
    ServerStreaming,
    Bidi,
}

/// The modules of the flattened files that are not built in.
///
/// # Errors
///
/// When what a method takes or returns is not a message.
pub fn modules<'a>(flat: &'a [FileDescriptorProto], types: &Types) -> Result<Vec<Module<'a>>> {
    let mut packages = packages(flat);
    let mut modules = Vec::new();
    for file in flat.iter().filter(|file| builtin::of_flat(file).is_none()) {
        let mut builder = ModuleBuilder {
            file,
            comments: Comments::of(file),
            types,
            services: packages.entry(file.package()).or_default(),
            constants: Names::default(),
        };
        let services = (0..).zip(&file.service);
        let services = services.map(|(index, service)| builder.service(index, service));
        let services = services.collect::<Result<_>>()?;
        modules.push(Module { file, services });
    }
    Ok(modules)
}

/// The names in each package that its services can't have: those of messages and enums.
fn packages(flat: &[FileDescriptorProto]) -> Packages<'_> {
    let mut packages = Packages::new();
    for file in flat.iter().filter(|file| builtin::of_flat(file).is_none()) {
        let messages = file.message_type.iter().map(|message| message.name());
        let enums = file.enum_type.iter().map(|enumeration| enumeration.name());
        let names = packages.entry(file.package()).or_default();
        messages.chain(enums).for_each(|name| names.reserve(names::rust_type(name)));
    }
    packages
}

struct ModuleBuilder<'a> {
    file: &'a FileDescriptorProto,
    comments: Comments,
    types: &'a Types,
    services: &'a mut Names,
    constants: Names,
}

impl ModuleBuilder<'_> {
    fn service(&mut self, index: i32, service: &ServiceDescriptorProto) -> Result<Service> {
        let name = names::ident(&names::camel(service.name()));
        let mut functions = Names::reserving(names::NEVER_RAW.iter().copied().chain(["new"]));
        Ok(Service {
            full_name: full_name(self.file, service),
            rust_name: self.services.claim(name, &["", "Server", "Client"]),
            doc: self.comments.at(&[6, index]).to_vec(),
            methods: (0..)
                .zip(&service.method)
                .map(|(i, method)| self.method(service, method, &[6, index, 2, i], &mut functions))
                .collect::<Result<_>>()?,
        })
    }

    fn method(
        &mut self,
        service: &ServiceDescriptorProto,
        method: &MethodDescriptorProto,
        path: &[i32],
        functions: &mut Names,
    ) -> Result<Method> {
        let function = functions.claim(names::snake(method.name()), &[""]);
        let constant = constant(service, method);
        Ok(Method {
            name: method.name().to_owned(),
            rust_name: names::ident(&function),
            constant: self.constants.claim(constant, &[""]),
            call: Call::of(method),
            request: self.message(service, method, method.input_type())?,
            response: self.message(service, method, method.output_type())?,
            doc: self.comments.at(path).to_vec(),
            deprecated: method.options.deprecated(),
        })
    }

    fn message(
        &self,
        service: &ServiceDescriptorProto,
        method: &MethodDescriptorProto,
        name: &str,
    ) -> Result<Type> {
        self.types.get(name).cloned().ok_or_else(|| {
            let reason = format!(
                "the method `{}` of `{}` takes or returns `{}`, which is not a message",
                method.name(),
                full_name(self.file, service),
                name.trim_start_matches('.'),
            );
            Kind::Definition { place: None, reason }.into()
        })
    }
}

/// The name of a method's constant, as grpcio-compiler has it.
pub fn constant(service: &ServiceDescriptorProto, method: &MethodDescriptorProto) -> String {
    let service = names::snake(&names::camel(service.name()));
    let method = names::snake(method.name());
    format!("METHOD_{service}_{method}").to_ascii_uppercase()
}

fn full_name(file: &FileDescriptorProto, service: &ServiceDescriptorProto) -> String {
    match file.package() {
        "" => service.name().to_owned(),
        package => format!("{package}.{}", service.name()),
    }
}

impl Call {
    fn of(method: &MethodDescriptorProto) -> Self {
        match (method.client_streaming(), method.server_streaming()) {
            (false, false) => Call::Unary,
            (true, false) => Call::ClientStreaming,
            (false, true) => Call::ServerStreaming,
            (true, true) => Call::Bidi,
        }
    }
}
