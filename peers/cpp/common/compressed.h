// Whether messages come compressed.
#pragma once

#include <grpc/grpc.h>

#include <cstdint>

// libgrpc exports it, but no header that is installed has it, nor the flag.
uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);
inline constexpr uint32_t kWasCompressed = 0x40000000;

// Whether the last message that this call received was compressed.
inline bool was_compressed(grpc_call* call) {
  return grpc_call_test_only_get_message_flags(call) & kWasCompressed;
}
