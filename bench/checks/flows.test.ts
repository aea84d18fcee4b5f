import { expect, test } from 'vitest';
import type { Reading } from './counters';
import { differenceOf, flowsOf } from './flows';

const frames = {
  sampled: 100,
  sent: 100,
  answered: 95,
  displayed: 95,
  dropped_client: 0,
  dropped_server: 5,
  errors: 0,
};
const wire = (bytes = 0, packets = 0) => ({ bytes, packets });
const reading = (at: number, sent = wire(), received = wire()): Reading => ({ at, sent, received });
/** Counters never begin at nought. */
const EARLIER = wire(123_456, 789);

test('what protocols add is taken off the kernel’s count, message by message', () => {
  const before = { server: reading(1000, EARLIER, EARLIER), phone: reading(1000, wire(), EARLIER) };
  // 10 s, so 5 pings each way beside 100 frames; bare acknowledgements are packets, too.
  const up = wire(EARLIER.bytes + 1_000_000 + 105 * 30 + 300 * 66, EARLIER.packets + 300);
  const down = wire(EARLIER.bytes + 50_000 + 105 * 26 + 300 * 66, EARLIER.packets + 300);
  const video = wire(EARLIER.bytes + 2_000_000 + 2000 * 42, EARLIER.packets + 2000);
  const after = { server: reading(11_000, up, down), phone: reading(11_000, wire(), video) };
  const figures = { frames, uplink_kbps: 800, downlink_kbps: 38, video_kbps: 1600 };
  const [uplink, downlink, picture] = flowsOf(figures, before, after).map(differenceOf);
  expect(uplink).toBeCloseTo(0, 9);
  expect(downlink).toBeCloseTo(-0.05, 9);
  expect(picture).toBeCloseTo(0, 9);
});

test('a figure that was not measured agrees with nothing', () => {
  const flow = { name: 'video_kbps', ours: null, wire: 1, carried: 1, framing: 0 };
  expect(differenceOf(flow)).toBeNaN();
});
