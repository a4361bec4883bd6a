// The cases of gRPC's negative HTTP/2 tests: a server misbehaves.

#include <future>
#include <iostream>
#include <thread>
#include <vector>

#include "interop/cases.h"

using namespace grpc::testing;
using grpc::Status;
using grpc::StatusCode;

namespace {

constexpr int kCallsAtOnce = 15;
constexpr std::chrono::seconds kPause{1};  // for GOAWAY to arrive

void large_call(Stub& stub) {
  Context context;
  SimpleResponse response;
  expect_status(stub.UnaryCall(&context, large_request(), &response));
  expect("size of the response", size_t{kLargeResponse}, response.payload().body().size());
}

void reset(const Target& target) {
  Stub stub(target.connect());
  Context context;
  SimpleResponse response;
  Status status = stub.UnaryCall(&context, large_request(), &response);
  std::cout << status.error_code() << ": " << status.error_message() << std::endl;
  if (!status.ok() && status.error_code() != StatusCode::DEADLINE_EXCEEDED) return;
  throw Failed("status: expected one for a reset stream, saw " +
               std::to_string(status.error_code()));
}

void goaway(const Target& target) {
  Stub stub(target.connect());
  large_call(stub);
  std::this_thread::sleep_for(kPause);
  large_call(stub);
}

void ping(const Target& target) {
  Stub stub(target.connect());
  large_call(stub);
}

void max_streams(const Target& target) {
  Stub stub(target.connect());
  large_call(stub);
  std::vector<std::future<void>> calls;
  for (int i = 0; i < kCallsAtOnce; i++) {
    calls.push_back(std::async(std::launch::async, [&] { large_call(stub); }));
  }
  for (auto& call : calls) call.get();
}

}  // namespace

const std::map<std::string, Case> negative_cases = {
    {"rst_after_header", reset},
    {"rst_during_data", reset},
    {"rst_after_data", reset},
    {"goaway", goaway},
    {"ping", ping},
    {"max_streams", max_streams},
};
