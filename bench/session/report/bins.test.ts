import { describe, expect, it } from 'vitest';
import { bins, binWidth, ceilingOf } from './bins';

const counts = (values: number[]) => bins(values).map(({ count }) => count);

describe('bins', () => {
  it('hold every value once, in round steps', () => {
    const values = Array.from({ length: 400 }, (_, index) => 40 + 30 * (index / 400) ** 2);
    const groups = bins(values);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(400);
    expect(groups[0]?.from).toBe(40);
    for (const { from, to } of groups) expect(to - from).toBe(binWidth(values));
  });

  it('give a value on an edge to the bin above', () => {
    expect(binWidth([0, 1, 2, 3, 4, 5, 6, 7])).toBe(5);
    expect(counts([0, 1, 2, 3, 4, 5, 6, 7])).toEqual([5, 3]);
  });

  it('stay few when one value is far away', () => {
    expect(bins([1, 1, 1, 1, 1, 1000]).length).toBeLessThanOrEqual(61);
  });

  it('hold negative latencies, equal ones, one, and none', () => {
    expect(bins([-3, -3, 2])[0]?.from).toBeLessThanOrEqual(-3);
    expect(counts([7, 7, 7])).toEqual([3]);
    expect(counts([7])).toEqual([1]);
    expect(bins([])).toEqual([]);
  });
});

describe('ceilingOf', () => {
  it('is the slowest frame, unless it is a straggler', () => {
    const usual = Array.from({ length: 99 }, () => 50);
    expect(ceilingOf([...usual, 70])).toBe(70);
    expect(ceilingOf([...usual, 900])).toBe(100);
    expect(ceilingOf([-9, -4])).toBe(-4);
    expect(ceilingOf([])).toBe(0);
  });
});
