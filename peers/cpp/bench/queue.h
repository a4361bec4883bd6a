// Operations on a completion queue, and what follows them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

// What follows when operations that began together have all ended. It is their tag.
class Step {
 public:
  // `next` gets whether all of them succeeded.
  explicit Step(std::function<void(bool ok)> next) : next_(std::move(next)) {}
  Step(const Step&) = delete;

  void* after(int operations = 1) {
    pending_ = operations;
    ok_ = true;
    return this;
  }

  // Its owner may be gone when this returns.
  void ended(bool ok) {
    ok_ = ok_ && ok;
    if (--pending_ == 0) next_(ok_);
  }

 private:
  const std::function<void(bool)> next_;
  int pending_ = 0;
  bool ok_ = true;
};

// Serves a queue until it is shut down.
inline void drain(grpc::CompletionQueue& queue) {
  void* step = nullptr;
  bool ok = false;
  while (queue.Next(&step, &ok)) static_cast<Step*>(step)->ended(ok);
}
