//! HTTP clients: a real one, and one that says exactly the bytes it is given.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{PATIENCE, PHONE_HOST, TestServer, soon};

/// Trusts the authority that the server made, and no other; follows no redirect.
pub fn client(server: &TestServer) -> Client {
    let builder = trusting(&kept_certificate(&server.state_dir()));
    let client = builder.resolve(PHONE_HOST, server.addr()).build();
    client.expect("a client")
}

pub fn trusting(certificate_pem: &str) -> ClientBuilder {
    let certificate = Certificate::from_pem(certificate_pem.as_bytes());
    builder().add_root_certificate(certificate.expect("a PEM"))
}

/// For plain HTTP.
pub fn plain_client() -> Client {
    builder().build().expect("a client")
}

/// The same, from this address of the machine.
pub fn plain_client_from(address: IpAddr) -> Client {
    builder().local_address(address).build().expect("a client")
}

fn builder() -> ClientBuilder {
    // An error says that another test was first.
    let _ = ring::default_provider().install_default();
    Client::builder()
        .tls_built_in_root_certs(false)
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
}

/// The same trust, for WebSockets.
pub fn trust(server: &TestServer) -> Arc<ClientConfig> {
    let pem = kept_certificate(&server.state_dir());
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a PEM");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The certificate of the authority that the server made, without its key.
pub fn kept_certificate(state_dir: &Path) -> String {
    const END: &str = "-----END CERTIFICATE-----\n";
    let kept = fs::read_to_string(state_dir.join("authority.pem"));
    let kept = kept.expect("an authority is kept").replace("\r\n", "\n");
    let (certificate, _) = kept.split_once(END).expect("a certificate");
    format!("{certificate}{END}")
}

pub struct RawAnswer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// Sends `request` as it is and reads to the end of the connection, which it must ask for.
pub async fn exchange(addr: SocketAddr, request: &str) -> RawAnswer {
    let mut stream = TcpStream::connect(addr).await.expect("connected");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    soon("an answer", stream.read_to_end(&mut answer))
        .await
        .expect("read");
    parse(&String::from_utf8_lossy(&answer))
}

/// `GET path` of `host` over plain HTTP, the path taken as it is.
pub async fn get(addr: SocketAddr, host: &str, path: &str) -> RawAnswer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    exchange(addr, &request).await
}

/// What a client of the detection socket says beside the Host.
pub const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The head of an answer that may have no end. `headers`: whole lines.
pub async fn head(addr: SocketAddr, path: &str, headers: &str) -> RawAnswer {
    let mut stream = TcpStream::connect(addr).await.expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon("a head", stream.read_u8()).await.expect("read"));
    }
    parse(&String::from_utf8_lossy(&head))
}

fn parse(answer: &str) -> RawAnswer {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    let mut lines = head.lines();
    let status = lines.next().expect("a status line");
    let status = status.split(' ').nth(1).expect("a status");
    let pairs = lines.filter_map(|line| line.split_once(": "));
    RawAnswer {
        status: status.parse().expect("a number"),
        headers: pairs
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}
