use super::*;
use crate::model::{
    AnchorSpec, ColorOrder, Fit, InputSpec, Manifest, OutputSpec, SsdSpec, Thresholds, YoloxSpec,
};
use ts_rs::{Config, TS};

const TYPESCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/frontend/src/protocol/messages.ts"
);

/// All types of the protocol and the manifest's as TypeScript, in the order of the source.
fn typescript() -> String {
    let config = Config::default();
    macro_rules! declarations {
        ($($name:ty),+ $(,)?) => {
            [$(<$name>::decl(&config)),+].map(|declaration| format!("export {declaration}\n"))
        };
    }
    let types = declarations![
        Detection,
        Timing,
        DetectionResult,
        FrameErrorCode,
        DetectAnswer,
        DroppedFrame,
        FrameError,
        DetectRequest,
        Ping,
        Pong,
        Role,
        RoomCreated,
        Invitation,
        InvitationCode,
        InvitationAddress,
        JoinInfo,
        RoomEvent,
        Mode,
        ClientConfig,
        CertificateInfo,
        TrustOffer,
        ModelInfo,
        IceServer,
        IcePolicy,
        RoomIce,
        Summary,
        FrameCounts,
        CaptureClockCounts,
        HiddenTime,
        CpuPercent,
        StageSummary,
        StagesMs,
        MetricsReport,
        ServerTime,
        RelayAnswer,
        RelayClock,
        RelayedFrame,
        RelayMessage,
        ApiError,
        Health,
        Manifest,
        InputSpec,
        ColorOrder,
        Fit,
        OutputSpec,
        SsdSpec,
        AnchorSpec,
        YoloxSpec,
        Thresholds,
    ];
    let header = "// Generated from src/protocol/ and src/model.rs; do not edit. \
                  UPDATE_TYPES=1 cargo test protocol rewrites it.\n\n";
    let constant = format!("export const FRAME_HEADER_BYTES = {FRAME_HEADER_BYTES};\n\n");
    let alive = format!("export const ALIVE_EVENT = '{ALIVE_EVENT}';\n\n");
    format!("{header}{constant}{alive}{}", types.join("\n"))
}

#[test]
fn typescript_follows_these_types() {
    let expected = typescript();
    if std::env::var_os("UPDATE_TYPES").is_some() {
        std::fs::write(TYPESCRIPT, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(TYPESCRIPT).unwrap_or_default();
    assert_eq!(
        committed, expected,
        "run UPDATE_TYPES=1 cargo test protocol"
    );
}

#[test]
fn an_answer_has_exactly_the_five_fields_of_the_contract() {
    let result = DetectionResult {
        frame_id: 7,
        capture_ts: 1_690_000_000_000,
        recv_ts: 1_690_000_000_100,
        inference_ts: 1_690_000_000_120,
        detections: Vec::new(),
        timing: None,
    };
    assert_eq!(
        serde_json::to_string(&DetectAnswer::Result(result)).unwrap(),
        r#"{"frame_id":7,"capture_ts":1690000000000,"recv_ts":1690000000100,"inference_ts":1690000000120,"detections":[]}"#
    );
}

#[test]
fn other_answers_are_named_by_their_one_key() {
    let dropped = DetectAnswer::Dropped {
        dropped: DroppedFrame { frame_id: 6 },
    };
    assert_eq!(
        serde_json::to_string(&dropped).unwrap(),
        r#"{"dropped":{"frame_id":6}}"#
    );
    let error = DetectAnswer::Error {
        error: FrameError {
            frame_id: 7,
            code: FrameErrorCode::BadJpeg,
            message: "…".to_owned(),
        },
    };
    assert_eq!(
        serde_json::to_string(&error).unwrap(),
        r#"{"error":{"frame_id":7,"code":"bad_jpeg","message":"…"}}"#
    );
}
