//! What our layer costs over bare grpcio: the same service and the same calls, each side as a
//! process of its own, variants in turns (A B C … C B A), ratios of medians with their spread.
//!
//! `cargo bench --bench layer` runs everything; `-- --seconds 0.3 --rounds 3` is quicker;
//! `-- --instructions` counts instructions a call by callgrind instead. The variant `unseamed`
//! is a program of its own, bare grpcio linked without the seam: `cargo build --release -p
//! quartet-bench-unseamed` first.

mod bare;
mod call;
mod delay;
mod serve;
mod table;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use clap::Parser;

/// Measures the layer.
#[derive(Debug, Parser)]
struct Options {
    /// How long each measurement takes
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// How often each variant is measured
    #[arg(long, default_value_t = 6)]
    rounds: usize,
    /// Count instructions by callgrind instead of calls per second
    #[arg(long)]
    instructions: bool,
    /// Put a relay between the two that delays what passes by this many milliseconds each way
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// Only these workloads
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "unary,stream,bulk,upload,bulk-upload,chat"
    )]
    works: Vec<String>,
    /// Only these variants
    #[arg(long, value_delimiter = ',')]
    variants: Vec<String>,
    /// (Inside) serve as this variant
    #[arg(long, hide = true)]
    serve: Option<String>,
    /// (Inside) call as this variant
    #[arg(long, hide = true)]
    call: Option<String>,
    #[arg(long, hide = true, default_value = "")]
    address: String,
    #[arg(long, hide = true, default_value = "unary")]
    work: String,
    /// (Inside) stop after so many calls
    #[arg(long, hide = true)]
    count: Option<u64>,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

const SERVERS: &[&str] = &[
    "unseamed",
    "bare",
    "bare+settings",
    "quartet",
    "quartet+log",
    "quartet+metrics",
    "quartet+trace",
    "quartet+auth",
    "quartet+limits",
    "quartet+all",
    "quartet+adaptive",
    "quartet-coalescing",
];
const CLIENTS: &[&str] = &[
    "bare",
    "bare+settings",
    "quartet",
    "quartet-one",
    "quartet-retries",
    "quartet-coalescing",
    "quartet+fixed",
    "quartet+all",
];

impl Options {
    fn chosen(&self, variants: &[&'static str]) -> Vec<&'static str> {
        let chosen = |variant: &&str| {
            self.variants.is_empty() || self.variants.iter().any(|chosen| chosen == variant)
        };
        variants.iter().copied().filter(chosen).collect()
    }
}

fn main() {
    let options = Options::parse();
    match (&options.serve, &options.call) {
        (Some(variant), _) => serve::serve(variant),
        (_, Some(variant)) => call::call(variant, &options),
        _ if options.instructions => instructions(&options),
        _ => rates(&options),
    }
}

fn rates(options: &Options) {
    println!(
        "core {}, {} rounds of {} s, a delay of {} ms each way",
        quartet::core_version(),
        options.rounds,
        options.seconds,
        options.delay
    );
    let (servers, clients) = (options.chosen(SERVERS), options.chosen(CLIENTS));
    for work in &options.works {
        let rates = table::rounds(&servers, options.rounds, |variant| {
            measure(variant, "bare", work, options)
        });
        table::print(&format!("{work}: servers, called by a bare client"), &servers, &rates);
        let rates = table::rounds(&clients, options.rounds, |variant| {
            measure("bare", variant, work, options)
        });
        table::print(&format!("{work}: clients, at a bare server"), &clients, &rates);
    }
}

/// Calls (or messages) per second.
fn measure(server: &str, client: &str, work: &str, options: &Options) -> f64 {
    let (mut served, address) = start_server(&[], server);
    let address = delay::behind(address, options.delay);
    let output = myself()
        .args(["--call", client, "--address", &address, "--work", work])
        .args(["--seconds", &options.seconds.to_string()])
        .output()
        .expect("this program runs again");
    let _ = served.kill();
    let _ = served.wait();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.trim().parse().unwrap_or_else(|_| panic!("{server}, {client}, {work}: {output:?}"))
}

fn instructions(options: &Options) {
    let variants = options.chosen(SERVERS);
    println!("instructions a call (or message), by callgrind; the client is bare");
    println!("| work | {} |", variants.join(" | "));
    for work in &options.works {
        let per_call = |variant: &&str| {
            let (few, many) = (count(variant, work, 1000), count(variant, work, 5000));
            format!("{:.0}", (many - few) / 4000.0)
        };
        let cells: Vec<_> = variants.iter().map(per_call).collect();
        println!("| {work} | {} |", cells.join(" | "));
    }
}

/// The instructions of a server that serves so many calls and then stops.
fn count(server: &str, work: &str, calls: u64) -> f64 {
    let file = std::env::temp_dir().join(format!("layer-{}.callgrind", std::process::id()));
    let out = format!("--callgrind-out-file={}", file.display());
    let (mut served, address) = start_server(&["valgrind", "--tool=callgrind", &out], server);
    let status = myself()
        .args(["--call", "bare", "--address", &address, "--work", work])
        .args(["--count", &calls.to_string()])
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()), "{server}, {work}: the client failed");
    let _ = Command::new("kill").args(["-s", "TERM", &served.id().to_string()]).status();
    let _ = served.wait();
    let profile = std::fs::read_to_string(&file).expect("callgrind wrote its profile");
    let _ = std::fs::remove_file(&file);
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).expect("callgrind wrote a total")
}

fn start_server(under: &[&str], variant: &str) -> (Child, String) {
    let myself = std::env::current_exe().expect("this program has a path");
    let program = match variant {
        "unseamed" => myself.with_file_name("../quartet-bench-unseamed"),
        _ => myself,
    };
    let mut command = match under {
        [] => Command::new(program),
        [tool, args @ ..] => {
            let mut command = Command::new(tool);
            command.args(args).arg(program);
            command
        }
    };
    command.args(["--serve", variant]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut address = String::new();
    let stdout = child.stdout.take().expect("its stdout is a pipe");
    BufReader::new(stdout).read_line(&mut address).expect("the server says where it listens");
    (child, address.trim().to_owned())
}

fn myself() -> Command {
    Command::new(std::env::current_exe().expect("this program has a path"))
}
