//! The code that is generated from chat.proto.

tonic::include_proto!("chat");
