use std::fmt;

use protobuf::descriptor::field_descriptor_proto::Type;
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use protobuf::reflect::{FileDescriptor, MessageDescriptor, ServiceDescriptor};
use protobuf::well_known_types as known;

use super::{Method, source};

/// A set of .proto files, to look up services in, and to build messages from.
pub struct Schema {
    files: Vec<FileDescriptor>,
    services: Vec<(String, ServiceDescriptor)>,
}

/// Why files make no schema.
#[derive(Debug)]
pub struct InvalidSchema(String);

impl Schema {
    /// Of files and all that they import, but for those that come with protobuf (such as
    /// `google/protobuf/timestamp.proto`), which are there already.
    ///
    /// # Errors
    /// When an import is missing, a type is not defined, or a field is a group of proto2
    /// or in a oneof that is not there.
    pub fn new(
        files: impl IntoIterator<Item = FileDescriptorProto>,
    ) -> Result<Self, InvalidSchema> {
        let files: Vec<_> = files.into_iter().filter(|file| !is_well_known(file.name())).collect();
        files.iter().try_for_each(check)?;
        let files = FileDescriptor::new_dynamic_fds(files, &well_known())
            .map_err(|error| InvalidSchema(error.to_string()))?;
        let services = files.iter().flat_map(|file| {
            let package = file.package().to_owned();
            file.services().map(move |service| (join(&package, service.proto().name()), service))
        });
        Ok(Schema { services: services.collect(), files })
    }

    /// The full names of the services.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|(name, _)| name.as_str())
    }

    /// The names of a service's methods, in the order of the file; none if there is no such
    /// service.
    pub fn methods(&self, service: &str) -> Vec<String> {
        let service = self.services.iter().find(|(name, _)| name == service);
        let methods = service.into_iter().flat_map(|(_, service)| service.methods());
        methods.map(|method| method.proto().name().to_owned()).collect()
    }

    /// A method of a service.
    pub fn method(&self, service: &str, method: &str) -> Option<Method> {
        let (_, descriptor) = self.services.iter().find(|(name, _)| name == service)?;
        let descriptor = descriptor.methods().find(|it| it.proto().name() == method)?;
        Some(Method::new(service, &descriptor))
    }

    /// The full names of the messages, but for those inside of others.
    pub fn messages(&self) -> Vec<String> {
        let messages = self.files.iter().flat_map(FileDescriptor::messages);
        messages.map(|message| message.full_name().to_owned()).collect()
    }

    /// A message by its full name.
    pub fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.files.iter().find_map(|file| file.message_by_full_name(&format!(".{name}")))
    }

    /// A service, method, message, field, enum, value or extension as text of a .proto file, with
    /// its comments, if the descriptors have them; options that are not protobuf's own are left
    /// out.
    pub fn describe(&self, symbol: &str) -> Option<String> {
        let known = well_known();
        let mut files = self.files.iter().chain(&known).map(FileDescriptor::proto);
        files.find_map(|file| source::describe(file, symbol))
    }
}

pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The files whose messages the crate protobuf has, and JSON has a form of their own for.
fn well_known() -> Vec<FileDescriptor> {
    vec![
        known::any::file_descriptor().clone(),
        known::api::file_descriptor().clone(),
        known::duration::file_descriptor().clone(),
        known::empty::file_descriptor().clone(),
        known::field_mask::file_descriptor().clone(),
        known::source_context::file_descriptor().clone(),
        known::struct_::file_descriptor().clone(),
        known::timestamp::file_descriptor().clone(),
        known::type_::file_descriptor().clone(),
        known::wrappers::file_descriptor().clone(),
        protobuf::descriptor::file_descriptor().clone(),
    ]
}

pub(super) fn is_well_known(file: &str) -> bool {
    well_known().iter().any(|known| known.name() == file)
}

/// Refuses what rust-protobuf panics at.
fn check(file: &FileDescriptorProto) -> Result<(), InvalidSchema> {
    let mut messages: Vec<_> = file.message_type.iter().collect();
    while let Some(message) = messages.pop() {
        for field in message.field.iter().chain(&message.extension) {
            if let Err(why) = check_field(message, field) {
                let (file, message, field) = (file.name(), message.name(), field.name());
                return Err(InvalidSchema(format!("{file}: `{field}` of `{message}` {why}")));
            }
        }
        messages.extend(&message.nested_type);
    }
    Ok(())
}

fn check_field(
    message: &DescriptorProto,
    field: &FieldDescriptorProto,
) -> Result<(), &'static str> {
    let oneof = field.oneof_index.map(usize::try_from);
    if oneof.is_some_and(|index| index.map_or(true, |it| it >= message.oneof_decl.len())) {
        return Err("is in a oneof that is not there");
    }
    match field.type_() {
        Type::TYPE_GROUP => Err("is a group, which only generated code can do"),
        _ => Ok(()),
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.files.iter().map(FileDescriptor::name)).finish()
    }
}

impl fmt::Display for InvalidSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSchema {}

#[cfg(test)]
mod tests {
    use protobuf::text_format::parse_from_str;

    use super::Schema;

    fn refused(files: &[&str]) -> String {
        let files = files.iter().map(|file| parse_from_str(file).unwrap());
        Schema::new(files).unwrap_err().to_string()
    }

    /// A file with a message of this field.
    fn with_field(field: &str) -> String {
        format!("name: 'a' message_type {{ name: 'M' field {{ name: 'f' number: 1 {field} }} }}")
    }

    #[test]
    fn files_that_no_compiler_would_make_are_refused() {
        let circle = ["name: 'a' dependency: 'b'", "name: 'b' dependency: 'a'"];
        assert!(refused(&circle).contains("Cycle"));
        assert!(refused(&["name: 'a' dependency: 'no.proto'"]).contains("no.proto"));
        let method = "name: 'M' input_type: '.N' output_type: '.N'";
        let service = format!("name: 'a' service {{ name: 'S' method {{ {method} }} }}");
        assert!(refused(&[&service]).contains(".N"));
        assert!(refused(&[&with_field("type: TYPE_MESSAGE type_name: '.N'")]).contains(".N"));
        let group = refused(&[&with_field("type: TYPE_GROUP type_name: '.M'")]);
        assert_eq!(group, "a: `f` of `M` is a group, which only generated code can do");
        for index in [7, -1] {
            let oneof = refused(&[&with_field(&format!("type: TYPE_INT32 oneof_index: {index}"))]);
            assert_eq!(oneof, "a: `f` of `M` is in a oneof that is not there");
        }
    }
}
