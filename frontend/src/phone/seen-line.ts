// What the viewer finds in this phone's picture, as it tells it.
import { byId, write } from '../dom';
import type { Seen } from '../rtc/camera-signals';

/** Speech is slower than detection: another thing is announced at most this often, and no score ever. */
const SPEAK_EVERY_MS = 10_000;
/** The viewer says the same again every three seconds, as long as its detector is at work. */
const HOLDS_MS = 8000;

export class SeenLine {
  private readonly line = byId('seen');
  private readonly spoken = byId('seen-spoken');
  private spokeAt = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(seen: Seen): void {
    this.line.hidden = false;
    write(this.line, seen ? `You are seen as: ${seen.label} ${seen.score.toFixed(2)}` : 'Nothing found');
    if (seen) this.speak(seen.label);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), HOLDS_MS);
  }

  /** Nobody looks any more, or nothing detects. */
  hide(): void {
    clearTimeout(this.timer);
    this.line.hidden = true;
    write(this.line, '');
    write(this.spoken, '');
  }

  private speak(label: string): void {
    const words = `You are seen as: ${label}`;
    if (words === this.spoken.textContent || performance.now() - this.spokeAt < SPEAK_EVERY_MS) return;
    this.spokeAt = performance.now();
    write(this.spoken, words);
  }
}
