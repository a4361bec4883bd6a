//! Traces are continued, handed on and started, as W3C's Trace Context has it.

use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use chat::{ChatServiceClient, Message, message};
use quartet::channel::Channel;
use quartet::interceptors::{Trace, TraceContext};
use quartet::rpc::{Call, Interceptor, Metadata, Request, Response, Status};

use crate::support::hello::Hello;
use crate::support::http2::{Connection, END_STREAM, HEADERS, call};
use crate::support::styles::each_style;
use crate::support::{Served, core_major, run, serve_with};

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Reports the trace of each call, and the metadata that came with it.
struct Report(Mutex<Sender<(Trace, Metadata)>>);

impl Interceptor for Report {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let trace = call.extension::<Trace>().expect("the call has a trace").clone();
        let _ = self.0.lock().unwrap().send((trace, call.metadata().clone()));
        Ok(())
    }
}

type Seen = Receiver<(Trace, Metadata)>;

/// A server with traces, and what it sees of them. Its handler, when given another server, calls it
/// over a channel that has the interceptor and nothing else.
fn serve(next: Option<&Served>) -> (Served, Seen) {
    let (sender, seen) = mpsc::channel();
    let next = next.map(client);
    let hello = move |request: Request<Message>| {
        let next = next.clone();
        async move {
            if let Some(next) = next {
                next.say_hello(message("", "")).await?;
            }
            let trace = request.extension::<Trace>().expect("the handler reads the trace");
            Ok(Response::new(message(trace.id(), trace.span_id())))
        }
    };
    let served = serve_with(Hello(hello), |builder| {
        builder.interceptor(TraceContext::default()).interceptor(Report(Mutex::new(sender)))
    });
    (served, seen)
}

fn client(served: &Served) -> ChatServiceClient {
    let channel = Channel::builder(&served.target).interceptor(TraceContext::default());
    ChatServiceClient::new(channel.build())
}

fn next(seen: &Seen) -> (Trace, Metadata) {
    seen.recv_timeout(Duration::from_secs(10)).expect("a call arrives")
}

#[test]
fn a_callers_trace_is_continued_in_every_style() {
    let (served, seen) = serve(None);
    let metadata = [("traceparent", PARENT), ("tracestate", "rojo=1"), ("tracestate", "congo=t61")];
    for client in [served.client(), client(&served)] {
        for result in run(each_style(&client, &metadata)) {
            result.unwrap();
            let (trace, _) = next(&seen);
            assert_eq!((trace.id(), trace.parent_id()), (ID.to_owned(), Some(SPAN.to_owned())));
            assert_ne!(trace.span_id(), SPAN, "the server has a span of its own");
            assert!(trace.sampled());
            assert_eq!(trace.state(), Some("rojo=1,congo=t61"));
        }
    }
}

#[test]
fn calls_made_while_serving_carry_the_trace_on() {
    let (last, last_saw) = serve(None);
    let (middle, middle_saw) = serve(Some(&last));
    let (first, first_saw) = serve(Some(&middle));
    let mut request = Request::new(message("", ""));
    request.metadata_mut().add("traceparent", PARENT).unwrap();
    request.metadata_mut().add("tracestate", "rojo=1").unwrap();
    let reply = run(first.client().say_hello(request)).unwrap().into_inner();
    let traces = [next(&first_saw).0, next(&middle_saw).0, next(&last_saw).0];
    assert_eq!((reply.user, reply.content), (ID.to_owned(), traces[0].span_id()));
    for trace in &traces {
        assert_eq!((trace.id(), trace.state()), (ID.to_owned(), Some("rojo=1")));
    }
    // A server's span and the client's between it and the next one are different ones.
    let spans = traces.each_ref().map(|trace| (trace.parent_id(), Some(trace.span_id())));
    assert_eq!(spans[0].0.as_deref(), Some(SPAN));
    let mut all: Vec<_> = spans.iter().flat_map(|(parent, own)| [parent, own]).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "{spans:?}");
}

#[test]
fn without_a_trace_one_starts() {
    let (served, seen) = serve(None);
    for client in [served.client(), client(&served)] {
        run(client.say_hello(message("", ""))).unwrap();
        run(client.say_hello(message("", ""))).unwrap();
        let (one, other) = (next(&seen).0, next(&seen).0);
        assert_ne!(one.id(), other.id());
        assert!(!one.sampled());
    }
    let channel =
        Channel::builder(&served.target).interceptor(TraceContext::default().sampled(true));
    run(ChatServiceClient::new(channel.build()).say_hello(message("", ""))).unwrap();
    assert!(next(&seen).0.sampled());
}

#[test]
fn what_is_malformed_counts_as_absent() {
    let (served, seen) = serve(None);
    for (parents, state) in [
        (&["nonsense"][..], "rojo=1"),
        (&["00-00000000000000000000000000000000-00f067aa0ba902b7-01"], "rojo=1"),
        (&[PARENT, PARENT], "rojo=1"),
    ] {
        // Newer cores read a `traceparent` themselves, and keep the last of several.
        if parents.len() > 1 && core_major() > 33 {
            continue;
        }
        let mut metadata: Vec<_> = parents.iter().map(|parent| ("traceparent", *parent)).collect();
        metadata.push(("tracestate", state));
        run(each_style(&served.client(), &metadata))[0].clone().unwrap();
        let (trace, _) = next(&seen);
        assert_eq!((trace.parent_id(), trace.state()), (None, None), "{parents:?}");
        assert_ne!(trace.id(), ID);
        (0..3).for_each(|_| drop(next(&seen)));
        // A client replaces it by a trace that is well-formed.
        run(each_style(&client(&served), &metadata))[0].clone().unwrap();
        let (trace, sent) = next(&seen);
        assert_ne!(trace.id(), ID);
        assert_eq!(sent.get_all("traceparent").count(), 1, "{sent:?}");
        (0..3).for_each(|_| drop(next(&seen)));
    }
    let metadata = [("traceparent", PARENT), ("tracestate", "no member")];
    run(each_style(&served.client(), &metadata))[0].clone().unwrap();
    let (trace, _) = next(&seen);
    assert_eq!((trace.id(), trace.state()), (ID.to_owned(), None));
}

/// W3C allows spaces and tabs around a member. A tab can come over the wire, and not be sent.
#[test]
fn a_tab_in_the_state_does_not_end_the_trace() {
    let (last, last_saw) = serve(None);
    let (first, first_saw) = serve(Some(&last));
    let mut connection = Connection::open(&first.target);
    let state = "rojo=1\t,\tcongo=t61 x \t,,";
    let trace = [("traceparent", PARENT.as_bytes()), ("tracestate", state.as_bytes())];
    connection.headers(1, &call("/chat.ChatService/SayHello", &trace), 0);
    connection.message(1, &[], END_STREAM);
    let [seen] = connection.finish([1]);
    assert_eq!(seen.grpc_status(), Some(0), "{seen:?}");
    for trace in [next(&first_saw).0, next(&last_saw).0] {
        assert_eq!((trace.id(), trace.state()), (ID.to_owned(), Some("rojo=1,congo=t61 x")));
    }
}

#[test]
fn a_request_may_be_given_a_trace() {
    let (served, seen) = serve(None);
    run(served.client().say_hello(message("", ""))).unwrap();
    let (given, _) = next(&seen);
    let mut request = Request::new(message("", ""));
    request.extend(given.clone());
    run(client(&served).say_hello(request)).unwrap();
    assert_eq!(next(&seen).0.id(), given.id());
}

/// C-core does not hand `grpc-trace-bin` to a server, so it is looked for on the wire.
#[test]
fn both_forms_leave_a_client() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let channel = Channel::builder(target).interceptor(TraceContext::default()).build();
    let mut request = Request::new(message("", ""));
    request.metadata_mut().add("traceparent", PARENT).unwrap();
    let replies = ChatServiceClient::new(channel).broadcast_messages(request).unwrap();
    let mut connection = Connection::accept(&listener);
    let headers = loop {
        let frame = connection.next().expect("the client stays");
        if frame.kind == HEADERS {
            break frame.payload;
        }
    };
    drop(replies);
    let holds = |text: &[u8]| headers.windows(text.len()).any(|window| window == text);
    for text in ["traceparent", PARENT, "grpc-trace-bin"] {
        assert!(holds(text.as_bytes()), "{text} is not in {}", headers.escape_ascii());
    }
}
