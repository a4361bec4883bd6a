import chat.Chat.Message;
import chat.ChatServiceGrpc.ChatServiceImplBase;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The chat service of proto/chat/chat.proto: --listen HOST:PORT --pace 500ms. */
public class ChatServer {
  public static void main(String[] args) throws IOException, InterruptedException {
    Flags flags = Flags.parse(args, List.of(), List.of("--listen", "--pace"));
    Server server =
        NettyServerBuilder.forAddress(flags.address("--listen"), InsecureServerCredentials.create())
            .addService(new ChatService(flags.millis("--pace", 500)))
            .build()
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
    InetSocketAddress address = (InetSocketAddress) server.getListenSockets().get(0);
    System.out.printf("listening on %s:%d%n", address.getAddress().getHostAddress(), address.getPort());
    server.awaitTermination();
  }

  private static void stop(Server server) {
    try {
      server.shutdown().awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.shutdownNow();
  }

  private static class ChatService extends ChatServiceImplBase {
    private final long pace;

    ChatService(long pace) {
      this.pace = pace;
    }

    @Override
    public void sayHello(Message request, StreamObserver<Message> responses) {
      responses.onNext(say("Hello, " + request.getUser() + "! Thanks for your message."));
      responses.onCompleted();
    }

    @Override
    public void broadcastMessages(Message request, StreamObserver<Message> responses) {
      var call = (ServerCallStreamObserver<Message>) responses;
      call.setOnCancelHandler(() -> {}); // Without one, onNext throws once the call is cancelled
      try {
        call.onNext(say("Welcome to the broadcast!"));
        for (String line :
            List.of("Here is message #1.", "And here is message #2.", "Broadcast finished.")) {
          Thread.sleep(pace);
          call.onNext(say(line));
        }
        call.onCompleted();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public StreamObserver<Message> uploadStream(StreamObserver<Message> responses) {
      return new StreamObserver<>() {
        private String user = "";
        private int count;

        @Override
        public void onNext(Message message) {
          user = message.getUser();
          count++;
        }

        @Override
        public void onError(Throwable t) {} // Cancelled: nobody is there to be answered

        @Override
        public void onCompleted() {
          responses.onNext(
              say("Finished receiving stream from " + user + ". Got " + count + " messages."));
          responses.onCompleted();
        }
      };
    }

    @Override
    public StreamObserver<Message> chatStream(StreamObserver<Message> responses) {
      ((ServerCallStreamObserver<Message>) responses).setOnCancelHandler(() -> {});
      return new StreamObserver<>() {
        @Override
        public void onNext(Message message) {
          responses.onNext(say("Echo: " + message.getContent()));
        }

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {
          responses.onCompleted();
        }
      };
    }

    private static Message say(String content) {
      return Message.newBuilder().setUser("Server").setContent(content).build();
    }
  }
}
