import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerClock } from './clock';

/** A ping to a server whose clock is `offset` ahead, with these one-way delays. */
function ping(clock: ServerClock, offset: number, there: number, back: number, at = 0): void {
  const t1 = at + there + offset;
  const t2 = t1 + 0.3;
  clock.note({ t0: at, t1, t2 }, t2 - offset + back);
}

describe('ServerClock', () => {
  it('knows nothing before the first pong', () => {
    expect(new ServerClock().reading).toBeNull();
  });

  it('finds the offset exactly when both ways take as long', () => {
    const clock = new ServerClock();
    ping(clock, -1234.5, 4, 4);
    expect(clock.reading?.offset).toBeCloseTo(-1234.5);
    expect(clock.reading?.error).toBeCloseTo(4);
  });

  it('trusts the quickest round trips', () => {
    const clock = new ServerClock();
    for (const [there, back] of [
      [90, 5],
      [2, 2],
      [5, 120],
      [40, 3],
    ] as const) {
      ping(clock, 100, there, back);
    }
    expect(clock.reading?.offset).toBeCloseTo(100);
    expect(clock.reading?.error).toBeCloseTo(2);
  });

  it('is never further off than the error it tells', () => {
    const delay = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 60 }), (delays) => {
        const clock = new ServerClock();
        for (const [there, back] of delays) ping(clock, 777, there, back);
        const { offset, error } = clock.reading as { offset: number; error: number };
        expect(Math.abs(offset - 777)).toBeLessThanOrEqual(error + 1e-6);
      }),
    );
  });

  it('forgets old samples, so that a drifting clock is followed', () => {
    const clock = new ServerClock();
    ping(clock, 100, 1, 1);
    for (let n = 0; n < 30; n++) ping(clock, 103, 2, 2);
    expect(clock.reading?.offset).toBeCloseTo(103);
  });
});
