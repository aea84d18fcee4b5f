//! What the viewer says about the video, over RTCP.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rtc::interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::extended_report::{
    DLRRReport, DLRRReportBlock, ExtendedReport, ReceiverReferenceTimeReportBlock,
};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;

/// Notes that a key frame is wanted, and answers the viewer's question for the round trip: without that answer
/// Chromium does not know the time of capture, as a phone that only sends never asks by itself.
pub struct Feedback {
    ssrc: u32,
    key_frame_wanted: Arc<AtomicBool>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Feedback {
    /// `ssrc`: of the video.
    pub fn new(ssrc: u32, key_frame_wanted: Arc<AtomicBool>) -> Self {
        Self {
            ssrc,
            key_frame_wanted,
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
        }
    }

    fn hear(&mut self, packet: &dyn rtcp::Packet, now: Instant) {
        let packet = packet.as_any();
        if packet.is::<PictureLossIndication>() || packet.is::<FullIntraRequest>() {
            self.key_frame_wanted.store(true, Ordering::Relaxed);
        } else if let Some(report) = packet.downcast_ref()
            && let Some(answer) = round_trip(report, self.ssrc)
        {
            self.outbound.push_back(TaggedPacket {
                now,
                transport: TransportContext::default(),
                message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(answer)])),
            });
        }
    }
}

/// RFC 3611: "your last report of the time was this one, and I held it for so long", which is not at all.
fn round_trip(report: &ExtendedReport, ssrc: u32) -> Option<ExtendedReport> {
    let asked = report.reports.iter().find_map(|block| {
        block
            .as_any()
            .downcast_ref::<ReceiverReferenceTimeReportBlock>()
    })?;
    let answer = DLRRReport {
        ssrc: report.sender_ssrc,
        last_rr: (asked.ntp_timestamp >> 16) as u32,
        dlrr: 0,
    };
    Some(ExtendedReport {
        sender_ssrc: ssrc,
        reports: vec![Box::new(DLRRReportBlock {
            reports: vec![answer],
        })],
    })
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Feedback {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            for packet in packets {
                self.hear(packet.as_ref(), message.now);
            }
        }
        self.inbound.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Feedback {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: u32 = 7;
    const VIEWER: u32 = 1;

    fn feedback() -> (Feedback, Arc<AtomicBool>) {
        let wanted = Arc::new(AtomicBool::new(false));
        (Feedback::new(VIDEO, Arc::clone(&wanted)), wanted)
    }

    fn report(block: Box<dyn rtcp::Packet>) -> ExtendedReport {
        ExtendedReport {
            sender_ssrc: VIEWER,
            reports: vec![block],
        }
    }

    #[test]
    fn both_ways_to_ask_for_a_key_frame_are_heard() {
        let (mut feedback, wanted) = feedback();
        feedback.hear(
            &rtcp::receiver_report::ReceiverReport::default(),
            Instant::now(),
        );
        assert!(!wanted.load(Ordering::Relaxed));
        let asks: [&dyn rtcp::Packet; 2] = [
            &PictureLossIndication::default(),
            &FullIntraRequest::default(),
        ];
        for ask in asks {
            feedback.hear(ask, Instant::now());
            assert!(wanted.swap(false, Ordering::Relaxed));
        }
        assert!(feedback.poll_write().is_none());
    }

    #[test]
    fn the_question_for_the_round_trip_is_answered_with_its_own_time() {
        let (mut feedback, _) = feedback();
        let ntp_timestamp = 0x1122_3344_5566_7788;
        let question = report(Box::new(ReceiverReferenceTimeReportBlock { ntp_timestamp }));
        feedback.hear(&question, Instant::now());
        let Packet::Rtcp(sent) = feedback.poll_write().expect("an answer").message.packet else {
            panic!("the answer is RTCP");
        };
        let answer = sent[0].as_any().downcast_ref::<ExtendedReport>().unwrap();
        let expected = DLRRReport {
            ssrc: VIEWER,
            last_rr: 0x3344_5566,
            dlrr: 0,
        };
        assert_eq!(answer.sender_ssrc, VIDEO);
        assert_eq!(
            answer.reports[0].as_any().downcast_ref(),
            Some(&DLRRReportBlock {
                reports: vec![expected]
            })
        );
        assert!(feedback.poll_write().is_none());
    }

    #[test]
    fn an_answer_is_no_question() {
        let (mut feedback, _) = feedback();
        feedback.hear(
            &report(Box::new(DLRRReportBlock::default())),
            Instant::now(),
        );
        assert!(feedback.poll_write().is_none());
    }
}
