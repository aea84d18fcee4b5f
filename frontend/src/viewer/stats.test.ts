import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, Recent, Sliding, summarise } from './stats';

describe('percentile', () => {
  it('interpolates between neighbours', () => {
    expect(percentile([10, 20], 0.5)).toBe(15);
    expect(percentile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
  });

  it('lies within the values and grows with p', () => {
    // Sorting does not tell 0 from −0.
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => x + 0);
    const values = fc.array(value, { minLength: 1 });
    fc.assert(
      fc.property(values, (list) => {
        const sorted = list.toSorted((a, b) => a - b);
        const found = [0, 0.25, 0.5, 0.95, 1].map((p) => percentile(sorted, p));
        expect(found).toEqual(found.toSorted((a, b) => a - b));
        expect(found[0]).toBe(sorted[0]);
        expect(found.at(-1)).toBe(sorted.at(-1));
      }),
    );
  });
});

describe('summarise', () => {
  it('is null for nothing measured, not zero', () => {
    expect(summarise([])).toBeNull();
  });

  it('keeps negative values', () => {
    expect(summarise([-30, -10, -20])?.median).toBe(-20);
  });
});

describe('Recent', () => {
  it('keeps the last values only', () => {
    const recent = new Recent(3);
    for (const value of [100, 1, 2, 3]) recent.add(value);
    expect(Array.from(recent.values()).toSorted()).toEqual([1, 2, 3]);
  });

  it('has no values that were never added', () => {
    const recent = new Recent(3);
    recent.add(7);
    expect(recent.summary()).toEqual({ median: 7, p95: 7 });
  });
});

describe('Sliding', () => {
  it('forgets what is older than its span', () => {
    const sliding = new Sliding(1000);
    sliding.add(0, 1);
    sliding.add(900, 2);
    expect(sliding.values(1000)).toEqual([1, 2]);
    expect(sliding.values(1001)).toEqual([2]);
  });

  it('keeps no more than its capacity', () => {
    const sliding = new Sliding(1e9, 2);
    for (const value of [1, 2, 3]) sliding.add(value, value);
    expect(sliding.values(3)).toEqual([2, 3]);
  });

  it('tells the rate, and that it fades when nothing comes any more', () => {
    const sliding = new Sliding(10_000);
    for (let at = 0; at <= 1000; at += 100) sliding.add(at, 0);
    expect(sliding.rate(1000)).toBeCloseTo(10);
    expect(sliding.rate(2000)).toBeCloseTo(5);
    expect(sliding.rate(20_000)).toBeNull();
  });
});
