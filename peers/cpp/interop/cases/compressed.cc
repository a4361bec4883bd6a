// Which messages are compressed, either way.

#include "common/compressed.h"

#include "interop/cases.h"

using namespace grpc::testing;
using grpc::Status;
using grpc::StatusCode;

namespace {

Status call_unary(Stub& stub, bool compressed, bool expect_compressed, SimpleResponse* response) {
  Context context;
  if (compressed) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  SimpleRequest request = large_request();
  request.mutable_expect_compressed()->set_value(expect_compressed);
  return stub.UnaryCall(&context, request, response);
}

void client_compressed_unary(const Target& target) {
  Stub stub(target.connect());
  SimpleResponse response;
  expect_status(call_unary(stub, false, true, &response), StatusCode::INVALID_ARGUMENT);
  for (bool compressed : {true, false}) {
    expect_status(call_unary(stub, compressed, compressed, &response));
    expect("size of the response", size_t{kLargeResponse}, response.payload().body().size());
  }
}

StreamingInputCallRequest input_request(int size, bool expect_compressed) {
  StreamingInputCallRequest request;
  request.mutable_expect_compressed()->set_value(expect_compressed);
  request.mutable_payload()->set_body(std::string(size, '\0'));
  return request;
}

void client_compressed_streaming(const Target& target) {
  Stub stub(target.connect());
  StreamingInputCallResponse response;
  {
    Context context;
    auto probe = stub.StreamingInputCall(&context, &response);
    probe->Write(input_request(27182, true));
    probe->WritesDone();
    expect_status(probe->Finish(), StatusCode::INVALID_ARGUMENT);
  }
  Context context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  auto writer = stub.StreamingInputCall(&context, &response);
  writer->Write(input_request(27182, true));
  writer->Write(input_request(45904, false), grpc::WriteOptions().set_no_compression());
  writer->WritesDone();
  expect_status(writer->Finish());
  expect("aggregated size", 73086, response.aggregated_payload_size());
}

void server_compressed_unary(const Target& target) {
  Stub stub(target.connect());
  for (bool compressed : {true, false}) {
    Context context;
    SimpleRequest request = large_request();
    request.mutable_response_compressed()->set_value(compressed);
    SimpleResponse response;
    expect_status(stub.UnaryCall(&context, request, &response));
    expect("size of the response", size_t{kLargeResponse}, response.payload().body().size());
    expect("the response is compressed", compressed, was_compressed(context.c_call()));
  }
}

void server_compressed_streaming(const Target& target) {
  Stub stub(target.connect());
  const std::pair<bool, int> wanted[] = {{true, 31415}, {false, 92653}};
  StreamingOutputCallRequest request;
  for (auto [compressed, size] : wanted) {
    ResponseParameters* parameters = request.add_response_parameters();
    parameters->mutable_compressed()->set_value(compressed);
    parameters->set_size(size);
  }
  Context context;
  StreamingOutputCallResponse response;
  auto reader = stub.StreamingOutputCall(&context, request);
  for (auto [compressed, size] : wanted) {
    expect("a response came", true, reader->Read(&response));
    expect("size of the response", static_cast<size_t>(size), response.payload().body().size());
    expect("the response is compressed", compressed, was_compressed(context.c_call()));
  }
  expect("a further response came", false, reader->Read(&response));
  expect_status(reader->Finish());
}

}  // namespace

const std::map<std::string, Case> compressed_cases = {
    {"client_compressed_unary", client_compressed_unary},
    {"client_compressed_streaming", client_compressed_streaming},
    {"server_compressed_unary", server_compressed_unary},
    {"server_compressed_streaming", server_compressed_streaming},
};
