//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::limits::network_of;
use crate::metrics::Refusal;

/// Further places for this machine's own connections: whoever fills the server does not keep its
/// operator out.
pub const KEPT_FOR_US: usize = 16;
/// Connections too many that are told so at a time; further ones are only closed.
pub const TOLD_AT_A_TIME: usize = 16;

pub struct Places {
    all: Arc<Semaphore>,
    ours: Arc<Semaphore>,
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
    /// There are too many; it is told so.
    Told(Place, Refusal),
    /// So many of these that it is not even told.
    Closed(Refusal),
}

impl Places {
    pub fn new(config: &Config) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            all: places(config.max_connections),
            ours: places(KEPT_FOR_US),
            to_be_told: places(TOLD_AT_A_TIME),
            per_address: config.guard.limits.connections_per_address,
            taken: Taken::default(),
        }
    }

    /// A tunnel or proxy on this machine brings everybody's connections from loopback: one address's
    /// limit would be everybody's, so loopback has none of its own.
    pub fn admit(&self, ip: IpAddr) -> Admission {
        let ip = ip.to_canonical();
        let is_ours = ip.is_loopback();
        let kept = || free(&self.ours).filter(|_| is_ours);
        let Some(permit) = free(&self.all).or_else(kept) else {
            return self.refuse(Refusal::Connections);
        };
        let share = match is_ours {
            true => None,
            false => match self.share_of(network_of(ip)) {
                Some(share) => Some(share),
                None => return self.refuse(Refusal::ConnectionsPerAddress),
            },
        };
        Admission::Served(Place {
            _permit: permit,
            _share: share,
        })
    }

    fn refuse(&self, why: Refusal) -> Admission {
        let Some(permit) = free(&self.to_be_told) else {
            return Admission::Closed(why);
        };
        let place = Place {
            _permit: permit,
            _share: None,
        };
        Admission::Told(place, why)
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

fn free(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(places).try_acquire_owned().ok()
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
