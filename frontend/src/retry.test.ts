import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Retry } from './retry';

let tries: number;
let retry: Retry;

beforeEach(() => {
  vi.useFakeTimers();
  tries = 0;
  retry = new Retry(() => {
    tries += 1;
  });
});

afterEach(() => vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTime(ms);

it('waits longer each time, four seconds at most, until a try succeeds', () => {
  expect([1, 2, 3, 4, 5, 6].map(() => retry.later())).toEqual([250, 500, 1000, 2000, 4000, 4000]);
  retry.succeeded();
  expect(retry.later()).toBe(250);
});

it('tries at once when the server was heard of', () => {
  retry.later();
  retry.now();
  expect(tries).toBe(1);
  pass(10_000);
  expect(tries).toBe(1);
});

it('tries at once after a try that was under way when the server was heard of, and only then', () => {
  retry.now();
  expect(tries, 'that one is left alone').toBe(0);
  expect(retry.later()).toBe(0);
  pass(0);
  expect(tries).toBe(1);
  expect(retry.later()).toBe(250);
});

it('forgets what was heard when the try succeeds', () => {
  retry.now();
  retry.succeeded();
  expect(retry.later()).toBe(250);
});

it('is stopped for good', () => {
  retry.later();
  retry.stop();
  retry.now();
  pass(10_000);
  expect(tries).toBe(0);
});
