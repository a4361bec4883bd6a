//! The suite's responses are all alike: a payload.

use protobuf::MessageField;

use crate::proto::connectrpc::conformance::v1::{
    BidiStreamResponse, ClientStreamResponse, ConformancePayload, ServerStreamResponse,
    UnaryResponse, UnimplementedResponse,
};

macro_rules! responses {
    ($($response:ident),+) => {$(
        impl From<ConformancePayload> for $response {
            fn from(payload: ConformancePayload) -> Self {
                $response { payload: MessageField::some(payload), ..$response::default() }
            }
        }

        impl From<$response> for ConformancePayload {
            fn from(response: $response) -> Self {
                response.payload.unwrap_or_default()
            }
        }
    )+};
}

responses!(UnaryResponse, ServerStreamResponse, ClientStreamResponse, BidiStreamResponse);

impl From<UnimplementedResponse> for ConformancePayload {
    fn from(_: UnimplementedResponse) -> Self {
        ConformancePayload::default()
    }
}
