import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { threadsFor } from './threads';

describe('threadsFor', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [8, 4],
    [64, 4],
  ])('takes half of the cores and at most four: of %d, %d', (cores, threads) => {
    expect(threadsFor(null, cores, true)).toBe(threads);
  });

  it('gives what is asked for, in whole threads', () => {
    expect(threadsFor(1, 16, true)).toBe(1);
    expect(threadsFor(6, 2, true)).toBe(6);
    expect(threadsFor(2.9, 16, true)).toBe(2);
  });

  it('is one without shared memory, whatever is asked for', () => {
    const asked = fc.option(fc.integer({ min: 1, max: 64 }));
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 256 }), (wish, cores) => {
        expect(threadsFor(wish, cores, false)).toBe(1);
      }),
    );
  });
});
