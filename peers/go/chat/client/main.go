// Client is the chat client of the article. What it has to say goes to stdout,
// an error to stderr.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"

	"quartet.example/peer/chat"
)

var (
	addr  = flag.String("server", "127.0.0.1:50051", "call the server at `host:port`")
	pace  = flag.Float64("pace", 1, "`factor` on the article's sleeps; 0 for none")
	style = flag.String("style", "all", "hello, broadcast, upload, chat or all")
	check = flag.Bool("check", false, "check the server (its pace must be 500ms), instead of making the article's calls")
)

var styles = []struct {
	name string
	call func(chat.ChatServiceClient) error
}{
	{"hello", hello},
	{"broadcast", broadcast},
	{"upload", upload},
	{"chat", converse},
}

func main() {
	log.SetFlags(0)
	log.SetOutput(os.Stdout)
	flag.Parse()

	creds, err := transportCredentials()
	if err != nil {
		fail(2, err)
	}
	conn, err := grpc.NewClient(*addr, grpc.WithTransportCredentials(creds))
	if err != nil {
		fail(1, err)
	}
	defer conn.Close()
	c := chat.NewChatServiceClient(conn)

	if *check {
		if !runChecks(c) {
			os.Exit(1)
		}
		return
	}

	if *call != "" {
		if err := runCall(c); err != nil {
			fail(2, err)
		}
		return
	}

	known := false
	for _, s := range styles {
		if *style == s.name || *style == "all" {
			known = true
			if err := s.call(c); err != nil {
				fail(1, err)
			}
		}
	}
	if !known {
		fail(2, fmt.Errorf("no such style: %s", *style))
	}
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(code)
}

func hello(c chat.ChatServiceClient) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()

	res, err := c.SayHello(ctx, &chat.Message{User: "Marko", Content: "This is a unary call."})
	if err != nil {
		return fmt.Errorf("could not greet: %w", err)
	}
	log.Printf("Unary Response from %s: %s", res.User, res.Content)
	return nil
}

func broadcast(c chat.ChatServiceClient) error {
	ctx, cancel := streamContext()
	defer cancel()

	stream, err := c.BroadcastMessages(ctx, &chat.Message{User: "Marko"})
	if err != nil {
		return fmt.Errorf("could not open broadcast stream: %w", err)
	}
	for {
		msg, err := stream.Recv()
		if err == io.EOF {
			return nil // Stream finished
		}
		if err != nil {
			return fmt.Errorf("failed to receive broadcast message: %w", err)
		}
		log.Printf("Broadcast from %s: %s", msg.User, msg.Content)
	}
}

func upload(c chat.ChatServiceClient) error {
	ctx, cancel := streamContext()
	defer cancel()

	stream, err := c.UploadStream(ctx)
	if err != nil {
		return fmt.Errorf("could not open upload stream: %w", err)
	}
	messages := []*chat.Message{
		{User: "Marko", Content: "Log entry 1"},
		{User: "Marko", Content: "Log entry 2"},
		{User: "Marko", Content: "Log entry 3"},
	}
	for _, msg := range messages {
		err := stream.Send(msg)
		if err == io.EOF {
			break // The server ended the call: CloseAndRecv knows why
		}
		if err != nil {
			return fmt.Errorf("failed to send message to stream: %w", err)
		}
		sleep(300 * time.Millisecond)
	}

	res, err := stream.CloseAndRecv()
	if err != nil {
		return fmt.Errorf("failed to receive response from upload stream: %w", err)
	}
	log.Printf("Upload Stream Response: %s", res.Content)
	return nil
}

func converse(c chat.ChatServiceClient) error {
	ctx, cancel := streamContext()
	defer cancel()

	stream, err := c.ChatStream(ctx)
	if err != nil {
		return fmt.Errorf("could not open chat stream: %w", err)
	}
	var sendErr, recvErr error
	var wg sync.WaitGroup
	wg.Go(func() { sendErr = sendAll(stream) })
	wg.Go(func() { recvErr = recvAll(stream) })
	wg.Wait()

	// When the server ends the call early, Send only says EOF, and Recv why.
	if recvErr != nil {
		return fmt.Errorf("failed to receive message: %w", recvErr)
	}
	if sendErr != nil {
		return fmt.Errorf("failed to send message: %w", sendErr)
	}
	log.Println("Bidirectional stream finished.")
	return nil
}

func sendAll(stream chat.ChatService_ChatStreamClient) error {
	messages := []*chat.Message{
		{User: "Marko", Content: "Hi!"},
		{User: "Marko", Content: "How are you?"},
		{User: "Marko", Content: "I'm using a bidi stream!"},
	}
	for _, msg := range messages {
		log.Printf("Sending message: %s", msg.Content)
		if err := stream.Send(msg); err != nil {
			return err
		}
		sleep(time.Second)
	}
	return stream.CloseSend() // IMPORTANT: Close the sending side of the stream
}

func recvAll(stream chat.ChatService_ChatStreamClient) error {
	for {
		res, err := stream.Recv()
		if err == io.EOF {
			return nil // Server closed the stream
		}
		if err != nil {
			return err
		}
		log.Printf("Received from server: %s", res.Content)
	}
}

// streamContext gives a stream ten seconds, and time for the sleeps of the
// slowest one.
func streamContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 10*time.Second+scaled(3*time.Second))
}

func sleep(d time.Duration) { time.Sleep(scaled(d)) }

func scaled(d time.Duration) time.Duration { return time.Duration(*pace * float64(d)) }
