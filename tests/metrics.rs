//! Metrics of calls: names, units, attributes, buckets and counts, after real calls.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chat::{Chat, ChatServiceClient, message};
use quartet::channel::Channel;
use quartet::interceptors::{BearerAuth, ConcurrencyLimit, Metrics};

use crate::support::probe::probe;
use crate::support::styles::{METHODS, each_style};
use crate::support::{run, serve_with};

/// The samples of a scrape, by name and attributes.
struct Scrape(BTreeMap<String, f64>, String);

fn scrape(metrics: &Metrics) -> Scrape {
    let text = metrics.encode();
    assert!(text.ends_with("# EOF\n"), "no end: {text}");
    let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, value) = line.rsplit_once(' ').expect("a sample has a value");
        (name.to_owned(), value.parse().expect("a value is a number"))
    });
    Scrape(samples.collect(), text.clone())
}

impl Scrape {
    #[track_caller]
    fn expect(&self, sample: &str, expected: f64) {
        let seen = self.0.get(sample).copied();
        assert_eq!(seen, Some(expected), "{sample} in:\n{}", self.1);
    }

    fn get(&self, sample: &str) -> f64 {
        self.0.get(sample).copied().unwrap_or(0.0)
    }
}

/// What a server counts last, it counts at about the time at which its client sees the end.
#[track_caller]
fn wait_for(metrics: &Metrics, sample: &str, expected: f64) -> Scrape {
    let limit = Instant::now() + Duration::from_secs(10);
    loop {
        let seen = scrape(metrics);
        if seen.get(sample) == expected || Instant::now() > limit {
            seen.expect(sample, expected);
            return seen;
        }
        std::thread::yield_now();
    }
}

#[test]
fn every_style_is_counted_on_both_sides() {
    let metrics = Metrics::new();
    let chat = Chat::default().pace(Duration::ZERO);
    let served = serve_with(chat, |builder| builder.interceptor(metrics.clone()));
    let channel = Channel::builder(&served.target).interceptor(metrics.clone()).build();
    let client = ChatServiceClient::new(channel);
    for result in run(each_style(&client, &[])) {
        result.unwrap();
    }
    let last = r#"grpc_server_call_duration_seconds_count{grpc_method="chat.ChatService/ChatStream",grpc_status="OK"}"#;
    wait_for(&metrics, last, 1.0);
    let running = r#"grpc_server_call_running{grpc_method="chat.ChatService/ChatStream"}"#;
    let seen = wait_for(&metrics, running, 0.0);
    for method in METHODS {
        let method = format!(r#"grpc_method="chat.ChatService/{method}""#);
        let target = format!(r#"grpc_target="dns:///{}""#, served.target);
        seen.expect(&format!("grpc_server_call_started_total{{{method}}}"), 1.0);
        seen.expect(&format!("grpc_client_call_started_total{{{method},{target}}}"), 1.0);
        seen.expect(&format!("grpc_server_call_running{{{method}}}"), 0.0);
        seen.expect(&format!("grpc_client_call_running{{{method},{target}}}"), 0.0);
        for (side, labels) in [("server", method.clone()), ("client", format!("{method},{target}"))]
        {
            let sample =
                |name: &str| format!(r#"grpc_{side}_call_{name}{{{labels},grpc_status="OK"}}"#);
            seen.expect(&sample("duration_seconds_count"), 1.0);
            let requests = if side == "server" { "rcvd" } else { "sent" };
            seen.expect(&sample(&format!("{requests}_total_message_size_bytes_sum")), 8.0);
            seen.expect(&sample(&format!("{requests}_total_message_size_bytes_count")), 1.0);
        }
    }
    for line in [
        "# TYPE grpc_server_call_started counter",
        "# TYPE grpc_server_call_duration_seconds histogram",
        "# UNIT grpc_server_call_duration_seconds seconds",
        "# TYPE grpc_server_call_running gauge",
        "# TYPE grpc_client_call_sent_total_message_size_bytes histogram",
        "# UNIT grpc_client_call_sent_total_message_size_bytes bytes",
    ] {
        assert!(seen.1.lines().any(|seen| seen == line), "expected `{line}` in:\n{}", seen.1);
    }
}

#[test]
fn the_buckets_are_those_of_a66_and_count_up() {
    let metrics = Metrics::new();
    let chat = Chat::default().pace(Duration::ZERO);
    let served = serve_with(chat, |builder| builder.interceptor(metrics.clone()));
    let client = served.client();
    run(client.say_hello(message("Ada", "x"))).unwrap();
    run(client.say_hello(message("", "x".repeat(3000)))).unwrap();
    let labels = r#"{grpc_method="chat.ChatService/SayHello",grpc_status="OK"}"#;
    let seen = wait_for(&metrics, &format!("grpc_server_call_duration_seconds_count{labels}"), 2.0);
    let buckets = |metric: &str| {
        let start = format!("{metric}_bucket{{le=\"");
        let of_metric = |line: &str| {
            let (bound, rest) = line.strip_prefix(&start)?.split_once('"')?;
            let count: f64 = rest.rsplit_once(' ')?.1.parse().ok()?;
            Some((bound.replace("+Inf", "inf").parse::<f64>().ok()?, count))
        };
        seen.1.lines().filter_map(of_metric).collect::<Vec<_>>()
    };
    let sizes = buckets("grpc_server_call_rcvd_total_message_size_bytes");
    let mut expected = vec![(0.0, 0.0), (1024.0, 1.0), (2048.0, 1.0)];
    for bound in [4096u64, 16384, 65536, 262144, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20] {
        expected.push((bound as f64, 2.0));
    }
    expected.extend([((1u64 << 30) as f64, 2.0), ((4u64 << 30) as f64, 2.0), (f64::INFINITY, 2.0)]);
    assert_eq!(sizes, expected, "in:\n{}", seen.1);
    let seconds = buckets("grpc_server_call_duration_seconds");
    assert_eq!(seconds.len(), 42, "{seconds:?}");
    assert_eq!((seconds[1].0, seconds[40].0, seconds[41].1), (0.00001, 100.0, 2.0));
    assert!(seconds.is_sorted(), "{seconds:?}");
}

#[test]
fn refusals_panics_and_cancellations_are_counted_as_what_they_are() {
    let metrics = Metrics::new();
    let (probe, _events) = probe();
    let served = serve_with(probe, |builder| {
        let tokens = BearerAuth::tokens([("ada", "sesame")]);
        builder.interceptor(metrics.clone()).interceptor(tokens)
    });
    let client = served.client();
    let ended = |method: &str, status: &str| {
        let labels = format!(r#"grpc_method="chat.ChatService/{method}",grpc_status="{status}""#);
        format!("grpc_server_call_duration_seconds_count{{{labels}}}")
    };
    for result in run(each_style(&client, &[])) {
        result.unwrap_err();
    }
    for method in METHODS {
        wait_for(&metrics, &ended(method, "UNAUTHENTICATED"), 1.0);
    }
    let known = |content: &str| {
        let mut request = quartet::rpc::Request::new(message("", content));
        request.metadata_mut().add("authorization", "Bearer sesame").unwrap();
        request
    };
    run(client.say_hello(known("panic later"))).unwrap_err();
    wait_for(&metrics, &ended("SayHello", "INTERNAL"), 1.0);
    let mut replies = client.broadcast_messages(known("1 then wait for ever")).unwrap();
    run(replies.message()).unwrap();
    drop(replies);
    let seen = wait_for(&metrics, &ended("BroadcastMessages", "CANCELLED"), 1.0);
    seen.expect(r#"grpc_server_call_started_total{grpc_method="chat.ChatService/SayHello"}"#, 2.0);
}

#[test]
fn what_a_client_does_not_get_to_send_is_counted_too() {
    let metrics = Metrics::new();
    let channel = Channel::builder("127.0.0.1:1")
        .interceptor(metrics.clone())
        .interceptor(ConcurrencyLimit::new(0))
        .build();
    run(ChatServiceClient::new(channel).say_hello(message("", ""))).unwrap_err();
    let labels = r#"{grpc_method="chat.ChatService/SayHello",grpc_target="dns:///127.0.0.1:1",grpc_status="RESOURCE_EXHAUSTED"}"#;
    scrape(&metrics).expect(&format!("grpc_client_call_duration_seconds_count{labels}"), 1.0);
}

#[test]
fn a_program_adds_metrics_of_its_own() {
    let metrics = Metrics::new();
    metrics.register(|registry| {
        let gauge = prometheus_client::metrics::gauge::Gauge::<i64>::default();
        gauge.set(17);
        registry.register("rooms", "How many", gauge);
    });
    scrape(&metrics).expect("rooms", 17.0);
}
