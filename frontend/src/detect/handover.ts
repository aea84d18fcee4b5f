// Pictures go to the worker one at a time. While it is busy its messages only queue up: of the pictures that come
// meanwhile the newest waits here, so that none is old when the worker gets to it.
import type { Arrival } from './messages';

export class Handover {
  /** The worker has room for a picture: at the beginning, and whenever it says so. */
  private wanted = true;
  private newest: Arrival | null = null;
  private closed = false;

  constructor(private readonly send: (arrival: Arrival) => void) {}

  /** Takes the picture over. */
  offer(arrival: Arrival): void {
    this.newest?.picture.close();
    this.newest = arrival;
    if (this.closed) this.close();
    else this.pass();
  }

  /** The worker has room again. */
  want(): void {
    this.wanted = true;
    this.pass();
  }

  /** For good: a copy that is still being made comes too late. */
  close(): void {
    this.closed = true;
    this.newest?.picture.close();
    this.newest = null;
  }

  private pass(): void {
    if (!this.wanted || !this.newest) return;
    const { newest } = this;
    this.wanted = false;
    this.newest = null;
    this.send(newest);
  }
}
