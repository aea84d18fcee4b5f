//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::limits::network_of;

/// Connections too many of their address that are told so at a time; further ones are only closed.
const TOLD_AT_A_TIME: usize = 16;

pub struct Places {
    all: Arc<Semaphore>,
    to_be_told: Arc<Semaphore>,
    per_address: usize,
    taken: Taken,
}

type Taken = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A place, until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// Whether a connection is served.
pub enum Admission {
    Served(Place),
    /// Its address has too many; it is told so.
    Told(Place),
    /// So many of these that it is not even told.
    Closed,
}

impl Places {
    pub fn new(config: &Config) -> Self {
        Self {
            all: Arc::new(Semaphore::new(config.max_connections)),
            to_be_told: Arc::new(Semaphore::new(TOLD_AT_A_TIME)),
            per_address: config.guard.limits.connections_per_address,
            taken: Taken::default(),
        }
    }

    /// Waits until there is one for the next connection, whoever it will be.
    pub async fn next(&self) -> OwnedSemaphorePermit {
        let free = Arc::clone(&self.all).acquire_owned().await;
        free.expect("the semaphore is never closed")
    }

    /// A tunnel or proxy on this machine brings everybody's connections from loopback: one address's
    /// limit would be everybody's, so loopback has none of its own.
    pub fn admit(&self, permit: OwnedSemaphorePermit, ip: IpAddr) -> Admission {
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return Admission::Served(Place {
                _permit: permit,
                _share: None,
            });
        }
        if let Some(share) = self.share_of(network_of(ip)) {
            return Admission::Served(Place {
                _permit: permit,
                _share: Some(share),
            });
        }
        match Arc::clone(&self.to_be_told).try_acquire_owned() {
            Ok(permit) => Admission::Told(Place {
                _permit: permit,
                _share: None,
            }),
            Err(_) => Admission::Closed,
        }
    }

    fn share_of(&self, network: IpAddr) -> Option<Share> {
        let mut taken = self.taken.lock().expect("no holder of this lock panics");
        let count = taken.get(&network).copied().unwrap_or_default();
        if count >= self.per_address {
            return None;
        }
        taken.insert(network, count + 1);
        let taken = Arc::clone(&self.taken);
        Some(Share { network, taken })
    }
}

/// One of an address's places.
struct Share {
    network: IpAddr,
    taken: Taken,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().expect("no holder of this lock panics");
        match taken.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            // Nothing is kept of those who have left.
            _ => drop(taken.remove(&self.network)),
        }
    }
}
