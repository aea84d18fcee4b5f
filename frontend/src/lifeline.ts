// Whether a socket still lives. After a silent cut neither end is told: a try to connect lasts for minutes, as TCP asks
// later and later, and a socket that stood just says nothing any more.
import { Backoff } from './backoff';

/** A far server needs longer than the first try gives: the next ones give more. */
const CONNECTING = { first: 3000, longest: 10_000 };
/** For a try that began before the server was heard of elsewhere: what it sent first may be lost, and is sent again late. */
const HURRIED_MS = 1000;
/** Pings are answered every two seconds. */
const SILENCE_MS = 6000;
/** A timer that comes this late was held up: the thread was busy or asleep, or the page is hidden. */
const LATE_MS = 1000;
/** What came meanwhile waits behind that timer, and a ping has just been sent, perhaps. */
const GRACE_MS = 2000;

export class Lifeline {
  private readonly patience = new Backoff(CONNECTING.first, CONNECTING.longest);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isConnecting = false;

  constructor(private readonly dead: (why: string) => void) {}

  /** A try to connect begins. */
  connecting(): void {
    this.isConnecting = true;
    this.expect('it does not open', this.patience.wait());
  }

  /** It stands. */
  opened(): void {
    this.isConnecting = false;
    this.patience.reset();
    this.heard();
  }

  /** Whatever the server says. */
  heard(): void {
    this.expect('it has fallen silent', SILENCE_MS);
  }

  /** The server is heard of elsewhere. */
  hurry(): void {
    if (this.isConnecting) this.expect('it does not open', HURRIED_MS);
  }

  stop(): void {
    this.isConnecting = false;
    clearTimeout(this.timer);
  }

  private expect(why: string, within: number, last = false): void {
    clearTimeout(this.timer);
    const due = performance.now() + within;
    this.timer = setTimeout(() => {
      const isLate = performance.now() - due > LATE_MS;
      if (isLate && !last) this.expect(why, GRACE_MS, true);
      else this.dead(why);
    }, within);
  }
}
