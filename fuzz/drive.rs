//! What is done with bytes that a fuzzer made up. The long runs (`targets/`) and the short one of the
//! test run (`tests/fuzz.rs`) drive the same parts in the same way. A panic anywhere is a finding, and so
//! is a server that does not answer, or does not let go of a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use sightline::model::Manifest;
use sightline::pipeline::decode::{RgbImage, decode};
use sightline::pipeline::resize::Preprocessor;
use sightline::protocol::{FRAME_HEADER_BYTES, FrameHeader, RoomCreated};

/// Only a hang takes this long.
const PATIENCE: Duration = Duration::from_secs(30);
/// First bytes from this one on take a seat.
const FIRST_TO_SIT: u8 = 252;
/// Small enough that a picture which claims the most does not slow a run down.
const MAX_PIXELS: usize = 1 << 18;

/// The way of a binary message on the detection socket up to the model.
pub struct FrameWay {
    image: RgbImage,
    preprocessor: Preprocessor,
    tensor: Vec<f32>,
}

impl FrameWay {
    pub fn new(manifest: Manifest) -> Self {
        let input = manifest.input;
        Self {
            image: RgbImage::default(),
            tensor: vec![0.0; 3 * (input.width * input.height) as usize],
            preprocessor: Preprocessor::new(input),
        }
    }

    pub fn take(&mut self, message: &[u8]) {
        let Ok(header) = FrameHeader::read(message) else {
            return;
        };
        assert!(header.capture_ts >= 0);
        let jpeg = &message[FRAME_HEADER_BYTES..];
        if decode(jpeg, MAX_PIXELS, &mut self.image).is_err() {
            return;
        }
        let RgbImage {
            width,
            height,
            pixels,
        } = &self.image;
        assert_eq!(pixels.len(), (width * height * 3) as usize);
        self.preprocessor
            .fill(&self.image, &mut self.tensor)
            .expect("what was decoded can be resized");
        assert!(self.tensor.iter().all(|value| value.is_finite()));
    }
}

/// Requests to a room, with its good tokens or with others, over a connection that is kept. Both seats of the
/// room are taken, so that what is posted to them goes all the way.
pub struct Signaller {
    addr: SocketAddr,
    room: String,
    tokens: [String; 2],
    open: Option<BufReader<TcpStream>>,
}

impl Signaller {
    /// Makes the room.
    pub fn new(addr: SocketAddr) -> Self {
        let mut stream = connect(addr);
        write_request(&mut stream, "POST", "/api/rooms", b"{}").expect("the server listens");
        let answer = read_answer(&mut BufReader::new(stream));
        let created: RoomCreated = serde_json::from_slice(&answer.body).expect("a room");
        let tokens = [created.viewer_token, created.phone_token];
        for token in &tokens {
            let target = events(&created.room, token, "takeover=1");
            thread::spawn(move || while sit(addr, &target, usize::MAX).is_some() {});
        }
        Self {
            addr,
            room: created.room,
            tokens,
            open: None,
        }
    }

    /// The first byte chooses what is asked, a line end parts the query from the body.
    pub fn ask(&mut self, data: &[u8]) {
        let Some((choice, rest)) = data.split_first() else {
            return;
        };
        let mut parts = rest.splitn(2, |byte| *byte == b'\n');
        let query = percent_encoded(parts.next().unwrap_or_default());
        let body = parts.next().unwrap_or_default();
        if *choice >= FIRST_TO_SIT {
            let token = &self.tokens[usize::from(choice % 2)];
            let status = sit(self.addr, &events(&self.room, token, &query), 1);
            let status = status.expect("the server answers");
            return assert!(
                (200..500).contains(&status),
                "{query} was answered {status}"
            );
        }
        let (method, target) = self.request(*choice, &query);
        let status = self.send(method, &target, body);
        assert!(
            (200..500).contains(&status),
            "{method} {target} was answered {status}"
        );
    }

    /// All that is asked of a room, but its endless streams.
    fn request(&self, choice: u8, query: &str) -> (&'static str, String) {
        let Self {
            room,
            tokens: [viewer, phone],
            ..
        } = self;
        let of_room = |rest: String| format!("/api/rooms/{room}{rest}");
        match choice % 14 {
            0 => ("POST", of_room(format!("/signal?token={viewer}"))),
            1 => ("POST", of_room(format!("/signal?token={phone}&{query}"))),
            2 => ("POST", of_room(format!("/signal?{query}"))),
            3 => ("POST", of_room(format!("/metrics?token={viewer}&{query}"))),
            4 => ("POST", format!("/api/rooms/{query}/signal?token={viewer}")),
            5 => ("POST", format!("/api/rooms?{query}")),
            6 => ("POST", of_room(format!("/relay?token={phone}&{query}"))),
            7 => ("POST", of_room(format!("/leave?token={phone}&{query}"))),
            8 => (
                "GET",
                of_room(format!("/invitation?token={viewer}&{query}")),
            ),
            9 => ("GET", of_room(format!("/ice?token={phone}&{query}"))),
            10 => ("GET", of_room(format!("/metrics?token={phone}&{query}"))),
            11 => ("GET", of_room(format!("?token={query}"))),
            12 => ("GET", format!("/api/join/{query}")),
            _ => ("GET", format!("/j/{query}")),
        }
    }

    fn send(&mut self, method: &str, target: &str, body: &[u8]) -> u16 {
        let addr = self.addr;
        let fresh = || BufReader::new(connect(addr));
        let mut stream = self.open.take().unwrap_or_else(fresh);
        let written = write_request(stream.get_mut(), method, target, body);
        // A body that is too long is answered before all of it is read.
        let answer = read_answer(&mut stream);
        if answer.keeps && written.is_ok() {
            self.open = Some(stream);
        }
        answer.status
    }
}

fn events(room: &str, token: &str, query: &str) -> String {
    format!("/api/rooms/{room}/events?token={token}&{query}")
}

/// Takes a seat and hears so many events, or all there are; the status of the answer, if there was one.
fn sit(addr: SocketAddr, target: &str, events: usize) -> Option<u16> {
    let mut stream = TcpStream::connect(addr).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write_request(&mut stream, "GET", target, b"").ok()?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let heard = lines.filter(|line| line.starts_with("data:"));
    if status == 200 {
        heard.take(events).for_each(drop);
    }
    Some(status)
}

fn write_request(
    stream: &mut TcpStream,
    method: &str,
    target: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())
}

struct Answer {
    status: u16,
    body: Vec<u8>,
    /// The connection may be used again.
    keeps: bool,
}

fn read_answer(stream: &mut BufReader<TcpStream>) -> Answer {
    let mut line = String::new();
    stream.read_line(&mut line).expect("an answer");
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer but {line:?}"));
    let (mut length, mut keeps) = (0, true);
    loop {
        line.clear();
        stream.read_line(&mut line).expect("a whole head");
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        keeps &= header != "connection: close";
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the whole body");
    Answer {
        status,
        body,
        keeps,
    }
}

/// One connection that says these bytes and then nothing: whatever they were, the server ends it.
pub fn converse(addr: SocketAddr, bytes: &[u8]) {
    let mut stream = connect(addr);
    // The server may have heard enough already.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server does not let go: {error}"),
    }
}

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// So many wrong tokens are answered that none of them is only told to wait.
pub const PATIENT: [&str; 4] = [
    "--guesses-per-minute",
    "1000000",
    "--rooms-per-minute",
    "1000000",
];

/// Bytes as they may stand in an address; letters, digits and what parts a query stay.
fn percent_encoded(bytes: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%&=+/?".contains(&byte);
    bytes
        .iter()
        .map(|&byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
