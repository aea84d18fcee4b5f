//! The phone from joining to leaving. Whatever happens comes to one loop.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::mpsc;
use tokio::time::Instant;
use webrtc::peer_connection::RTCPeerConnectionState;

use super::api::{Api, Failure};
use super::call::{Call, Deed, Link};
use super::clip::Clip;
use super::peer::{Peer, PeerEvent, PeerNews};
use super::random;
use super::room::{Backoff, News, Outbox, Seat};
use super::signal::Signal;
use crate::lan;
use crate::logging::say;
use crate::protocol::{Role, RoomEvent};

/// News of a connection that nobody has read yet: a candidate for each address, a few states.
const QUEUE: usize = 64;
/// For the last word to the viewer.
const GOODBYE: Duration = Duration::from_secs(1);

pub async fn run(
    api: Api,
    clip: Arc<Clip>,
    takeover: bool,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let mut stop = pin!(stop);
    let mut voice = Voice::default();
    let room = tokio::select! {
        room = find_room(&api, &mut voice) => room?,
        () = &mut stop => return Ok(()),
    };
    let mut session = Session::enter(api, room, clip, voice);
    let mut seat = session.sit(takeover)?;
    let ended = tokio::select! {
        ended = session.go_on(&mut seat) => ended,
        () = &mut stop => Ok(()),
    };
    session.leave(seat).await;
    ended
}

/// Tells people one line for each state: what was said last is not said again.
#[derive(Default)]
struct Voice {
    last: String,
}

impl Voice {
    fn say(&mut self, words: impl Into<String>) {
        let words = words.into();
        if words != self.last {
            say(&format!("phone: {words}"));
            self.last = words;
        }
    }
}

/// Where a viewer can reach this machine. Without any network its own viewer still can.
fn addresses(api: &Api) -> Vec<IpAddr> {
    match lan::likely_ipv4() {
        none if none.is_empty() && api.is_on_this_machine() => vec![Ipv4Addr::LOCALHOST.into()],
        addresses => addresses,
    }
}

async fn find_room(api: &Api, voice: &mut Voice) -> Result<String, Failure> {
    let mut backoff = Backoff::new();
    loop {
        match api.find_room().await {
            Err(Failure::Silent(why)) => {
                voice.say(format!("the server does not answer ({why}), trying again"))
            }
            answer => return answer,
        }
        backoff.wait().await;
    }
}

struct Session {
    api: Api,
    room: String,
    clip: Arc<Clip>,
    outbox: Outbox,
    call: Call,
    peer: Option<Peer>,
    teller: mpsc::Sender<PeerNews>,
    peer_news: mpsc::Receiver<PeerNews>,
    voice: Voice,
}

impl Session {
    fn enter(api: Api, room: String, clip: Arc<Clip>, voice: Voice) -> Self {
        let (teller, peer_news) = mpsc::channel(QUEUE);
        Self {
            outbox: Outbox::open(api.clone(), room.clone()),
            api,
            room,
            clip,
            call: Call::new(),
            peer: None,
            teller,
            peer_news,
            voice,
        }
    }

    fn sit(&self, takeover: bool) -> Result<Seat> {
        let client = random::name()?;
        Ok(Seat::take(
            self.api.clone(),
            self.room.clone(),
            client,
            takeover,
        ))
    }

    /// Returns when the room is closed to us, and says why.
    async fn go_on(&mut self, seat: &mut Seat) -> Result<()> {
        loop {
            let alarm = self.call.alarm();
            let deed = tokio::select! {
                Some(news) = seat.next() => self.hear(news).await?,
                Some((session, event)) = self.peer_news.recv() => self.follow(&session, event).await,
                () = until(alarm) => Some(self.call.mend()),
            };
            match deed {
                Some(Deed::Offer) => self.offer().await,
                Some(Deed::End) => self.end().await,
                None => {}
            }
        }
    }

    async fn hear(&mut self, news: News) -> Result<Option<Deed>> {
        match news {
            News::Event(event) => self.obey(event).await,
            News::Lost(why) => {
                self.voice
                    .say(format!("the server does not answer ({why}), trying again"));
                Ok(None)
            }
            News::Closed(failure) => Err(failure.into()),
        }
    }

    async fn obey(&mut self, event: RoomEvent) -> Result<Option<Deed>> {
        let now = Instant::now();
        Ok(match event {
            RoomEvent::Welcome { resumed: true, .. } => None,
            RoomEvent::Welcome {
                peer_present,
                sitting,
                ..
            } => {
                self.outbox.speak_for(sitting);
                self.voice.say(match peer_present {
                    true => "joined the room",
                    false => "joined the room, waiting for its viewer",
                });
                self.call.viewer(peer_present, now)
            }
            RoomEvent::Peer {
                role: Role::Viewer,
                present,
            } => self.call.viewer(present, now),
            RoomEvent::Signal {
                from: Role::Viewer,
                payload,
            } => match serde_json::from_value(payload) {
                Ok(signal) => self.answer(signal).await,
                Err(error) => {
                    tracing::warn!("ignored a signal: {error}");
                    None
                }
            },
            RoomEvent::Taken {} => {
                bail!("another phone is the camera of this room: --takeover takes its place")
            }
            RoomEvent::Replaced {} => {
                bail!("another phone took over: this one sends nothing any more")
            }
            RoomEvent::Peer { .. } | RoomEvent::Signal { .. } | RoomEvent::Invitation {} => None,
        })
    }

    async fn answer(&mut self, signal: Signal) -> Option<Deed> {
        let peer = self.peer.as_mut();
        match signal {
            Signal::Ready {} => return Some(Deed::Offer),
            Signal::Answer { session, sdp } => {
                let peer = peer.filter(|peer| peer.session == session)?;
                if let Err(error) = peer.answer(sdp).await {
                    tracing::warn!("an answer was refused: {error:#}");
                }
            }
            Signal::Candidate {
                session,
                candidate: Some(candidate),
            } => {
                let peer = peer.filter(|peer| peer.session == session)?;
                peer.candidate(candidate).await;
            }
            Signal::Candidate { .. }
            | Signal::Offer { .. }
            | Signal::Bye { .. }
            | Signal::Relay {} => {}
        }
        None
    }

    async fn follow(&mut self, session: &str, event: PeerEvent) -> Option<Deed> {
        let peer = self.peer.as_mut().filter(|peer| peer.session == session)?;
        let state = match event {
            PeerEvent::Candidate(candidate) => {
                let session = session.to_owned();
                self.outbox.post(Signal::Candidate { session, candidate });
                return None;
            }
            PeerEvent::State(state) => state,
        };
        match state {
            RTCPeerConnectionState::Connected => {
                peer.film(&self.clip);
                self.say_live().await;
                self.call.link(Link::Live, Instant::now());
            }
            RTCPeerConnectionState::Disconnected => {
                self.voice.say("the connection is interrupted");
                self.call.link(Link::Interrupted, Instant::now());
            }
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                return Some(self.call.mend());
            }
            _ => {}
        }
        None
    }

    async fn say_live(&mut self) {
        let Clip { width, height, .. } = *self.clip;
        let rate = self.clip.frames_per_second();
        let address = match &self.peer {
            Some(peer) => peer.remote_address().await,
            None => None,
        };
        let to = address.map_or_else(|| "the viewer".to_owned(), |address| address.to_string());
        self.voice.say(format!(
            "streaming {width}×{height} VP8, {rate:.0} fps, to {to}"
        ));
    }

    async fn offer(&mut self) {
        if let Some(peer) = self.peer.take() {
            peer.close().await;
        }
        // Tried again after a while, as any connection is that does not come about.
        self.call.link(Link::Connecting, Instant::now());
        let addresses = addresses(&self.api);
        if addresses.is_empty() {
            self.voice
                .say("this machine is in no network, waiting for one");
            return;
        }
        match Peer::offer(&addresses, self.teller.clone()).await {
            Ok((peer, offer)) => {
                self.peer = Some(peer);
                // Its candidates come by `peer_news`, which is read after this.
                self.outbox.post(offer);
            }
            Err(error) => self.voice.say(format!("{error:#}, trying again")),
        }
    }

    async fn end(&mut self) {
        self.call.link(Link::None, Instant::now());
        if let Some(peer) = self.peer.take() {
            self.voice.say("the viewer left, waiting for it");
            // Without this word the viewer would take a closed connection for a picture that stands still.
            let session = peer.session.clone();
            self.outbox.post(Signal::Bye { session });
            peer.close().await;
        }
    }

    /// The seat is left after the last word: nobody hears one from an empty seat.
    async fn leave(mut self, mut seat: Seat) {
        if self.outbox.sitting().is_empty() {
            // Stopped at once: without the welcome the seat could not be left.
            if let Ok(Some(News::Event(welcome))) = tokio::time::timeout(GOODBYE, seat.next()).await
            {
                let _ = self.obey(welcome).await;
            }
        }
        if let Some(peer) = self.peer.take() {
            let session = peer.session.clone();
            self.outbox.post(Signal::Bye { session });
            peer.close().await;
        }
        let sitting = self.outbox.sitting().to_owned();
        self.outbox.close(GOODBYE).await;
        // Who still listened would take the seat anew.
        drop(seat);
        let leaving = self.api.leave(&self.room, &sitting);
        // Who does not hear it notices a while later.
        let _ = tokio::time::timeout(GOODBYE, leaving).await;
    }
}

async fn until(alarm: Option<Instant>) {
    match alarm {
        Some(alarm) => tokio::time::sleep_until(alarm).await,
        None => std::future::pending().await,
    }
}
