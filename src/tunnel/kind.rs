//! The programs: how each is started, and what the lines it prints mean.

use clap::ValueEnum;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TunnelKind {
    Ngrok,
    Cloudflared,
    Localtunnel,
}

/// What a line is to us.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// How the phones' address begins.
    Address(String),
    /// It will not do; what the user must do, in one line.
    Refusal(String),
    /// Worth telling if it fails.
    Words(String),
    Nothing,
}

impl TunnelKind {
    pub fn program(self) -> &'static str {
        match self {
            Self::Ngrok => "ngrok",
            Self::Cloudflared => "cloudflared",
            Self::Localtunnel => "lt",
        }
    }

    pub fn installation(self) -> &'static str {
        match self {
            Self::Ngrok => {
                "get it from https://ngrok.com/download, then `ngrok config add-authtoken TOKEN`"
            }
            Self::Cloudflared => {
                "get it from https://github.com/cloudflare/cloudflared/releases (macOS: brew install cloudflared)"
            }
            Self::Localtunnel => "npm install -g localtunnel",
        }
    }

    /// ngrok does not check an upstream's certificate unless asked to; the others are told not to.
    pub fn arguments(self, port: u16) -> Vec<String> {
        let upstream = format!("https://localhost:{port}");
        let port = port.to_string();
        let arguments: &[&str] = match self {
            Self::Ngrok => &["http", &upstream, "--log", "stdout", "--log-format", "json"],
            Self::Cloudflared => &[
                "tunnel",
                "--no-autoupdate",
                "--url",
                &upstream,
                "--no-tls-verify",
            ],
            Self::Localtunnel => &["--port", &port, "--local-https", "--allow-invalid-cert"],
        };
        arguments.iter().map(ToString::to_string).collect()
    }

    /// What the person with the phone will meet there, and is better told before.
    pub fn caution(self) -> &'static str {
        match self {
            Self::Ngrok => {
                "On ngrok's free plan the phone sees a page of theirs first: tap “Visit Site”."
            }
            Self::Cloudflared => {
                "Cloudflare's quick tunnels may hold event streams back (their list of limits says so): if the phone \
                 never joins, use --tunnel ngrok."
            }
            Self::Localtunnel => {
                "localtunnel shows the phone a page of its own first: it asks for this computer's public IP address."
            }
        }
    }

    pub fn read(self, line: &str) -> Said {
        match self {
            Self::Ngrok => ngrok(line),
            Self::Cloudflared => cloudflared(line),
            Self::Localtunnel => localtunnel(line),
        }
    }
}

/// One record of `--log-format json`.
#[derive(Deserialize)]
struct NgrokRecord {
    #[serde(default)]
    lvl: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    err: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

fn ngrok(line: &str) -> Said {
    let Ok(record) = serde_json::from_str::<NgrokRecord>(line) else {
        // What it prints for people, when it cannot even begin to log: `ERROR:  …`
        return refusal_of_ngrok(line).unwrap_or_else(|| words(line));
    };
    if let Some(url) = record.url
        && record.msg == "started tunnel"
        && url.starts_with("https://")
    {
        return Said::Address(url);
    }
    let error = record
        .err
        .filter(|error| error != "<nil>")
        .unwrap_or_default();
    match refusal_of_ngrok(&error) {
        Some(refusal) => refusal,
        None if matches!(record.lvl.as_str(), "eror" | "crit") => {
            words(&format!("{} {error}", record.msg))
        }
        None => Said::Nothing,
    }
}

/// No token (4018), or one that is malformed (105) or was revoked (107).
fn refusal_of_ngrok(text: &str) -> Option<Said> {
    const CODES: [&str; 3] = ["ERR_NGROK_4018", "ERR_NGROK_105", "ERR_NGROK_107"];
    let has_code = |code: &&str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.any(|word| word == *code)
    };
    let code = CODES.iter().find(|code| has_code(code))?;
    Some(Said::Refusal(format!(
        "ngrok wants a token of your account ({code}): take it from https://dashboard.ngrok.com, then \
         `ngrok config add-authtoken TOKEN`"
    )))
}

/// The address stands in a frame of dashes and bars.
fn cloudflared(line: &str) -> Said {
    const HOSTS: &str = ".trycloudflare.com";
    /// Where it asks for a tunnel: named in its errors.
    const API: &str = "https://api.trycloudflare.com";
    let mut found = line.split(|c: char| c.is_whitespace() || c == '|' || c == '"');
    let address = found.find(|word| word.starts_with("https://") && word.ends_with(HOSTS));
    match address {
        Some(address) if address != API => Said::Address(address.to_owned()),
        _ if line.contains(" ERR ") || line.contains("failed") => words(line),
        _ => Said::Nothing,
    }
}

fn localtunnel(line: &str) -> Said {
    let address = line.trim().strip_prefix("your url is: ");
    match address.filter(|address| address.starts_with("https://")) {
        Some(address) => Said::Address(address.to_owned()),
        // Where in its source it failed.
        None if line.starts_with(char::is_whitespace) => Said::Nothing,
        None => words(line),
    }
}

fn words(line: &str) -> Said {
    const MAX_CHARS: usize = 200;
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.is_empty() {
        true => Said::Nothing,
        false => Said::Words(words.join(" ").chars().take(MAX_CHARS).collect()),
    }
}
