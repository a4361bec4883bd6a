// The measured server by the callback API, as a new user writes it.

#include <atomic>

#include "bench/server.h"

using namespace grpc::testing;
using grpc::CallbackServerContext;
using grpc::Status;

namespace {

class Streaming final : public grpc::ServerBidiReactor<SimpleRequest, SimpleResponse> {
 public:
  Streaming() { StartRead(&request_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(Status::OK);
    answer(request_, &response_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override { ok ? StartRead(&request_) : Finish(Status::OK); }
  void OnDone() override { delete this; }

  SimpleRequest request_;
  SimpleResponse response_;
};

class FromClient final : public grpc::ServerReadReactor<SimpleRequest> {
 public:
  explicit FromClient(SimpleResponse* response) : response_(response) { StartRead(&request_); }

 private:
  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&request_);
    answer(request_, response_);
    Finish(Status::OK);
  }
  void OnDone() override { delete this; }

  SimpleRequest request_;
  SimpleResponse* const response_;
};

class FromServer final : public grpc::ServerWriteReactor<SimpleResponse> {
 public:
  explicit FromServer(const SimpleRequest& request) {
    answer(request, &response_);
    StartWrite(&response_);
  }

 private:
  void OnWriteDone(bool ok) override { ok ? StartWrite(&response_) : Finish(Status::OK); }
  void OnDone() override { delete this; }

  SimpleResponse response_;
};

class BothWays final : public grpc::ServerBidiReactor<SimpleRequest, SimpleResponse> {
 public:
  BothWays() { StartRead(&request_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      reading_ = false;
      return way_over();
    }
    if (first_) {
      first_ = false;
      answer(request_, &response_);
      ways_ = 2;
      StartWrite(&response_);
    }
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override { ok && reading_ ? StartWrite(&response_) : way_over(); }
  void OnDone() override { delete this; }

  void way_over() {
    if (--ways_ == 0) Finish(Status::OK);
  }

  bool first_ = true;
  // Reads and writes end in any thread.
  std::atomic<bool> reading_{true};
  std::atomic<int> ways_{1};
  SimpleRequest request_;
  SimpleResponse response_;
};

class Service final : public BenchmarkService::CallbackService {
  grpc::ServerUnaryReactor* UnaryCall(CallbackServerContext* context, const SimpleRequest* request,
                                      SimpleResponse* response) override {
    answer(*request, response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(Status::OK);
    return reactor;
  }

  grpc::ServerBidiReactor<SimpleRequest, SimpleResponse>* StreamingCall(
      CallbackServerContext*) override {
    return new Streaming;
  }

  grpc::ServerReadReactor<SimpleRequest>* StreamingFromClient(CallbackServerContext*,
                                                              SimpleResponse* response) override {
    return new FromClient(response);
  }

  grpc::ServerWriteReactor<SimpleResponse>* StreamingFromServer(
      CallbackServerContext*, const SimpleRequest* request) override {
    return new FromServer(*request);
  }

  grpc::ServerBidiReactor<SimpleRequest, SimpleResponse>* StreamingBothWays(
      CallbackServerContext*) override {
    return new BothWays;
  }
};

class CallbackServer final : public Server {
 public:
  CallbackServer(const ServerConfig& config, const Tls& tls) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = listen(builder, config, tls);
  }

  ~CallbackServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

 private:
  Service service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<Server> callback_server(const ServerConfig& config, const Tls& tls) {
  return std::make_unique<CallbackServer>(config, tls);
}
