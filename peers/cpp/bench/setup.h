// What the two kinds of set-up have in common.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "grpc/testing/control.pb.h"

// Why a set-up is refused.
struct Refused {
  grpc::Status status;
};

[[noreturn]] inline void refuse(grpc::StatusCode code, const std::string& why) {
  throw Refused{grpc::Status(code, why)};
}

// What is in the PEM files; empty without one.
struct Tls {
  std::string ca, cert, key;
};

// Whether the programs are set for speed, or as a new user leaves them.
enum class Tuning { kTuned, kDefaults };
