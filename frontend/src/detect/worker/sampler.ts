// Takes frames at the right rate to the detector at work, and counts what becomes of them.
// The detector is free first, then the newest frame is taken: none grows stale while it waits.
import { words } from '../../errors';
import { noCounts } from '../counts';
import { epochNow } from '../epoch';
import type { Arrival, Capture, WorkerCounts } from '../messages';
import { CaptureClock } from './capture-clock';
import { type Detector, NO_TRAFFIC, type Outcome, type Traffic } from './detector';
import { NewestFrame } from './newest-frame';
import { Pacer } from './pacer';

export type Result = Extract<Outcome, { kind: 'result' }>;

/** A frame that was answered, and when it was captured. */
export type Answered = { outcome: Result; arrival: Arrival; capture: Capture };

export type SamplerHandlers = {
  /** A frame was given to the detector. */
  taken: () => void;
  /** The picture is the handler's from now on. */
  result: (answered: Answered) => void;
  /** A frame was lost to an error. */
  failed: (note: string) => void;
  /** The next picture may be handed over. */
  wanting: () => void;
};

export class Sampler {
  readonly captures = new CaptureClock();
  readonly pacer: Pacer;
  readonly frames = new NewestFrame(() => this.frameArrived());
  private detector: Detector | null = null;
  private tally = noCounts();
  /** What had passed over the network before this count began. */
  private before: Traffic = NO_TRAFFIC;
  /** A frame is due and has not been taken yet. */
  private due = false;
  /** A picture was handed over, and no other was asked for since. */
  private owing = false;
  /** When the detector took the last frame, until it is free again. */
  private takenAt: number | null = null;

  constructor(
    fps: number,
    private readonly handlers: SamplerHandlers,
  ) {
    this.pacer = new Pacer(fps);
  }

  get counts(): WorkerCounts {
    const { tally, before } = this;
    const traffic = this.detector?.traffic ?? NO_TRAFFIC;
    return {
      ...tally,
      capture_clock: { ...tally.capture_clock },
      bytes_up: traffic.bytes_up - before.bytes_up,
      bytes_down: traffic.bytes_down - before.bytes_down,
      reconnects: traffic.reconnects - before.reconnects,
    };
  }

  /** Gives frames to this detector from now on, and counts anew. */
  use(detector: Detector | null): void {
    this.detector = detector;
    this.pacer.forgetSpeed();
    this.countAnew();
  }

  /** Frames that are out have been counted before: what is still answered to them is lost. */
  countAnew(): void {
    this.tally = noCounts();
    this.before = this.detector?.traffic ?? NO_TRAFFIC;
    this.forgetDue();
  }

  /** Another track, or none: nothing of the old one is looked at any more. */
  forgetTrack(): void {
    this.frames.clear();
    this.captures.reset();
    this.forgetDue();
  }

  /** A picture from a page that waits to be asked for the next one. */
  put(arrival: Arrival): void {
    this.owing = true;
    this.frames.put(arrival);
    this.ask();
  }

  private forgetDue(): void {
    this.due = false;
    this.takenAt = null;
  }

  private frameArrived(): void {
    if (!this.detector?.ready) return;
    if (this.pacer.due(performance.now())) {
      this.tally.sampled += 1;
      if (this.due) this.tally.dropped_client += 1;
      this.due = true;
    }
    this.pump();
  }

  /** The detector may have become free, or not ready any more. */
  pump(): void {
    const { detector } = this;
    if (!detector?.ready) this.forgetDue();
    else if (detector.free) this.take(detector);
    this.ask();
  }

  /** Not while the detector is busy: the picture would only grow old in this thread's queue. */
  private ask(): void {
    const busy = this.detector?.ready && !this.detector.free;
    if (!this.owing || busy) return;
    this.owing = false;
    this.handlers.wanting();
  }

  private take(detector: Detector): void {
    const now = performance.now();
    if (this.takenAt !== null) this.pacer.noteBusy(now - this.takenAt);
    this.takenAt = null;
    const arrival = this.due ? this.frames.take() : undefined;
    if (!arrival) return;
    this.due = false;
    this.takenAt = now;
    this.handlers.taken();
    void this.detect(detector, arrival);
  }

  private async detect(detector: Detector, arrival: Arrival): Promise<void> {
    const { picture, rtpTimestamp } = arrival;
    const sampled = epochNow();
    const capture = arrival.capture ?? this.captures.captureOf(rtpTimestamp, sampled);
    const { tally } = this;
    const sent = () => {
      tally.sent += 1;
      tally.capture_clock[capture.source] += 1;
    };
    try {
      const outcome = await detector.detect({ picture, captured: capture.at, sampled }, sent);
      if (outcome.kind === 'result' && tally === this.tally) {
        tally.answered += 1;
        this.handlers.result({ outcome, arrival, capture });
      } else {
        tally.dropped_server += 1;
        picture.close();
      }
    } catch (error) {
      tally.errors += 1;
      picture.close();
      if (tally === this.tally) this.handlers.failed(words(error));
    }
    // Inference in WASM holds up this thread: the frames that came meanwhile are read first, so that the newest one
    // is taken next.
    setTimeout(() => this.pump());
  }
}
