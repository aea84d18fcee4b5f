// Picks frames at a target rate out of a stream of any rate.

/**
 * A frame this early still counts for its tick. Cameras jitter: without it a 30 fps camera asked for 15
 * now and then gives a frame 0.1 ms before its time and the next one a third too late.
 */
const EARLY = 0.25;

export class Pacer {
  private next = Number.NEGATIVE_INFINITY;
  private readonly interval: number;

  constructor(fps: number) {
    this.interval = 1000 / fps;
  }

  /** Is a frame that arrived now due? Ticks stay on a grid, so the rate is right over time. */
  due(now: number): boolean {
    if (now < this.next - EARLY * this.interval) return false;
    // After a pause the grid starts anew; missed ticks are not made up for.
    this.next = now - this.next < this.interval ? this.next + this.interval : now + this.interval;
    return true;
  }
}
