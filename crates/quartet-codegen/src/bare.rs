//! The stubs of grpcio-compiler; where it can't make them, what they rest on.

use std::collections::HashSet;

use protobuf::Message;
use protobuf::descriptor::{FileDescriptorProto, ServiceDescriptorProto};
use protobuf2::Message as _;

use crate::error::{Kind, Result};
use crate::model::{self, Call, Method, Module};
use crate::names;
use crate::outline::Outlines;
use crate::types::Types;

/// The text of the module of stubs of a module, which is of one of the flattened files that
/// there are outlines of.
///
/// # Errors
///
/// When grpcio-compiler can't read the descriptors.
pub fn stubs(module: &Module, outlines: &Outlines, types: &Types) -> Result<String> {
    match grpcio_compiler_can(module.file, types) {
        Ok(()) => by_grpcio_compiler(module.file, outlines),
        Err(why) => Ok(constants(module, &why)),
    }
}

/// Whether grpcio-compiler makes stubs that compile for every service of a file;
/// if not, why.
fn grpcio_compiler_can(file: &FileDescriptorProto, types: &Types) -> Result<(), String> {
    let mut items = HashSet::new();
    for service in &file.service {
        let name = service.name();
        let rust_name = names::camel(name);
        if service.method.is_empty() {
            return Err(format!("the service `{name}` has no methods"));
        }
        // The stubs have a type parameter `S` and need these traits of Rust.
        if unusable(name) || matches!(rust_name.as_str(), "S" | "Self" | "Send" | "Clone") {
            return Err(format!("the service `{name}` has a name it can't use"));
        }
        methods_can(service, types)?;
        let claimed = [
            format!("create_{}", names::snake(&rust_name)),
            format!("{rust_name}Client"),
            rust_name,
        ];
        let constants = service.method.iter().map(|m| model::constant(service, m));
        for item in claimed.into_iter().chain(constants) {
            if items.contains(&item) {
                return Err(format!("it would write two items `{item}`"));
            }
            items.insert(item);
        }
    }
    Ok(())
}

fn methods_can(service: &ServiceDescriptorProto, types: &Types) -> Result<(), String> {
    // What the client has besides, and what the stubs would call instead.
    let mut functions: HashSet<String> =
        ["new", "spawn", "clone", "into", "try_into", "to_owned"].map(str::to_owned).into();
    for method in &service.method {
        let name = format!("{}.{}", service.name(), method.name());
        let function = names::snake(method.name());
        if unusable(method.name()) || names::is_keyword(&function) {
            return Err(format!("the method `{name}` has a name it can't use"));
        }
        let suffixes: &[&str] = match (method.client_streaming(), method.server_streaming()) {
            (false, false) => &["", "_opt", "_async", "_async_opt"],
            _ => &["", "_opt"],
        };
        for suffix in suffixes {
            if !functions.insert(format!("{function}{suffix}")) {
                return Err(format!("a function of the method `{name}` has a name already in use"));
            }
        }
        for message in [method.input_type(), method.output_type()] {
            if types.get(message).is_none_or(|found| found.grpcio_differs) {
                let message = message.trim_start_matches('.');
                return Err(format!("it can't name the message `{message}`"));
            }
        }
    }
    Ok(())
}

/// Whether a name has a last underscore, which grpcio-compiler takes for a word,
/// or would begin with a digit.
fn unusable(name: &str) -> bool {
    let begin = name.trim_start_matches('_');
    begin.is_empty() || begin.ends_with('_') || begin.starts_with(|c: char| c.is_ascii_digit())
}

fn by_grpcio_compiler(file: &FileDescriptorProto, outlines: &Outlines) -> Result<String> {
    let others = outlines.of_methods(file);
    let files = [file]
        .into_iter()
        .chain(&others)
        .map(to_protobuf_2)
        .collect::<Result<Vec<_>, String>>()
        .map_err(|reason| Kind::Generate { reason })?;
    let stubs: String = grpcio_compiler::codegen::r#gen(&files, &[file.name().to_owned()])
        .iter()
        .map(|result| String::from_utf8_lossy(&result.content))
        .collect();
    // `box_pointers` is no lint any more, and a crate that forbids unsafe code
    // accepts no module that allows it.
    Ok(stubs
        .replace("#![allow(box_pointers)]\n", "")
        .replace("#![allow(unsafe_code)]\n", "")
        // The one path to grpcio without the `::` by which `roots` finds them.
        .replace(" grpcio::unimplemented_call!", " ::grpcio::unimplemented_call!")
        .replace("\nconst METHOD_", "\npub const METHOD_"))
}

fn to_protobuf_2(
    file: &FileDescriptorProto,
) -> Result<protobuf2::descriptor::FileDescriptorProto, String> {
    let bytes = file.write_to_bytes().map_err(|e| e.to_string())?;
    protobuf2::descriptor::FileDescriptorProto::parse_from_bytes(&bytes).map_err(|e| e.to_string())
}

fn constants(module: &Module, why: &str) -> String {
    let mut text = format!(
        "// @generated by quartet-codegen. Do not edit.\n\
         // Not by grpcio-compiler: {why}.\n"
    );
    for service in &module.services {
        for method in &service.methods {
            text += &constant(&service.full_name, method);
        }
    }
    text
}

fn constant(service: &str, method: &Method) -> String {
    let ty = match method.call {
        Call::Unary => "Unary",
        Call::ClientStreaming => "ClientStreaming",
        Call::ServerStreaming => "ServerStreaming",
        Call::Bidi => "Duplex",
    };
    let marshaller = "::grpcio::Marshaller { ser: ::grpcio::pb_ser, de: ::grpcio::pb_de }";
    format!(
        "
pub const {constant}: ::grpcio::Method<{request}, {response}> = ::grpcio::Method {{
    ty: ::grpcio::MethodType::{ty},
    name: \"/{service}/{name}\",
    req_mar: {marshaller},
    resp_mar: {marshaller},
}};
",
        constant = method.constant,
        request = method.request.path("super"),
        response = method.response.path("super"),
        name = method.name,
    )
}

#[cfg(test)]
mod tests {
    use protobuf::descriptor::{DescriptorProto, MethodDescriptorProto};

    use super::*;

    /// Whether grpcio-compiler can do a file with these services and their methods.
    fn can(services: &[(&str, &[&str])], request: &str) -> Result<(), String> {
        let mut file = FileDescriptorProto::new();
        file.set_name("p.proto".to_owned());
        file.set_package("p".to_owned());
        for name in ["M", "lower"] {
            let mut message = DescriptorProto::new();
            message.set_name(name.to_owned());
            file.message_type.push(message);
        }
        file.message_type[0].nested_type = vec![file.message_type[0].clone()];
        for (name, methods) in services {
            let mut service = ServiceDescriptorProto::new();
            service.set_name((*name).to_owned());
            service.method = methods.iter().map(|name| method(name, request)).collect();
            file.service.push(service);
        }
        let types = Types::new(std::slice::from_ref(&file));
        grpcio_compiler_can(&file, &types)
    }

    fn method(name: &str, request: &str) -> MethodDescriptorProto {
        let mut method = MethodDescriptorProto::new();
        method.set_name(name.to_owned());
        method.set_input_type(request.to_owned());
        method.set_output_type(".p.M".to_owned());
        method
    }

    #[test]
    fn it_can_do_ordinary_services() {
        assert_eq!(can(&[], ".p.M"), Ok(()));
        assert_eq!(can(&[("A", &["Go", "GoOn"]), ("B", &["Go"])], ".p.M"), Ok(()));
    }

    #[test]
    fn it_can_not_do_some_messages() {
        for message in [".p.M.M", ".p.lower"] {
            let why = can(&[("A", &["Go"])], message).unwrap_err();
            assert!(why.contains(&message[1..]), "{why}");
        }
    }

    #[test]
    fn it_can_not_do_some_methods() {
        for methods in [
            &[][..],
            &["Type"],
            &["Self"],
            &["New"],
            &["Spawn"],
            &["Clone"],
            &["Into"],
            &["Go_"],
            &["_1"],
            &["Go", "go"],
            &["Go", "GoOpt"],
            &["GoAsyncOpt", "Go"],
        ] {
            assert!(can(&[("A", methods)], ".p.M").is_err(), "{methods:?}");
        }
    }

    #[test]
    fn it_can_not_do_some_services() {
        for services in
            [&["S"][..], &["Send"], &["self"], &["A_"], &["A", "AClient"], &["GetURL", "GetUrl"]]
        {
            let services: Vec<_> = services.iter().map(|&name| (name, &["Go"][..])).collect();
            assert!(can(&services, ".p.M").is_err(), "{services:?}");
        }
        let alike = [("A", &["BxGo"][..]), ("ABx", &["Go"])];
        assert_eq!(
            can(&alike, ".p.M"),
            Err("it would write two items `METHOD_A_BX_GO`".to_owned())
        );
    }
}
