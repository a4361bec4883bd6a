//! What is no target is said at once, with what is one.

use chat::{ChatServiceClient, message};
use quartet::channel::{Channel, ChannelError};
use quartet::rpc::{Code, Request};

use crate::support::process::client;
use crate::support::run;
use crate::support::styles::each_style;

const BAD: [(&str, &str); 6] = [
    ("unix://a/b", "authority"),
    ("ipv4:name:1", "`name` is not an ipv4 address"),
    ("", "it is empty"),
    ("localhost:99999", "`99999` is not a port number"),
    ("http://host:1", "`http://` is not a gRPC scheme"),
    ("nul\0:1", "control character"),
];

#[test]
fn a_channel_to_what_is_no_target() {
    for (target, why) in BAD {
        let error = Channel::builder(target).try_build().expect_err(target);
        assert!(matches!(error, ChannelError::Target(_)), "{error:?}");
        let words = error.to_string();
        assert!(words.contains(why) && words.contains("host:port"), "{target}: {words}");

        let client = ChatServiceClient::new(Channel::to(target));
        for result in run(each_style(&client, &[])) {
            let status = result.expect_err(target);
            assert_eq!(status.code(), Code::InvalidArgument, "{target}: {status}");
            assert_eq!(status.message(), words);
        }
        let mut request = Request::new(message("", ""));
        request.set_wait_for_ready(true);
        let status = run(client.say_hello(request)).expect_err(target);
        assert_eq!(status.code(), Code::InvalidArgument, "{target}, waiting: {status}");
    }
}

#[test]
fn a_client_for_what_is_no_target() {
    for (target, why) in BAD.into_iter().filter(|(target, _)| !target.contains('\0')) {
        let ended = client(&["-s", target, "hello"], "");
        assert_eq!(ended.code(), Some(2), "{target}: {ended:?}");
        let words = &ended.stderr;
        assert!(words.contains(why) && words.contains("host:port"), "{target}: {words}");
    }
}
