//! The program's own use of processor, memory and files, as far as the system tells (Linux).

use std::sync::Mutex;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Error, Gauge};

/// Ticks of a second in `/proc`: Linux tells programs 100 whatever its own rate is.
const TICKS_PER_SECOND: f64 = 100.0;

/// What cannot be read is left out rather than told as 0.
pub struct ProcessCollector {
    cpu: Counter,
    memory: Gauge,
    files: Gauge,
    collecting: Mutex<()>,
}

impl ProcessCollector {
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            cpu: Counter::new(
                "process_cpu_seconds_total",
                "Time spent on processors, in the program and in the system for it.",
            )?,
            memory: Gauge::new("process_resident_memory_bytes", "Memory held in RAM.")?,
            files: Gauge::new("process_open_fds", "Open files and sockets.")?,
            collecting: Mutex::new(()),
        })
    }
}

impl Collector for ProcessCollector {
    fn desc(&self) -> Vec<&Desc> {
        [self.cpu.desc(), self.memory.desc(), self.files.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // One scrape at a time: of two, each would add what the other has added.
        let _alone = self.collecting.lock().expect("no holder panics");
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).ok();
        let mut families = Vec::new();
        if let Some(seconds) = read("stat").and_then(|stat| cpu_seconds(&stat)) {
            // The sum of the differences may be a rounding error ahead.
            self.cpu.inc_by((seconds - self.cpu.get()).max(0.0));
            families.extend(self.cpu.collect());
        }
        if let Some(bytes) = read("status").and_then(|status| resident_bytes(&status)) {
            self.memory.set(bytes);
            families.extend(self.memory.collect());
        }
        if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
            // Reading the folder opens one more.
            self.files.set(open.count().saturating_sub(1) as f64);
            families.extend(self.files.collect());
        }
        families
    }
}

/// User and system time of `/proc/self/stat`. The program's name before them may hold spaces.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11);
    let mut next = || ticks.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_read_as_linux_writes_them() {
        let stat = "7 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(
            resident_bytes("VmPeak:\t 9 kB\nVmRSS:\t  12 kB\n"),
            Some(12288.0)
        );
    }

    #[test]
    fn what_is_not_there_is_nothing() {
        for stat in ["", "7 (a) S 1", "7 (a) S 1 2 3 4 5 6 7 8 9 10 x 50"] {
            assert_eq!(cpu_seconds(stat), None, "{stat}");
        }
        for status in ["", "VmRSS:\t12 MB", "VmRSS: kB"] {
            assert_eq!(resident_bytes(status), None, "{status}");
        }
    }
}
