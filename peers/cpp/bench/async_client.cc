// Calls by the asynchronous API: one completion queue, one thread.

#include <thread>

#include "bench/call.h"
#include "bench/queue.h"

using namespace grpc::testing;

namespace {

// Full-rate streams send what is written when there is enough of it.
const grpc::WriteOptions kHint = grpc::WriteOptions().set_buffer_hint();

template <class Stream>
class AsyncCall : public Call {
 public:
  AsyncCall(const Work& work, grpc::CompletionQueue& queue) : Call(work), queue_(queue) {}

 protected:
  void finish() { stream_->Finish(&status_, finished_.after()); }

  void over() {
    stream_.reset();  // Lies in the memory of the call, which the context holds.
    ended(status_.error_code(), expected());
  }

  // Whether it may have ended.
  virtual bool expected() { return complete(); }

  grpc::CompletionQueue& queue_;
  std::unique_ptr<Stream> stream_;
  SimpleResponse response_;
  grpc::Status status_;
  Step finished_{[this](bool) { over(); }};
};

class Unary final : public AsyncCall<grpc::ClientAsyncResponseReader<SimpleResponse>> {
 public:
  using AsyncCall::AsyncCall;

 private:
  void start() override {
    stream_ = stub_->PrepareAsyncUnaryCall(&*context_, work_.request, &queue_);
    stream_->StartCall();
    stream_->Finish(&response_, &status_, answered_.after());
  }

  bool expected() override { return true; }

  Step answered_{[this](bool) {
    if (status_.ok()) received(response_);
    over();
  }};
};

class Streaming final
    : public AsyncCall<grpc::ClientAsyncReaderWriter<SimpleRequest, SimpleResponse>> {
 public:
  using AsyncCall::AsyncCall;

 private:
  void start() override {
    stream_ = stub_->PrepareAsyncStreamingCall(&*context_, &queue_);
    stream_->StartCall(started_.after());
  }

  void exchange() {
    sending();
    void* tag = exchanged_.after(2);
    stream_->Write(work_.request, tag);
    stream_->Read(&response_, tag);
  }

  Step started_{[this](bool ok) { ok ? exchange() : finish(); }};
  Step exchanged_{[this](bool ok) {
    if (!ok) return finish();
    received(response_);
    complete() ? stream_->WritesDone(closed_.after()) : exchange();
  }};
  Step closed_{[this](bool) { finish(); }};
};

class FromClient final : public AsyncCall<grpc::ClientAsyncWriter<SimpleRequest>> {
 public:
  using AsyncCall::AsyncCall;

 private:
  void start() override {
    stream_ = stub_->PrepareAsyncStreamingFromClient(&*context_, &response_, &queue_);
    stream_->StartCall(started_.after());
  }

  void write() {
    if (last()) {
      stream_->WriteLast(work_.request, {}, written_.after());
    } else {
      stream_->Write(work_.request, kHint, written_.after());
    }
  }

  bool expected() override { return complete() && sound(response_); }

  Step started_{[this](bool ok) { ok ? write() : finish(); }};
  Step written_{[this](bool ok) {
    if (ok) counted();
    ok && !complete() ? write() : finish();
  }};
};

class FromServer final : public AsyncCall<grpc::ClientAsyncReader<SimpleResponse>> {
 public:
  using AsyncCall::AsyncCall;

 private:
  void start() override {
    stream_ = stub_->PrepareAsyncStreamingFromServer(&*context_, work_.request, &queue_);
    stream_->StartCall(started_.after());
  }

  void read() { stream_->Read(&response_, read_.after()); }

  Step started_{[this](bool ok) { ok ? read() : finish(); }};
  Step read_{[this](bool ok) {
    if (ok) received(response_);
    if (complete()) cancel();
    ok && !complete() ? read() : finish();
  }};
};

class BothWays final
    : public AsyncCall<grpc::ClientAsyncReaderWriter<SimpleRequest, SimpleResponse>> {
 public:
  using AsyncCall::AsyncCall;

 private:
  void start() override {
    ways_ = 1;
    stream_ = stub_->PrepareAsyncStreamingBothWays(&*context_, &queue_);
    stream_->StartCall(started_.after());
  }

  void read() { stream_->Read(&response_, read_.after()); }
  void write() { stream_->Write(work_.request, kHint, written_.after()); }

  Step started_{[this](bool ok) {
    if (!ok) return finish();
    ways_ = 2;
    read();
    write();
  }};
  Step read_{[this](bool ok) {
    if (ok) received(response_);
    if (complete()) cancel();
    // What is still to be written fails when the status is there.
    ok && !complete() ? read() : finish();
  }};
  Step written_{[this](bool ok) { ok ? write() : way_over(); }};
  Step finished_{[this](bool) { way_over(); }};

  void finish() { stream_->Finish(&status_, finished_.after()); }
  void way_over() {
    if (--ways_ == 0) over();
  }

  // What is still under way.
  int ways_ = 0;
};

class AsyncCaller final : public Caller {
 public:
  ~AsyncCaller() override {
    queue_.Shutdown();
    thread_.join();
  }

  std::unique_ptr<Call> call(RpcType type, const Work& work) override {
    return make<Unary, Streaming, FromClient, FromServer, BothWays>(type, work, queue_);
  }

 private:
  grpc::CompletionQueue queue_;
  std::thread thread_{[this] { drain(queue_); }};
};

}  // namespace

std::unique_ptr<Caller> async_caller() { return std::make_unique<AsyncCaller>(); }
