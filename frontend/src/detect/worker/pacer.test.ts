import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pacer } from './pacer';

function picked(fps: number, arrivals: number[]): number[] {
  const pacer = new Pacer(fps);
  return arrivals.filter((at) => pacer.due(at));
}

const steady = (fps: number, seconds: number) =>
  Array.from({ length: fps * seconds }, (_, n) => (n * 1000) / fps);

describe('Pacer', () => {
  it.each([
    [15, 30],
    [10, 30],
    [12, 30],
    [15, 60],
    [15, 24],
    [15, 15],
  ])('reaches %d a second from a camera of %d', (target, camera) => {
    const count = picked(target, steady(camera, 20)).length / 20;
    expect(count).toBeGreaterThan(target * 0.97);
    expect(count).toBeLessThan(target * 1.03);
  });

  it('takes every frame of a camera slower than the target', () => {
    expect(picked(15, steady(8, 5))).toHaveLength(40);
  });

  it('holds its rate when the camera jitters', () => {
    const jitter = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(jitter, (noise) => {
        const arrivals = steady(30, 10).map((at, n) => at + (noise[n] ?? 0));
        const count = picked(
          15,
          arrivals.toSorted((a, b) => a - b),
        ).length;
        expect(count).toBeGreaterThanOrEqual(147);
        expect(count).toBeLessThanOrEqual(152);
      }),
    );
  });

  it('does not make up for a pause with a burst', () => {
    const pacer = new Pacer(10);
    pacer.due(0);
    expect([5000, 5010, 5020, 5040].map((at) => pacer.due(at))).toEqual([true, false, false, false]);
  });
});

describe('Pacer with a detector that cannot keep up', () => {
  /** The rate after so many frames that each kept the detector busy for so long. */
  const rateAfter = (pacer: Pacer, frames: number, busy: number): number => {
    for (let n = 0; n < frames; n++) pacer.noteBusy(busy);
    return pacer.rate;
  };

  it('slows down to what the detector can do, within two seconds', () => {
    const pacer = new Pacer(15);
    expect(pacer.rate).toBeCloseTo(15);
    expect(rateAfter(pacer, 10, 200)).toBeLessThan(6);
    expect(rateAfter(pacer, 50, 200)).toBeCloseTo(5);
    const arrivals = steady(30, 10);
    expect(arrivals.filter((at) => pacer.due(at)).length).toBeLessThanOrEqual(51);
  });

  it('speeds up again when the detector does', () => {
    const pacer = new Pacer(15);
    rateAfter(pacer, 50, 400);
    expect(rateAfter(pacer, 10, 20)).toBeGreaterThan(9);
    expect(rateAfter(pacer, 20, 20)).toBeCloseTo(15);
  });

  it('is not put off by a single slow frame', () => {
    const pacer = new Pacer(15);
    rateAfter(pacer, 20, 30);
    expect(rateAfter(pacer, 1, 150)).toBeCloseTo(15);
  });

  it('never goes beyond what is wanted, nor far below what the detector can do', () => {
    const fps = fc.integer({ min: 1, max: 60 });
    const times = fc.array(fc.double({ min: 0.1, max: 2000, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fps, times, (wanted, busy) => {
        const pacer = new Pacer(wanted);
        for (const ms of busy) pacer.noteBusy(ms);
        expect(pacer.rate).toBeLessThanOrEqual(wanted + 1e-9);
        expect(pacer.rate).toBeGreaterThanOrEqual(Math.min(wanted, 1000 / Math.max(...busy)) - 1e-9);
      }),
    );
  });

  it('takes a stall for no speed: it is as quick as before within two seconds', () => {
    const pacer = new Pacer(15);
    pacer.due(0);
    pacer.noteBusy(8 * 3_600_000);
    pacer.due(100);
    const arrivals = steady(30, 4).map((at) => 200 + at);
    const due = arrivals.filter((at) => {
      const is = pacer.due(at);
      if (is) pacer.noteBusy(20);
      return is;
    });
    expect(pacer.rate).toBeCloseTo(15);
    expect(due.filter((at) => at >= 2200).length).toBeGreaterThanOrEqual(28);
  });

  it('forgets the speed of a detector that another one has replaced', () => {
    const pacer = new Pacer(15);
    rateAfter(pacer, 50, 400);
    pacer.due(0);
    pacer.forgetSpeed();
    expect(pacer.rate).toBeCloseTo(15);
    expect(pacer.due(1), 'no tick of the slow one is waited for').toBe(true);
  });

  it('takes another target at once, in both directions', () => {
    const pacer = new Pacer(15);
    const count = (from: number) =>
      steady(30, 10)
        .map((at) => from + at)
        .filter((at) => pacer.due(at)).length;
    expect(count(0)).toBeGreaterThanOrEqual(148);
    pacer.setTarget(5);
    expect(pacer.rate).toBeCloseTo(5);
    expect(pacer.due(10_000), 'no tick of the old rate is waited for').toBe(true);
    expect(count(10_000)).toBeLessThanOrEqual(50);
    pacer.setTarget(15);
    expect(count(20_000)).toBeGreaterThanOrEqual(148);
  });
});
