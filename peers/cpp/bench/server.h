// The measured server.
#pragma once

#include <algorithm>
#include <memory>

#include "bench/setup.h"
#include "grpc/testing/benchmark_service.grpc.pb.h"

using grpc::testing::BenchmarkService;
using grpc::testing::SimpleRequest;
using grpc::testing::SimpleResponse;

class Server {
 public:
  virtual ~Server() = default;
  int port() const { return port_; }

 protected:
  // Listens as `config` asks for. Throws Refused.
  std::unique_ptr<grpc::Server> listen(grpc::ServerBuilder& builder,
                                       const grpc::testing::ServerConfig& config, const Tls& tls);

 private:
  int port_ = 0;
};

// Makes `response` as long as `request` asks for.
inline void answer(const SimpleRequest& request, SimpleResponse* response) {
  response->mutable_payload()->mutable_body()->resize(std::max(request.response_size(), 0));
}

std::unique_ptr<Server> async_server(const grpc::testing::ServerConfig& config, const Tls& tls);
std::unique_ptr<Server> callback_server(const grpc::testing::ServerConfig& config, const Tls& tls);
