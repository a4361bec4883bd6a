use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use protobuf::Message;
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};

/// A file, as it is sent.
pub struct File {
    name: String,
    imports: Vec<String>,
    bytes: Vec<u8>,
}

/// Files, by all that they can be asked for.
#[derive(Default)]
pub struct Index {
    files: HashMap<String, Arc<File>>,
    /// By their full names.
    symbols: HashMap<String, Arc<File>>,
    messages: HashSet<String>,
    /// By the full name of the message that is extended, and the number of the field.
    extensions: HashMap<String, BTreeMap<i32, Arc<File>>>,
}

impl Index {
    /// Adds a file, unless there is one of its name.
    pub fn add(&mut self, file: FileDescriptorProto) {
        // What was decoded can be encoded, but for a field that is required and missing; such a
        // file nobody could use.
        let Ok(bytes) = file.write_to_bytes() else { return };
        if self.files.contains_key(file.name()) {
            return;
        }
        let shared = Arc::new(File {
            name: file.name().to_owned(),
            imports: file.dependency.clone(),
            bytes,
        });
        self.files.insert(shared.name.clone(), shared.clone());
        let mut entries = Entries { index: self, file: shared };
        let scope = file.package();
        file.message_type.iter().for_each(|message| entries.message(scope, message));
        file.enum_type.iter().for_each(|definition| entries.enumeration(scope, definition));
        file.service.iter().for_each(|service| entries.service(scope, service));
        file.extension.iter().for_each(|extension| entries.extension(scope, extension));
    }

    pub fn file(&self, name: &str) -> Option<&Arc<File>> {
        self.files.get(name)
    }

    pub fn symbol(&self, name: &str) -> Option<&Arc<File>> {
        self.symbols.get(name)
    }

    pub fn extension(&self, message: &str, number: i32) -> Option<&Arc<File>> {
        self.extensions.get(message)?.get(&number)
    }

    /// The numbers with which a message is extended, if there is such a message.
    pub fn extension_numbers(&self, message: &str) -> Option<Vec<i32>> {
        let extensions = self.extensions.get(message);
        let numbers = extensions.map(|numbers| numbers.keys().copied().collect());
        numbers.or_else(|| self.messages.contains(message).then(Vec::new))
    }

    /// The file, and behind it whatever it imports, directly or not, that is not in
    /// `sent` yet; that is how grpc-go answers.
    pub fn with_imports(&self, file: &Arc<File>, sent: &mut HashSet<String>) -> Vec<Vec<u8>> {
        sent.insert(file.name.clone());
        let mut files = vec![file.bytes.clone()];
        let mut seen = HashSet::from([file.name.as_str()]);
        let mut imports: VecDeque<_> = file.imports.iter().collect();
        while let Some(name) = imports.pop_front() {
            if !seen.insert(name) {
                continue;
            }
            let Some(import) = self.files.get(name) else { continue };
            if sent.insert(name.clone()) {
                files.push(import.bytes.clone());
            }
            imports.extend(&import.imports);
        }
        files
    }
}

/// Enters what a file defines.
struct Entries<'a> {
    index: &'a mut Index,
    file: Arc<File>,
}

impl Entries<'_> {
    fn symbol(&mut self, scope: &str, name: &str) -> String {
        let full = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        self.index.symbols.entry(full.clone()).or_insert_with(|| self.file.clone());
        full
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let scope = &self.symbol(scope, message.name());
        self.index.messages.insert(scope.clone());
        let names = message.field.iter().map(FieldDescriptorProto::name);
        let names = names.chain(message.oneof_decl.iter().map(|oneof| oneof.name()));
        for name in names {
            self.symbol(scope, name);
        }
        message.nested_type.iter().for_each(|nested| self.message(scope, nested));
        message.enum_type.iter().for_each(|definition| self.enumeration(scope, definition));
        message.extension.iter().for_each(|extension| self.extension(scope, extension));
    }

    /// The values of an enum are named beside it, not in it.
    fn enumeration(&mut self, scope: &str, definition: &EnumDescriptorProto) {
        self.symbol(scope, definition.name());
        for value in &definition.value {
            self.symbol(scope, value.name());
        }
    }

    fn service(&mut self, scope: &str, service: &ServiceDescriptorProto) {
        let scope = &self.symbol(scope, service.name());
        for method in &service.method {
            self.symbol(scope, method.name());
        }
    }

    fn extension(&mut self, scope: &str, extension: &FieldDescriptorProto) {
        self.symbol(scope, extension.name());
        let message = extension.extendee().trim_start_matches('.').to_owned();
        let numbers = self.index.extensions.entry(message).or_default();
        numbers.entry(extension.number()).or_insert_with(|| self.file.clone());
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}
