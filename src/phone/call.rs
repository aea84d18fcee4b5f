//! When to offer, when to wait, when to give up: the rules of `frontend/src/rtc/sender.ts` and `peer.ts`, and no more
//! than the rules. `session.rs` does what they say.

use std::time::Duration;

use tokio::time::Instant;

/// A viewer that has just arrived says "ready" by itself; offering at once would make two offers of one.
const OFFER_AFTER: Duration = Duration::from_millis(600);
/// An offer that nobody answers, or candidates that never meet, are tried anew after this.
const CONNECT_PATIENCE: Duration = Duration::from_secs(8);
/// ICE often heals within a moment; only a longer break is worth a new offer.
const BREAK_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    None,
    Connecting,
    Live,
    Interrupted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Close what there is, and offer.
    Offer,
    /// Close what there is, and say so.
    End,
}

pub struct Call {
    viewer_present: bool,
    link: Link,
    alarm: Option<Instant>,
}

impl Call {
    pub fn new() -> Self {
        Self {
            viewer_present: false,
            link: Link::None,
            alarm: None,
        }
    }

    /// When [`Call::mend`] is to be asked what to do, if nothing else comes before.
    pub fn alarm(&self) -> Option<Instant> {
        self.alarm
    }

    /// Whether a viewer sits in the room: told anew after every reconnection to it.
    pub fn viewer(&mut self, present: bool, now: Instant) -> Option<Deed> {
        self.viewer_present = present;
        match (present, self.link) {
            (true, Link::None) => self.alarm = Some(now + OFFER_AFTER),
            // Without a viewer a broken connection has nobody to be mended with; a healthy one plays on.
            (false, Link::None | Link::Connecting | Link::Interrupted) => return Some(Deed::End),
            _ => {}
        }
        None
    }

    /// The link's news, our own doing among it.
    pub fn link(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.alarm = match link {
            Link::None | Link::Live => None,
            Link::Connecting => Some(now + CONNECT_PATIENCE),
            Link::Interrupted => Some(now + BREAK_PATIENCE),
        };
    }

    /// There is no connection and should be one: it failed, or the alarm rang.
    pub fn mend(&self) -> Deed {
        match self.viewer_present {
            true => Deed::Offer,
            false => Deed::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_that_is_there_gets_an_offer_if_it_does_not_ask() {
        let (mut call, now) = (Call::new(), Instant::now());
        assert_eq!(call.viewer(true, now), None);
        assert_eq!(call.alarm(), Some(now + OFFER_AFTER));
        assert_eq!(call.mend(), Deed::Offer);
    }

    #[test]
    fn a_viewer_that_left_at_once_gets_none() {
        let (mut call, now) = (Call::new(), Instant::now());
        call.viewer(true, now);
        assert_eq!(call.viewer(false, now), Some(Deed::End));
        call.link(Link::None, now);
        assert_eq!(call.alarm(), None);
    }

    #[test]
    fn a_picture_that_runs_needs_no_room() {
        let (mut call, now) = (Call::new(), Instant::now());
        call.viewer(true, now);
        call.link(Link::Connecting, now);
        call.link(Link::Live, now);
        assert_eq!(call.viewer(false, now), None);
        assert_eq!(call.viewer(true, now), None);
        assert_eq!(call.alarm(), None);
    }

    #[test]
    fn a_break_is_mended_while_there_is_a_viewer_to_mend_it_with() {
        let (mut call, now) = (Call::new(), Instant::now());
        call.viewer(true, now);
        call.link(Link::Live, now);
        call.link(Link::Interrupted, now);
        assert_eq!(call.alarm(), Some(now + BREAK_PATIENCE));
        assert_eq!(call.mend(), Deed::Offer);
        assert_eq!(call.viewer(false, now), Some(Deed::End));
        assert_eq!(call.mend(), Deed::End);
    }

    #[test]
    fn an_offer_that_nobody_answers_is_made_anew() {
        let (mut call, now) = (Call::new(), Instant::now());
        call.viewer(true, now);
        call.link(Link::Connecting, now);
        assert_eq!(call.alarm(), Some(now + CONNECT_PATIENCE));
        assert_eq!(call.mend(), Deed::Offer);
    }
}
