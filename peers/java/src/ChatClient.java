import chat.Chat.Message;
import chat.ChatServiceGrpc;
import chat.ChatServiceGrpc.ChatServiceStub;
import com.google.gson.JsonObject;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Makes one call and reports it, as the chat contract of peers/README.md has it. */
public class ChatClient {
  private static final List<String> CALLS =
      List.of("unary", "server-streaming", "client-streaming", "bidi");

  private static final List<String> FLAGS =
      List.of(
          "--server", "--call", "--user", "--content", "--size", "--count", "--deadline",
          "--cancel-after");

  private static final PrintStream out =
      new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);

  private final String call;
  private final List<Message> messages;
  private final int cancelAfter;
  private final boolean hold;
  private final CancellableContext context = Context.current().withCancellation();
  private final CountDownLatch ended = new CountDownLatch(1);

  public static void main(String[] args) throws InterruptedException {
    Flags flags = Flags.parse(args, List.of("--hold"), FLAGS);
    String call = flags.text("--call", "");
    if (!CALLS.contains(call)) {
      System.err.println("--call: no such call: " + call);
      System.exit(127);
    }
    new ChatClient(call, flags).run(flags);
  }

  private ChatClient(String call, Flags flags) {
    this.call = call;
    messages = messages(flags);
    cancelAfter = flags.number("--cancel-after", -1);
    hold = flags.has("--hold");
    if (oneRequest() && messages.size() != 1) {
      throw Flags.wrong("--call", call + " sends one message, not " + messages.size());
    }
  }

  private static List<Message> messages(Flags flags) {
    List<String> contents = flags.all("--content");
    if (flags.has("--size")) {
      if (!contents.isEmpty()) {
        throw Flags.wrong("--size", "comes instead of --content");
      }
      contents = List.of("a".repeat(flags.number("--size", 0)));
    } else if (contents.isEmpty()) {
      contents = List.of("");
    }
    int count = flags.number("--count", contents.size());
    String user = flags.text("--user", "Marko");
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String content = contents.get(i % contents.size()).replace("{n}", String.valueOf(i + 1));
      messages.add(Message.newBuilder().setUser(user).setContent(content).build());
    }
    return messages;
  }

  private boolean oneRequest() {
    return call.equals("unary") || call.equals("server-streaming");
  }

  private void run(Flags flags) throws InterruptedException {
    String server = flags.text("--server", "127.0.0.1:50051");
    ManagedChannel channel =
        Grpc.newChannelBuilder(server, InsecureChannelCredentials.create()).build();
    CountDownLatch connected = new CountDownLatch(1);
    connect(channel, connected);
    connected.await(5, TimeUnit.SECONDS);
    ChatServiceStub stub = ChatServiceGrpc.newStub(channel);
    if (flags.has("--deadline")) {
      stub = stub.withDeadlineAfter(flags.number("--deadline", 0), TimeUnit.MILLISECONDS);
    }
    if (oneRequest() && cancelAfter == 0) {
      context.cancel(null); // Once it's open, the message is sent
    }
    ChatServiceStub caller = stub;
    context.run(() -> call(caller));
    ended.await();
    channel.shutdownNow();
  }

  /** Connects ahead of the call: a deadline is not for the JVM's first steps. */
  private static void connect(ManagedChannel channel, CountDownLatch connected) {
    ConnectivityState state = channel.getState(true);
    if (state == ConnectivityState.READY || state == ConnectivityState.TRANSIENT_FAILURE) {
      connected.countDown();
    } else {
      channel.notifyWhenStateChanged(state, () -> connect(channel, connected));
    }
  }

  private void call(ChatServiceStub stub) {
    switch (call) {
      case "unary" -> stub.sayHello(messages.get(0), new Report());
      case "server-streaming" -> stub.broadcastMessages(messages.get(0), new Report());
      case "client-streaming" -> send(stub.uploadStream(new Report()));
      default -> send(stub.chatStream(new Report()));
    }
  }

  private void send(StreamObserver<Message> requests) {
    if (cancelAfter == 0) {
      context.cancel(null);
      return;
    }
    messages.forEach(requests::onNext);
    if (!hold) {
      requests.onCompleted();
    }
  }

  /** Reports the messages that come, and cancels the call when it's time to. */
  private class Report implements StreamObserver<Message> {
    private int received;

    @Override
    public void onNext(Message message) {
      if (context.isCancelled()) {
        return;
      }
      JsonObject line = event("message");
      line.addProperty("user", message.getUser());
      byte[] content = message.getContentBytes().toByteArray();
      if (content.length > 1024) {
        CRC32 crc = new CRC32();
        crc.update(content);
        line.addProperty("length", content.length);
        line.addProperty("crc32", crc.getValue());
      } else {
        line.addProperty("content", message.getContent());
      }
      out.println(line);
      if (++received == cancelAfter) {
        context.cancel(null);
      }
    }

    @Override
    public void onError(Throwable t) {
      end(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      end(Status.OK);
    }

    private void end(Status status) {
      JsonObject line = event("status");
      line.addProperty("code", status.getCode().name());
      line.addProperty("message", status.getDescription() == null ? "" : status.getDescription());
      out.println(line);
      ended.countDown();
    }

    private JsonObject event(String name) {
      JsonObject line = new JsonObject();
      line.addProperty("event", name);
      return line;
    }
  }
}
