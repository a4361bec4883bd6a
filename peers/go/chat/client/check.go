package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"quartet.example/peer/chat"
)

// checks are what -check checks; each has ten seconds.
var checks = []struct {
	name string
	run  func(context.Context, chat.ChatServiceClient) error
}{
	{"gzip", checkGzip},
	{"deadline", checkDeadline},
	{"cancel", checkCancel},
	{"metadata", checkMetadata},
	{"bystanders", checkBystanders},
	{"drop", checkDrop},
}

// runChecks prints one line for each check, and returns whether all are ok.
func runChecks(c chat.ChatServiceClient) bool {
	ok := true
	for _, check := range checks {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		switch err := check.run(ctx, c).(type) {
		case nil:
			fmt.Printf("ok %s\n", check.name)
		case failure:
			fmt.Printf("FAILED %s: %v\n", check.name, err)
			ok = false
		default:
			fmt.Printf("FAILED %s: %v\n", check.name, failure{"an answer", err.Error()})
			ok = false
		}
		cancel()
	}
	return ok
}

// failure is what a check gives when it doesn't see what it should.
type failure struct{ expected, saw string }

func (f failure) Error() string {
	return fmt.Sprintf("expected %.200s, saw %.200s", f.expected, f.saw)
}

func expect(expected, saw string) error {
	if saw == expected {
		return nil
	}
	return failure{expected, saw}
}

// said is the outcome of a call or of a Recv as a text, for expect.
func said(msg *chat.Message, err error) string {
	if err != nil {
		return err.Error()
	}
	return msg.Content
}

func checkGzip(ctx context.Context, c chat.ChatServiceClient) error {
	compressed := grpc.UseCompressor(gzip.Name)
	long := strings.Repeat("a", 100<<10)

	saw := said(c.SayHello(ctx, marko(long), compressed))
	if err := expect("Hello, Marko! Thanks for your message.", saw); err != nil {
		return err
	}

	broadcast, err := c.BroadcastMessages(ctx, marko(""), compressed)
	if err != nil {
		return err
	}
	for _, line := range []string{
		"Welcome to the broadcast!",
		"Here is message #1.",
		"And here is message #2.",
		"Broadcast finished.",
		io.EOF.Error(),
	} {
		if err := expect(line, said(broadcast.Recv())); err != nil {
			return err
		}
	}

	upload, err := c.UploadStream(ctx, compressed)
	if err != nil {
		return err
	}
	for range 3 {
		upload.Send(marko("one")) // If the call has ended, CloseAndRecv knows why
	}
	saw = said(upload.CloseAndRecv())
	if err := expect("Finished receiving stream from Marko. Got 3 messages.", saw); err != nil {
		return err
	}

	stream, err := c.ChatStream(ctx, compressed)
	if err != nil {
		return err
	}
	return echo(stream, long)
}

func checkDeadline(ctx context.Context, c chat.ChatServiceClient) error {
	start := time.Now()
	received, code := limitedBroadcast(ctx, c, 300*time.Millisecond)
	took := time.Since(start).Milliseconds()
	if err := expect(codes.DeadlineExceeded.String(), code.String()); err != nil {
		return err
	}
	if received == 0 {
		return failure{"a message before the deadline", "none"}
	}
	if took < 250 || took > 900 {
		return failure{"the end after 250..900 ms", fmt.Sprintf("it after %d ms", took)}
	}
	return nil
}

func checkCancel(ctx context.Context, c chat.ChatServiceClient) error {
	witness, err := openChat(ctx, c)
	if err != nil {
		return err
	}
	for range 20 {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := openChat(ctx, c)
		if err != nil {
			return err
		}
		cancel()
		_, err = stream.Recv()
		if err := expect(codes.Canceled.String(), status.Code(err).String()); err != nil {
			return err
		}
	}
	return checkSameConnection(ctx, c, witness)
}

func checkMetadata(ctx context.Context, c chat.ChatServiceClient) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", "17", "x-trace-bin", "\x00\x01\xfe\xff")
	var header, trailer metadata.MD
	_, err := c.SayHello(ctx, marko("with metadata"), grpc.Header(&header), grpc.Trailer(&trailer))
	if err != nil {
		return err
	}
	if err := cameBack(trailer); err != nil {
		return err
	}

	broadcast, err := c.BroadcastMessages(ctx, marko(""))
	if err != nil {
		return err
	}
	if err := readMetadata(broadcast); err != nil {
		return err
	}

	upload, err := c.UploadStream(ctx)
	if err != nil {
		return err
	}
	upload.CloseSend()
	if err := readMetadata(upload); err != nil {
		return err
	}

	stream, err := c.ChatStream(ctx)
	if err != nil {
		return err
	}
	stream.Send(marko("one"))
	stream.CloseSend()
	return readMetadata(stream)
}

// readMetadata receives what comes, from the initial metadata to the trailing one.
func readMetadata(stream grpc.ClientStream) error {
	if _, err := stream.Header(); err != nil {
		return err
	}
	for {
		err := stream.RecvMsg(new(chat.Message))
		if err == io.EOF {
			return cameBack(stream.Trailer())
		}
		if err != nil {
			return err
		}
	}
}

// cameBack expects the request's id among the trailers, once.
func cameBack(trailer metadata.MD) error {
	return expect("[17]", fmt.Sprint(trailer.Get("x-request-id")))
}

func checkBystanders(ctx context.Context, c chat.ChatServiceClient) error {
	var streams []chat.ChatService_ChatStreamClient
	for range 5 {
		stream, err := openChat(ctx, c)
		if err != nil {
			return err
		}
		streams = append(streams, stream)
	}
	for round := range 100 {
		_, code := limitedBroadcast(ctx, c, 50*time.Millisecond)
		if code == codes.OK {
			return failure{"the broadcast's deadline to end it", code.String()}
		}
		for _, stream := range streams {
			if err := echo(stream, fmt.Sprintf("round %d", round+1)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkDrop(ctx context.Context, c chat.ChatServiceClient) error {
	witness, err := openChat(ctx, c)
	if err != nil {
		return err
	}
	for range 50 {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		upload, err := c.UploadStream(ctx)
		if err != nil {
			return err
		}
		if err := upload.Send(marko("one")); err != nil {
			return err
		}
		// What comes back behind the message on the same connection says that it has arrived.
		if err := echo(witness, "sent"); err != nil {
			return err
		}
		cancel()
	}
	return checkSameConnection(ctx, c, witness)
}

// checkSameConnection greets the server; the witness was there before.
func checkSameConnection(ctx context.Context, c chat.ChatServiceClient, witness chat.ChatService_ChatStreamClient) error {
	if _, err := c.SayHello(ctx, marko("afterwards")); err != nil {
		return err
	}
	return echo(witness, "last")
}

// limitedBroadcast receives a broadcast that has a deadline: how many messages
// came, and the call's status.
func limitedBroadcast(ctx context.Context, c chat.ChatServiceClient, limit time.Duration) (int, codes.Code) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stream, err := c.BroadcastMessages(ctx, marko(""))
	received := 0
	for err == nil {
		if _, err = stream.Recv(); err == nil {
			received++
		}
	}
	if err == io.EOF {
		return received, codes.OK
	}
	return received, status.Code(err)
}

// openChat opens a ChatStream, and exchanges a first message.
func openChat(ctx context.Context, c chat.ChatServiceClient) (chat.ChatService_ChatStreamClient, error) {
	stream, err := c.ChatStream(ctx)
	if err != nil {
		return nil, err
	}
	return stream, echo(stream, "first")
}

func echo(stream chat.ChatService_ChatStreamClient, content string) error {
	stream.Send(marko(content)) // If the call has ended, Recv knows why
	return expect("Echo: "+content, said(stream.Recv()))
}

func marko(content string) *chat.Message {
	return &chat.Message{User: "Marko", Content: content}
}
