// Tells the phone what is found in its picture: the surest thing, when it changed, and not too often. It speaks only of
// results: while none come it is silent, and the phone takes its line away.
import type { Detection } from '../protocol/messages';
import type { Seen } from '../rtc/camera-signals';

const EVERY_MS = 500;
/** A score that wavers by less says nothing new. */
const SAME_SCORE = 0.02;
/** The same again, so that the phone knows that it still holds. */
const AGAIN_MS = 3000;
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
  /** When a result last held something; when there is none yet, the first result. */
  private foundAt: number | undefined;

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
    const now = performance.now();
    this.foundAt ??= now;
    if (surest) {
      this.newest = { label: surest.label, score: surest.score };
      this.foundAt = now;
    } else if (now - this.foundAt >= NOTHING_AFTER_MS) {
      this.newest = null;
    }
    if (now - this.toldAt >= AGAIN_MS) this.repeat();
    this.consider();
  }

  /** A phone that may not know what was told before. */
  repeat(): void {
    this.told = undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.foundAt = undefined;
    this.newest = undefined;
    this.told = undefined;
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
