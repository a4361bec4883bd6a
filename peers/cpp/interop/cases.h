// The cases of gRPC's interop tests, and what they have in common.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "common/flags.h"
#include "grpc/testing/test.grpc.pb.h"

struct Target {
  const Flags& flags;
  std::shared_ptr<grpc::ChannelCredentials> credentials;

  // A connection of its own for each channel.
  std::shared_ptr<grpc::Channel> connect() const;
};

using Stub = grpc::testing::TestService::Stub;
using Case = void (*)(const Target& target);

extern const std::map<std::string, Case> unary_cases;
extern const std::map<std::string, Case> streaming_cases;
extern const std::map<std::string, Case> metadata_cases;
extern const std::map<std::string, Case> compressed_cases;
extern const std::map<std::string, Case> load_cases;
extern const std::map<std::string, Case> negative_cases;

// What was expected, and what was seen.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class A, class B>
void expect(const std::string& what, const A& expected, const B& seen) {
  if (expected == seen) return;
  std::ostringstream why;
  why << what << ": expected " << expected << ", saw " << seen;
  throw Failed(why.str());
}

// No call of a test takes longer.
struct Context : grpc::ClientContext {
  Context() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30)); }
};

inline void expect_status(const grpc::Status& status,
                          grpc::StatusCode expected = grpc::StatusCode::OK) {
  if (status.error_code() == expected) return;
  throw Failed("status: expected " + std::to_string(expected) + ", saw " +
               std::to_string(status.error_code()) + ": " + status.error_message());
}

inline constexpr int kLargeRequest = 271828;
inline constexpr int kLargeResponse = 314159;

inline grpc::testing::SimpleRequest large_request(int size = kLargeRequest,
                                                  int response_size = kLargeResponse) {
  grpc::testing::SimpleRequest request;
  request.set_response_size(response_size);
  request.mutable_payload()->set_body(std::string(size, '\0'));
  return request;
}

inline grpc::testing::StreamingOutputCallRequest output_request(int size, int response_size) {
  grpc::testing::StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(response_size);
  request.mutable_payload()->set_body(std::string(size, '\0'));
  return request;
}
