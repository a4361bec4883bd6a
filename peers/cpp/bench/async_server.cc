// The measured server by the asynchronous API: one completion queue, one thread.

#include <thread>

#include "bench/handler.h"
#include "bench/server.h"

using namespace grpc::testing;

namespace {

using Service = BenchmarkService::AsyncService;

// Full-rate streams send what is written when there is enough of it. Not so their first message: it
// would be held back with the headers, and nothing would ever send them.
const grpc::WriteOptions kHint = grpc::WriteOptions().set_buffer_hint();

class Unary final
    : public Handler<Unary, Service, grpc::ServerAsyncResponseWriter<SimpleResponse>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestUnaryCall(&*context_, &request_, &*stream_, &pool_.queue, &pool_.queue,
                                   tag);
  }

  void handle() override {
    answer(request_, &response_);
    stream_->Finish(response_, grpc::Status::OK, finished_.after());
  }

  SimpleRequest request_;
  SimpleResponse response_;
};

class Streaming final
    : public Handler<Streaming, Service,
                     grpc::ServerAsyncReaderWriter<SimpleResponse, SimpleRequest>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestStreamingCall(&*context_, &*stream_, &pool_.queue, &pool_.queue, tag);
  }

  void handle() override { stream_->Read(&request_, exchanged_.after()); }

  Step exchanged_{[this](bool ok) {
    if (!ok) return stream_->Finish(grpc::Status::OK, finished_.after());
    answer(request_, &response_);
    void* tag = exchanged_.after(2);
    stream_->Write(response_, tag);
    stream_->Read(&request_, tag);
  }};

  SimpleRequest request_;
  SimpleResponse response_;
};

class FromClient final
    : public Handler<FromClient, Service,
                     grpc::ServerAsyncReader<SimpleResponse, SimpleRequest>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestStreamingFromClient(&*context_, &*stream_, &pool_.queue, &pool_.queue,
                                             tag);
  }

  void handle() override { read(); }
  void read() { stream_->Read(&request_, read_.after()); }

  Step read_{[this](bool ok) {
    if (ok) return read();
    answer(request_, &response_);
    stream_->Finish(response_, grpc::Status::OK, finished_.after());
  }};

  SimpleRequest request_;
  SimpleResponse response_;
};

class FromServer final
    : public Handler<FromServer, Service, grpc::ServerAsyncWriter<SimpleResponse>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestStreamingFromServer(&*context_, &request_, &*stream_, &pool_.queue,
                                             &pool_.queue, tag);
  }

  void handle() override {
    answer(request_, &response_);
    stream_->Write(response_, written_.after());
  }
  void write() { stream_->Write(response_, kHint, written_.after()); }

  Step written_{[this](bool ok) {
    ok ? write() : stream_->Finish(grpc::Status::OK, finished_.after());
  }};

  SimpleRequest request_;
  SimpleResponse response_;
};

class BothWays final
    : public Handler<BothWays, Service,
                     grpc::ServerAsyncReaderWriter<SimpleResponse, SimpleRequest>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestStreamingBothWays(&*context_, &*stream_, &pool_.queue, &pool_.queue, tag);
  }

  void handle() override { stream_->Read(&request_, first_.after()); }
  void read() { stream_->Read(&request_, read_.after()); }
  void write() { stream_->Write(response_, kHint, written_.after()); }
  void finish() { stream_->Finish(grpc::Status::OK, finished_.after()); }

  Step first_{[this](bool ok) {
    if (!ok) return finish();
    answer(request_, &response_);
    reading_ = writing_ = true;
    read();
    stream_->Write(response_, written_.after());
  }};
  Step read_{[this](bool ok) {
    if (ok) return read();
    reading_ = false;
    if (!writing_) finish();
  }};
  Step written_{[this](bool ok) {
    if (ok && reading_) return write();
    writing_ = false;
    if (!reading_) finish();
  }};

  bool reading_ = false;
  bool writing_ = false;
  SimpleRequest request_;
  SimpleResponse response_;
};

class AsyncServer final : public Server {
 public:
  AsyncServer(const ServerConfig& config, const Tls& tls) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = listen(builder, config, tls);
    thread_ = std::thread([this] { handle(); });
  }

  ~AsyncServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
    thread_.join();
    queue_->Shutdown();
    drain(*queue_);
  }

 private:
  void handle() {
    int alive = 0;
    Pool<Service> unary{service_, *queue_, alive}, streaming = unary, from_client = unary,
                  from_server = unary, both_ways = unary;
    (new Unary(unary))->wait();
    (new Streaming(streaming))->wait();
    (new FromClient(from_client))->wait();
    (new FromServer(from_server))->wait();
    (new BothWays(both_ways))->wait();
    run(*queue_, alive);
  }

  Service service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Server> async_server(const ServerConfig& config, const Tls& tls) {
  return std::make_unique<AsyncServer>(config, tls);
}
