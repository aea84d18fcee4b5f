// What node, the bench's page and its worker say to each other.
import type { BrowserSettings } from '../../frontend/src/detect/messages';
import type { Detection } from '../../frontend/src/protocol/messages';

export type SpeedRequest = {
  type: 'speed';
  browser: BrowserSettings;
  frames: number;
  jpegs: Uint8Array<ArrayBuffer>[];
};
export type PhotoRequest = { type: 'photo'; browser: BrowserSettings; jpeg: Uint8Array<ArrayBuffer> };
export type Request = SpeedRequest | PhotoRequest;

/** Times in ms, one for each frame. */
export type SpeedSamples = {
  /** What the detector was given, such as "640×480 I420". */
  picture: string;
  /** The largest size it detects on. */
  box: string;
  detector: number[];
  bare: number[];
  stages: { decode: number[]; resize: number[]; infer: number[]; post: number[] };
};

/** A photo's detections by both ways; coordinates are fractions of it. */
export type PhotoDetections = { width: number; height: number; browser: Detection[]; server: Detection[] };

export type Reply =
  | { type: 'done'; value: SpeedSamples | PhotoDetections }
  | { type: 'progress'; text: string }
  | { type: 'failed'; message: string };

/** What the page offers to node; pictures come as base64. */
export type BenchPage = {
  speed: (jpegs: string[], threads: number, frames: number) => Promise<SpeedSamples>;
  photo: (jpeg: string, threads: number) => Promise<PhotoDetections>;
};
