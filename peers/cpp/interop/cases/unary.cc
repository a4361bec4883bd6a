// Calls with one message each way, and how they end.

#include "interop/cases.h"

using namespace grpc::testing;
using grpc::Status;
using grpc::StatusCode;

namespace {

void empty_unary(const Target& target) {
  Stub stub(target.connect());
  Context context;
  Empty response;
  expect_status(stub.EmptyCall(&context, Empty(), &response));
  expect("bytes of the response", 0u, response.ByteSizeLong());
}

void large_unary(const Target& target) {
  Stub stub(target.connect());
  Context context;
  SimpleResponse response;
  expect_status(stub.UnaryCall(&context, large_request(), &response));
  expect("size of the response", size_t{kLargeResponse}, response.payload().body().size());
}

void expect_echo(const Status& status, const EchoStatus& wanted) {
  expect_status(status, static_cast<StatusCode>(wanted.code()));
  expect("status message", wanted.message(), status.error_message());
}

Status unary_status(Stub& stub, const EchoStatus& wanted) {
  Context context;
  SimpleRequest request;
  SimpleResponse response;
  *request.mutable_response_status() = wanted;
  return stub.UnaryCall(&context, request, &response);
}

void status_code_and_message(const Target& target) {
  Stub stub(target.connect());
  EchoStatus wanted;
  wanted.set_code(StatusCode::UNKNOWN);
  wanted.set_message("test status message");
  expect_echo(unary_status(stub, wanted), wanted);

  Context context;
  StreamingOutputCallRequest request;
  StreamingOutputCallResponse response;
  *request.mutable_response_status() = wanted;
  auto stream = stub.FullDuplexCall(&context);
  stream->Write(request);
  stream->WritesDone();
  while (stream->Read(&response)) continue;
  expect_echo(stream->Finish(), wanted);
}

void special_status_message(const Target& target) {
  Stub stub(target.connect());
  EchoStatus wanted;
  wanted.set_code(StatusCode::UNKNOWN);
  wanted.set_message("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n");
  expect_echo(unary_status(stub, wanted), wanted);
}

void unimplemented_method(const Target& target) {
  Stub stub(target.connect());
  Context context;
  Empty response;
  expect_status(stub.UnimplementedCall(&context, Empty(), &response), StatusCode::UNIMPLEMENTED);
}

void unimplemented_service(const Target& target) {
  UnimplementedService::Stub stub(target.connect());
  Context context;
  Empty response;
  expect_status(stub.UnimplementedCall(&context, Empty(), &response), StatusCode::UNIMPLEMENTED);
}

}  // namespace

const std::map<std::string, Case> unary_cases = {
    {"empty_unary", empty_unary},
    {"large_unary", large_unary},
    {"status_code_and_message", status_code_and_message},
    {"special_status_message", special_status_message},
    {"unimplemented_method", unimplemented_method},
    {"unimplemented_service", unimplemented_service},
};
