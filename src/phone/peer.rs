//! One connection to the viewer: one offer, one answer, one video.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{NackResponderBuilder, SenderReportBuilder, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
    RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceCandidateInit, RTCIceGatheringState, RTCPeerConnectionIceEvent, RTCPeerConnectionState,
    RTCSessionDescription, Registry, SettingEngineBuilder,
};
use webrtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};

use super::camera::Camera;
use super::clip::Clip;
use super::feedback::Feedback;
use super::random;
use super::signal::{EarlyCandidates, Signal};

const PAYLOAD_TYPE: u8 = 96;
const VIDEO_CLOCK: u32 = 90_000;
/// Application-most: every other interceptor has heard what this one hears.
const FEEDBACK_SLOT: usize = 14_000;

/// What a connection tells by itself, with its session.
pub type PeerNews = (String, PeerEvent);

#[derive(Debug)]
pub enum PeerEvent {
    Candidate(Option<RTCIceCandidateInit>),
    State(RTCPeerConnectionState),
}

pub struct Peer {
    pub session: String,
    connection: Arc<dyn PeerConnection>,
    track: Arc<dyn TrackLocal>,
    camera: Option<Camera>,
    filming: Option<AbortOnDropHandle<()>>,
    early: EarlyCandidates,
    answered: bool,
}

impl Peer {
    /// A new connection that can be reached at these addresses, and the offer for it.
    pub async fn offer(
        addresses: &[IpAddr],
        news: mpsc::Sender<PeerNews>,
    ) -> Result<(Self, Signal)> {
        let session = random::name()?;
        let ssrc = random::number()?;
        let key_frame_wanted = Arc::new(AtomicBool::new(false));
        let feedback = Feedback::new(ssrc, Arc::clone(&key_frame_wanted));
        let connection = connect(addresses, feedback, session.clone(), news).await?;
        let track: Arc<dyn TrackLocal> = Arc::new(TrackLocalStaticRTP::new(video(ssrc)));
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Sendonly,
            streams: Vec::new(),
            send_encodings: Vec::new(),
        };
        connection
            .add_transceiver_from_track(Arc::clone(&track), Some(init))
            .await?;
        let offer = connection.create_offer(None).await?;
        let signal = Signal::Offer {
            session: session.clone(),
            sdp: offer.sdp.clone(),
        };
        connection.set_local_description(offer).await?;
        let camera = Camera {
            ssrc,
            payload_type: PAYLOAD_TYPE,
            key_frame_wanted,
        };
        let peer = Self {
            session,
            connection,
            track,
            camera: Some(camera),
            filming: None,
            early: EarlyCandidates::default(),
            answered: false,
        };
        Ok((peer, signal))
    }

    /// Takes the viewer's description, then the candidates that were faster than it.
    pub async fn answer(&mut self, sdp: String) -> Result<()> {
        let description = RTCSessionDescription::answer(sdp)?;
        self.connection.set_remote_description(description).await?;
        self.answered = true;
        for candidate in self.early.take() {
            self.candidate(candidate).await;
        }
        Ok(())
    }

    pub async fn candidate(&mut self, candidate: RTCIceCandidateInit) {
        if !self.answered {
            self.early.add(candidate);
        } else if let Err(error) = self.connection.add_ice_candidate(candidate).await {
            // One useless candidate (an address family we lack, say) does not end the call: others may do.
            tracing::debug!("a candidate was refused: {error}");
        }
    }

    /// Plays the clip from its beginning; once.
    pub fn film(&mut self, clip: &Arc<Clip>) {
        let Some(camera) = self.camera.take() else {
            return;
        };
        let filming = camera.film(Arc::clone(clip), Arc::clone(&self.track));
        self.filming = Some(AbortOnDropHandle::new(tokio::spawn(async {
            if let Err(error) = filming.await {
                tracing::debug!("the connection takes no more: {error}");
            }
        })));
    }

    /// The viewer's address as this machine sees it.
    pub async fn remote_address(&self) -> Option<SocketAddr> {
        let senders = self.connection.get_senders().await;
        let transport = senders.first()?.transport().await.ok()??;
        let pair = transport
            .ice_transport()
            .get_selected_candidate_pair()
            .await
            .ok()??;
        let remote = pair.remote();
        Some(SocketAddr::new(remote.address.parse().ok()?, remote.port))
    }

    pub async fn close(mut self) {
        self.filming = None;
        if let Err(error) = self.connection.close().await {
            tracing::debug!("closing: {error}");
        }
    }
}

async fn connect(
    addresses: &[IpAddr],
    feedback: Feedback,
    session: String,
    news: mpsc::Sender<PeerNews>,
) -> Result<Arc<dyn PeerConnection>> {
    let mut engine = MediaEngine::default();
    let codec = RTCRtpCodecParameters {
        rtp_codec: vp8(),
        payload_type: PAYLOAD_TYPE,
    };
    engine.register_codec(codec, RtpCodecKind::Video)?;
    let registry = Registry::new()
        .with(Slot::NackResponder, NackResponderBuilder::new().build())
        .with(Slot::SenderReport, SenderReportBuilder::new().build())
        .with(Slot::from(FEEDBACK_SLOT), feedback);
    // A viewer without a camera hides its address behind a name in multicast DNS. It comes to ours, which needs
    // neither that name nor a network that carries multicast; and no better way to it is worth waiting for.
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .build();
    let sockets = addresses.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(engine)
        .with_interceptor_registry(registry)
        .with_setting_engine(settings)
        .with_handler(Arc::new(Teller { session, news }))
        .with_udp_addrs(sockets)
        .build()
        .await
        .context("no connection can be made")?;
    Ok(Arc::new(connection))
}

fn vp8() -> RTCRtpCodec {
    let feedback = [("nack", ""), ("nack", "pli"), ("ccm", "fir"), ("rrtr", "")];
    RTCRtpCodec {
        mime_type: "video/VP8".to_owned(),
        clock_rate: VIDEO_CLOCK,
        channels: 0,
        sdp_fmtp_line: String::new(),
        rtcp_feedback: feedback
            .map(|(typ, parameter)| RTCPFeedback {
                typ: typ.to_owned(),
                parameter: parameter.to_owned(),
            })
            .into(),
    }
}

fn video(ssrc: u32) -> MediaStreamTrack {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec: vp8(),
        ..Default::default()
    };
    let name = || "clip".to_owned();
    MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Video, vec![encoding])
}

/// Passes on what the connection tells.
struct Teller {
    session: String,
    news: mpsc::Sender<PeerNews>,
}

impl Teller {
    async fn tell(&self, event: PeerEvent) {
        // An error says that the phone is leaving.
        let _ = self.news.send((self.session.clone(), event)).await;
    }
}

#[async_trait]
impl PeerConnectionEventHandler for Teller {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        match event.candidate.to_json() {
            // The one medium is known by its index; the candidate's own name for it is empty.
            Ok(candidate) => {
                let sdp_mid = None;
                self.tell(PeerEvent::Candidate(Some(RTCIceCandidateInit {
                    sdp_mid,
                    ..candidate
                })))
                .await;
            }
            Err(error) => tracing::debug!("a candidate cannot be told: {error}"),
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.tell(PeerEvent::Candidate(None)).await;
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.tell(PeerEvent::State(state)).await;
    }
}
