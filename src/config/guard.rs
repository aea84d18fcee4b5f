//! Who may ask, and how much of everything: options of one kind, which `Args` takes in as a whole.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};
use subtle::ConstantTimeEq;

/// Names in a Host header are at most this long.
const MAX_NAME_BYTES: usize = 253;
const KEY_BYTES: std::ops::RangeInclusive<usize> = 8..=256;
/// hyper reads at least so much at a time.
const HEADER_BYTES: std::ops::RangeInclusive<usize> = 8192..=1 << 20;
const SECONDS: std::ops::RangeInclusive<u64> = 1..=3600;
const PER_MINUTE: std::ops::RangeInclusive<u32> = 1..=1_000_000;

#[derive(Debug, Clone, clap::Args)]
pub struct GuardArgs {
    /// Further name that this server is called by, as through a proxy; may be repeated, or separated by commas; default: none
    #[arg(long, env = "ALLOW_HOST", value_name = "NAME", value_delimiter = ',')]
    pub allow_host: Vec<String>,
    /// Key that viewers and programs on other machines must show, as in https://…/#key=KEY; default: none, all may
    #[arg(long, env = "ACCESS_KEY", value_name = "KEY", hide_env_values = true)]
    pub access_key: Option<AccessKey>,
    /// Connections that one address may have open; this machine (and so a tunnel on it) is not counted
    #[arg(long, env = "MAX_CONNECTIONS_PER_ADDRESS", default_value_t = 64)]
    pub max_connections_per_address: usize,
    /// Rooms that one address may make in a minute; this machine's own viewer is not counted
    #[arg(long, env = "ROOMS_PER_MINUTE", default_value_t = 30)]
    pub rooms_per_minute: u32,
    /// Wrong keys and tokens that are answered to one address in a minute; to its network ten times as many keys
    #[arg(long, env = "GUESSES_PER_MINUTE", default_value_t = 30)]
    pub guesses_per_minute: u32,
    /// Largest head of a request, in bytes
    #[arg(long, env = "MAX_HEADER_BYTES", default_value_t = 16 << 10)]
    pub max_header_bytes: usize,
    /// Seconds for a connection's first byte, for its TLS handshake, and for the head of a request
    #[arg(long, env = "HEADER_TIMEOUT", default_value_t = 10)]
    pub header_timeout: u64,
    /// Seconds for the body of a request, all of it
    #[arg(long, env = "BODY_TIMEOUT", default_value_t = 10)]
    pub body_timeout: u64,
    /// Seconds that a connection is kept for the next request, or (on Linux 15 at most) for a client that takes nothing of its answer
    #[arg(long, env = "IDLE_TIMEOUT", default_value_t = 60)]
    pub idle_timeout: u64,
    /// Seconds without a sign of life after which a detection socket is closed
    #[arg(long, env = "DETECT_SILENCE", default_value_t = 60)]
    pub detect_silence: u64,
}

impl GuardArgs {
    pub fn check(&self) -> Result<()> {
        for name in self.names() {
            ensure!(
                is_name(&name),
                "--allow-host wants a host's name, without https:// and port, not {name:?}"
            );
        }
        if let Some(key) = &self.access_key {
            ensure!(
                KEY_BYTES.contains(&key.0.len())
                    && key.0.bytes().all(|byte| byte.is_ascii_graphic()),
                "--access-key must have 8 to 256 letters, digits or signs of ASCII, and no spaces"
            );
        }
        within(
            "--max-connections-per-address",
            self.max_connections_per_address,
            1..=1_000_000,
        )?;
        within("--rooms-per-minute", self.rooms_per_minute, PER_MINUTE)?;
        within("--guesses-per-minute", self.guesses_per_minute, PER_MINUTE)?;
        within("--max-header-bytes", self.max_header_bytes, HEADER_BYTES)?;
        within("--header-timeout", self.header_timeout, SECONDS)?;
        within("--body-timeout", self.body_timeout, SECONDS)?;
        within("--idle-timeout", self.idle_timeout, SECONDS)?;
        within("--detect-silence", self.detect_silence, SECONDS)
    }

    /// In lower case and without the root's dot, as they are compared.
    fn names(&self) -> Vec<String> {
        let names = self.allow_host.iter().map(|name| name.trim());
        // A variable that is set to nothing allows nothing.
        let names = names.filter(|name| !name.is_empty());
        names
            .map(|name| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase())
            .collect()
    }
}

fn within<T>(flag: &str, value: T, range: std::ops::RangeInclusive<T>) -> Result<()>
where
    T: PartialOrd + fmt::Display,
{
    let (least, most) = (range.start(), range.end());
    ensure!(
        range.contains(&value),
        "{flag} must lie between {least} and {most}"
    );
    Ok(())
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let label = |label: &str| !label.is_empty() && label.bytes().all(allowed);
    name.len() <= MAX_NAME_BYTES && name.split('.').all(label)
}

/// What lets others in. It is in no log: its own words for itself are stars.
#[derive(Clone)]
pub struct AccessKey(String);

impl AccessKey {
    /// Takes as long for a key that is nearly right as for one that is all wrong, or of another length.
    pub fn is(&self, given: &str) -> bool {
        const MOST: usize = *KEY_BYTES.end();
        // With a byte that no text has.
        let padded = |key: &str| {
            let mut bytes = [0xFF; MOST];
            bytes[..key.len()].copy_from_slice(key.as_bytes());
            bytes
        };
        given.len() <= MOST && padded(&self.0).ct_eq(&padded(given)).into()
    }
}

impl From<&str> for AccessKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The same, checked.
#[derive(Debug, Clone)]
pub struct GuardConfig {
    pub allowed_hosts: Vec<String>,
    pub access_key: Option<AccessKey>,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connections_per_address: usize,
    pub rooms_per_minute: u32,
    pub guesses_per_minute: u32,
    pub header_bytes: usize,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub idle_timeout: Duration,
    pub detect_silence: Duration,
}

impl TryFrom<&GuardArgs> for GuardConfig {
    type Error = anyhow::Error;

    fn try_from(args: &GuardArgs) -> Result<Self> {
        args.check()?;
        let seconds = Duration::from_secs;
        Ok(Self {
            allowed_hosts: args.names(),
            access_key: args.access_key.clone(),
            limits: Limits {
                connections_per_address: args.max_connections_per_address,
                rooms_per_minute: args.rooms_per_minute,
                guesses_per_minute: args.guesses_per_minute,
                header_bytes: args.max_header_bytes,
                header_timeout: seconds(args.header_timeout),
                body_timeout: seconds(args.body_timeout),
                idle_timeout: seconds(args.idle_timeout),
                detect_silence: seconds(args.detect_silence),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        guard: GuardArgs,
    }

    fn read(flags: &[&str]) -> Result<GuardConfig> {
        let line = Line::try_parse_from([&["sightline"], flags].concat())?;
        GuardConfig::try_from(&line.guard)
    }

    #[test]
    fn names_are_given_one_by_one_or_in_a_list() {
        let names = |flags| read(flags).unwrap().allowed_hosts;
        assert_eq!(
            names(&[
                "--allow-host",
                "a.example, B.Example.",
                "--allow-host",
                "c_d"
            ]),
            ["a.example", "b.example", "c_d"]
        );
        assert!(names(&["--allow-host", ""]).is_empty());
        for bad in ["https://a", "a:80", "a b", "*.a", "a..b", "a/b"] {
            let error = read(&["--allow-host", bad]).unwrap_err().to_string();
            assert!(
                error.contains("--allow-host") && error.contains(bad),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        for (flag, bad, bound) in [
            ("--max-connections-per-address", "0", "between 1 and"),
            ("--rooms-per-minute", "0", "between 1 and"),
            ("--guesses-per-minute", "1000001", "1000000"),
            ("--max-header-bytes", "8191", "between 8192 and 1048576"),
            ("--header-timeout", "0", "between 1 and 3600"),
            ("--body-timeout", "3601", "between 1 and 3600"),
            ("--idle-timeout", "0", "between 1 and 3600"),
            ("--detect-silence", "0", "between 1 and 3600"),
        ] {
            let error = read(&[flag, bad]).unwrap_err().to_string();
            assert!(error.contains(flag) && error.contains(bound), "{error}");
        }
    }

    #[test]
    fn keys_that_are_none_are_refused_and_not_repeated() {
        for bad in ["", "2short!", "two words", "schlüssel", &"x".repeat(257)] {
            let error = read(&["--access-key", bad]).unwrap_err().to_string();
            assert!(error.contains("--access-key"), "{error}");
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        let config = read(&["--access-key", "correct horse".replace(' ', "-").as_str()]).unwrap();
        assert!(!format!("{config:?}").contains("horse"));
    }

    #[test]
    fn only_the_very_key_is_the_key() {
        let key = AccessKey::from("correct-horse");
        assert!(key.is("correct-horse"));
        let long = "correct-horse".repeat(40);
        for wrong in [
            "",
            "correct-hors",
            "correct-horse1",
            "Correct-horse",
            "correct-horse\0",
            &long,
        ] {
            assert!(!key.is(wrong), "{wrong}");
        }
    }
}
