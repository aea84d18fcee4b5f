import { expect, it } from 'vitest';
import { Backoff } from './backoff';

it('doubles up to its limit, and starts again after a success', () => {
  const backoff = new Backoff(250, 1500);
  expect([1, 2, 3, 4, 5].map(() => backoff.wait())).toEqual([250, 500, 1000, 1500, 1500]);
  backoff.reset();
  expect(backoff.wait()).toBe(250);
});
