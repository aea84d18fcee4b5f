// A measurement over a time that was asked for: counted from nought, with every frame's record.
import { epochNow } from '../detect/epoch';
import type { FrameCounts, MetricsReport } from '../protocol/messages';
import type { FrameRecord } from './frame-record';
import type { Metrics } from './metrics';

export type Recording = {
  metrics: MetricsReport;
  /** Of every frame shown, in order. */
  frames: FrameRecord[];
  /** At the beginning, every second, and at the end; `at` is ms since the epoch on the viewer's clock. */
  timeline: { at: number; frames: FrameCounts }[];
};

export type RecorderParts = {
  /** Why there is nothing to record now; null when there is. */
  obstacle: () => string | null;
  /** Asks for counts from nought; `begun` tells when they are. */
  countAnew: () => void;
  report: () => MetricsReport;
};

/** The vision worker answers at once, or after the inference it is in. */
const PATIENCE_MS = 5000;
const LONGEST_S = 3600;

type Running = {
  seconds: number;
  /** Null until the counts have begun. */
  metrics: Metrics | null;
  since: number;
  timeline: Recording['timeline'];
  timers: ReturnType<typeof setTimeout>[];
  done: (recording: Recording) => void;
  failed: (error: Error) => void;
};

export class Recorder {
  private running: Running | null = null;

  constructor(private readonly parts: RecorderParts) {}

  record(seconds: number): Promise<Recording> {
    const obstacle = this.obstacleTo(seconds);
    if (obstacle !== null) return Promise.reject(new Error(obstacle));
    return new Promise((done, failed) => {
      const patience = setTimeout(() => this.fail('the detector does not answer'), PATIENCE_MS);
      const timers = [patience];
      this.running = { seconds, metrics: null, since: 0, timeline: [], timers, done, failed };
      this.parts.countAnew();
    });
  }

  /** Ends the recording now, with what it has. */
  stop(): void {
    if (!this.running) return;
    if (this.running.metrics) this.finish(this.running, this.running.metrics);
    else this.fail('stopped before the first frame');
  }

  /** Seconds recorded so far and in all; null when none is under way. */
  get progress(): { seconds: number; of: number } | null {
    if (!this.running) return null;
    const { metrics, since, seconds } = this.running;
    return { seconds: metrics ? (epochNow() - since) / 1000 : 0, of: seconds };
  }

  /** Counts have begun at nought. */
  begun(metrics: Metrics): void {
    const { running } = this;
    if (!running) return;
    if (running.metrics) {
      this.spoil('another detector was put to work');
      return;
    }
    this.clearTimers(running);
    metrics.keepsAll = true;
    Object.assign(running, { metrics, since: epochNow() });
    const note = () => running.timeline.push({ at: epochNow(), frames: metrics.frames });
    note();
    running.timers.push(
      setInterval(note, 1000),
      setTimeout(() => this.finish(running, metrics), running.seconds * 1000),
    );
  }

  /** Something changed that a recording's figures must not mix. */
  spoil(reason: string): void {
    this.fail(`${reason} while it was recorded`);
  }

  private obstacleTo(seconds: number): string | null {
    if (!(seconds > 0 && seconds <= LONGEST_S)) {
      return `a recording lasts up to ${LONGEST_S} s, not ${seconds}`;
    }
    return this.running ? 'a recording is under way already' : this.parts.obstacle();
  }

  private finish(running: Running, metrics: Metrics): void {
    this.clearTimers(running);
    this.running = null;
    const { timeline } = running;
    timeline.push({ at: epochNow(), frames: metrics.frames });
    running.done({ metrics: this.parts.report(), frames: metrics.allRecords(), timeline });
    metrics.keepsAll = false;
  }

  private fail(reason: string): void {
    const { running } = this;
    if (!running) return;
    this.clearTimers(running);
    this.running = null;
    running.failed(new Error(reason));
  }

  private clearTimers({ timers }: Running): void {
    for (const timer of timers.splice(0)) clearTimeout(timer);
  }
}
