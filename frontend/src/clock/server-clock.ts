// The server's clock, told from pings. Every pong proves bounds: the server read its clock after the ping was
// sent and before the pong arrived. What all of them allow together is known for sure.

import type { ClockReading } from '../detect/messages';
import type { Pong } from '../protocol/messages';

/** The offset (server − viewer) lay between these when the pong arrived, `at`. */
type Bounds = { at: number; low: number; high: number };

/** What is older, or has so many after it, is dropped: so a step too small to be told is followed by then. */
const WINDOW = 30;
const OLDEST_MS = 60_000;
/** Two clocks come apart by 200 ms in 1000 s at most; what is quicker is taken for a jump. */
const DRIFT = 200e-6;
/** Ms that a browser's clock may be off by its steps; they are widest in a page that is not isolated. */
const ROUNDING_MS = 0.1;
/** As long as a frame's answer is waited for. What took longer tells nothing that helps. */
const SLOWEST_MS = 10_000;
const YEAR_10000 = 253_402_300_800_000;

export class ServerClock {
  private pongs: Bounds[] = [];
  private current: ClockReading | null = null;

  /**
   * `received`: when the pong arrived, viewer's clock (as `t0` is). True where the reading now rests on this pong
   * alone: it is the first one for long, or a clock was set or stood still (as in sleep) since the ones before.
   */
  note(pong: Pong, received: number): boolean {
    const bounds = boundsOf(pong, received);
    if (!bounds) return false;
    const young = this.pongs.filter(({ at }) => received - at <= OLDEST_MS);
    const known = [...young.slice(1 - WINDOW), bounds];
    const agreed = reading(known, received);
    this.pongs = agreed ? known : [bounds];
    this.current = agreed ?? reading(this.pongs, received);
    return this.pongs.length === 1;
  }

  /** As of the last pong; null until the first. */
  get reading(): ClockReading | null {
    return this.current;
  }

  /** A new connection may lead another way, to a server started anew. */
  reset(): void {
    this.pongs = [];
    this.current = null;
  }
}

/** Null for times that cannot be: no offset explains them, so they tell none. */
function boundsOf({ t0, t1, t2 }: Pong, received: number): Bounds | null {
  const roundTrip = received - t0 - (t2 - t1);
  const low = t2 - received - ROUNDING_MS;
  const high = t1 - t0 + ROUNDING_MS + DRIFT * (received - t0);
  const isTime = t1 >= 0 && t2 >= t1 && t2 < YEAR_10000;
  return isTime && low <= high && roundTrip <= SLOWEST_MS ? { at: received, low, high } : null;
}

/** The middle of what all bounds allow, older ones widened by the drift; null where they allow nothing. */
function reading(bounds: readonly Bounds[], now: number): ClockReading | null {
  const low = Math.max(...bounds.map(({ at, low }) => low - DRIFT * (now - at)));
  const high = Math.min(...bounds.map(({ at, high }) => high + DRIFT * (now - at)));
  return low <= high ? { offset: (low + high) / 2, error: (high - low) / 2 } : null;
}
