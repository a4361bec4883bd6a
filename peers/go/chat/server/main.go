// Server is the chat server of the article.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // takes compressed requests

	"quartet.example/peer/chat"
)

type server struct {
	chat.UnimplementedChatServiceServer
	pace time.Duration
}

func (s *server) SayHello(ctx context.Context, in *chat.Message) (*chat.Message, error) {
	log.Printf("Received Unary message from %s: %s", in.User, in.Content)
	return &chat.Message{
		User:    "Server",
		Content: "Hello, " + in.User + "! Thanks for your message.",
	}, nil
}

func (s *server) BroadcastMessages(in *chat.Message, stream chat.ChatService_BroadcastMessagesServer) error {
	log.Printf("Received Broadcast request from %s", in.User)
	messages := []*chat.Message{
		{User: "Server", Content: "Welcome to the broadcast!"},
		{User: "Server", Content: "Here is message #1."},
		{User: "Server", Content: "And here is message #2."},
		{User: "Server", Content: "Broadcast finished."},
	}

	for _, msg := range messages {
		if err := stream.Send(msg); err != nil {
			return err
		}
		time.Sleep(s.pace) // Simulate work
	}
	return nil
}

func (s *server) UploadStream(stream chat.ChatService_UploadStreamServer) error {
	var messageCount int32
	var lastUser string
	for {
		msg, err := stream.Recv()
		if err == io.EOF {
			log.Printf("Upload stream finished. Received %d messages.", messageCount)
			return stream.SendAndClose(&chat.Message{
				User:    "Server",
				Content: fmt.Sprintf("Finished receiving stream from %s. Got %d messages.", lastUser, messageCount),
			})
		}
		if err != nil {
			return err
		}
		lastUser = msg.User
		messageCount++
		log.Printf("Received message from client stream: %s", msg.Content)
	}
}

func (s *server) ChatStream(stream chat.ChatService_ChatStreamServer) error {
	for {
		in, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		log.Printf("Received message in ChatStream from %s: %s", in.User, in.Content)

		// Echo the message back
		if err := stream.Send(&chat.Message{User: "Server", Content: "Echo: " + in.Content}); err != nil {
			return err
		}
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:50051", "listen on `host:port`; port 0 takes a free one")
	pace := flag.Duration("pace", 500*time.Millisecond, "sleep after each message of a broadcast")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	lis, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatalf("failed to listen: %v", err)
	}
	s := grpc.NewServer()
	chat.RegisterChatServiceServer(s, &server{pace: *pace})

	go func() {
		<-ctx.Done()
		stop() // A second signal has its usual effect: it kills.
		s.GracefulStop()
	}()

	fmt.Printf("listening on %s\n", lis.Addr())
	if err := s.Serve(lis); err != nil { // Returns when GracefulStop is done
		log.Fatalf("failed to serve: %v", err)
	}
}
