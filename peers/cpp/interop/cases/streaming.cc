// Streams, and how they are broken off.

#include "interop/cases.h"

using namespace grpc::testing;
using grpc::StatusCode;

namespace {

using Response = StreamingOutputCallResponse;

constexpr int kRequests[] = {27182, 8, 1828, 45904};
constexpr int kResponses[] = {31415, 9, 2653, 58979};

template <class Stream>
void expect_response(Stream& stream, int size) {
  Response response;
  expect("a response came", true, stream.Read(&response));
  expect("size of the response", static_cast<size_t>(size), response.payload().body().size());
}

template <class Stream>
void expect_end(Stream& stream) {
  Response response;
  expect("a further response came", false, stream.Read(&response));
  expect_status(stream.Finish());
}

void client_streaming(const Target& target) {
  Stub stub(target.connect());
  Context context;
  StreamingInputCallResponse response;
  auto writer = stub.StreamingInputCall(&context, &response);
  for (int size : kRequests) {
    StreamingInputCallRequest request;
    request.mutable_payload()->set_body(std::string(size, '\0'));
    writer->Write(request);
  }
  writer->WritesDone();
  expect_status(writer->Finish());
  expect("aggregated size", 74922, response.aggregated_payload_size());
}

void server_streaming(const Target& target) {
  Stub stub(target.connect());
  Context context;
  StreamingOutputCallRequest request;
  for (int size : kResponses) request.add_response_parameters()->set_size(size);
  auto reader = stub.StreamingOutputCall(&context, request);
  for (int size : kResponses) expect_response(*reader, size);
  expect_end(*reader);
}

void ping_pong(const Target& target) {
  Stub stub(target.connect());
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  for (int i = 0; i < 4; i++) {
    stream->Write(output_request(kRequests[i], kResponses[i]));
    expect_response(*stream, kResponses[i]);
  }
  stream->WritesDone();
  expect_end(*stream);
}

void empty_stream(const Target& target) {
  Stub stub(target.connect());
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  stream->WritesDone();
  expect_end(*stream);
}

void cancel_after_begin(const Target& target) {
  Stub stub(target.connect());
  Context context;
  StreamingInputCallResponse response;
  auto writer = stub.StreamingInputCall(&context, &response);
  context.TryCancel();
  expect_status(writer->Finish(), StatusCode::CANCELLED);
}

void cancel_after_first_response(const Target& target) {
  Stub stub(target.connect());
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  stream->Write(output_request(27182, 31415));
  expect_response(*stream, 31415);
  context.TryCancel();
  expect_status(stream->Finish(), StatusCode::CANCELLED);
}

void timeout_on_sleeping_server(const Target& target) {
  Stub stub(target.connect());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
  StreamingOutputCallRequest request;
  request.mutable_payload()->set_body(std::string(27182, '\0'));
  auto stream = stub.FullDuplexCall(&context);
  stream->Write(request);
  Response response;
  while (stream->Read(&response)) continue;
  expect_status(stream->Finish(), StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace

const std::map<std::string, Case> streaming_cases = {
    {"client_streaming", client_streaming},
    {"server_streaming", server_streaming},
    {"ping_pong", ping_pong},
    {"empty_stream", empty_stream},
    {"cancel_after_begin", cancel_after_begin},
    {"cancel_after_first_response", cancel_after_first_response},
    {"timeout_on_sleeping_server", timeout_on_sleeping_server},
};
