// When a socket that broke is opened again: later each time, and at once when somebody has heard of the server.
import { Backoff } from './backoff';

const FIRST_WAIT_MS = 250;
/** Whoever hears of the server sooner says so. More tries in vain, and Chromium holds the next ones up. */
const LONGEST_WAIT_MS = 4000;

export class Retry {
  private readonly backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Somebody heard of the server while a try was under way. */
  private heard = false;

  constructor(private readonly open: () => void) {}

  /** How long from now on until the next try. */
  later(): number {
    const wait = this.heard ? 0 : this.backoff.wait();
    this.heard = false;
    this.timer = setTimeout(() => this.now(), wait);
    return wait;
  }

  /** There is nothing to wait for. A try that is under way is left alone; where it fails, the next one follows at once. */
  now(): void {
    this.heard = this.timer === undefined;
    if (this.heard) return;
    this.stop();
    this.open();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The last try did it: the next waits are short again. */
  succeeded(): void {
    this.heard = false;
    this.backoff.reset();
  }
}
