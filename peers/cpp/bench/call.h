// A call of a measured client, whatever the API that makes it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "bench/histogram.h"
#include "bench/setup.h"
#include "grpc/testing/benchmark_service.grpc.pb.h"

using Clock = std::chrono::steady_clock;
using grpc::testing::BenchmarkService;
using grpc::testing::SimpleRequest;
using grpc::testing::SimpleResponse;

class Call;

// What the calls of a client have in common.
struct Work {
  SimpleRequest request;
  // A stream's; 0: without end.
  int messages_per_stream;
  Results& results;
  // What to do when a call has ended.
  std::function<void(Call&)> over;
};

// One call after the other.
class Call {
 public:
  explicit Call(const Work& work) : work_(work) {}
  Call(const Call&) = delete;
  virtual ~Call() = default;

  // Begins one, whose latency counts from `since`; `over` follows. False if it was stopped.
  bool begin(BenchmarkService::Stub& stub, Clock::time_point since) {
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return false;
      context_.emplace();
    }
    context_->set_wait_for_ready(true);
    stub_ = &stub;
    cancelled_ = false;
    messages_ = 0;
    since_ = since;
    start();
    return true;
  }

  bool again() { return begin(*stub_, Clock::now()); }

  // Ends it soon, and for good. Any thread may call it.
  void stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    if (context_) context_->TryCancel();
  }

 protected:
  virtual void start() = 0;

  // The next message is a reply to what is sent now.
  void sending() { since_ = Clock::now(); }

  // Whether the next message is the stream's last; whether it was.
  bool last() const { return messages_ + 1 == work_.messages_per_stream; }
  bool complete() const { return messages_ != 0 && messages_ == work_.messages_per_stream; }

  // Counts a message as a call.
  void counted() {
    Clock::time_point now = Clock::now();
    work_.results.succeeded(now - since_);
    since_ = now;
    messages_++;
  }

  // The same, if it is as long as was asked for.
  void received(const SimpleResponse& response) {
    if (sound(response)) {
      counted();
    } else {
      work_.results.failed(grpc::StatusCode::DATA_LOSS);
      sending();
      messages_++;
    }
  }

  bool sound(const SimpleResponse& response) const {
    return response.payload().body().size() ==
           static_cast<size_t>(work_.request.response_size());
  }

  // Ends a stream that the server would not end.
  void cancel() {
    cancelled_ = true;
    context_->TryCancel();
  }

  // To be called last. An end that nobody asked for is a failure, even with OK.
  void ended(grpc::StatusCode status, bool expected) {
    if (!cancelled_ && !(expected && status == grpc::StatusCode::OK)) {
      work_.results.failed(status == grpc::StatusCode::OK ? grpc::StatusCode::DATA_LOSS : status);
    }
    work_.over(*this);
  }

  BenchmarkService::Stub* stub_ = nullptr;
  const Work& work_;
  std::optional<grpc::ClientContext> context_;

 private:
  std::mutex mutex_;
  bool stopped_ = false;
  bool cancelled_ = false;
  int messages_ = 0;
  Clock::time_point since_;
};

// Makes calls by one of the APIs. When it is gone, nothing of theirs runs any more.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual std::unique_ptr<Call> call(grpc::testing::RpcType type, const Work& work) = 0;
};

// The call of a type, of the classes that there are for them.
template <class Unary, class Streaming, class FromClient, class FromServer, class BothWays,
          class... Args>
std::unique_ptr<Call> make(grpc::testing::RpcType type, Args&&... args) {
  switch (type) {
    case grpc::testing::UNARY:
      return std::make_unique<Unary>(args...);
    case grpc::testing::STREAMING:
      return std::make_unique<Streaming>(args...);
    case grpc::testing::STREAMING_FROM_CLIENT:
      return std::make_unique<FromClient>(args...);
    case grpc::testing::STREAMING_FROM_SERVER:
      return std::make_unique<FromServer>(args...);
    case grpc::testing::STREAMING_BOTH_WAYS:
      return std::make_unique<BothWays>(args...);
    default:
      refuse(grpc::StatusCode::UNIMPLEMENTED, "rpc_type: there is no type " + std::to_string(type));
  }
}

std::unique_ptr<Caller> async_caller();
std::unique_ptr<Caller> callback_caller();
