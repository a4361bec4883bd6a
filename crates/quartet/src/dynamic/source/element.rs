use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
};

/// Where something is defined in a file: the numbers of the fields of `FileDescriptorProto`, and
/// the indices in them, as `SourceCodeInfo` has it.
pub type Path = Vec<i32>;

/// A thing that has a name.
#[derive(Clone, Copy)]
pub enum Element<'a> {
    Message(&'a DescriptorProto),
    /// A field, and the message that it is in.
    Field(&'a FieldDescriptorProto, &'a DescriptorProto),
    /// A field for another message.
    Extension(&'a FieldDescriptorProto),
    Enum(&'a EnumDescriptorProto),
    Value(&'a EnumValueDescriptorProto),
    Service(&'a ServiceDescriptorProto),
    Method(&'a MethodDescriptorProto),
}

impl Element<'_> {
    fn name(&self) -> &str {
        match self {
            Element::Message(it) => it.name(),
            Element::Field(it, _) | Element::Extension(it) => it.name(),
            Element::Enum(it) => it.name(),
            Element::Value(it) => it.name(),
            Element::Service(it) => it.name(),
            Element::Method(it) => it.name(),
        }
    }
}

/// What is defined in a scope.
type Scope<'a> = Vec<(Path, Element<'a>)>;

pub fn of_file(file: &FileDescriptorProto) -> Scope<'_> {
    let mut scope = Scope::new();
    add(&mut scope, &[], 4, &file.message_type, Element::Message);
    add(&mut scope, &[], 6, &file.service, Element::Service);
    add(&mut scope, &[], 7, &file.extension, Element::Extension);
    add_enums(&mut scope, &[], 5, &file.enum_type);
    scope
}

/// Follows the names into the scopes.
pub fn find<'a>(scope: Scope<'a>, names: &[&str]) -> Option<(Path, Element<'a>)> {
    let (name, rest) = names.split_first()?;
    let (path, element) = scope.into_iter().find(|(_, element)| element.name() == *name)?;
    if rest.is_empty() {
        return Some((path, element));
    }
    find(within(&path, element), rest)
}

fn within<'a>(path: &[i32], element: Element<'a>) -> Scope<'a> {
    let mut scope = Scope::new();
    match element {
        Element::Message(it) => {
            add(&mut scope, path, 2, &it.field, |field| Element::Field(field, it));
            add(&mut scope, path, 3, &it.nested_type, Element::Message);
            add(&mut scope, path, 6, &it.extension, Element::Extension);
            add_enums(&mut scope, path, 4, &it.enum_type);
        }
        Element::Service(it) => add(&mut scope, path, 2, &it.method, Element::Method),
        _ => {}
    }
    scope
}

fn add<'a, T>(
    scope: &mut Scope<'a>,
    path: &[i32],
    number: i32,
    items: &'a [T],
    element: impl Fn(&'a T) -> Element<'a>,
) {
    let items = (0..).zip(items);
    scope.extend(items.map(|(index, item)| ([path, &[number, index]].concat(), element(item))));
}

/// The values of an enum are named beside it, not in it.
fn add_enums<'a>(
    scope: &mut Scope<'a>,
    path: &[i32],
    number: i32,
    enums: &'a [EnumDescriptorProto],
) {
    add(scope, path, number, enums, Element::Enum);
    for (index, definition) in (0..).zip(enums) {
        let path = [path, &[number, index]].concat();
        add(scope, &path, 2, &definition.value, Element::Value);
    }
}
