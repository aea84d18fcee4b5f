// Picks frames at a target rate out of a stream of any rate, or fewer when the detector cannot keep up.

/**
 * A frame this early still counts for its tick. Cameras jitter: without it a 30 fps camera asked for 15
 * now and then gives a frame 0.1 ms before its time and the next one a third too late.
 */
const EARLY = 0.25;
/** How much the newest frame's time counts in the mean: a change is followed within some ten frames. */
const NEWEST = 0.2;
/** A stall (a laptop that slept, say) is no speed: longer times count as this. */
const LONGEST_MS = 1000;

export class Pacer {
  private next = Number.NEGATIVE_INFINITY;
  private wanted: number;
  /** How long the detector was busy with a frame, in the mean. */
  private busy = 0;

  constructor(fps: number) {
    this.wanted = 1000 / fps;
  }

  setTarget(fps: number): void {
    this.wanted = 1000 / fps;
    this.next = Number.NEGATIVE_INFINITY;
  }

  /** Frames a second that are picked now. */
  get rate(): number {
    return 1000 / this.interval;
  }

  private get interval(): number {
    return Math.max(this.wanted, this.busy);
  }

  /** The detector took a frame and was free again after so many ms. */
  noteBusy(ms: number): void {
    this.busy += NEWEST * (Math.min(ms, LONGEST_MS) - this.busy);
  }

  /** Another detector: nothing is known of its speed. */
  forgetSpeed(): void {
    this.busy = 0;
    this.next = Number.NEGATIVE_INFINITY;
  }

  /** Is a frame that arrived now due? Ticks stay on a grid, so the rate is right over time. */
  due(now: number): boolean {
    const { interval } = this;
    // The interval may have become shorter since this tick was set.
    this.next = Math.min(this.next, now + interval);
    if (now < this.next - EARLY * interval) return false;
    // After a pause the grid starts anew; missed ticks are not made up for.
    this.next = now - this.next < interval ? this.next + interval : now + interval;
    return true;
  }
}
