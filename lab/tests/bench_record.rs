//! A benchmark's record that was made up: with a second copy, a tool, every axis, and everything
//! that can go wrong. Unit tests and the test of the page read the same.

use serde_json::{Map, Value, json};

const ROUNDS: usize = 4;
/// Name, stack, language, and how fast it is beside the reference.
const CONTESTANTS: [(&str, &str, &str, f64); 6] = [
    ("quartet", "quartet on C-core", "Rust", 1.0),
    ("quartet-again", "quartet on C-core", "Rust", 1.0),
    ("tonic", "tonic", "Rust", 0.72),
    ("cpp", "gRPC C++", "C++", 1.01),
    ("go", "grpc-go", "Go", 0.6),
    ("java", "grpc-java", "Java", 1.4),
];

pub fn record() -> Value {
    let cases = cases();
    let samples: Vec<_> = (1..=ROUNDS).flat_map(|round| samples(&cases, round)).collect();
    let mut contestants: Vec<_> = CONTESTANTS.iter().map(contestant).collect();
    contestants.push(json!({
        "name": "python", "stack": "grpcio", "language": "Python", "version": null,
        "no_run": "python3 not found", "settings": "asyncio",
    }));
    json!({
        "kind": "bench", "schema": 1, "lab": "0.1.0",
        "command": "lab bench --output json:bench.json", "started": "2026-11-24T12:00:00Z",
        "seconds": 3725.4, "tools": {"h2load": "nghttp2/1.52.0"}, "interrupted": false,
        "machine": {
            "cores": 2, "processor": "A <Processor>", "memory": 8000, "system": "Linux 6.1",
        },
        "reference": "quartet", "contestants": contestants, "cases": cases, "samples": samples,
    })
}

fn contestant((name, stack, language, _): &(&str, &str, &str, f64)) -> Value {
    let mut it = json!({
        "name": name, "stack": stack, "language": language, "version": "1.2.3", "no_run": null,
        "settings": "one completion queue",
    });
    if let Some(original) = name.strip_suffix("-again") {
        it["again"] = original.into();
    }
    it
}

fn cases() -> Vec<Value> {
    const CALLS: &[&str] = &[
        "p50",
        "p99",
        "p999",
        "server-cpu",
        "client-cpu",
        "server-switches",
        "bytes-sent",
        "instructions",
    ];
    let unary = |in_flight: u32, connections: u32| {
        let axes = json!({"in-flight": in_flight, "connections": connections, "size": 0});
        let id = format!("unary/0B/{in_flight}x{connections}");
        case(&id, "How many unary calls?", "rate", CALLS, axes)
    };
    let open = |percent: u32| {
        let axes = json!({"share": f64::from(percent) / 100.0});
        case(
            &format!("load/{percent}"),
            "How late at this load?",
            "p99",
            &["rate", "p50", "p999"],
            axes,
        )
    };
    let single = |id: &str, figure: &str| case(id, "What does it take?", figure, &[], json!({}));
    vec![
        unary(1, 1),
        unary(10, 1),
        unary(100, 1),
        unary(10, 4),
        unary(100, 4),
        case("ping-pong/unary", "How long does a call take?", "p50", &["rate", "p99"], json!({})),
        case(
            "stream/server/1KiB/1x1",
            "How many messages?",
            "rate",
            &["server-cpu", "client-cpu"],
            json!({"size": 1024}),
        ),
        case("server/h2load/100x4", "How fast is the server?", "rate", &["server-cpu"], json!({})),
        open(20),
        open(50),
        open(80),
        single("idle-connections/10000", "memory-each"),
        single("start", "start-time"),
        single("size", "program-size"),
    ]
}

fn case(id: &str, question: &str, figure: &str, others: &[&str], axes: Value) -> Value {
    json!({
        "id": id, "workload": id.split('/').next(), "question": question, "figure": figure,
        "others": others, "pinned": id.starts_with("ping-pong"), "axes": axes,
    })
}

/// A round's samples, in its order: every second round goes backwards.
fn samples(cases: &[Value], round: usize) -> Vec<Value> {
    let mut samples: Vec<_> = cases.iter().flat_map(|case| case_samples(case, round)).collect();
    if round.is_multiple_of(2) {
        samples.reverse();
    }
    samples
}

fn case_samples(case: &Value, round: usize) -> Vec<Value> {
    let id = case["id"].as_str().unwrap();
    if id == "size" && round > 1 {
        return Vec::new();
    }
    let names = || CONTESTANTS.iter().map(|it| (it.0, it.3));
    let pairs: Vec<_> = match id {
        "unary/0B/10x1" => names().flat_map(|a| names().map(move |b| (a, b))).collect(),
        "server/h2load/100x4" => names().map(|it| (("h2load", 1.5), it)).collect(),
        "start" | "size" => names().map(|it| (("lab", 1.0), it)).collect(),
        _ => names().map(|it| (it, it)).collect(),
    };
    pairs.into_iter().map(|(client, server)| sample(case, client, server, round)).collect()
}

fn sample(case: &Value, client: (&str, f64), server: (&str, f64), round: usize) -> Value {
    let id = case["id"].as_str().unwrap();
    let mut sample = json!({"case": id, "client": client.0, "server": server.0, "round": round});
    let outcome = match (id, server.0) {
        ("stream/server/1KiB/1x1", "java") => {
            ("unsupported", json!("its worker has no StreamingFromServer"))
        }
        ("unary/0B/100x4", "go") if round == 2 => ("void", json!("answers of <3> bytes, not 0")),
        ("ping-pong/unary", "cpp") if round == 3 => {
            ("failed", json!("the worker ended, signal 11"))
        }
        _ => ("measured", measured(case, client, server, round)),
    };
    sample[outcome.0] = outcome.1;
    sample
}

fn measured(case: &Value, client: (&str, f64), server: (&str, f64), round: usize) -> Value {
    let id = case["id"].as_str().unwrap();
    let mut noise = Noise::of(&[id, client.0, server.0, &round.to_string()]);
    let speed = (client.1 * server.1).sqrt() * noise.around_1();
    let axis = |name: &str, other| case["axes"][name].as_f64().unwrap_or(other);
    let in_flight = axis("in-flight", 10.0);
    let share = axis("share", 0.0);
    let rate = match share {
        0.0 => {
            120e3 * speed * in_flight / (in_flight + 8.0) * (1.0 + axis("connections", 1.0) / 10.0)
        }
        share => 90e3 * share * noise.around_1(),
    };
    let p50 = in_flight * 1e6 / rate / (1.0 - share) / speed.sqrt();
    let mut figures = Map::new();
    let names = case["others"].as_array().unwrap().iter().chain([&case["figure"]]);
    for name in names.map(|it| it.as_str().unwrap()) {
        let value = match name {
            "rate" => rate,
            "p50" => p50,
            "p99" => p50 * 1.9,
            "p999" => p50 * 4.0,
            "program-size" => 12.5 / speed,
            "bytes-sent" => 47.0,
            "server-switches" => 0.1,
            "instructions" => 30e3 / speed,
            _ => 11.0 / speed,
        };
        figures.insert(name.into(), value.into());
    }
    if id == "unary/0B/100x1" && server.0 == "cpp" {
        figures.insert("errors".into(), 3.into());
    }
    let mut measured = json!({"figures": figures});
    if case["others"].as_array().unwrap().contains(&json!("p99")) {
        measured["latency"] = latency(p50);
        measured["series"] = (0..20).map(|_| (rate * noise.around_1()).round()).collect();
        measured["warm_up"] = 1.1.into();
    }
    measured
}

/// A histogram as it is written: the first bucket, and the counts from there.
fn latency(p50: f64) -> Value {
    let bucket = ((p50 * 800.0).ln() / 1.01f64.ln()) as usize;
    let counts = (0..280).map(|it: i32| (40e3 * (f64::from(-it) / 28.0).exp()) as u64 + 1);
    json!([bucket, counts.collect::<Vec<_>>()])
}

/// Numbers that look random, and are the same each time.
struct Noise(u64);

impl Noise {
    fn of(words: &[&str]) -> Self {
        let bytes = words.iter().flat_map(|it| it.bytes());
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// From 0.97 to 1.03.
    fn around_1(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.97 + 0.06 * ((self.0 >> 33) as f64 / (1u64 << 31) as f64)
    }
}
