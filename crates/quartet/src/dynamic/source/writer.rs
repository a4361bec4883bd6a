use std::collections::{BTreeMap, HashMap, HashSet};

use protobuf::descriptor::descriptor_proto::ExtensionRange;
use protobuf::descriptor::field_descriptor_proto::{Label, Type};
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
};

use super::super::types::{Types, json_name};
use super::super::wire::LARGEST_NUMBER;
use super::element::Element;
use super::{kind, options, quoted};

/// Writes definitions, with the comments and options that the file has.
pub struct Writer<'a> {
    types: &'a Types,
    /// Whether fields that need not be there are called `optional`.
    proto2: bool,
    /// By their paths.
    comments: HashMap<&'a [i32], &'a str>,
    text: String,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub fn new(types: &'a Types, file: &'a FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations.filter(|location| location.has_leading_comments());
        let comments =
            comments.map(|location| (location.path.as_slice(), location.leading_comments()));
        let proto2 = matches!(file.syntax(), "" | "proto2");
        Writer { types, proto2, comments: comments.collect(), text: String::new(), depth: 0 }
    }

    /// The text of an element, which is at this path, without the last line end.
    pub fn write(mut self, path: &[i32], element: &Element<'_>) -> String {
        match element {
            Element::Message(it) => self.message(path, it),
            Element::Field(it, message) => self.field(path, message, it),
            Element::Extension(it) => self.extension(path, it),
            Element::Enum(it) => self.enumeration(path, it),
            Element::Value(it) => self.value(path, it),
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

    /// The options of what has a block, in lines of their own.
    fn options<M: protobuf::Message>(&mut self, all: Option<&M>) {
        for option in options::written(self.types, all) {
            self.line(&format!("option {option};"));
        }
    }

    /// Options that stand behind a definition, and others with them.
    fn behind<M: protobuf::Message>(&self, mut first: Vec<String>, all: Option<&M>) -> String {
        first.extend(options::written(self.types, all));
        if first.is_empty() { String::new() } else { format!(" [{}]", first.join(", ")) }
    }

    fn message(&mut self, path: &[i32], message: &DescriptorProto) {
        self.comment(path);
        self.block(&format!("message {}", message.name()), |writer| writer.body(path, message));
    }

    fn body(&mut self, path: &[i32], message: &DescriptorProto) {
        self.options(message.options.as_ref());
        self.nested(path, message);
        self.fields(path, message);
        for (index, extension) in (0..).zip(&message.extension) {
            self.extension(&[path, &[6, index]].concat(), extension);
        }
        for range in &message.extension_range {
            self.extensions(range);
        }
        for range in &message.reserved_range {
            let numbers = field_numbers(range.start(), range.end());
            self.line(&format!("reserved {numbers};"));
        }
        self.reserved_names(&message.reserved_name);
    }

    /// Messages and enums, but for those that are written as something else.
    fn nested(&mut self, path: &[i32], message: &DescriptorProto) {
        let fields = message.field.iter().chain(&message.extension);
        let groups = fields.filter(|field| is_group(field)).map(last_name);
        let groups: HashSet<_> = groups.collect();
        for (index, nested) in (0..).zip(&message.nested_type) {
            if !nested.options.get_or_default().map_entry() && !groups.contains(nested.name()) {
                self.message(&[path, &[3, index]].concat(), nested);
            }
        }
        for (index, definition) in (0..).zip(&message.enum_type) {
            self.enumeration(&[path, &[4, index]].concat(), definition);
        }
    }

    /// The fields; those of a oneof stand where its first one does.
    fn fields(&mut self, path: &[i32], message: &DescriptorProto) {
        let mut oneofs: BTreeMap<i32, Vec<_>> = BTreeMap::new();
        for (index, field) in (0..).zip(&message.field) {
            if let Some(oneof) = oneof(field) {
                oneofs.entry(oneof).or_default().push((index, field));
            }
        }
        for (index, field) in (0..).zip(&message.field) {
            let Some(of) = oneof(field) else {
                self.field(&[path, &[2, index]].concat(), message, field);
                continue;
            };
            let Some(members) = oneofs.remove(&of) else { continue };
            let declared = usize::try_from(of).ok().and_then(|of| message.oneof_decl.get(of));
            let name = declared.map_or("", |oneof| oneof.name());
            self.comment(&[path, &[8, of]].concat());
            self.block(&format!("oneof {name}"), |writer| {
                writer.options(declared.and_then(|oneof| oneof.options.as_ref()));
                for (index, member) in members {
                    writer.field(&[path, &[2, index]].concat(), message, member);
                }
            });
        }
    }

    fn field(&mut self, path: &[i32], message: &DescriptorProto, field: &FieldDescriptorProto) {
        self.comment(path);
        let (label, name, number) = (self.label(field), field.name(), field.number());
        let options = self.behind(own_options(field), field.options.as_ref());
        let nested = (0..).zip(&message.nested_type);
        let mut group = nested.filter(|(_, it)| is_group(field) && it.name() == last_name(field));
        match group.next() {
            Some((index, group)) => {
                let repeated =
                    if field.label() == Label::LABEL_REPEATED { "repeated " } else { "" };
                let opening =
                    format!("{label}{repeated}group {} = {number}{options}", group.name());
                let path = [&path[..path.len().saturating_sub(2)], &[3, index]].concat();
                self.block(&opening, |writer| writer.body(&path, group));
            }
            None => {
                let kind = kind(self.types, field);
                self.line(&format!("{label}{kind} {name} = {number}{options};"));
            }
        }
    }

    fn extension(&mut self, path: &[i32], field: &FieldDescriptorProto) {
        let extendee = field.extendee().trim_start_matches('.');
        self.block(&format!("extend {extendee}"), |writer| {
            writer.field(path, &DescriptorProto::new(), field);
        });
    }

    fn extensions(&mut self, range: &ExtensionRange) {
        let numbers = field_numbers(range.start(), range.end());
        let options = self.behind(Vec::new(), range.options.as_ref());
        self.line(&format!("extensions {numbers}{options};"));
    }

    /// What stands before the type, but for `repeated`, which belongs to it.
    fn label(&self, field: &FieldDescriptorProto) -> &'static str {
        match field.label() {
            Label::LABEL_REQUIRED => "required ",
            Label::LABEL_OPTIONAL if field.proto3_optional() => "optional ",
            Label::LABEL_OPTIONAL if self.proto2 && field.oneof_index.is_none() => "optional ",
            _ => "",
        }
    }

    fn enumeration(&mut self, path: &[i32], definition: &EnumDescriptorProto) {
        self.comment(path);
        self.block(&format!("enum {}", definition.name()), |writer| {
            writer.options(definition.options.as_ref());
            for (index, value) in (0..).zip(&definition.value) {
                writer.value(&[path, &[2, index]].concat(), value);
            }
            for range in &definition.reserved_range {
                let numbers = numbers(range.start(), range.end(), i32::MAX);
                writer.line(&format!("reserved {numbers};"));
            }
            writer.reserved_names(&definition.reserved_name);
        });
    }

    fn value(&mut self, path: &[i32], value: &EnumValueDescriptorProto) {
        self.comment(path);
        let options = self.behind(Vec::new(), value.options.as_ref());
        self.line(&format!("{} = {}{options};", value.name(), value.number()));
    }

    fn reserved_names(&mut self, names: &[String]) {
        let names: Vec<_> = names.iter().map(|name| quoted(name.as_bytes())).collect();
        if !names.is_empty() {
            self.line(&format!("reserved {};", names.join(", ")));
        }
    }

    fn service(&mut self, path: &[i32], service: &ServiceDescriptorProto) {
        self.comment(path);
        self.block(&format!("service {}", service.name()), |writer| {
            writer.options(service.options.as_ref());
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
        let rpc = format!("rpc {}{input} returns {output}", method.name());
        let all = options::written(self.types, method.options.as_ref());
        match all.is_empty() {
            true => self.line(&format!("{rpc};")),
            false => self.block(&rpc, |writer| writer.options(method.options.as_ref())),
        }
    }
}

/// The oneof of a field, unless it only stands for `optional`.
fn oneof(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

fn is_group(field: &FieldDescriptorProto) -> bool {
    field.type_ == Some(Type::TYPE_GROUP.into())
}

fn last_name(field: &FieldDescriptorProto) -> &str {
    field.type_name().rsplit('.').next().unwrap_or_default()
}

/// Those of a range of a message, which ends before `end`.
fn field_numbers(start: i32, end: i32) -> String {
    numbers(start, end.saturating_sub(1), LARGEST_NUMBER as i32)
}

fn numbers(first: i32, last: i32, largest: i32) -> String {
    match last {
        last if last == first => first.to_string(),
        last if last == largest => format!("{first} to max"),
        last => format!("{first} to {last}"),
    }
}

/// What is written as an option, and is none in the descriptor.
fn own_options(field: &FieldDescriptorProto) -> Vec<String> {
    let mut own = Vec::new();
    if field.has_default_value() {
        let value = field.default_value();
        own.push(match field.type_.map(|kind| kind.enum_value()) {
            Some(Ok(Type::TYPE_STRING)) => format!("default = {}", quoted(value.as_bytes())),
            // Escaped already.
            Some(Ok(Type::TYPE_BYTES)) => format!("default = \"{value}\""),
            _ => format!("default = {value}"),
        });
    }
    if field.has_json_name() && field.json_name() != json_name(field.name()) {
        own.push(format!("json_name = {}", quoted(field.json_name().as_bytes())));
    }
    own
}
