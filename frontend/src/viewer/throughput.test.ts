import { expect, it } from 'vitest';
import { Throughput } from './throughput';

it('tells the rate since the mark, and none before two moments are known', () => {
  const rate = new Throughput();
  expect(rate.kbps).toBeNull();
  rate.note(0, 5000);
  expect(rate.kbps).toBeNull();
  rate.note(1000, 6000);
  expect(rate.kbps).toBe(8);
  rate.mark();
  expect(rate.kbps).toBeNull();
  rate.note(1500, 8000);
  expect(rate.kbps).toBe(32);
  rate.forget();
  expect(rate.kbps).toBeNull();
});
