import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, perSecond, summarise } from './stats';

// Sorting does not tell 0 from −0.
const measured = fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((x) => x + 0);
const unmeasured = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const share = fc.double({ min: 0, max: 1, noNaN: true });

const sort = (values: readonly number[]) => values.toSorted((a, b) => a - b);

/** The definition, walked along: values stand at equal distances from 0 to 1, joined by straight lines. */
function naive(sorted: readonly number[], p: number): number {
  for (let at = 0; at < sorted.length - 1; at++) {
    const [left, right] = [at, at + 1].map((index) => index / (sorted.length - 1)) as [number, number];
    if (p < left || p > right) continue;
    const way = (p - left) / (right - left);
    return (sorted[at] as number) * (1 - way) + (sorted[at + 1] as number) * way;
  }
  return sorted.at(-1) as number;
}

describe('percentile', () => {
  it('interpolates between neighbours', () => {
    expect(percentile([10, 20], 0.5)).toBe(15);
    expect(percentile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
  });

  it('is the only value there is', () => {
    for (const p of [0, 0.5, 0.95, 1]) expect(percentile([7], p)).toBe(7);
  });

  it('lies within the values and grows with p', () => {
    const values = fc.array(measured, { minLength: 1 });
    fc.assert(
      fc.property(values, (list) => {
        const sorted = sort(list);
        const found = [0, 0.25, 0.5, 0.95, 1].map((p) => percentile(sorted, p));
        expect(found).toEqual(sort(found));
        expect(found[0]).toBe(sorted[0]);
        expect(found.at(-1)).toBe(sorted.at(-1));
      }),
    );
  });

  it('is what the definition says', () => {
    fc.assert(
      fc.property(fc.array(measured, { minLength: 1 }), share, (list, p) => {
        const sorted = sort(list);
        expect(percentile(sorted, p)).toBeCloseTo(naive(sorted, p), 3);
      }),
    );
  });

  it.each([
    ['of nothing', [], 0.5],
    ['below all', [1, 2], -0.5],
    ['above all', [1, 2], 1.5],
    ['of no share', [1, 2], Number.NaN],
  ])('there is none %s', (_, sorted, p) => {
    expect(() => percentile(sorted, p)).toThrow(RangeError);
  });
});

describe('summarise', () => {
  it('is null for nothing measured, not zero', () => {
    expect(summarise([])).toBeNull();
    expect(summarise([Number.NaN, Number.POSITIVE_INFINITY])).toBeNull();
  });

  it('keeps negative values', () => {
    expect(summarise([-30, -10, -20])?.median).toBe(-20);
  });

  it('sorts by value, not by digits', () => {
    expect(summarise([9, 100, 10])?.median).toBe(10);
  });

  it('does not count what was not measured, wherever it stands', () => {
    const mixed = fc.array(fc.oneof(measured, unmeasured));
    fc.assert(
      fc.property(mixed, (values) => {
        const sorted = sort(values.filter(Number.isFinite));
        const [median, p95] = [0.5, 0.95].map((p) => (sorted.length > 0 ? percentile(sorted, p) : 0));
        expect(summarise(values)).toEqual(sorted.length > 0 ? { median, p95 } : null);
      }),
    );
  });

  it('does not depend on the order, and leaves the values as they were', () => {
    fc.assert(
      fc.property(fc.array(measured), (values) => {
        const before = [...values];
        expect(summarise(values.toReversed())).toEqual(summarise(values));
        expect(values).toEqual(before);
      }),
    );
  });

  it('bears very many values, from any source', () => {
    function* all() {
      for (let value = 200_000; value >= 0; value--) yield value;
    }
    expect(summarise(all())).toEqual({ median: 100_000, p95: 190_000 });
  });
});

describe('perSecond', () => {
  it('is the amount over the time', () => {
    expect(perSecond(30, 2000)).toBe(15);
    expect(perSecond(0, 2000)).toBe(0);
  });

  it('grows with the amount and falls with the time', () => {
    const some = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(some, some, (amount, ms) => {
        const rate = perSecond(amount, ms) as number;
        expect(perSecond(amount * 2, ms)).toBeCloseTo(rate * 2);
        expect(perSecond(amount, ms * 2)).toBeCloseTo(rate / 2);
      }),
    );
  });

  it.each([
    ['no time has passed', 5, 0],
    ['the clock went backwards', 5, -1000],
    ['the time is unknown', 5, Number.NaN],
    ['the time has no end', 5, Number.POSITIVE_INFINITY],
    ['the amount is unknown', Number.NaN, 1000],
    ['the amount has no end', Number.POSITIVE_INFINITY, 1000],
  ])('is null when %s', (_, amount, ms) => {
    expect(perSecond(amount, ms)).toBeNull();
  });
});
