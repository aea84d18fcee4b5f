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
