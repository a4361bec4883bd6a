use std::fmt;
use std::sync::{Arc, LazyLock};

use protobuf::descriptor::{FileDescriptorProto, ServiceDescriptorProto};
use protobuf::well_known_types as known;

use super::types::{MessageType, Types};
use super::{Method, source};

/// A set of .proto files, to look up services in and to build messages from. Only what is used must
/// be valid: mistakes elsewhere in the files don't matter.
pub struct Schema {
    types: Arc<Types>,
}

/// Why files can't make a schema, or a method can't be called.
#[derive(Debug)]
pub struct InvalidSchema(String);

impl Schema {
    /// From files and everything they import, except those that come with protobuf (such as
    /// `google/protobuf/timestamp.proto`), which are already there. Of files with the same name the
    /// first counts.
    ///
    /// # Errors
    /// When the names of all types are over 64 MiB.
    pub fn new(
        files: impl IntoIterator<Item = FileDescriptorProto>,
    ) -> Result<Self, InvalidSchema> {
        Schema::of(files.into_iter().map(Arc::new).collect())
    }

    pub(super) fn of(mut files: Vec<Arc<FileDescriptorProto>>) -> Result<Self, InvalidSchema> {
        files.retain(|file| !is_well_known(file.name()));
        let known = WELL_KNOWN.iter().filter(|known| !has(&files, known.name()));
        let known: Vec<_> = known.cloned().collect();
        files.extend(known);
        let types = Types::new(files).map_err(InvalidSchema)?;
        Ok(Schema { types: Arc::new(types) })
    }

    /// The full names of the services.
    pub fn services(&self) -> impl Iterator<Item = String> {
        self.service_protos().map(|(name, _)| name)
    }

    /// The names of a service's methods, in the order of the file; none if there is no such
    /// service.
    pub fn methods(&self, service: &str) -> Vec<String> {
        let methods = self.service(service).into_iter().flat_map(|service| &service.method);
        methods.map(|method| method.name().to_owned()).collect()
    }

    /// A method of a service, if there is one of this name.
    ///
    /// # Errors
    /// When its input or output type is not in the files.
    pub fn method(&self, service: &str, method: &str) -> Result<Option<Method>, InvalidSchema> {
        let methods = self.service(service).into_iter().flat_map(|service| &service.method);
        let Some(proto) = methods.into_iter().find(|it| it.name() == method) else {
            return Ok(None);
        };
        let message = |name: &str| {
            let found = self.types.message_in(service, name);
            found
                .map(|message| message.to_type(&self.types))
                .map_err(|why| InvalidSchema(format!("{service}/{method}: {why}")))
        };
        let (input, output) = (message(proto.input_type())?, message(proto.output_type())?);
        Ok(Some(Method::new(service, proto, input, output)))
    }

    /// The full names of the messages, except nested ones.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.types.outer_messages()
    }

    /// A message by its full name.
    pub fn message(&self, name: &str) -> Option<MessageType> {
        let message = self.types.message_named(name).ok()?;
        Some(message.to_type(&self.types))
    }

    /// A service, method, message, field, enum, value or extension as text of a .proto file, with
    /// its comments, if the descriptors have any.
    pub fn describe(&self, symbol: &str) -> Option<String> {
        self.types.files().find_map(|file| source::describe(&self.types, file, symbol))
    }

    fn service(&self, name: &str) -> Option<&ServiceDescriptorProto> {
        self.service_protos().find(|(known, _)| known == name).map(|(_, service)| service)
    }

    fn service_protos(&self) -> impl Iterator<Item = (String, &ServiceDescriptorProto)> {
        self.types.files().flat_map(|file| {
            let named = |service: &'_ ServiceDescriptorProto| join(file.package(), service.name());
            file.service.iter().map(move |service| (named(service), service))
        })
    }
}

pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The files that come with protobuf; what they define has a form of its own in JSON, or is for
/// descriptors.
static WELL_KNOWN: LazyLock<Vec<Arc<FileDescriptorProto>>> = LazyLock::new(|| {
    let files = [
        known::any::file_descriptor(),
        known::api::file_descriptor(),
        known::duration::file_descriptor(),
        known::empty::file_descriptor(),
        known::field_mask::file_descriptor(),
        known::source_context::file_descriptor(),
        known::struct_::file_descriptor(),
        known::timestamp::file_descriptor(),
        known::type_::file_descriptor(),
        known::wrappers::file_descriptor(),
        protobuf::descriptor::file_descriptor(),
    ];
    files.into_iter().map(|file| Arc::new(file.proto().clone())).collect()
});

/// Whether a file is here already, and a server need not be asked for it. The options that
/// descriptors may have grow with each release, so that a newer file knows more of them.
pub(super) fn is_well_known(file: &str) -> bool {
    file != DESCRIPTOR && WELL_KNOWN.iter().any(|known| known.name() == file)
}

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

fn has(files: &[Arc<FileDescriptorProto>], name: &str) -> bool {
    files.iter().any(|file| file.name() == name)
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.types.files().map(FileDescriptorProto::name)).finish()
    }
}

impl fmt::Display for InvalidSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSchema {}
