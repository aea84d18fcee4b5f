// Puts results on the screen and notes when they were really there.
import { epochNow } from '../detect/epoch';
import type { ResultMessage } from '../detect/messages';
import type { DetectionResult } from '../protocol/messages';
import type { HiddenTime } from './hidden-time';
import type { Metrics } from './metrics';
import type { Stage } from './stage';

export class Display {
  /** The result painted most recently. */
  last: DetectionResult | null = null;
  /** The same with the very frame it was found in, while the video lasts. Its picture is ours to close. */
  newest: ResultMessage | null = null;
  private pending: { message: ResultMessage; drawn: number; metrics: Metrics } | null = null;

  constructor(
    private readonly stage: Stage,
    /** The measurement that is under way now. */
    private readonly metrics: () => Metrics,
    private readonly hiddenTime: HiddenTime,
  ) {}

  /** Takes the picture over. */
  show(message: ResultMessage): void {
    this.last = message.result;
    this.stage.show(message.result, message.picture);
    this.keep(message);
    if (this.hiddenTime.on) {
      this.metrics().noteUnseen();
      return;
    }
    const waiting = this.pending !== null;
    // Two results before one screen refresh: only the second is ever seen, so only it counts as displayed.
    this.pending = { message, drawn: epochNow(), metrics: this.metrics() };
    if (!waiting) requestAnimationFrame(() => this.shown());
  }

  /** What waits for the screen's next refresh has missed it. */
  hide(): void {
    this.pending?.metrics.noteUnseen();
    this.pending = null;
  }

  /** The video is over. */
  clear(): void {
    this.stage.clear();
    this.keep(null);
  }

  /** After the stage has let go of the last picture. */
  private keep(newest: ResultMessage | null): void {
    this.newest?.picture.close();
    this.newest = newest;
  }

  private shown(): void {
    if (!this.pending) return;
    const { message, drawn, metrics } = this.pending;
    this.pending = null;
    metrics.noteShown(message, { drawn, shown: epochNow() });
  }
}
