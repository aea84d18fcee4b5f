import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Credits } from './credit';

describe('Credits', () => {
  it('lets no more than the limit out, and gets each back with its answer', () => {
    const credits = new Credits<string>(2);
    credits.spend(1, 'a', 0);
    credits.spend(2, 'b', 0);
    expect(credits.free).toBe(false);
    expect(() => credits.spend(3, 'c', 0)).toThrow();
    expect(credits.settle(1)).toBe('a');
    expect(credits.free).toBe(true);
  });

  it('gives nothing for an answer to a frame that is not out', () => {
    const credits = new Credits<string>(2);
    credits.spend(1, 'a', 0);
    expect(credits.settle(9)).toBeUndefined();
    credits.settle(1);
    expect(credits.settle(1)).toBeUndefined();
  });

  it('takes all back when the socket closes', () => {
    const credits = new Credits<string>(2);
    credits.spend(1, 'a', 0);
    credits.spend(2, 'b', 0);
    expect(credits.drain()).toEqual(['a', 'b']);
    expect(credits.free).toBe(true);
  });

  it('notices a frame that waits too long', () => {
    const credits = new Credits<string>(2);
    credits.spend(1, 'a', 1000);
    expect(credits.overdue(2000, 1000)).toBe(false);
    expect(credits.overdue(2001, 1000)).toBe(true);
    credits.settle(1);
    expect(credits.overdue(9000, 1000)).toBe(false);
  });

  it('loses no frame and doubles none, whatever the order of answers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 })), (answers) => {
        const credits = new Credits<number>(2);
        const out = new Set<number>();
        let next = 0;
        for (const answer of answers) {
          while (credits.free) {
            credits.spend(next, next, 0);
            out.add(next++);
          }
          const back = credits.settle(answer);
          expect(back !== undefined).toBe(out.delete(answer));
        }
        expect(credits.drain().toSorted()).toEqual([...out].toSorted());
      }),
    );
  });
});
