//! ICE servers and what opens them, from the flags.

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::ice::{Ice, IceUrl, Secret, Turn, TurnKey};
use crate::protocol::IcePolicy;

#[derive(Debug, Clone, Args)]
pub struct IceArgs {
    /// STUN or TURN server, such as turn:host:3478, for networks that keep phone and viewer apart; several: repeated, or with commas between; default: none
    #[arg(long = "ice-server", env = "ICE_SERVERS", value_name = "URL")]
    pub ice_servers: Vec<String>,
    /// With relay, video goes by the TURN servers only, never straight
    #[arg(long, env = "ICE_POLICY", value_enum, default_value_t = IcePolicy::All)]
    pub ice_policy: IcePolicy,
    /// The secret shared with the TURN servers (coturn: use-auth-secret), from which credentials for 12 hours are made. The variable shows it to nobody, the flag to all users of this machine; default: none
    #[arg(
        long,
        env = "TURN_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub turn_secret: Option<Secret>,
    /// Name for TURN servers with fixed credentials; default: none
    #[arg(long, env = "TURN_USER", value_name = "NAME")]
    pub turn_user: Option<String>,
    /// Password for TURN servers with fixed credentials; better as the variable; default: none
    #[arg(
        long,
        env = "TURN_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub turn_password: Option<Secret>,
}

impl TryFrom<&IceArgs> for Ice {
    type Error = anyhow::Error;

    fn try_from(args: &IceArgs) -> Result<Self> {
        let (mut stun, mut urls) = (Vec::new(), Vec::new());
        let separator = |c: char| c == ',' || c.is_whitespace();
        let named = args.ice_servers.iter().flat_map(|all| all.split(separator));
        for url in named.filter(|url| !url.is_empty()) {
            match IceUrl::parse(url)? {
                IceUrl::Stun(url) => stun.push(url),
                IceUrl::Turn(url) => urls.push(url),
            }
        }
        let turn = turn(urls, turn_key(args)?)?;
        ensure!(
            turn.is_some() || args.ice_policy == IcePolicy::All,
            "--ice-policy relay needs a TURN server: name one by --ice-server turn:host:port"
        );
        let policy = args.ice_policy;
        Ok(Self { stun, turn, policy })
    }
}

fn turn(urls: Vec<String>, key: Option<TurnKey>) -> Result<Option<Turn>> {
    match (urls.is_empty(), key) {
        (true, None) => Ok(None),
        (false, Some(key)) => Ok(Some(Turn { urls, key })),
        (true, Some(_)) => {
            bail!("TURN credentials without a TURN server: name it by --ice-server turn:host:port")
        }
        (false, None) => bail!(
            "TURN servers ask for credentials: give TURN_SECRET (coturn: use-auth-secret), or TURN_USER and TURN_PASSWORD"
        ),
    }
}

/// A variable that is set to nothing is not set: compose files pass such on.
fn turn_key(args: &IceArgs) -> Result<Option<TurnKey>> {
    let given = |secret: &Option<Secret>| secret.clone().filter(|secret| !secret.is_empty());
    let user = args.turn_user.clone().filter(|user| !user.is_empty());
    match (given(&args.turn_secret), user, given(&args.turn_password)) {
        (None, None, None) => Ok(None),
        (Some(secret), None, None) => Ok(Some(TurnKey::Shared(secret))),
        (None, Some(user), Some(password)) => Ok(Some(TurnKey::Fixed { user, password })),
        (None, ..) => bail!("--turn-user and --turn-password belong together: give both"),
        (Some(_), ..) => {
            bail!(
                "--turn-secret makes user and password itself: leave --turn-user and --turn-password out"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        ice: IceArgs,
    }

    fn ice(flags: &[&str]) -> Result<Ice> {
        let line = [&["program"], flags].concat();
        Ice::try_from(&Line::try_parse_from(line)?.ice)
    }

    #[test]
    fn nothing_is_asked_beyond_the_local_network_by_default() {
        let none = ice(&[]).unwrap();
        assert!(none.stun.is_empty() && none.turn.is_none());
        assert_eq!(none.policy, IcePolicy::All);
    }

    #[test]
    fn servers_come_one_by_one_or_in_a_list() {
        let repeated = ["--ice-server", "stun:a", "--ice-server", "turn:b"];
        let listed = ["--ice-server", " stun:a, turn:b "];
        let secret = ["--turn-secret", "s"];
        let repeated = ice(&[&repeated[..], &secret].concat()).unwrap();
        assert_eq!(repeated, ice(&[&listed[..], &secret].concat()).unwrap());
        assert_eq!(repeated.stun, ["stun:a"]);
        let turn = repeated.turn.unwrap();
        assert_eq!(turn.urls, ["turn:b"]);
        assert_eq!(turn.key, TurnKey::Shared("s".into()));
    }

    #[test]
    fn what_could_never_connect_is_refused() {
        let turn = ["--ice-server", "turn:b"];
        let cases: [(&[&str], &str); 6] = [
            (&["--ice-server", "turn:b:x"], "port"),
            (&turn, "TURN_SECRET"),
            (&["--turn-secret", "s"], "--ice-server"),
            (&["--ice-policy", "relay"], "--ice-server"),
            (&["--turn-user", "ann", "--turn-secret", ""], "both"),
            (&["--turn-secret", "hush", "--turn-user", "ann"], "leave"),
        ];
        for (flags, word) in cases {
            let told = format!("{:#}", ice(flags).unwrap_err());
            assert!(told.contains(word), "{flags:?}: {told}");
            assert!(!told.contains("hush"), "{told}");
        }
    }
}
