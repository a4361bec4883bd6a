use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use protobuf::Message;
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::super::schema::{is_well_known, join};
use super::features::{Features, OF_ENUMS, OF_MESSAGES};
use super::{EnumSlot, MessageSlot, Place};

/// How long all names may be together; one inside of many others is counted with theirs.
const LONGEST_NAMES: usize = 64 << 20;

/// What a name stands for, by its index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Definition {
    Message(usize),
    Enum(usize),
}

/// A field for another message.
pub struct Extension {
    pub file: usize,
    /// The indices of the messages around it, and its own among their extensions.
    around: Box<[usize]>,
    own: usize,
    pub name: String,
    /// Of what is around it.
    pub features: Features,
}

/// Where everything is.
#[derive(Default)]
pub struct Index {
    pub messages: Vec<MessageSlot>,
    pub enums: Vec<EnumSlot>,
    /// By the full names; what is there twice has the files of both.
    names: HashMap<String, Result<Definition, [String; 2]>>,
    /// By the full names of the messages that they are for.
    extensions: HashMap<String, Vec<Extension>>,
    length: usize,
}

/// A message, or a file, whose definitions are still to be looked at.
struct Scope {
    name: String,
    path: Vec<usize>,
    features: Features,
}

impl Index {
    pub fn of(files: &[Arc<FileDescriptorProto>]) -> Result<Self, String> {
        let mut index = Index::default();
        for (number, file) in files.iter().enumerate() {
            index.add_file(files, number, file).map_err(|why| format!("{}: {why}", file.name()))?;
        }
        Ok(index)
    }

    /// What has this name, if anything has.
    pub fn find(&self, name: &str) -> Result<Option<Definition>, String> {
        match self.names.get(name) {
            None => Ok(None),
            Some(Ok(definition)) => Ok(Some(*definition)),
            Some(Err([first, second])) => {
                Err(format!("`{name}` is defined twice, in {first} and in {second}"))
            }
        }
    }

    /// What a name means inside of a message.
    pub fn resolve(&self, scope: &str, name: &str) -> Result<Option<Definition>, String> {
        if let Some(full) = name.strip_prefix('.') {
            return self.find(full);
        }
        let mut scope = scope;
        loop {
            if let Some(found) = self.find(&join(scope, name))? {
                return Ok(Some(found));
            }
            match scope.rsplit_once('.') {
                Some((around, _)) => scope = around,
                None if scope.is_empty() => return Ok(None),
                None => scope = "",
            }
        }
    }

    /// The fields that other places define for a message.
    pub fn extensions(&self, message: &str) -> impl Iterator<Item = &Extension> {
        self.extensions.get(message).into_iter().flatten()
    }

    fn add_file(
        &mut self,
        files: &[Arc<FileDescriptorProto>],
        number: usize,
        file: &FileDescriptorProto,
    ) -> Result<(), String> {
        let features = Features::of_file(file);
        let whole = Scope { name: file.package().to_owned(), path: Vec::new(), features };
        let mut scopes = vec![whole];
        while let Some(scope) = scopes.pop() {
            let message = match scope.path.is_empty() {
                true => None,
                false => Some(super::descend(file, &scope.path)),
            };
            let inside = match message {
                None => Inside {
                    messages: &file.message_type,
                    enums: &file.enum_type,
                    extensions: &file.extension,
                },
                Some(it) => Inside {
                    messages: &it.nested_type,
                    enums: &it.enum_type,
                    extensions: &it.extension,
                },
            };
            for (own, nested) in inside.messages.iter().enumerate() {
                let inner = scope.inner(nested.name(), own, nested.options.as_ref(), OF_MESSAGES);
                self.add_message(files, number, &inner)?;
                scopes.push(inner);
            }
            for (own, it) in inside.enums.iter().enumerate() {
                let inner = scope.inner(it.name(), own, it.options.as_ref(), OF_ENUMS);
                self.add_enum(files, number, inner)?;
            }
            for (own, it) in inside.extensions.iter().enumerate() {
                self.add_extension(number, &scope, own, it)?;
            }
        }
        Ok(())
    }

    fn add_message(
        &mut self,
        files: &[Arc<FileDescriptorProto>],
        file: usize,
        scope: &Scope,
    ) -> Result<(), String> {
        let definition = Definition::Message(self.messages.len());
        self.add_name(files, file, &scope.name, definition)?;
        let (name, fields) = (scope.name.clone(), OnceLock::new());
        let place = Place { file, path: scope.path.clone().into() };
        self.messages.push(MessageSlot { name, place, features: scope.features, fields });
        Ok(())
    }

    fn add_enum(
        &mut self,
        files: &[Arc<FileDescriptorProto>],
        file: usize,
        scope: Scope,
    ) -> Result<(), String> {
        let definition = Definition::Enum(self.enums.len());
        self.add_name(files, file, &scope.name, definition)?;
        let place = Place { file, path: scope.path.into() };
        let (name, values) = (scope.name, OnceLock::new());
        self.enums.push(EnumSlot { name, place, features: scope.features, values });
        Ok(())
    }

    fn add_extension(
        &mut self,
        file: usize,
        scope: &Scope,
        own: usize,
        proto: &FieldDescriptorProto,
    ) -> Result<(), String> {
        let name = join(&scope.name, proto.name());
        self.charge(&name)?;
        let around = scope.path.clone().into();
        let extension = Extension { file, around, own, name, features: scope.features };
        let extendee = proto.extendee().trim_start_matches('.');
        self.extensions.entry(extendee.to_owned()).or_default().push(extension);
        Ok(())
    }

    fn add_name(
        &mut self,
        files: &[Arc<FileDescriptorProto>],
        file: usize,
        name: &str,
        definition: Definition,
    ) -> Result<(), String> {
        self.charge(name)?;
        let Some(known) = self.names.get_mut(name) else {
            self.names.insert(name.to_owned(), Ok(definition));
            return Ok(());
        };
        // Some servers have protobuf's own files at other paths, too.
        if let (Ok(first), false) = (&known, is_well_known(files[file].name())) {
            let first = match *first {
                Definition::Message(index) => &self.messages[index].place,
                Definition::Enum(index) => &self.enums[index].place,
            };
            *known = Err([first.file, file].map(|file| files[file].name().to_owned()));
        }
        Ok(())
    }

    fn charge(&mut self, name: &str) -> Result<(), String> {
        self.length += name.len();
        match self.length > LONGEST_NAMES {
            true => Err(format!("the type names have more than {LONGEST_NAMES} bytes")),
            false => Ok(()),
        }
    }
}

struct Inside<'a> {
    messages: &'a [DescriptorProto],
    enums: &'a [EnumDescriptorProto],
    extensions: &'a [FieldDescriptorProto],
}

impl Scope {
    /// The scope of a definition inside of this one.
    fn inner(&self, name: &str, own: usize, options: Option<&impl Message>, number: u32) -> Scope {
        let path = [&self.path[..], &[own]].concat();
        let features = self.features.within(options, number);
        Scope { name: join(&self.name, name), path, features }
    }
}

impl Extension {
    /// The scope in which the names of its types are looked up.
    pub fn scope(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(scope, _)| scope)
    }

    pub fn proto<'a>(&self, files: &'a [Arc<FileDescriptorProto>]) -> &'a FieldDescriptorProto {
        let file = &files[self.file];
        match self.around.is_empty() {
            true => &file.extension[self.own],
            false => &super::descend(file, &self.around).extension[self.own],
        }
    }
}
