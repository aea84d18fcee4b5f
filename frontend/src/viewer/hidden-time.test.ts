import { expect, it } from 'vitest';
import { HiddenTime } from './hidden-time';

it('adds up the times out of sight, the one under way too', () => {
  const time = new HiddenTime();
  expect([time.on, time.until(900)]).toEqual([false, 0]);
  time.note(true, 1000);
  expect([time.on, time.until(1500)]).toEqual([true, 500]);
  time.note(false, 2000);
  expect([time.on, time.until(5000), time.visibleSince]).toEqual([false, 1000, 2000]);
  time.note(true, 6000);
  time.note(false, 6500);
  expect(time.until(7000)).toBe(1500);
});

it('minds no news that is none', () => {
  const time = new HiddenTime();
  time.note(false, 100);
  expect(time.visibleSince, 'it was never out of sight').toBe(Number.NEGATIVE_INFINITY);
  time.note(true, 1000);
  time.note(true, 1800);
  expect(time.until(2000)).toBe(1000);
});
