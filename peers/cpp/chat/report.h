// What the client reports of its call: JSON lines on standard output.
#pragma once

#include <grpcpp/grpcpp.h>

#include "chat/chat.pb.h"

void report(const chat::Message& message);
void report(const grpc::Status& status);
