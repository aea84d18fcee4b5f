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

use super::MAX_ROOMS;
use super::keys::RoomKeys;
use super::room::Room;

pub const ROOMS_FILE: &str = "rooms.json";
const VERSION: u32 = 1;
/// A room takes about 150.
const MAX_ROOM_BYTES: usize = 256;
/// Whatever was written is read again: there are never more rooms than that.
const MAX_FILE_BYTES: u64 = (MAX_ROOMS * MAX_ROOM_BYTES) as u64;

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    rooms: Vec<KeptRoom>,
}

#[derive(Serialize, Deserialize)]
pub struct KeptRoom {
    #[serde(flatten)]
    keys: RoomKeys,
    /// `None`: somebody sat there when this was written.
    empty_since_unix_s: Option<u64>,
}

impl KeptRoom {
    pub fn of(room: &Room) -> Self {
        let since = room.idle().map(|idle| unix_now().saturating_sub(idle));
        Self {
            keys: room.keys.clone(),
            empty_since_unix_s: since.map(|since| since.as_secs()),
        }
    }

    /// A clock that was set back meanwhile takes nothing from anybody.
    pub fn into_room(self) -> Room {
        let since = self.empty_since_unix_s.map(Duration::from_secs);
        let idle_before = since.map_or(Duration::ZERO, |since| unix_now().saturating_sub(since));
        Room {
            idle_before,
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
    pub change: u64,
    /// Said once, until it works again.
    failing: bool,
}

impl Keeper {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            written: Arc::default(),
        }
    }

    /// What was kept; none after a warning if the file is none of ours or damaged.
    pub fn load(&self) -> Vec<KeptRoom> {
        read(&self.folder.join(ROOMS_FILE)).unwrap_or_else(|error| {
            tracing::warn!(
                "starting without the rooms of last time, phones must scan anew: {error:#}"
            );
            Vec::new()
        })
    }

    /// The whole file or none of it, whenever the program ends.
    pub fn write(&self, rooms: Vec<KeptRoom>, written: &mut Written) {
        let version = VERSION;
        let failure = write(&self.folder, &File { version, rooms }).err();
        if let Some(error) = failure.as_ref().filter(|_| !written.failing) {
            tracing::warn!(
                "rooms cannot be kept in {}, after a restart phones must scan anew: {error:#}",
                self.folder.display()
            );
        }
        written.failing = failure.is_some();
    }
}

fn read(file: &Path) -> Result<Vec<KeptRoom>> {
    let named = || file.display().to_string();
    let opened = match fs::File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
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
    Ok(kept.rooms)
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

fn unix_now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

#[cfg(test)]
mod tests;
