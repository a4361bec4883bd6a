// The worker of gRPC's benchmarks: does what a driver asks for.

#include <signal.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "bench/client.h"
#include "bench/handler.h"
#include "bench/server.h"
#include "common/flags.h"
#include "grpc/testing/worker_service.grpc.pb.h"

using namespace grpc::testing;
using grpc::Status;
using grpc::StatusCode;

namespace {

struct Control : WorkerService::AsyncService {
  Tls tls;
  Tuning tuning = Tuning::kTuned;
  bool quit = false;
};

// A driver's call: it sets up what is measured, then asks for figures, and ends it.
template <class Self, class Args, class Reply>
class Session : public Handler<Self, Control, grpc::ServerAsyncReaderWriter<Reply, Args>> {
 public:
  using Handler<Self, Control, grpc::ServerAsyncReaderWriter<Reply, Args>>::Handler;

 protected:
  virtual bool is_set_up() const = 0;
  virtual void set_up(const Args& args) = 0;
  virtual void report(bool reset, Reply* reply) = 0;
  virtual void tear_down() = 0;

 private:
  void handle() override { read(); }
  void read() { this->stream_->Read(&args_, read_.after()); }

  void answer() {
    if (args_.has_setup() == is_set_up()) {
      refuse(StatusCode::FAILED_PRECONDITION, "the set-up comes first, and once");
    }
    if (args_.has_setup()) set_up(args_);
    Reply reply;
    report(args_.mark().reset(), &reply);
    this->stream_->Write(reply, written_.after());
  }

  void end(const Status& status) {
    tear_down();
    this->stream_->Finish(status, this->finished_.after());
  }

  Step read_{[this](bool ok) {
    if (!ok) return end(Status::OK);
    try {
      answer();
    } catch (const Refused& refused) {
      end(refused.status);
    }
  }};
  Step written_{[this](bool ok) { ok ? read() : end(Status::OK); }};

  Args args_;
};

class RunServer final : public Session<RunServer, ServerArgs, ServerStatus> {
 public:
  using Session::Session;

 private:
  void request(void* tag) override {
    pool_.service.RequestRunServer(&*context_, &*stream_, &pool_.queue, &pool_.queue, tag);
  }

  bool is_set_up() const override { return server_ != nullptr; }

  void set_up(const ServerArgs& args) override {
    const Control& control = pool_.service;
    auto make = control.tuning == Tuning::kTuned ? async_server : callback_server;
    server_ = make(args.setup(), control.tls);
    usage_ = Usage();
  }

  void report(bool reset, ServerStatus* status) override {
    usage_.report(reset, status->mutable_stats());
    status->set_port(server_->port());
    status->set_cores(cores());
  }

  void tear_down() override { server_.reset(); }

  std::unique_ptr<Server> server_;
  Usage usage_;
};

class RunClient final : public Session<RunClient, ClientArgs, ClientStatus> {
 public:
  using Session::Session;

 private:
  void request(void* tag) override {
    pool_.service.RequestRunClient(&*context_, &*stream_, &pool_.queue, &pool_.queue, tag);
  }

  bool is_set_up() const override { return client_ != nullptr; }

  void set_up(const ClientArgs& args) override {
    const Control& control = pool_.service;
    client_ = std::make_unique<Client>(args.setup(), control.tls, control.tuning);
  }

  void report(bool reset, ClientStatus* status) override {
    client_->report(reset, status->mutable_stats());
  }

  void tear_down() override { client_.reset(); }

  std::unique_ptr<Client> client_;
};

class CoreCount final
    : public Handler<CoreCount, Control, grpc::ServerAsyncResponseWriter<CoreResponse>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestCoreCount(&*context_, &request_, &*stream_, &pool_.queue, &pool_.queue,
                                   tag);
  }

  void handle() override {
    CoreResponse response;
    response.set_cores(cores());
    stream_->Finish(response, Status::OK, finished_.after());
  }

  CoreRequest request_;
};

class QuitWorker final
    : public Handler<QuitWorker, Control, grpc::ServerAsyncResponseWriter<Void>> {
 public:
  using Handler::Handler;

 private:
  void request(void* tag) override {
    pool_.service.RequestQuitWorker(&*context_, &request_, &*stream_, &pool_.queue, &pool_.queue,
                                    tag);
  }

  void handle() override { stream_->Finish(Void(), Status::OK, answered_.after()); }

  Step answered_{[this](bool) {
    pool_.service.quit = true;
    wait();
  }};

  Void request_;
};

// Serves the driver until it says that it is over, or one of `signals` does.
//
// C-core has one thread a process that polls, for all of its queues. Another that waits on a queue
// of its own would take turns with the one that is measured, at the cost of two switches an event.
// So this one only looks in from time to time.
void serve(const Control& control, grpc::CompletionQueue& queue, const sigset_t& signals) {
  const timespec tick{0, 5'000'000};
  void* step = nullptr;
  bool ok = false;
  while (!control.quit && sigtimedwait(&signals, nullptr, &tick) < 0) {
    while (queue.AsyncNext(&step, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC)) ==
           grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Step*>(step)->ended(ok);
    }
  }
}

std::string read_file(const Flags& flags, const std::string& name) {
  if (flags.text(name).empty()) return "";
  std::ifstream file(flags.text(name));
  if (!file) wrong_flag(name, "could not read " + flags.text(name));
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Tuning tuning(const Flags& flags) {
  std::string value = flags.text("tuning");
  if (value == "tuned") return Tuning::kTuned;
  if (value == "defaults") return Tuning::kDefaults;
  wrong_flag("tuning", "tuned or defaults, not " + value);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags(argc, argv,
              {{"driver_port", "0"},
               {"tuning", "tuned"},
               {"ca_file", ""},
               {"tls_cert_file", ""},
               {"tls_key_file", ""}});
  Control control;
  control.tls = {read_file(flags, "ca_file"), read_file(flags, "tls_cert_file"),
                 read_file(flags, "tls_key_file")};
  control.tuning = tuning(flags);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before there are threads: they inherit it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  grpc::ServerBuilder builder;
  std::string address = "[::]:" + std::to_string(flags.number("driver_port"));
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&control);
  auto queue = builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port == 0) {
    std::cerr << "could not listen on " << address << std::endl;
    return 1;
  }
  std::cout << "listening on [::]:" << port << std::endl;

  int alive = 0;
  Pool<Control> servers{control, *queue, alive}, clients = servers, counts = servers,
                quits = servers;
  (new RunServer(servers))->wait();
  (new RunClient(clients))->wait();
  (new CoreCount(counts))->wait();
  (new QuitWorker(quits))->wait();
  serve(control, *queue, signals);
  server->Shutdown(std::chrono::system_clock::now());
  run(*queue, alive);
  queue->Shutdown();
  drain(*queue);
  return 0;
}
