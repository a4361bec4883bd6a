package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"quartet.example/peer/chat"
)

// The flags of the lab's chat contract: peers/README.md.
var (
	call        = flag.String("call", "", "make one call, and report it as JSON: unary, server-streaming, client-streaming or bidi")
	user        = flag.String("user", "Marko", "the user of every message of the call")
	contents    texts
	size        number
	count       number
	deadline    number
	cancelAfter number
	hold        = flag.Bool("hold", false, "don't half-close the call after its last message")
)

func init() {
	flag.Var(&contents, "content", "the `content` of a message, once for each; {n} is the message's number")
	flag.Var(&size, "size", "instead of contents: `bytes` letters a")
	flag.Var(&count, "count", "send `n` messages, taking the contents in turn")
	flag.Var(&deadline, "deadline", "the call's deadline in `ms`")
	flag.Var(&cancelAfter, "cancel-after", "cancel the call when `n` messages have been received")
}

// texts is a flag that may come more than once.
type texts []string

func (t *texts) String() string         { return "" }
func (t *texts) Set(value string) error { *t = append(*t, value); return nil }

// number is a flag that may be left out.
type number struct {
	given bool
	value uint32
}

func (n *number) String() string { return "" }

func (n *number) Set(value string) error {
	parsed, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return errors.New("not a number of 0 or more")
	}
	*n = number{true, uint32(parsed)}
	return nil
}

// runCall makes and reports the call that the flags describe; its error is one of
// the flags.
func runCall(c chat.ChatServiceClient) error {
	if !slices.Contains([]string{"unary", "server-streaming", "client-streaming", "bidi"}, *call) {
		fail(127, fmt.Errorf("no such call: --call %s", *call))
	}
	messages, err := callMessages()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if deadline.given {
		ctx, cancel = context.WithTimeout(context.Background(), time.Duration(deadline.value)*time.Millisecond)
	}
	defer cancel()

	ended := status.Convert(makeCall(ctx, cancel, c, messages))
	report(struct {
		Event   string `json:"event"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}{"status", code.Code(ended.Code()).String(), ended.Message()})
	return nil
}

// callMessages are the messages to send.
func callMessages() ([]*chat.Message, error) {
	single := *call == "unary" || *call == "server-streaming"
	switch {
	case flag.NArg() > 0:
		return nil, fmt.Errorf("not a flag: %s", flag.Arg(0))
	case size.given && contents != nil:
		return nil, errors.New("--size comes instead of --content")
	case size.given:
		contents = texts{strings.Repeat("a", int(size.value))}
	case contents == nil:
		contents = texts{""}
	}
	n := len(contents)
	if count.given {
		n = int(count.value)
	}
	if single && n != 1 {
		return nil, fmt.Errorf("--call %s sends one message, not %d", *call, n)
	}

	messages := make([]*chat.Message, n)
	for i := range messages {
		content := strings.ReplaceAll(contents[i%len(contents)], "{n}", strconv.Itoa(i+1))
		messages[i] = &chat.Message{User: *user, Content: content}
	}
	return messages, nil
}

func makeCall(ctx context.Context, cancel func(), c chat.ChatServiceClient, messages []*chat.Message) error {
	switch *call {
	case "unary":
		if cancelDue(0) {
			cancel()
		}
		msg, err := c.SayHello(ctx, messages[0])
		if err == nil {
			reportMessage(msg)
		}
		return err
	case "server-streaming":
		if cancelDue(0) {
			cancel() // The stream opens with its message
		}
		stream, err := c.BroadcastMessages(ctx, messages[0])
		if err != nil {
			return err
		}
		return receive(stream, cancel)
	case "client-streaming":
		stream, err := c.UploadStream(ctx)
		if err != nil {
			return err
		}
		return exchange(stream, cancel, messages)
	default:
		stream, err := c.ChatStream(ctx)
		if err != nil {
			return err
		}
		return exchange(stream, cancel, messages)
	}
}

// exchange sends the messages and receives, both at once.
func exchange(stream grpc.ClientStream, cancel func(), messages []*chat.Message) error {
	if !cancelDue(0) {
		go send(stream, messages)
	}
	return receive(stream, cancel)
}

func send(stream grpc.ClientStream, messages []*chat.Message) {
	for _, msg := range messages {
		if stream.SendMsg(msg) != nil {
			return // The call has ended: RecvMsg knows why
		}
	}
	if !*hold {
		stream.CloseSend()
	}
}

// receive reports the messages until the call ends or is to be cancelled.
func receive(stream grpc.ClientStream, cancel func()) error {
	for received := uint32(0); ; received++ {
		if cancelDue(received) {
			cancel()
			return end(stream)
		}
		msg := new(chat.Message)
		err := stream.RecvMsg(msg)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		reportMessage(msg)
	}
}

// end is how a cancelled call ends, when it's done with what still comes.
func end(stream grpc.ClientStream) error {
	for {
		err := stream.RecvMsg(new(chat.Message))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func cancelDue(received uint32) bool {
	return cancelAfter.given && cancelAfter.value == received
}

func reportMessage(msg *chat.Message) {
	if len(msg.Content) > 1024 {
		report(struct {
			Event  string `json:"event"`
			User   string `json:"user"`
			Length int    `json:"length"`
			CRC32  uint32 `json:"crc32"`
		}{"message", msg.User, len(msg.Content), crc32.ChecksumIEEE([]byte(msg.Content))})
		return
	}
	report(struct {
		Event   string `json:"event"`
		User    string `json:"user"`
		Content string `json:"content"`
	}{"message", msg.User, msg.Content})
}

func report(line any) {
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fail(1, err)
	}
}
