// The chat client: makes one call, as the flags say, and reports it.

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

#include "chat/chat.grpc.pb.h"
#include "chat/report.h"
#include "common/flags.h"

using chat::Message;
using grpc::ClientContext;
using grpc::Status;
using Stub = chat::ChatService::Stub;

namespace {

// What to send, and when to stop.
struct Script {
  std::string user;
  std::vector<std::string> contents;
  int count;
  bool hold;
  std::optional<int> cancel_after;

  // The message of this number, from 1; without contents, an empty one.
  Message message(int number) const {
    Message message;
    message.set_user(user);
    if (contents.empty()) return message;
    std::string content = contents[(number - 1) % contents.size()];
    std::string digits = std::to_string(number);
    for (size_t at = 0; (at = content.find("{n}", at)) != std::string::npos; at += digits.size()) {
      content.replace(at, 3, digits);
    }
    message.set_content(content);
    return message;
  }
};

Script script_of(const Flags& flags) {
  Script script;
  script.user = flags.text("user");
  script.contents = flags.all("content");
  if (flags.has("size")) {
    if (!script.contents.empty()) wrong_flag("size", "not together with --content");
    script.contents = {std::string(flags.number("size"), 'a')};
  }
  script.count = flags.has("count") ? flags.number("count") : static_cast<int>(script.contents.size());
  script.hold = flags.has("hold");
  if (flags.has("cancel-after")) script.cancel_after = flags.number("cancel-after");
  return script;
}

// Sends it all, or as much as the call takes: its status says why.
template <class Writer>
void send(Writer& writer, const Script& script) {
  for (int number = 1; number <= script.count; number++) {
    if (!writer.Write(script.message(number))) return;
  }
  if (!script.hold) writer.WritesDone();
}

template <class Reader>
void receive(Reader& reader, ClientContext& context, const Script& script) {
  Message message;
  for (int received = 1; reader.Read(&message); received++) {
    report(message);
    if (script.cancel_after == received) {
      context.TryCancel();
      return;
    }
  }
}

Status unary(Stub& stub, ClientContext& context, const Script& script) {
  Message response;
  Status status = stub.SayHello(&context, script.message(1), &response);
  if (status.ok()) report(response);
  return status;
}

Status server_streaming(Stub& stub, ClientContext& context, const Script& script) {
  auto reader = stub.BroadcastMessages(&context, script.message(1));
  receive(*reader, context, script);
  return reader->Finish();
}

Status client_streaming(Stub& stub, ClientContext& context, const Script& script) {
  Message response;
  auto writer = stub.UploadStream(&context, &response);
  send(*writer, script);
  Status status = writer->Finish();
  if (status.ok()) report(response);
  return status;
}

Status bidi(Stub& stub, ClientContext& context, const Script& script) {
  auto stream = stub.ChatStream(&context);
  std::thread sender([&] { send(*stream, script); });
  receive(*stream, context, script);
  sender.join();
  return stream->Finish();
}

const std::map<std::string, Status (*)(Stub&, ClientContext&, const Script&)> calls = {
    {"unary", unary},
    {"server-streaming", server_streaming},
    {"client-streaming", client_streaming},
    {"bidi", bidi},
};

}  // namespace

int main(int argc, char** argv) {
  Flags flags(argc, argv,
              {{"server", "127.0.0.1:50051"}, {"call", ""}, {"user", "Marko"}, {"content", ""},
               {"size", ""}, {"count", ""}, {"deadline", ""}, {"cancel-after", ""}},
              {"hold"});
  Script script = script_of(flags);
  auto call = calls.find(flags.text("call"));
  if (call == calls.end()) {
    std::cerr << "unsupported call: " << flags.text("call") << std::endl;
    return 127;
  }

  ClientContext context;
  if (flags.has("deadline")) {
    std::chrono::milliseconds limit(flags.number("deadline"));
    context.set_deadline(std::chrono::system_clock::now() + limit);
  }
  if (script.cancel_after == 0) context.TryCancel();  // It holds for the call to come.

  Stub stub(grpc::CreateChannel(flags.text("server"), grpc::InsecureChannelCredentials()));
  report(call->second(stub, context, script));
  return 0;
}
