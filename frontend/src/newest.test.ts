import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Newest } from './newest';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('handles the first at once, then the newest of what came meanwhile, no more often than it may', async () => {
  const handled: [number, number][] = [];
  const start = performance.now();
  const newest = new Newest<number>(async (value) => handled.push([value, performance.now() - start]), 200);
  for (let value = 0; value < 100; value++) {
    newest.push(value);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(handled).toEqual([
    [0, 0],
    [19, 200],
    [39, 400],
    [59, 600],
    [79, 800],
    [99, 1000],
  ]);
});

it('has one at work at a time, and goes on after a failure', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const newest = new Newest<number>((value) => {
    begun.push(value);
    return new Promise((_, reject) => ends.push(() => reject(new Error('lost'))));
  });
  for (const value of [1, 2, 3]) newest.push(value);
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun).toEqual([1]);
  ends.shift()?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun).toEqual([1, 3]);
});
