//! The machine of a run, as records have it.

use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

/// The machine of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Processor cores.
    pub cores: usize,
    /// The processor, as it calls itself; empty where a record doesn't say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub processor: String,
    /// Memory, in MiB; 0 where a record doesn't say.
    #[serde(default, skip_serializing_if = "is_unknown")]
    pub memory: u64,
    /// System and kernel.
    pub system: String,
}

fn is_unknown(memory: &u64) -> bool {
    *memory == 0
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let system = rustix::system::uname();
        let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        let memory = field("/proc/meminfo", "MemTotal");
        let kibibytes = memory.split(' ').next().and_then(|it| it.parse::<u64>().ok());
        Self {
            cores: thread::available_parallelism().map_or(1, Into::into),
            processor: field("/proc/cpuinfo", "model name"),
            memory: kibibytes.unwrap_or(0) / 1024,
            system: [system.sysname(), system.release(), system.machine()].map(text).join(" "),
        }
    }
}

/// What a file says behind a name and a colon.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known() {
        let Machine { cores, memory, system, .. } = Machine::here();
        assert!(cores > 0 && memory > 0, "{cores} cores, {memory} MiB");
        assert!(system.starts_with("Linux "), "{system}");
    }

    #[test]
    fn a_record_that_does_not_say_more_stays_as_it_is() {
        let text = r#"{"cores":2,"system":"Linux 6.1"}"#;
        let machine: Machine = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&machine).unwrap(), text);
    }
}
