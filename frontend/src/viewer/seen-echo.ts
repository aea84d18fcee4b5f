// Tells the phone what is found in its picture: the surest thing, when it changed, and not too often.
import type { Detection } from '../protocol/messages';
import type { Seen } from '../rtc/camera-signals';

const EVERY_MS = 500;
/** A score that wavers by less says nothing new. */
const SAME_SCORE = 0.02;
/** Detectors blink; only after this long is nothing found. */
const NOTHING_AFTER_MS = 1000;

export class SeenEcho {
  /** Undefined: nothing is known yet. */
  private newest: Seen | undefined;
  /** Undefined: this phone was told nothing yet. */
  private told: Seen | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;
  private posting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private nothingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Resolves when it has arrived, or never will. */
    private readonly post: (seen: Seen) => Promise<void>,
  ) {}

  /** What the newest result holds. */
  note(detections: readonly Detection[]): void {
    const surest = detections.reduce<Detection | null>(
      (best, each) => (best && best.score >= each.score ? best : each),
      null,
    );
    if (surest) {
      this.newest = { label: surest.label, score: surest.score };
      clearTimeout(this.nothingTimer);
      this.nothingTimer = undefined;
    }
    this.nothingTimer ??= setTimeout(() => this.nothing(), NOTHING_AFTER_MS);
    this.consider();
  }

  /** A phone that may not know what was told before. */
  repeat(): void {
    this.told = undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.nothingTimer);
    this.nothingTimer = undefined;
    this.newest = undefined;
    this.told = undefined;
  }

  private nothing(): void {
    this.newest = null;
    this.consider();
  }

  private consider(): void {
    clearTimeout(this.timer);
    const { newest } = this;
    if (this.posting || newest === undefined || isSame(newest, this.told)) return;
    const wait = this.toldAt + EVERY_MS - performance.now();
    if (wait > 0) this.timer = setTimeout(() => this.consider(), wait);
    else void this.tell(newest);
  }

  private async tell(seen: Seen): Promise<void> {
    this.told = seen;
    this.toldAt = performance.now();
    this.posting = true;
    await this.post(seen);
    this.posting = false;
    this.consider();
  }
}

function isSame(a: Seen, b: Seen | undefined): boolean {
  if (!a || !b) return a === b;
  return a.label === b.label && Math.abs(a.score - b.score) < SAME_SCORE;
}
