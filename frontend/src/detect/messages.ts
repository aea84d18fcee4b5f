// What the main thread and the vision worker say to each other.
import type { DetectionResult } from '../protocol/messages';

/** A full-resolution frame; whoever holds it closes it. */
export type Picture = VideoFrame | ImageBitmap;

/** How frames reach the worker, best first. */
export type SamplerPath = 'track_processor' | 'video_frame' | 'image_bitmap';

/** Which clock told when a frame was captured, best first (see the contract's `capture_clock`). */
export type CaptureSource = 'capture_time' | 'receive_time' | 'sample_time';

/** What requestVideoFrameCallback told about a frame; times are ms since the epoch, viewer's clock. */
export type FrameTimes = { rtpTimestamp: number; captureTime?: number; receiveTime?: number };

export type SamplerSettings = { fps: number; width: number; height: number; quality: number };

export type ToWorker =
  | { type: 'start'; settings: SamplerSettings }
  | { type: 'stream'; readable: ReadableStream<VideoFrame> }
  | { type: 'picture'; picture: Picture; rtpTimestamp?: number }
  | { type: 'detach' }
  | { type: 'frame_times'; times: FrameTimes };

/** When a frame passed each place, ms since the epoch on the viewer's clock. */
export type Stamps = { sampled: number; encoded: number; sent: number; answered: number };

export type WorkerCounts = {
  /** Frames due by the target rate. */
  sampled: number;
  sent: number;
  /** Frames that came back with detections (an empty list too). */
  answered: number;
  /** Due frames that a newer one replaced before they could be sent. */
  dropped_client: number;
  /** Frames the server answered with `dropped`. */
  dropped_server: number;
  /** Error answers, frames that could not be encoded, and frames lost with their socket. */
  errors: number;
  capture_clock: Record<CaptureSource, number>;
  bytes_up: number;
  bytes_down: number;
  reconnects: number;
};

export type SocketState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  | { kind: 'closed'; code: number; reason: string; retry_ms: number };

export type ClockReading = {
  /** server time = viewer time + offset */
  offset: number;
  /** Half of the longest round trip that was trusted: the offset is within ± this. */
  error: number;
};

export type FromWorker =
  | {
      type: 'result';
      result: DetectionResult;
      picture: Picture;
      stamps: Stamps;
      clock: ClockReading;
      counts: WorkerCounts;
    }
  | {
      type: 'status';
      socket: SocketState;
      clock: ClockReading | null;
      counts: WorkerCounts;
      note: string | null;
    };
