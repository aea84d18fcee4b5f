// Generated from src/protocol/ and src/model.rs; do not edit. UPDATE_TYPES=1 cargo test protocol rewrites it.

export const FRAME_HEADER_BYTES = 12;

export const ALIVE_EVENT = 'alive';

export type Detection = { label: string, score: number, xmin: number, ymin: number, xmax: number, ymax: number, };

export type Timing = { queue_us: number, decode_us: number, resize_us: number, infer_us: number, post_us: number, };

export type DetectionResult = { frame_id: number, capture_ts: number, recv_ts: number, inference_ts: number, detections: Array<Detection>, 
/**
 * Present only when the socket was opened with `?timing=1`.
 */
timing?: Timing, };

export type FrameErrorCode = "bad_jpeg" | "too_large" | "bad_capture_ts" | "internal";

export type DetectAnswer = DetectionResult | { dropped: DroppedFrame, } | { error: FrameError, } | { pong: Pong, };

export type DroppedFrame = { frame_id: number, };

export type FrameError = { frame_id: number, code: FrameErrorCode, message: string, };

export type DetectRequest = { ping: Ping, };

export type Ping = { t0: number, };

export type Pong = { t0: number, t1: number, t2: number, };

export type Role = "viewer" | "phone";

export type RoomCreated = { room: string, viewer_token: string, phone_token: string, 
/**
 * What the QR says: the phone page's address.
 */
join_url: string, 
/**
 * The same as an SVG document.
 */
qr_svg: string, };

export type Invitation = { 
/**
 * What leads to `join_url`, for people: `Wi-Fi`, `Ethernet`, …
 */
interface: string, 
/**
 * What the QR says: the phone page's address.
 */
join_url: string, 
/**
 * The same as an SVG document.
 */
qr_svg: string, 
/**
 * `null` when there is no address to type it at.
 */
code: InvitationCode | null, 
/**
 * Other addresses of this machine, the likeliest first.
 */
others: Array<InvitationAddress>, 
/**
 * Why no phone can join by `join_url`, and what to do about it.
 */
obstacle?: string, };

export type InvitationCode = { url: string, code: string, expires_ts: number, };

export type InvitationAddress = { interface: string, join_url: string, qr_svg: string, };

export type JoinInfo = { room: string, };

export type RoomEvent = { "welcome": { role: Role, peer_present: boolean, sitting: string, resumed: boolean, } } | { "peer": { role: Role, present: boolean, } } | { "signal": { from: Role, payload: unknown, } } | { "invitation": Record<symbol, never> } | { "taken": Record<symbol, never> } | { "replaced": Record<symbol, never> };

export type Mode = "server" | "wasm" | "auto";

export type ClientConfig = { version: string, mode: Mode, model: ModelInfo, 
/**
 * Every label the model can give, in its own order.
 */
labels: Array<string>, 
/**
 * `RTCConfiguration.iceServers` that need no credentials; empty on a local network. `RoomIce` has all.
 */
ice_servers: Array<IceServer>, 
/**
 * Why no phone can join, and what to do about it.
 */
join_obstacle?: string, 
/**
 * This computer made the server's certificate, so phones warn of it; absent where they know it.
 */
certificate?: CertificateInfo, };

export type CertificateInfo = { 
/**
 * Where phones can be told to trust this computer, so that they warn no more.
 */
trust?: TrustOffer, };

export type TrustOffer = { url: string, 
/**
 * SHA-256 of the authority's certificate, to compare with what the phone shows.
 */
fingerprint: string, };

export type ModelInfo = { name: string, 
/**
 * Address of the manifest; the model file lies beside it.
 */
manifest: string, input_width: number, input_height: number, 
/**
 * Detections below this score are not sent.
 */
score_threshold: number, };

export type IceServer = { urls: Array<string>, username?: string, credential?: string, };

export type IcePolicy = "all" | "relay";

export type RoomIce = { 
/**
 * Those with credentials, too.
 */
ice_servers: Array<IceServer>, ice_policy: IcePolicy, 
/**
 * Seconds after which the credentials open nothing any more; absent when they do not expire.
 */
lifetime_s?: number, };

export type Summary = { median: number, p95: number, };

export type FrameCounts = { 
/**
 * Frames due by the sampler's rate.
 */
sampled: number, 
/**
 * Frames handed to the detector: sent to the server, or taken for inference in the browser.
 */
sent: number, 
/**
 * Frames that came back with detections (an empty list too).
 */
answered: number, 
/**
 * Frames whose detections were on screen.
 */
displayed: number, 
/**
 * Due frames that a newer one replaced before they could be sent.
 */
dropped_client: number, 
/**
 * Frames the server answered with `dropped`.
 */
dropped_server: number, 
/**
 * Error answers, frames that could not be encoded or inferred, and frames lost with their socket.
 */
errors: number, };

export type CaptureClockCounts = { 
/**
 * The phone's camera, by WebRTC's capture time, or by the phone's browser where frames are relayed.
 */
capture_time: number, 
/**
 * The frame's arrival at the viewer.
 */
receive_time: number, 
/**
 * The moment it was sampled: by the viewer, or by the phone where frames are relayed.
 */
sample_time: number, };

export type HiddenTime = { 
/**
 * Of `duration_s`.
 */
duration_s: number, 
/**
 * Of `frames.answered`.
 */
answered: number, };

export type CpuPercent = { server: number | null, viewer: number | null, phone: number | null, };

export type StageSummary = { 
/**
 * In the frames whose end-to-end latency is nearest to its median, a twentieth of all: so the
 * stages add up to that median. (Each stage's own median would not: what comes late in one
 * stage waits less in another.)
 */
median: number, 
/**
 * Of all frames.
 */
p95: number, };

export type StagesMs = { 
/**
 * Camera → last packet of the frame at the viewer: the phone's video encoder and the network.
 */
capture_to_receive: StageSummary | null, 
/**
 * → taken by the sampler: jitter buffer, video decoder, waiting for the detector to be free.
 */
receive_to_sample: StageSummary | null, 
/**
 * → JPEG handed to the socket.
 */
encode: StageSummary | null, 
/**
 * → last byte read by the server.
 */
uplink: StageSummary | null, 
/**
 * → taken by a worker.
 */
queue: StageSummary | null, 
/**
 * → pixels.
 */
decode: StageSummary | null, 
/**
 * → the model's input.
 */
resize: StageSummary | null, 
/**
 * → the model's outputs.
 */
infer: StageSummary | null, 
/**
 * → detections ready.
 */
post: StageSummary | null, 
/**
 * → answer received by the viewer.
 */
downlink: StageSummary | null, 
/**
 * → drawn on the canvas.
 */
paint: StageSummary | null, 
/**
 * → on screen: the frame callback after drawing.
 */
display: StageSummary | null, };

export type MetricsReport = { mode: Mode, duration_s: number | null, frames: FrameCounts, 
/**
 * Other programs' reports may lack it.
 */
hidden?: HiddenTime | null, 
/**
 * Frames whose detections were on screen, per second in which the tab could be seen.
 */
processed_fps: number | null, 
/**
 * Camera → boxes on screen.
 */
e2e_latency_ms: Summary | null, 
/**
 * `inference_ts − recv_ts`.
 */
server_latency_ms: Summary | null, 
/**
 * `recv_ts − capture_ts`.
 */
network_latency_ms: Summary | null, 
/**
 * Bytes of the messages on the detection socket.
 */
uplink_kbps: number | null, downlink_kbps: number | null, 
/**
 * The phone's video, RTP headers included, by `getStats`; of relayed frames, what came down the relay.
 */
video_kbps: number | null, capture_clock: CaptureClockCounts, 
/**
 * The server's clock is known within ± this; of relayed frames, to phone and viewer together.
 */
clock_error_ms: number | null, cpu_percent: CpuPercent, stages_ms: StagesMs, 
/**
 * What was measured with.
 */
config: Record<string, unknown>, 
/**
 * What was measured on.
 */
machine: Record<string, unknown>, };

export type ServerTime = { t1: number, t2: number, };

export type RelayAnswer = { 
/**
 * A viewer will get it, or a newer one. Otherwise it was thrown away.
 */
listening: boolean, };

export type RelayClock = "capture_time" | "sample_time";

export type RelayedFrame = { frame_id: number, clock: RelayClock, 
/**
 * The phone knows the server's clock within ± this.
 */
clock_error_ms: number, };

export type RelayMessage = { frame: RelayedFrame, } | { pong: Pong, };

export type ApiError = { 
/**
 * A word for programs, such as `room_not_found`.
 */
error: string, 
/**
 * A sentence for people, with what to do.
 */
message: string, };

export type Health = { status: string, version: string, model: string, workers: number, threads: number, };

export type Manifest = { name: string, 
/**
 * Model file, beside the manifest.
 */
file: string, input: InputSpec, output: OutputSpec, 
/**
 * Index = the model's class number; `null` where the data set has no such class.
 */
labels: Array<string | null>, thresholds: Thresholds, };

export type InputSpec = { name: string, width: number, height: number, color: ColorOrder, 
/**
 * The model is fed `(pixel - mean) / std`, pixels being 0–255.
 */
mean: [number, number, number], std: [number, number, number], fit: Fit, };

export type ColorOrder = "rgb" | "bgr";

export type Fit = "stretch" | { "letterbox_top_left": { pad: number, } };

export type OutputSpec = { "kind": "ssd" } & SsdSpec | { "kind": "yolox" } & YoloxSpec;

export type SsdSpec = { boxes: string, logits: string, 
/**
 * Divisors of the encodings, in the order ty, tx, th, tw.
 */
box_coder: [number, number, number, number], anchors: AnchorSpec, };

export type AnchorSpec = { feature_maps: Array<number>, min_scale: number, max_scale: number, aspect_ratios: Array<number>, interpolated_scale_aspect_ratio: number, reduce_boxes_in_lowest_layer: boolean, };

export type YoloxSpec = { predictions: string, 
/**
 * Sides of the cells in input pixels, one grid each, in the order of the rows.
 */
strides: Array<number>, };

export type Thresholds = { score: number, iou: number, max_detections: number, };
