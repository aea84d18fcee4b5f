// What the main thread and the vision worker say to each other.
import type { CaptureClockCounts, DetectionResult, Mode } from '../protocol/messages';

/** A full-resolution frame; whoever holds it closes it. */
export type Picture = VideoFrame | ImageBitmap;

/** How frames reach the worker, best first. */
export type SamplerPath = 'track_processor' | 'video_frame' | 'image_bitmap';
/** `relay`: as pictures through the server, without a video to sample. */
export type FeedPath = SamplerPath | 'relay';

/** Which clock told when a frame was captured, best first (see the contract's `capture_clock`). */
export type CaptureSource = keyof CaptureClockCounts;

/** What requestVideoFrameCallback told about a frame; times are ms since the epoch, viewer's clock. */
export type FrameTimes = { rtpTimestamp: number; captureTime?: number; receiveTime?: number };

export type SamplerSettings = { fps: number; width: number; height: number; quality: number };

/** What can infer: the server, or ONNX Runtime in this browser on the GPU or on the CPU. */
export type Engine = 'server' | 'webgpu' | 'wasm';
export type BrowserEngine = Exclude<Engine, 'server'>;

export type BrowserSettings = {
  /** Address of the model's manifest; the model file lies beside it. */
  manifest: string;
  /** The server's score threshold, which may differ from the manifest's. */
  threshold: number;
  /** Null: what fits this machine. */
  threads: number | null;
  /** Take a WebGPU adapter that is only software, too: slow, but enough for tests. */
  softwareAdapter: boolean;
};

/** `engine`: what the browser infers on. Null: WebGPU where there is a real adapter, else WASM. */
export type Choice = { mode: Mode; engine: BrowserEngine | null };

export type WorkerSettings = {
  choice: Choice;
  sampler: SamplerSettings;
  browser: BrowserSettings;
  /** What the server's socket asks for from other machines. */
  accessKey: string | null;
};

/** A picture on its way to the detector. */
export type Arrival = {
  picture: Picture;
  rtpTimestamp: number | undefined;
  /** Told with the picture; otherwise its RTP timestamp leads to it. */
  capture?: Capture | undefined;
};

export type ToWorker =
  | { type: 'start'; settings: WorkerSettings }
  | { type: 'choose'; choice: Choice }
  | { type: 'fps'; fps: number }
  /** Count from nought: a measurement begins. */
  | { type: 'count_anew' }
  | { type: 'stream'; readable: ReadableStream<VideoFrame> }
  | ({ type: 'picture' } & Arrival)
  | { type: 'detach' }
  /** The room's events are back: the detection socket need not wait. */
  | { type: 'server_answers' }
  | { type: 'frame_times'; times: FrameTimes };

/**
 * When the phone's camera captured a frame, and which clock told it; times are ms since the epoch, viewer's clock.
 * `received`: when the frame arrived here, where that is told with it.
 */
export type Capture = { at: number; source: CaptureSource; received?: number };

/** When a frame passed each place, ms since the epoch on the viewer's clock. `sent` only where frames travel. */
export type Stamps = { sampled: number; sent?: number; answered: number };

export type WorkerCounts = {
  /** Frames due by the sampler's rate. */
  sampled: number;
  /** Frames handed to the detector: sent to the server, or taken for inference here. */
  sent: number;
  /** Frames that came back with detections (an empty list too). */
  answered: number;
  /** Due frames that a newer one replaced before they could be sent. */
  dropped_client: number;
  /** Frames the server answered with `dropped`. */
  dropped_server: number;
  /** Error answers, frames that could not be encoded or inferred, and frames lost with their socket. */
  errors: number;
  capture_clock: Record<CaptureSource, number>;
  bytes_up: number;
  bytes_down: number;
  reconnects: number;
};

export type DetectorState =
  /** The server's socket is being opened, or its clock is not known yet. */
  | { kind: 'connecting' }
  /** Runtime and model are on their way. */
  | { kind: 'loading'; loaded: number; total: number | null }
  /** The first run, which prepares the next ones. */
  | { kind: 'warming_up' }
  /** `words`: what is at work, for people. */
  | { kind: 'ready'; words: string }
  /** The server's socket is closed; it is tried again. */
  | { kind: 'lost'; code: number; reason: string; retry_ms: number }
  /** It does not go on by itself: a retry or another mode may. */
  | { kind: 'failed'; message: string };

/** What auto mode is doing. */
export type AutoReport =
  | { kind: 'trying'; engine: Engine }
  /** `reason`: the measured figures, in words. */
  | { kind: 'picked'; engine: Engine; reason: string };

export type ClockReading = {
  /** server time = viewer time + offset; 0 where the viewer's clock is the only one. */
  offset: number;
  /** The pings prove the offset within ± this: half a round trip at most. Null with one clock only. */
  error: number | null;
};

export type FromWorker =
  /** Of pictures that are handed over one at a time: the next one, please. */
  | { type: 'want_picture' }
  | {
      type: 'result';
      result: DetectionResult;
      picture: Picture;
      capture: Capture;
      /** Names the frame in the video, where the browser tells it. */
      rtpTimestamp: number | undefined;
      stamps: Stamps;
      clock: ClockReading;
      counts: WorkerCounts;
      run: number;
    }
  | {
      type: 'status';
      /** Counts up with each detector put to work and each measurement begun: figures of two are never mixed. */
      run: number;
      engine: Engine | null;
      detector: DetectorState;
      auto: AutoReport | null;
      clock: ClockReading | null;
      counts: WorkerCounts;
      /** Frames a second that the sampler picks now: fewer than asked when the detector is slower. */
      rate: number;
      /** ONNX Runtime sessions open in this worker. */
      sessions: number;
      /** The last thing that went wrong, for people. */
      note: string | null;
    };

export type ResultMessage = FromWorker & { type: 'result' };
export type StatusMessage = FromWorker & { type: 'status' };
