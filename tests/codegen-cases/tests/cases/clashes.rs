//! Names that become one in Rust: each can be used, and is what it was everywhere else.

use protobuf::{MessageDyn, MessageFull};
use protobuf_json_mapping::{parse_from_str, print_to_string};

use super::*;
use proto::clashes::{self, Change, Task, config, task};

/// The names that reflection has for the fields and oneofs of a message.
fn names<M: MessageFull>() -> Vec<String> {
    let descriptor = M::descriptor();
    let fields = descriptor.fields().map(|field| field.name().to_owned());
    fields.chain(descriptor.oneofs().map(|oneof| oneof.name().to_owned())).collect()
}

#[test]
fn fields_called_like_accessors_of_others() {
    let mut change = Change::new();
    change.set_body(b"text".to_vec());
    assert!(change.has_body() && !change.has_clear_body_());
    change.set_clear_body_(true);
    assert!(change.clear_body_());
    change.clear_body();
    assert_eq!(change.change, None);
    change.set_has_error_(true);
    assert!(!change.has_error() && change.has_error_());
    change.set_new_("new".to_owned());
    assert_eq!(change.new_(), "new");
}

#[test]
fn what_was_renamed_has_its_name_in_reflection_and_json() {
    assert_eq!(
        names::<Change>(),
        ["body", "clear_body", "error", "has_error", "new", "special_fields", "change"]
    );
    let mut change = Change::new();
    change.set_clear_body_(true);
    let json = print_to_string(&change).expect("it is printed");
    assert_eq!(json, r#"{"clearBody": true}"#);
    assert_eq!(parse_from_str::<Change>(&json).expect("it is read"), change);
    let by_name = parse_from_str::<Change>(r#"{"clear_body": true}"#).expect("it is read");
    assert_eq!(by_name, change);
    let field = change.descriptor_dyn().field_by_name("clear_body").expect("it is there");
    assert!(field.has_field(&change));
    assert_eq!(change.to_string(), "clear_body: true");
}

#[test]
fn a_nested_type_called_like_a_oneof() {
    let mut task = Task::new();
    task.state_ = Some(task::State_::Code(task::State::BUSY.into()));
    assert_eq!(task.code(), task::State::BUSY);
    assert_eq!(print_to_string(&task).expect("it is printed"), r#"{"code": "BUSY"}"#);
    assert_eq!(names::<Task>(), ["text", "code", "state"]);
}

#[test]
fn messages_that_differ_in_a_capital() {
    let mut outer = clashes::Lower_::new();
    outer.other = Some(clashes::Lower::new()).into();
    outer.deep = Some(clashes::lower::Inner::new()).into();
    assert_eq!(clashes::Lower::descriptor().full_name(), "clashes.lower");
    assert_eq!(clashes::Lower_::descriptor().full_name(), "clashes.Lower");
    let field = clashes::Lower_::descriptor().field_by_name("deep").expect("it is there");
    assert_eq!(field.proto().type_name(), ".clashes.lower.Inner");
    let _ = clashes::lower_::Inner::new();
}

struct Talker;

impl clashes::Chat_ for Talker {
    async fn say(&self, request: Request<clashes::ChatClient>) -> Reply<Change> {
        let mut change = Change::new();
        change.set_error(request.into_inner().text);
        Ok(Response::new(change))
    }
}

impl clashes::HttpApi_ for Talker {
    async fn go(&self, request: Request<clashes::HttpApi>) -> Reply<Task> {
        let mut task = Task::new();
        task.set_text(request.into_inner().path);
        Ok(Response::new(task))
    }
}

impl config::Items for Talker {
    async fn get(&self, request: Request<clashes::config_::Item>) -> Reply<config::Item> {
        let mut item = config::Item::new();
        item.packaged = request.into_inner().own;
        Ok(Response::new(item))
    }
}

#[test]
fn messages_called_like_what_a_service_becomes() {
    let served = serve(clashes::Chat_Server::new(Talker));
    assert_eq!(served.name, "clashes.Chat");
    let message = clashes::ChatClient { text: "hello".to_owned(), ..Default::default() };
    let change = answer(clashes::Chat_Client::new(served.client()).say(message));
    assert_eq!(change.error(), "hello");
    let served = serve(clashes::HttpApi_Server::new(Talker));
    assert_eq!(served.name, "clashes.HTTPApi");
    let message = clashes::HttpApi { path: "/".to_owned(), ..Default::default() };
    assert_eq!(answer(clashes::HttpApi_Client::new(served.client()).go(message)).text(), "/");
}

#[test]
fn a_package_called_like_the_module_of_a_message() {
    let served = serve(config::ItemsServer::new(Talker));
    let item = clashes::config_::Item { own: "own".to_owned(), ..Default::default() };
    assert_eq!(answer(config::ItemsClient::new(served.client()).get(item)).packaged, "own");
    let _ = clashes::bare::Item::new();
    assert_eq!(clashes::bare_::METHOD_CHAT_SAY.name, "/clashes.Chat/Say");
}
