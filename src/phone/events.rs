//! Server-Sent Events out of a stream's pieces.

/// One event; `data` is empty for what only keeps the stream open.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Event {
    /// Empty unless it is of a special kind.
    pub kind: String,
    pub id: String,
    pub data: String,
}

/// Our events have one `data:` line each.
#[derive(Default)]
pub struct Events {
    bytes: Vec<u8>,
    begun: Event,
}

impl Events {
    pub fn add(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    /// The next one that is whole.
    pub fn next(&mut self) -> Option<Event> {
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                let whole = std::mem::take(&mut self.begun);
                if whole != Event::default() {
                    return Some(whole);
                }
                continue; // the end of a comment
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "event" => self.begun.kind = value,
                "id" => self.begun.id = value,
                "data" => self.begun.data = value,
                _ => {}
            }
        }
    }

    /// Bytes that are no whole line yet.
    pub fn pending(&self) -> usize {
        self.bytes.len()
    }

    fn next_line(&mut self) -> Option<String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line);
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_they_were_cut() {
        let text = ":\n\nid: a-1\ndata: é \r\n\r\nevent: alive\ndata:{}\n\ndata: cut off";
        let event = |kind: &str, id: &str, data: &str| Event {
            kind: kind.to_owned(),
            id: id.to_owned(),
            data: data.to_owned(),
        };
        for size in 1..text.len() {
            let mut events = Events::default();
            let mut whole = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                events.add(piece);
                whole.extend(std::iter::from_fn(|| events.next()));
            }
            assert_eq!(whole, [event("", "a-1", "é "), event("alive", "", "{}")]);
            assert_eq!(events.pending(), "data: cut off".len());
        }
    }
}
