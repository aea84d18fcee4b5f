import { expect, it } from 'vitest';
import { Arrivals } from './arrivals';

it('knows when a frame arrived, by its RTP timestamp', () => {
  const arrivals = new Arrivals();
  arrivals.note({ rtpTimestamp: 3000, receiveTime: 1010 });
  arrivals.note({ rtpTimestamp: 6000 });
  expect(arrivals.of(3000)).toBe(1010);
  expect(arrivals.of(6000), 'the browser told no time').toBeNull();
  expect(arrivals.of(9000), 'not shown').toBeNull();
  expect(arrivals.of(undefined)).toBeNull();
});

it('keeps the newest ones only', () => {
  const arrivals = new Arrivals();
  for (let frame = 0; frame < 1000; frame++) {
    arrivals.note({ rtpTimestamp: 3000 * frame, receiveTime: 1 + frame });
  }
  expect(arrivals.of(3000 * 999)).toBe(1000);
  expect(arrivals.of(3000 * 300)).toBeNull();
});
