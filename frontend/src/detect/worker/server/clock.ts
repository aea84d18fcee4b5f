// The server's clock, told from pings as NTP does: the quicker the round trip, the surer the reading.
import type { Pong } from '../../../protocol/messages';
import type { ClockReading } from '../../messages';

type Sample = { offset: number; rtt: number };

const WINDOW = 30;
/** The share of samples, quickest first, that tells the offset. */
const TRUSTED = 0.25;

export class ServerClock {
  private samples: Sample[] = [];
  private current: ClockReading | null = null;

  /** `received`: when the pong arrived, viewer's clock (as `t0` is). */
  note({ t0, t1, t2 }: Pong, received: number): void {
    const rtt = received - t0 - (t2 - t1);
    this.samples.push({ offset: (t1 - t0 + (t2 - received)) / 2, rtt });
    if (this.samples.length > WINDOW) this.samples.shift();
    this.current = estimate(this.samples);
  }

  /** Null until the first pong. */
  get reading(): ClockReading | null {
    return this.current;
  }

  /** A new connection may lead another way, to a server started anew. */
  reset(): void {
    this.samples = [];
    this.current = null;
  }
}

function estimate(samples: Sample[]): ClockReading {
  const quickest = samples.toSorted((a, b) => a.rtt - b.rtt);
  const trusted = quickest.slice(0, Math.max(1, Math.floor(samples.length * TRUSTED)));
  const offset = trusted.reduce((sum, sample) => sum + sample.offset, 0) / trusted.length;
  const widest = trusted.at(-1) as Sample;
  return { offset, error: widest.rtt / 2 };
}
