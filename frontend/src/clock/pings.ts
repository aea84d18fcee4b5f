// Keeps the server's clock by pings: quick ones until it is known well, then one now and then.
import { epochNow } from '../detect/epoch';
import type { Pong } from '../protocol/messages';
import { ServerClock } from './server-clock';

const FIRST_PINGS = 5;
const FIRST_PING_GAP_MS = 60;
/** A page that is still loading answers late, and its clock is told wrong: pings go on fast until one was quick. */
const GOOD_ERROR_MS = 3;
/** On a network that is never that quick. */
const MOST_FIRST_PINGS = 50;
const PING_EVERY_MS = 2000;
/** More go unanswered only where the server has stopped answering them. */
const MOST_PINGS_OUT = 60;

export class Pings {
  readonly clock = new ServerClock();
  /** When the pings that are not answered yet were sent. */
  private readonly out = new Set<number>();
  /** Pings since the clock began. */
  private count = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` asks the server; its answer is brought to `answered`. */
  constructor(private readonly send: (t0: number) => void) {}

  /** Nothing is known: a new connection may lead another way, to a server started anew. */
  start(): void {
    this.stop();
    this.clock.reset();
    this.out.clear();
    this.count = 0;
    this.ping();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** False: it answers no ping of ours, so it tells no round trip. */
  answered(pong: Pong, received: number): boolean {
    if (!this.out.delete(pong.t0)) return false;
    if (this.clock.note(pong, received)) this.count = 0;
    return true;
  }

  private ping(): void {
    const t0 = epochNow();
    this.count += 1;
    this.out.add(t0);
    const [oldest] = this.out;
    if (oldest !== undefined && this.out.size > MOST_PINGS_OUT) this.out.delete(oldest);
    this.send(t0);
    const gap = this.knowsTime ? PING_EVERY_MS : FIRST_PING_GAP_MS;
    this.timer = setTimeout(() => this.ping(), gap);
  }

  private get knowsTime(): boolean {
    const { error } = this.clock.reading ?? {};
    const isGood = typeof error === 'number' && error <= GOOD_ERROR_MS;
    return this.count >= MOST_FIRST_PINGS || (this.count >= FIRST_PINGS && isGood);
  }
}
