// The chat server of the article.

#include <atomic>
#include <sstream>
#include <thread>

#include "chat/chat.grpc.pb.h"
#include "common/flags.h"
#include "common/serve.h"

using chat::Message;
using grpc::ServerContext;
using grpc::Status;

namespace {

Message says(const std::string& content) {
  Message message;
  message.set_user("Server");
  message.set_content(content);
  return message;
}

// One line, in one piece: the handlers run in threads.
void log(const std::string& line) { std::cerr << line + "\n"; }

class Chat final : public chat::ChatService::Service {
 public:
  explicit Chat(std::chrono::milliseconds pace) : pace_(pace) {}

  Status SayHello(ServerContext*, const Message* request, Message* response) override {
    log("Received Unary message from " + request->user() + ": " + request->content());
    *response = says("Hello, " + request->user() + "! Thanks for your message.");
    return Status::OK;
  }

  Status BroadcastMessages(ServerContext*, const Message* request,
                           grpc::ServerWriter<Message>* writer) override {
    log("Received Broadcast request from " + request->user());
    for (const char* content : {"Welcome to the broadcast!", "Here is message #1.",
                                "And here is message #2.", "Broadcast finished."}) {
      if (!writer->Write(says(content))) return Status::CANCELLED;
      std::this_thread::sleep_for(pace_);  // Simulates work.
    }
    return Status::OK;
  }

  Status UploadStream(ServerContext* context, grpc::ServerReader<Message>* reader,
                      Message* response) override {
    Message message;
    std::string last_user;
    int count = 0;
    while (reader->Read(&message)) {
      log("Received message from client stream: " + message.content());
      last_user = message.user();
      count++;
    }
    // Read doesn't tell a half-close from a cancellation.
    if (context->IsCancelled()) return Status::CANCELLED;
    std::string received = std::to_string(count) + " messages.";
    log("Upload stream finished. Received " + received);
    *response = says("Finished receiving stream from " + last_user + ". Got " + received);
    return Status::OK;
  }

  Status ChatStream(ServerContext*, grpc::ServerReaderWriter<Message, Message>* stream) override {
    Message message;
    while (stream->Read(&message)) {
      log("Received message in ChatStream from " + message.user() + ": " + message.content());
      if (!stream->Write(says("Echo: " + message.content()))) return Status::CANCELLED;
    }
    return Status::OK;
  }

 private:
  const std::chrono::milliseconds pace_;
};

// Reads 500ms, 2s or 0.
std::chrono::milliseconds duration(const std::string& text) {
  std::istringstream input(text);
  double number = 0;
  std::string unit;
  bool known = static_cast<bool>(input >> number) && number >= 0;
  input >> unit;
  known = known && (unit == "ms" || unit == "s" || (unit.empty() && number == 0));
  if (!known) wrong_flag("pace", "a duration such as 500ms, not " + text);
  return std::chrono::milliseconds(static_cast<long>(unit == "s" ? number * 1000 : number));
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags(argc, argv, {{"listen", "127.0.0.1:50051"}, {"pace", "500ms"}});
  Chat chat(duration(flags.text("pace")));
  grpc::ServerBuilder builder;
  builder.RegisterService(&chat);
  return serve(builder, flags.text("listen"), grpc::InsecureServerCredentials());
}
