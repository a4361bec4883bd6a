// Servers by the asynchronous API.
#pragma once

#include <optional>

#include "bench/queue.h"

// The handlers of one method.
template <class Service>
struct Pool {
  Service& service;
  grpc::ServerCompletionQueue& queue;
  // The handlers of the whole server.
  int& alive;
  int waiting = 0;
};

// Handles one call after the other, until the server is shut down. One handler more than there are
// calls waits for the next. All of them run in the queue's one thread.
template <class Self, class Service, class Stream>
class Handler {
 public:
  explicit Handler(Pool<Service>& pool) : pool_(pool) { pool_.alive++; }
  Handler(const Handler&) = delete;

  virtual ~Handler() { pool_.alive--; }

  void wait() {
    pool_.waiting++;
    stream_.reset();
    context_.emplace();
    stream_.emplace(&*context_);
    request(accepted_.after());
  }

 protected:
  // Asks the service for a call.
  virtual void request(void* tag) = 0;
  // Begins to handle it; it ends with `finished_`.
  virtual void handle() = 0;

  Pool<Service>& pool_;
  std::optional<grpc::ServerContext> context_;
  std::optional<Stream> stream_;
  Step finished_{[this](bool) { wait(); }};

 private:
  void accepted(bool ok) {
    pool_.waiting--;
    if (!ok) {
      delete this;
      return;
    }
    if (pool_.waiting == 0) (new Self(pool_))->wait();
    handle();
  }

  Step accepted_{[this](bool ok) { accepted(ok); }};
};

// Runs handlers until the server is shut down, and the last of them is gone.
inline void run(grpc::CompletionQueue& queue, const int& alive) {
  void* step = nullptr;
  bool ok = false;
  while (alive != 0 && queue.Next(&step, &ok)) static_cast<Step*>(step)->ended(ok);
}
