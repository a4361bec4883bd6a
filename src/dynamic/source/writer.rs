use std::collections::HashMap;

use protobuf::descriptor::field_descriptor_proto::Label;
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MethodDescriptorProto, ServiceDescriptorProto,
};

use super::element::Element;
use super::{is_map_entry, kind, type_name};

/// Writes definitions, with the comments that the file has.
pub struct Writer<'a> {
    proto3: bool,
    /// By their paths.
    comments: HashMap<&'a [i32], &'a str>,
    text: String,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub fn new(file: &'a FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations.filter(|location| location.has_leading_comments());
        let comments =
            comments.map(|location| (location.path.as_slice(), location.leading_comments()));
        let proto3 = file.syntax() == "proto3";
        Writer { proto3, comments: comments.collect(), text: String::new(), depth: 0 }
    }

    /// The text of an element, which is at this path, without the last line end.
    pub fn write(mut self, path: &[i32], element: &Element<'_>) -> String {
        match element {
            Element::Message(it) => self.message(path, it),
            Element::Field(it, message) => self.field(path, message, it),
            Element::Extension(it) => self.extension(path, it),
            Element::Enum(it) => self.enumeration(path, it),
            Element::Value(it) => self.value(path, it.name(), it.number()),
            Element::Service(it) => self.service(path, it),
            Element::Method(it) => self.method(path, it),
        }
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, path: &[i32]) {
        let comment = self.comments.get(path).copied().unwrap_or_default();
        for line in comment.lines() {
            self.line(format!("//{line}").trim_end());
        }
    }

    fn block(&mut self, opening: &str, content: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        self.line(&format!("{opening} {{"));
        let empty = self.text.len();
        self.depth += 1;
        content(self);
        self.depth -= 1;
        if self.text.len() == empty {
            self.text.truncate(start);
            return self.line(&format!("{opening} {{}}"));
        }
        self.line("}");
    }

    fn message(&mut self, path: &[i32], message: &DescriptorProto) {
        self.comment(path);
        self.block(&format!("message {}", message.name()), |writer| {
            writer.nested(path, message);
            writer.fields(path, message);
            for (index, extension) in (0..).zip(&message.extension) {
                writer.extension(&[path, &[6, index]].concat(), extension);
            }
            for range in &message.extension_range {
                writer.line(&format!(
                    "extensions {};",
                    numbers(range.start(), range.end().saturating_sub(1))
                ));
            }
            for range in &message.reserved_range {
                writer.line(&format!(
                    "reserved {};",
                    numbers(range.start(), range.end().saturating_sub(1))
                ));
            }
            writer.reserved_names(&message.reserved_name);
        });
    }

    fn nested(&mut self, path: &[i32], message: &DescriptorProto) {
        for (index, nested) in (0..).zip(&message.nested_type) {
            if !is_map_entry(nested) {
                self.message(&[path, &[3, index]].concat(), nested);
            }
        }
        for (index, definition) in (0..).zip(&message.enum_type) {
            self.enumeration(&[path, &[4, index]].concat(), definition);
        }
    }

    /// The fields; those of a oneof stand where its first one does.
    fn fields(&mut self, path: &[i32], message: &DescriptorProto) {
        let oneof =
            |field: &FieldDescriptorProto| field.oneof_index.filter(|_| !field.proto3_optional());
        let fields = || (0..).zip(&message.field);
        for (index, field) in fields() {
            let Some(of) = oneof(field) else {
                self.field(&[path, &[2, index]].concat(), message, field);
                continue;
            };
            let mut members = fields().filter(|(_, field)| oneof(field) == Some(of));
            if members.clone().next().is_some_and(|(first, _)| first != index) {
                continue;
            }
            let name = usize::try_from(of).ok().and_then(|of| message.oneof_decl.get(of));
            let name = name.map_or("", |oneof| oneof.name());
            self.comment(&[path, &[8, of]].concat());
            self.block(&format!("oneof {name}"), |writer| {
                members.by_ref().for_each(|(index, member)| {
                    writer.field(&[path, &[2, index]].concat(), message, member);
                });
            });
        }
    }

    fn field(&mut self, path: &[i32], message: &DescriptorProto, field: &FieldDescriptorProto) {
        self.comment(path);
        let label = self.label(field);
        let (kind, name, number) = (kind(message, field), field.name(), field.number());
        let options = options(field);
        self.line(&format!("{label}{kind} {name} = {number}{options};"));
    }

    fn extension(&mut self, path: &[i32], field: &FieldDescriptorProto) {
        let extendee = field.extendee().trim_start_matches('.');
        self.block(&format!("extend {extendee}"), |writer| {
            writer.field(path, &DescriptorProto::new(), field);
        });
    }

    /// What stands before the type, but for `repeated`, which belongs to it.
    fn label(&self, field: &FieldDescriptorProto) -> &'static str {
        match field.label() {
            Label::LABEL_REQUIRED => "required ",
            Label::LABEL_OPTIONAL if field.proto3_optional() => "optional ",
            Label::LABEL_OPTIONAL if !self.proto3 && field.oneof_index.is_none() => "optional ",
            _ => "",
        }
    }

    fn enumeration(&mut self, path: &[i32], definition: &EnumDescriptorProto) {
        self.comment(path);
        self.block(&format!("enum {}", definition.name()), |writer| {
            for (index, value) in (0..).zip(&definition.value) {
                writer.value(&[path, &[2, index]].concat(), value.name(), value.number());
            }
            for range in &definition.reserved_range {
                writer.line(&format!("reserved {};", numbers(range.start(), range.end())));
            }
            writer.reserved_names(&definition.reserved_name);
        });
    }

    fn value(&mut self, path: &[i32], name: &str, number: i32) {
        self.comment(path);
        self.line(&format!("{name} = {number};"));
    }

    fn reserved_names(&mut self, names: &[String]) {
        let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
        if !names.is_empty() {
            self.line(&format!("reserved {};", names.join(", ")));
        }
    }

    fn service(&mut self, path: &[i32], service: &ServiceDescriptorProto) {
        self.comment(path);
        self.block(&format!("service {}", service.name()), |writer| {
            for (index, method) in (0..).zip(&service.method) {
                writer.method(&[path, &[2, index]].concat(), method);
            }
        });
    }

    fn method(&mut self, path: &[i32], method: &MethodDescriptorProto) {
        self.comment(path);
        let side = |streams, name: &str| {
            let stream = if streams { "stream " } else { "" };
            format!("({stream}{})", name.trim_start_matches('.'))
        };
        let input = side(method.client_streaming(), method.input_type());
        let output = side(method.server_streaming(), method.output_type());
        self.line(&format!("rpc {}{input} returns {output};", method.name()));
    }
}

fn numbers(first: i32, last: i32) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

fn options(field: &FieldDescriptorProto) -> String {
    let mut options = Vec::new();
    if field.has_default_value() {
        let quoted = matches!(type_name(field), "string" | "bytes");
        let value = field.default_value();
        options.push(if quoted {
            format!("default = {value:?}")
        } else {
            format!("default = {value}")
        });
    }
    if field.options.get_or_default().deprecated() {
        options.push("deprecated = true".to_owned());
    }
    if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) }
}
