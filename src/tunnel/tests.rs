//! Lines as the programs print them, taken from public reports and documents.

use futures_util::StreamExt;

use super::kind::{Said, TunnelKind};

const NO_TOKEN: &str = concat!(
    r#"{"err":"authentication failed: Usage of ngrok requires a verified account and authtoken.\n\n"#,
    r#"Sign up for an account: https://dashboard.ngrok.com/signup\nInstall your authtoken: "#,
    r#"https://dashboard.ngrok.com/get-started/your-authtoken\r\n\r\nERR_NGROK_4018\r\n","lvl":"eror","#,
    r#""msg":"failed to reconnect session","obj":"tunnels.session","t":"2024-01-04T21:14:04Z"}"#,
);

fn address(text: &str) -> Said {
    Said::Address(text.to_owned())
}

fn asks_for_a_token(said: &Said) -> bool {
    matches!(said, Said::Refusal(remedy) if remedy.contains("ngrok config add-authtoken"))
}

#[test]
fn ngrok_tells_its_address_in_json() {
    let ngrok = |line| TunnelKind::Ngrok.read(line);
    assert_eq!(
        ngrok(
            r#"{"addr":"https://localhost:3000","lvl":"info","msg":"started tunnel","name":"command_line","obj":"tunnels","t":"2024-09-30T02:40:01Z","url":"https://ab12-203-0-113-7.ngrok-free.app"}"#
        ),
        address("https://ab12-203-0-113-7.ngrok-free.app")
    );
    let begun =
        r#"{"lvl":"info","msg":"no configuration paths supplied","t":"2024-09-30T02:40:00Z"}"#;
    assert_eq!(ngrok(begun), Said::Nothing);
    let opened =
        r#"{"err":"<nil>","lvl":"info","msg":"open config file","path":"/home/u/ngrok.yml"}"#;
    assert_eq!(ngrok(opened), Said::Nothing);
}

#[test]
fn ngrok_without_a_token_is_told_how_to_get_one() {
    let ngrok = |line| TunnelKind::Ngrok.read(line);
    assert!(asks_for_a_token(&ngrok(NO_TOKEN)));
    assert!(asks_for_a_token(&ngrok("ERROR:  ERR_NGROK_4018")));
    assert!(asks_for_a_token(&ngrok("ERROR:  ERR_NGROK_105")));
    // Not a shorter number's error.
    let other = ngrok("ERROR:  ERR_NGROK_1050");
    assert_eq!(other, Said::Words("ERROR: ERR_NGROK_1050".to_owned()));
    let network =
        r#"{"err":"failed to dial ngrok server","lvl":"eror","msg":"failed to reconnect session"}"#;
    let told = "failed to reconnect session failed to dial ngrok server";
    assert_eq!(ngrok(network), Said::Words(told.to_owned()));
}

#[test]
fn cloudflared_frames_its_address() {
    let cloudflared = |line| TunnelKind::Cloudflared.read(line);
    assert_eq!(
        cloudflared(
            "2023-01-16T08:32:58Z INF |  https://oklahoma-solo-younger-truck.trycloudflare.com                                     |"
        ),
        address("https://oklahoma-solo-younger-truck.trycloudflare.com")
    );
    for line in [
        "2023-01-16T08:32:54Z INF Requesting new quick Tunnel on trycloudflare.com...",
        "2023-01-16T08:32:58Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |",
        "2023-01-16T08:32:58Z INF Settings: map[no-tls-verify:true url:https://localhost:3000]",
    ] {
        assert_eq!(cloudflared(line), Said::Nothing, "{line}");
    }
    let failed = r#"failed to request quick Tunnel: Post "https://api.trycloudflare.com": dial tcp: lookup api.trycloudflare.com: no such host"#;
    assert_eq!(cloudflared(failed), Said::Words(failed.to_owned()));
}

#[test]
fn localtunnel_says_its_address_in_a_sentence() {
    let localtunnel = |line| TunnelKind::Localtunnel.read(line);
    assert_eq!(
        localtunnel("your url is: https://six-radios-return.loca.lt"),
        address("https://six-radios-return.loca.lt")
    );
    let refused = "Error: connection refused: localtunnel.me:44249 (check your firewall settings)";
    assert_eq!(localtunnel(refused), Said::Words(refused.to_owned()));
    assert_eq!(
        localtunnel("    at Socket.emit (node:events:514:28)"),
        Said::Nothing
    );
}

#[tokio::test]
async fn a_line_that_is_overlong_or_no_text_hides_none_after_it() {
    let overlong = "x".repeat(3 * super::MAX_LINE_BYTES);
    let said = [b"first\n", overlong.as_bytes(), b"\n\xFF\xFE\nlast\n"].concat();
    let heard: Vec<String> = super::lines(said.as_slice()).collect().await;
    assert_eq!(heard, ["first", "last"]);
}
