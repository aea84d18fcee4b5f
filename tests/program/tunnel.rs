//! `--ngrok` and `--tunnel`, with stand-ins that print what the real programs print. That a phone goes live
//! through one is shown in a browser (frontend/e2e/tunnel.test.ts).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use sightline::protocol::RoomEvent;

use crate::common::rooms::RoomApi;
use crate::common::{command_line, folders, soon};
use crate::refusals::assert_refuses;
use crate::{Welcomed, send_signal, started, welcomed};

const ADDRESS: &str = "https://ab12-203-0-113-7.ngrok-free.app";
/// Tells its arguments and its number, its address, and runs on.
const WORKS: &str = r#"
printf '%s\n' "$*" > "$FOLDER/arguments"
echo $$ > "$FOLDER/pid"
echo '{"lvl":"info","msg":"no configuration paths supplied","t":"2024-09-30T02:40:00Z"}'
echo '{"addr":"https://localhost:3000","lvl":"info","msg":"started tunnel","name":"command_line","obj":"tunnels","t":"2024-09-30T02:40:01Z","url":"https://ab12-203-0-113-7.ngrok-free.app"}'
exec sleep 1000"#;
const NO_TOKEN: &str = r#"
echo '{"err":"authentication failed: Usage of ngrok requires a verified account and authtoken.\n\nSign up for an account: https://dashboard.ngrok.com/signup\nInstall your authtoken: https://dashboard.ngrok.com/get-started/your-authtoken\r\n\r\nERR_NGROK_4018\r\n","lvl":"eror","msg":"failed to reconnect session","obj":"tunnels.session","t":"2024-01-04T21:14:04Z"}'
echo 'ERROR:  authentication failed: Usage of ngrok requires a verified account and authtoken.' >&2
exit 1"#;
const NO_NETWORK: &str = r#"
echo '{"err":"failed to dial ngrok server with address \"connect.ngrok-agent.com:443\"","lvl":"eror","msg":"failed to reconnect session","obj":"tunnels.session"}'
exit 1"#;
const SILENT: &str = r#"
echo $$ > "$FOLDER/pid"
exec sleep 1000"#;

pub struct StandIn {
    folder: TempDir,
    folders: TempDir,
}

impl StandIn {
    /// An ngrok that works.
    pub fn ngrok() -> Self {
        Self::new("ngrok", WORKS)
    }

    fn new(program: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(program);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let folders = folders();
        Self { folder, folders }
    }

    /// The server with these flags, and the stand-in before all other programs.
    fn command(&self, flags: &[&str]) -> Command {
        let line = command_line(self.folders.path(), flags);
        let mut command = crate::unnamed(line);
        self.put_before_others(&mut command);
        command
    }

    pub fn put_before_others(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap();
        command
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("FOLDER", self.folder.path())
            .env_remove("TUNNEL");
    }

    /// It dies by itself, as far as the server can tell.
    pub async fn kill(&self) {
        let pid = self.pid().await;
        let killed = Command::new("kill").args(["-9", &pid]).status().await;
        assert!(killed.unwrap().success());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn pid(&self) -> String {
        let file = self.file("pid");
        let written = async {
            loop {
                // Made first, and written then.
                match fs::read_to_string(&file) {
                    Ok(pid) if pid.ends_with('\n') => return pid.trim().to_owned(),
                    _ => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                }
            }
        };
        soon("the stand-in's number", written).await
    }
}

fn is_running(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists() || {
        let asked = std::process::Command::new("kill")
            .args(["-0", pid])
            .output();
        asked.is_ok_and(|asked| asked.status.success())
    }
}

async fn until_gone(pid: &str) {
    let gone = async {
        while is_running(pid) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    soon("the stand-in's end", gone).await;
}

#[tokio::test]
async fn phones_go_by_the_tunnel_and_it_ends_with_the_server() {
    for signal in ["INT", "TERM"] {
        let stand_in = StandIn::ngrok();
        let Welcomed {
            mut child,
            welcome: told,
            port,
            ..
        } = welcomed(stand_in.command(&["--ngrok"])).await;
        assert!(told.contains(&format!("{ADDRESS}/j/")), "{told}");
        assert!(
            told.contains("Visit Site"),
            "ngrok's own page is told of: {told}"
        );
        assert!(
            !told.contains("certificate"),
            "phones know the tunnel's: {told}"
        );
        let arguments = fs::read_to_string(stand_in.file("arguments")).unwrap();
        let wanted = format!("http https://localhost:{port} --log stdout --log-format json\n");
        assert_eq!(arguments, wanted, "the port that was free is the server's");
        let pid = stand_in.pid().await;
        assert!(is_running(&pid));
        send_signal(&child, signal).await;
        let status = soon("its end", child.wait()).await.unwrap();
        assert_eq!(status.code(), Some(0));
        until_gone(&pid).await;
    }
}

#[tokio::test]
async fn each_program_is_asked_in_its_own_words() {
    let cases = [
        (
            "cloudflared",
            "cloudflared",
            "echo '2023-01-16T08:32:58Z INF |  https://oklahoma-solo-younger-truck.trycloudflare.com       |' >&2",
            "https://oklahoma-solo-younger-truck.trycloudflare.com/j/",
            "tunnel --no-autoupdate --url https://localhost:PORT --no-tls-verify\n",
        ),
        (
            "localtunnel",
            "lt",
            "echo 'your url is: https://six-radios-return.loca.lt'",
            "https://six-radios-return.loca.lt/j/",
            "--port PORT --local-https --allow-invalid-cert\n",
        ),
    ];
    for (kind, program, prints, address, wanted) in cases {
        let script =
            format!("printf '%s\\n' \"$*\" > \"$FOLDER/arguments\"\n{prints}\nexec sleep 1000");
        let stand_in = StandIn::new(program, &script);
        let started = welcomed(stand_in.command(&["--tunnel", kind])).await;
        assert!(started.welcome.contains(address), "{}", started.welcome);
        let arguments = fs::read_to_string(stand_in.file("arguments")).unwrap();
        assert_eq!(arguments, wanted.replace("PORT", &started.port.to_string()));
    }
}

#[tokio::test]
async fn a_missing_program_is_named_with_where_to_get_it() {
    let empty = StandIn::new("nothing", "");
    for (kind, words) in [
        (
            "ngrok",
            ["ngrok is not installed", "https://ngrok.com/download"],
        ),
        ("cloudflared", ["cloudflared is not installed", "releases"]),
        (
            "localtunnel",
            ["lt is not installed", "npm install -g localtunnel"],
        ),
    ] {
        let mut command = empty.command(&["--tunnel", kind]);
        command
            .env("PATH", empty.folder.path())
            .env("RUST_LOG", "warn");
        assert_refuses(command, &words).await;
    }
}

#[tokio::test]
async fn a_missing_token_and_a_missing_network_are_told_in_one_line() {
    for (script, words) in [
        (NO_TOKEN, ["ngrok config add-authtoken", "ERR_NGROK_4018"]),
        (
            NO_NETWORK,
            ["ended before it had a public address", "failed to dial"],
        ),
    ] {
        let stand_in = StandIn::new("ngrok", script);
        let mut command = stand_in.command(&["--ngrok"]);
        command.env("RUST_LOG", "warn");
        assert_refuses(command, &words).await;
    }
}

#[tokio::test]
async fn a_tunnel_that_dies_is_told_and_the_server_goes_on() {
    let stand_in = StandIn::ngrok();
    let (mut child, port) = started(stand_in.command(&["--ngrok"])).await;
    let rooms = RoomApi::at(format!("http://localhost:{port}"));
    let room = rooms.create().await;
    assert!(room.join_url.starts_with(ADDRESS), "{}", room.join_url);
    let mut viewer = rooms.viewer(&room, "").await;
    stand_in.kill().await;
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = async {
        loop {
            let line = stderr.next_line().await.unwrap().expect("it goes on");
            if line.contains("ended by itself") {
                return line;
            }
        }
    };
    let told = soon("words on the tunnel's end", told).await;
    assert!(
        told.contains("ngrok") && told.contains("Phones no longer reach"),
        "{told}"
    );
    // The viewer learns of it, and shows nothing that leads nowhere.
    viewer.expect(RoomEvent::Invitation {}).await;
    let invitation = rooms.invite(&room).await;
    let obstacle = invitation.obstacle.expect("no phone can join");
    assert!(
        obstacle.contains("listens on this computer only"),
        "{obstacle}"
    );
    assert!(!invitation.join_url.starts_with(ADDRESS));
    send_signal(&child, "TERM").await;
    let status = soon("its end", child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

/// There the way out is another one.
#[tokio::test]
async fn in_a_container_a_tunnel_that_dies_leaves_no_address_that_is_known() {
    let stand_in = StandIn::ngrok();
    let mut command = stand_in.command(&["--ngrok"]);
    command.env("SIGHTLINE_CONTAINER", "true");
    let (_child, port) = started(command).await;
    let rooms = RoomApi::at(format!("http://localhost:{port}"));
    let room = rooms.create().await;
    let mut viewer = rooms.viewer(&room, "").await;
    stand_in.kill().await;
    viewer.expect(RoomEvent::Invitation {}).await;
    let obstacle = rooms
        .invite(&room)
        .await
        .obstacle
        .expect("no phone can join");
    assert!(obstacle.contains("PUBLIC_HOST="), "{obstacle}");
}

/// Nothing is left behind either when it is stopped while it waits for the address.
#[tokio::test]
async fn it_can_be_stopped_while_the_tunnel_opens() {
    let stand_in = StandIn::new("ngrok", SILENT);
    let mut child = stand_in.command(&["--ngrok"]).spawn().unwrap();
    let pid = stand_in.pid().await;
    send_signal(&child, "TERM").await;
    let status = soon("its end", child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    until_gone(&pid).await;
    let mut told = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .await
        .unwrap();
    assert_eq!(told, "", "it never served");
}

#[tokio::test]
async fn a_tunnel_goes_with_no_other_address() {
    let stand_in = StandIn::ngrok();
    for (flags, words) in [
        (
            &["--ngrok", "--public-host", "192.168.1.5"][..],
            ["--public-host", "tunnel"],
        ),
        (
            &["--ngrok", "--tunnel", "cloudflared"],
            ["--ngrok", "--tunnel"],
        ),
        (
            &["--ngrok", "--host", "192.0.2.77"],
            ["--host 192.0.2.77", "localhost"],
        ),
    ] {
        let mut line = command_line(stand_in.folders.path(), flags);
        if !flags.contains(&"--public-host") {
            let named = line
                .iter()
                .position(|word| word == "--public-host")
                .unwrap();
            line.drain(named..named + 2);
        }
        assert_refuses(crate::program(line), &words).await;
    }
    assert!(!stand_in.file("pid").exists(), "no program was started");
}
