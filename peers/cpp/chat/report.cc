#include "chat/report.h"

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

namespace {

// Longer contents are reported by their length and checksum.
constexpr size_t kLongest = 1024;

// The length of the UTF-8 sequence at `at`; 0 if there is none.
size_t sequence(const std::string& text, size_t at) {
  unsigned char first = text[at];
  size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  for (size_t i = 1; i < length; i++) {
    if (at + i >= text.size() || (text[at + i] & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::string json(const std::string& text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    size_t length = sequence(text, at);
    if (length == 0) {
      out += "\uFFFD";
    } else if (length > 1) {
      out += text.substr(at, length);
    } else if (text[at] == '"' || text[at] == '\\') {
      out += {'\\', text[at]};
    } else if (static_cast<unsigned char>(text[at]) < 0x20) {
      char escaped[7];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", text[at]);
      out += escaped;
    } else {
      out += text[at];
    }
    at += length == 0 ? 1 : length;
  }
  return out + "\"";
}

uint32_t crc32(const std::string& text) {
  uint32_t crc = 0xFFFFFFFF;
  for (unsigned char byte : text) {
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

const char* name(grpc::StatusCode code) {
  static const char* const names[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",    "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",  "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",            "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return code >= 0 && code <= 16 ? names[code] : "UNKNOWN";
}

}  // namespace

void report(const chat::Message& message) {
  const std::string& content = message.content();
  std::cout << R"({"event":"message","user":)" << json(message.user());
  if (content.size() <= kLongest) {
    std::cout << R"(,"content":)" << json(content);
  } else {
    std::cout << R"(,"length":)" << content.size() << R"(,"crc32":)" << crc32(content);
  }
  std::cout << "}" << std::endl;
}

void report(const grpc::Status& status) {
  std::cout << R"({"event":"status","code":")" << name(status.error_code()) << R"(","message":)"
            << json(status.error_message()) << "}" << std::endl;
}
