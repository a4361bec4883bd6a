// Calls by the callback API, as a new user makes them.

#include "bench/call.h"

using namespace grpc::testing;

namespace {

class Unary final : public Call {
 public:
  using Call::Call;

 private:
  void start() override {
    stub_->async()->UnaryCall(&*context_, &work_.request, &response_, [this](grpc::Status status) {
      if (status.ok()) received(response_);
      ended(status.error_code(), true);
    });
  }

  SimpleResponse response_;
};

class Streaming final : public Call,
                        public grpc::ClientBidiReactor<SimpleRequest, SimpleResponse> {
 public:
  using Call::Call;

 private:
  void start() override {
    stub_->async()->StreamingCall(&*context_, this);
    write();
    StartCall();
  }

  void write() {
    sending();
    StartWrite(&work_.request);
  }

  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&response_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    received(response_);
    complete() ? StartWritesDone() : write();
  }
  void OnDone(const grpc::Status& status) override { ended(status.error_code(), complete()); }

  SimpleResponse response_;
};

class FromClient final : public Call, public grpc::ClientWriteReactor<SimpleRequest> {
 public:
  using Call::Call;

 private:
  void start() override {
    stub_->async()->StreamingFromClient(&*context_, &response_, this);
    write();
    StartCall();
  }

  void write() {
    if (last()) {
      StartWriteLast(&work_.request, {});
    } else {
      StartWrite(&work_.request);
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;
    counted();
    if (!complete()) write();
  }
  void OnDone(const grpc::Status& status) override {
    ended(status.error_code(), complete() && sound(response_));
  }

  SimpleResponse response_;
};

class FromServer final : public Call, public grpc::ClientReadReactor<SimpleResponse> {
 public:
  using Call::Call;

 private:
  void start() override {
    stub_->async()->StreamingFromServer(&*context_, &work_.request, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    received(response_);
    complete() ? cancel() : StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override { ended(status.error_code(), complete()); }

  SimpleResponse response_;
};

class BothWays final : public Call, public grpc::ClientBidiReactor<SimpleRequest, SimpleResponse> {
 public:
  using Call::Call;

 private:
  void start() override {
    stub_->async()->StreamingBothWays(&*context_, this);
    StartRead(&response_);
    StartWrite(&work_.request);
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (ok) StartWrite(&work_.request);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    received(response_);
    complete() ? cancel() : StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override { ended(status.error_code(), complete()); }

  SimpleResponse response_;
};

class CallbackCaller final : public Caller {
 public:
  std::unique_ptr<Call> call(RpcType type, const Work& work) override {
    return make<Unary, Streaming, FromClient, FromServer, BothWays>(type, work);
  }
};

}  // namespace

std::unique_ptr<Caller> callback_caller() { return std::make_unique<CallbackCaller>(); }
