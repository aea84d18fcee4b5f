//! Rooms outlive the program: their keys lie in a file, so that pages that were open find theirs
//! again after a crash. The file opens every room, so only its owner may read it.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::MAX_ROOMS;
use super::keys::RoomKeys;
use super::room::Room;

pub const ROOMS_FILE: &str = "rooms.json";
const VERSION: u32 = 1;
/// A room takes about 150.
const MAX_ROOM_BYTES: usize = 256;
/// Whatever was written is read again: there are never more rooms than that.
const MAX_FILE_BYTES: u64 = (MAX_ROOMS * MAX_ROOM_BYTES) as u64;
/// So much of the time that rooms are empty is forgotten in a crash.
const REFRESH_EVERY: Duration = Duration::from_secs(3 * 60);
/// A full disk is left alone for so long.
const RETRY_EVERY: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
pub struct File {
    version: u32,
    /// Older files do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written_unix_s: Option<u64>,
    /// The name of the room whose code the terminal shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<String>,
    rooms: Vec<KeptRoom>,
}

#[derive(Serialize, Deserialize)]
struct KeptRoom {
    #[serde(flatten)]
    keys: RoomKeys,
    /// `None`: somebody sat there when this was written.
    empty_since_unix_s: Option<u64>,
}

impl File {
    /// `rooms` as they are at `now`, since the Unix epoch.
    pub fn of<'a>(
        rooms: impl Iterator<Item = &'a Room>,
        terminal: Option<String>,
        now: Duration,
    ) -> Self {
        Self {
            version: VERSION,
            written_unix_s: Some(now.as_secs()),
            terminal,
            rooms: rooms.map(|room| KeptRoom::of(room, now)).collect(),
        }
    }

    fn empty() -> Self {
        Self::of(std::iter::empty(), None, Duration::ZERO)
    }

    /// Whoever sat somewhere when this was written, their room has been empty since then.
    pub fn into_rooms(self, now: Duration) -> impl Iterator<Item = Room> {
        let written = self.written_unix_s;
        let rooms = self.rooms.into_iter();
        rooms.map(move |room| room.into_room(written, now))
    }
}

impl KeptRoom {
    fn of(room: &Room, now: Duration) -> Self {
        let since = room.idle().map(|idle| now.saturating_sub(idle));
        Self {
            keys: room.keys.clone(),
            empty_since_unix_s: since.map(|since| since.as_secs()),
        }
    }

    /// A clock that was set back meanwhile takes nothing from anybody.
    fn into_room(self, written_unix_s: Option<u64>, now: Duration) -> Room {
        let since = self.empty_since_unix_s.or(written_unix_s);
        let since = since.map(Duration::from_secs);
        Room {
            idle_before: since.map_or(Duration::ZERO, |since| now.saturating_sub(since)),
            entered: true,
            ..Room::new(self.keys)
        }
    }
}

/// The file, and how far it is up to date.
#[derive(Clone)]
pub struct Keeper {
    folder: PathBuf,
    /// Whoever writes holds it.
    pub written: Arc<Mutex<Written>>,
}

#[derive(Default)]
pub struct Written {
    /// The change up to which the rooms are on disk.
    change: u64,
    /// When they were last to be written.
    tried: Option<Instant>,
    /// Said once, until it works again.
    failing: bool,
}

impl Written {
    pub fn is_behind(&self, changes: u64) -> bool {
        self.change != changes
    }

    /// Whether it is time to write by itself: what has changed, and from time to time that somebody still
    /// sits there (`occupied`).
    pub fn is_due(&self, changes: u64, occupied: bool, now: Instant) -> bool {
        let pause = match self.is_behind(changes) {
            true if self.failing => RETRY_EVERY,
            true => Duration::ZERO,
            false if occupied => REFRESH_EVERY,
            false => return false,
        };
        self.tried.is_none_or(|tried| now - tried >= pause)
    }
}

impl Keeper {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            written: Arc::default(),
        }
    }

    /// What was kept; nothing after a warning if the file is none of ours or damaged.
    pub fn load(&self) -> File {
        read(&self.folder.join(ROOMS_FILE)).unwrap_or_else(|error| {
            tracing::warn!(
                "starting without the rooms of last time, phones must scan anew: {error:#}"
            );
            File::empty()
        })
    }

    /// The whole file or none of it, whenever the program ends. It has all changes up to `change`.
    pub fn write(&self, file: &File, change: u64, written: &mut Written) {
        let result = write(&self.folder, file);
        written.tried = Some(Instant::now());
        let was_failing = std::mem::replace(&mut written.failing, result.is_err());
        match result {
            Ok(()) => written.change = change,
            Err(_) if was_failing => {}
            Err(error) => tracing::warn!(
                "rooms cannot be kept in {}, after a restart phones must scan anew: {error:#}",
                self.folder.display()
            ),
        }
    }
}

fn read(file: &Path) -> Result<File> {
    let named = || file.display().to_string();
    let opened = match fs::File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(File::empty()),
        opened => opened.with_context(named)?,
    };
    let mut text = String::new();
    opened
        .take(MAX_FILE_BYTES)
        .read_to_string(&mut text)
        .with_context(named)?;
    let kept: File = serde_json::from_str(&text).with_context(named)?;
    let whole =
        kept.version == VERSION && kept.rooms.iter().all(|room| room.keys.are_well_formed());
    ensure!(
        whole,
        "{} is of another version, or damaged",
        file.display()
    );
    Ok(kept)
}

fn write(folder: &Path, file: &File) -> Result<()> {
    fs::create_dir_all(folder)?;
    // One name for all times, so that a program that dies here leaves one file and not many.
    let unfinished = format!("{ROOMS_FILE}.new");
    if let Err(error) = fs::remove_file(folder.join(&unfinished)) {
        ensure!(error.kind() == ErrorKind::NotFound, error);
    }
    // `tempfile` makes it readable by its owner only.
    let mut new = tempfile::Builder::new()
        .prefix(&unfinished)
        .rand_bytes(0)
        .tempfile_in(folder)?;
    new.write_all(&serde_json::to_vec(file)?)?;
    new.persist(folder.join(ROOMS_FILE))?;
    Ok(())
}

/// Since the Unix epoch.
pub fn unix_now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

#[cfg(test)]
mod tests;
