// What finds objects in frames. There are two: the server behind its socket, and ONNX Runtime in this worker.
import type { DetectionResult } from '../../protocol/messages';
import type { ClockReading, DetectorState, Engine, Picture, Stamps } from '../messages';

/** A frame to look at; its times are ms since the epoch on the viewer's clock. */
export type Sample = { picture: Picture; captured: number; sampled: number };

export type Outcome =
  | { kind: 'result'; result: DetectionResult; stamps: Stamps; clock: ClockReading }
  /** The server had a newer frame to look at. */
  | { kind: 'dropped' };

/** What passed over the network. */
export type Traffic = { bytes_up: number; bytes_down: number; reconnects: number };
export const NO_TRAFFIC: Traffic = { bytes_up: 0, bytes_down: 0, reconnects: 0 };

export interface Detector {
  readonly engine: Engine;
  readonly state: DetectorState;
  /** Frames may be sampled for it. */
  readonly ready: boolean;
  /** It takes a frame now: it is ready and has a credit left. */
  readonly free: boolean;
  readonly clock: ClockReading | null;
  readonly traffic: Traffic;
  /** Ask `free` first. The picture stays the caller's. `sent`: the frame is on its way. */
  detect(sample: Sample, sent: () => void): Promise<Outcome>;
  /** The server was heard of elsewhere: who waits for it need not. */
  serverAnswers?(): void;
  /** Lets everything go; what is under way fails. */
  close(): void;
}

export type DetectorEvents = {
  /** The state, or whether it is free, has changed. */
  changed: () => void;
  /** Something went wrong outside of any frame. */
  trouble: (note: string) => void;
};
