//! A WebSocket client that can be as wrong as one likes: no library stands between it and the wire.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

use super::http::UPGRADE;
use super::soon;

pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
/// The last (or only) frame of a message.
pub const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

const DETECT: &str = "/api/detect";

pub struct RawSocket {
    pub reader: RawReader,
    pub writer: OwnedWriteHalf,
}

pub struct RawReader(OwnedReadHalf);

impl RawSocket {
    /// On the detection socket.
    pub async fn connect(addr: SocketAddr) -> Self {
        Self::open(addr, DETECT).await
    }

    pub async fn open(addr: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(addr).await.expect("connected");
        Self::shake_hands(stream, path).await
    }

    /// With a small receive buffer, so that what is not read is soon felt by the server.
    pub async fn connect_narrow(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let stream = socket.connect(addr).await.expect("connected");
        Self::shake_hands(stream, DETECT).await
    }

    async fn shake_hands(mut stream: TcpStream, path: &str) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon("the handshake", stream.read_u8()).await.expect("read"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "not accepted");
        let (reader, writer) = stream.into_split();
        Self {
            reader: RawReader(reader),
            writer,
        }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.expect("sent");
    }

    /// The close frame's code; answers before it are passed over.
    pub async fn expect_close(&mut self) -> (u16, String) {
        self.reader.expect_close().await
    }
}

impl RawReader {
    pub async fn expect_close(&mut self) -> (u16, String) {
        loop {
            let (opcode, payload) = soon("a close frame", self.next_frame())
                .await
                .unwrap_or_else(|error| panic!("cut without a close frame: {error}"));
            if opcode == CLOSE {
                let code = payload.first_chunk().expect("a close code");
                let reason = String::from_utf8_lossy(&payload[2..]).into_owned();
                assert!(!reason.is_empty(), "a reason goes with the code");
                return (u16::from_be_bytes(*code), reason);
            }
        }
    }

    pub async fn next_frame(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).await?;
        assert_eq!(head[1] & MASKED, 0, "a server masks nothing");
        let length = match head[1] {
            126 => usize::from(self.0.read_u16().await?),
            127 => usize::try_from(self.0.read_u64().await?).expect("it fits"),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await?;
        Ok((head[0] & 0x0F, payload))
    }

    /// Reads and forgets all that comes until the connection ends.
    pub async fn drain(&mut self) {
        let mut discarded = vec![0; 1 << 16];
        let drained = async { while self.0.read(&mut discarded).await.is_ok_and(|n| n > 0) {} };
        soon("the connection's end", drained).await;
    }
}

/// A frame with a mask of zeros, which leaves the payload as it is.
pub fn masked(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = masked_head(head, payload.len());
    frame.extend_from_slice(payload);
    frame
}

/// The head of a frame whose payload has yet to come.
pub fn masked_head(head: u8, length: usize) -> Vec<u8> {
    let mut frame = vec![head];
    match length {
        0..126 => frame.push(MASKED | length as u8),
        126..65_536 => {
            frame.push(MASKED | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            frame.push(MASKED | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame
}

/// As only a server may send it.
pub fn unmasked(head: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    [&[head, length], payload].concat()
}
