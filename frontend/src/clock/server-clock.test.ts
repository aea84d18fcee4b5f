import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClockReading } from '../detect/messages';
import { ServerClock } from './server-clock';

/** What doubles of this size cannot tell. */
const GRAIN_MS = 1e-2;
const DRIFT = 200e-6;
const NOW = 1_763_800_000_000;

/** Two clocks and the network between them: `now` is the viewer's time, which a test moves on. */
class World {
  now = NOW;
  drift = 0;
  readonly clock = new ServerClock();

  constructor(private ahead = 0) {}

  /** The server's clock less the viewer's, now. */
  get offset(): number {
    return this.ahead + this.drift * (this.now - NOW);
  }

  jump(ms: number): void {
    this.ahead += ms;
  }

  /** True: the reading rests on this ping alone. Lost: the pong never comes. */
  ping({ there = 1, back = 1, work = 0.3, lost = false }: Partial<Trip> = {}): boolean {
    const t0 = this.now;
    this.now += there;
    const t1 = this.now + this.offset;
    this.now += work;
    const t2 = Math.max(t1, this.now + this.offset);
    this.now += back;
    return lost ? false : this.clock.note({ t0, t1, t2 }, this.now);
  }

  get reading(): ClockReading {
    if (!this.clock.reading) throw new Error('no reading');
    return this.clock.reading;
  }

  get error(): number {
    return this.reading.error ?? Number.NaN;
  }

  /** How far the reading is off. */
  get miss(): number {
    return Math.abs(this.reading.offset - this.offset);
  }

  expectTruth(): void {
    expect(this.miss).toBeLessThanOrEqual(this.error + GRAIN_MS);
  }
}

type Trip = { there: number; back: number; work: number; lost: boolean };

const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true });
const trip = fc.record({ there: upTo(400), back: upTo(400), work: upTo(5) });
const gap = fc.oneof(upTo(100), upTo(5000), upTo(120_000));
/** From a server that woke in the seventies to one a year ahead. */
const offset = fc.double({ min: -1.7e12, max: 3e10, noNaN: true });
const drift = fc.double({ min: -DRIFT, max: DRIFT, noNaN: true });
const story = fc.array(fc.tuple(trip, gap), { minLength: 1, maxLength: 60 });

describe('ServerClock', () => {
  let world: World;

  beforeEach(() => {
    world = new World(100);
  });

  it('knows nothing before the first pong', () => {
    expect(world.clock.reading).toBeNull();
  });

  it('finds the offset when both ways take as long, and is unsure by half the round trip', () => {
    world = new World(-1234.5);
    world.ping({ there: 4, back: 4 });
    expect(world.reading.offset).toBeCloseTo(-1234.5);
    expect(world.error).toBeCloseTo(4.1, 1);
  });

  it('trusts the quickest way in either direction, of whichever ping', () => {
    for (const [there, back] of [
      [90, 2],
      [20, 20],
      [2, 120],
      [40, 30],
    ] as const) {
      world.ping({ there, back });
    }
    expect(world.miss).toBeLessThan(0.05);
    expect(world.error).toBeLessThan(2.2);
  });

  it('is never further off than it says: any offset, ways of any length, drifting clocks', () => {
    fc.assert(
      fc.property(offset, drift, story, (ahead, rate, pings) => {
        const world = new World(ahead);
        world.drift = rate;
        for (const [trip, gap] of pings) {
          world.now += gap;
          world.ping(trip);
          world.expectTruth();
        }
      }),
    );
  });

  it('takes no drift for a jump', () => {
    fc.assert(
      fc.property(drift, story, (rate, pings) => {
        const world = new World(0);
        world.drift = rate;
        const anew = pings.map(([trip, gap]) => {
          world.now += Math.min(gap, 50_000);
          return world.ping(trip);
        });
        expect(anew).toEqual(pings.map((_, nth) => nth === 0));
      }),
    );
  });

  it('takes no drift for a jump while a pong takes its time', () => {
    world.drift = DRIFT;
    world.ping({ there: 0, back: 9000 });
    expect(world.ping({ there: 300, back: 0 })).toBe(false);
    world.expectTruth();
  });

  it('is not misled by pongs that all arrive at once, after a stall', () => {
    const burst = fc.array(fc.tuple(upTo(60), upTo(400)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(offset, burst, upTo(3000), (ahead, pings, stall) => {
        const clock = new ServerClock();
        let t0 = NOW;
        const sent = pings.map(([gap, there]) => {
          t0 += gap;
          return { t0, t1: t0 + there + ahead, t2: t0 + there + ahead };
        });
        const end = Math.max(...sent.map(({ t2 }) => t2 - ahead)) + stall;
        for (const pong of sent) clock.note(pong, end);
        const { offset, error } = clock.reading as { offset: number; error: number };
        expect(Math.abs(offset - ahead)).toBeLessThanOrEqual(error + GRAIN_MS);
      }),
    );
  });

  it('follows a jump with the first ping after it', () => {
    const quick = fc.record({ there: upTo(1000), back: upTo(1000), work: upTo(5) });
    const before = fc.array(quick, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(offset, before, quick, fc.constantFrom(-5000, 5000), (ahead, pings, next, jump) => {
        const world = new World(ahead);
        for (const each of pings) world.ping(each);
        world.jump(jump);
        expect(world.ping(next)).toBe(true);
        world.expectTruth();
      }),
    );
  });

  it('follows a jump that came while a ping was under way', () => {
    for (const jump of [-5000, 5000]) {
      world.ping();
      // The viewer's clock is set between ping and pong.
      const pong = { t0: world.now, t1: world.now + world.offset + 1, t2: world.now + world.offset + 1 };
      world.now += 2 - jump;
      world.jump(jump);
      world.clock.note(pong, world.now);
      world.ping();
      world.expectTruth();
      expect(world.error).toBeLessThan(2);
    }
  });

  it('lost pings cost precision and nothing else', () => {
    const pings = fc.array(fc.tuple(trip, fc.boolean()), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(offset, drift, pings, trip, (ahead, rate, some, last) => {
        const [all, few] = [new World(ahead), new World(ahead)];
        for (const world of [all, few]) world.drift = rate;
        for (const [each, lost] of some) {
          all.ping(each);
          few.ping({ ...each, lost });
        }
        for (const world of [all, few]) {
          world.ping(last);
          world.expectTruth();
        }
        expect(all.error).toBeLessThanOrEqual(few.error);
      }),
    );
  });

  it('a step smaller than the round trips is not told at once, but never makes it swing', () => {
    const long = fc.record({ there: fc.double({ min: 20, max: 200, noNaN: true }), back: upTo(200) });
    const pings = fc.array(long, { minLength: 1, maxLength: 60 });
    const step = fc.double({ min: -15, max: 15, noNaN: true });
    fc.assert(
      fc.property(pings, pings, step, (before, after, ms) => {
        const world = new World(0);
        for (const each of before) world.ping(each);
        world.jump(ms);
        const anew = after.filter((each) => world.ping(each));
        expect(anew.length).toBeLessThanOrEqual(1);
        if (anew.length === 1) world.expectTruth();
      }),
    );
  });

  it('follows any step within its window', () => {
    for (let n = 0; n < 30; n++) world.ping({ there: 50, back: 50 });
    world.jump(30);
    for (let n = 0; n < 30; n++) {
      world.now += 60;
      world.ping({ there: 50, back: 50 });
    }
    expect(world.miss).toBeLessThan(1);
    world.expectTruth();
  });

  it('lets no quick ping of long ago outweigh what the clocks say now', () => {
    world.ping({ there: 0.1, back: 0.1 });
    world.drift = DRIFT;
    world.now += 3_600_000;
    expect(world.ping({ there: 300, back: 200 }), 'an hour is too long').toBe(true);
    world.expectTruth();
    world.ping({ there: 0.1, back: 0.1 });
    for (let n = 0; n < 20; n++) {
      world.now += 2000;
      world.ping({ there: 5, back: 5 });
    }
    expect(world.miss, 'within its window, too').toBeLessThan(5);
    world.expectTruth();
  });

  it.each([
    ['the server sent before it received', { t0: NOW, t1: NOW + 5, t2: NOW + 4 }, NOW + 10],
    ['the answer came before it was asked', { t0: NOW, t1: NOW, t2: NOW }, NOW - 1],
    ['the server took longer than the round trip', { t0: NOW, t1: NOW, t2: NOW + 5000 }, NOW + 10],
    ['it took half a minute', { t0: NOW, t1: NOW, t2: NOW }, NOW + 30_000],
    ['a time before 1970', { t0: NOW, t1: -1, t2: -1 }, NOW + 1],
    ['a time of the far future', { t0: NOW, t1: 1e300, t2: 1e300 }, NOW + 1],
    ['no numbers', { t0: NOW, t1: Number.NaN, t2: Number.NaN }, NOW + 1],
    ['nor an arrival', { t0: NOW, t1: NOW, t2: NOW }, Number.NaN],
    ['endless', { t0: NOW, t1: NOW, t2: Number.POSITIVE_INFINITY }, NOW + 1],
    ['asked endlessly long ago', { t0: Number.NEGATIVE_INFINITY, t1: NOW, t2: NOW }, NOW + 1],
  ])('ignores what cannot be: %s', (_, pong, received) => {
    expect(world.clock.note(pong, received)).toBe(false);
    expect(world.clock.reading).toBeNull();
    world.ping();
    const before = world.clock.reading;
    expect(world.clock.note(pong, received)).toBe(false);
    expect(world.clock.reading).toBe(before);
  });

  it('bears clocks that tell time in coarse steps', () => {
    const step = (ms: number) => Math.floor(ms * 10) / 10;
    for (let n = 0; n < 100; n++) {
      const t0 = NOW + n * 60.037;
      const [t1, received] = [t0 + 0.031, t0 + 0.062];
      const anew = world.clock.note({ t0: step(t0), t1, t2: t1 }, step(received));
      expect(anew).toBe(n === 0);
      expect(world.reading.offset).toBeCloseTo(0, 0);
      expect(world.error).toBeGreaterThanOrEqual(Math.abs(world.reading.offset));
    }
  });
});
