import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noCounts } from '../detect/counts';
import type { ResultMessage } from '../detect/messages';
import { frameRecord, STAGES, serverLatency } from './frame-record';

/** The server's clock is 500 ms ahead of the viewer's; captured at 1000 on the viewer's clock. */
const message: ResultMessage = {
  type: 'result',
  result: {
    frame_id: 1,
    capture_ts: 1500,
    recv_ts: 1540,
    inference_ts: 1552,
    detections: [],
    timing: { queue_us: 100, decode_us: 200, resize_us: 300, infer_us: 11_000, post_us: 150 },
  },
  picture: {} as ImageBitmap,
  capture: { at: 1000, source: 'capture_time' },
  rtpTimestamp: 90_000,
  stamps: { sampled: 1020, sent: 1031, answered: 1055 },
  clock: { offset: 500, error: 0.5 },
  counts: noCounts(),
  run: 1,
};

const RECEIVED = 1012;
const times = { drawn: 1058, shown: 1070 };

const sum = (stages: Record<string, number | null>) =>
  STAGES.reduce((total, stage) => total + (stages[stage] ?? 0), 0);

describe('frameRecord', () => {
  it('tells each stage of the frame’s way', () => {
    const record = frameRecord(message, RECEIVED, times);
    expect(record).toMatchObject({ e2e_ms: 70, network_ms: 40, captured: 1000, shown: 1070 });
    expect(record.server_ms).toBeCloseTo(11.75);
    const expected = {
      capture_to_receive: 12,
      receive_to_sample: 8,
      encode: 11,
      uplink: 9,
      queue: 0.1,
      decode: 0.2,
      resize: 0.3,
      infer: 11,
      post: 0.15,
      downlink: 3.25,
      paint: 3,
      display: 12,
    };
    for (const stage of STAGES) expect(record.stages_ms[stage], stage).toBeCloseTo(expected[stage]);
  });

  it('adds up to the end-to-end latency, however wrong the clocks are', () => {
    const time = () => fc.double({ min: -1e7, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(time(), time(), time(), time(), time(), time(), time(), (offset, at, ...rest) => {
        const [received, sampled, sent, answered, recv_ts] = rest as [number, number, number, number, number];
        const record = frameRecord(
          {
            ...message,
            capture: { at, source: 'capture_time' },
            clock: { offset, error: 1 },
            stamps: { sampled, sent, answered },
            result: { ...message.result, recv_ts },
          },
          received,
          { drawn: answered + 3, shown: answered + 15 },
        );
        expect(sum(record.stages_ms)).toBeCloseTo(record.e2e_ms, 4);
      }),
    );
  });

  it('has no network for a frame that was inferred in the page, and still adds up', () => {
    const { sent: _, ...stamps } = message.stamps;
    const answered = stamps.sampled + serverLatency(message.result);
    const record = frameRecord({ ...message, stamps: { ...stamps, answered } }, RECEIVED, times);
    expect(record.stages_ms).toMatchObject({ encode: null, uplink: null, downlink: null });
    expect(sum(record.stages_ms)).toBeCloseTo(record.e2e_ms);
  });

  it('knows nothing of the way before the moment that stands for the capture', () => {
    const arrived = frameRecord(
      { ...message, capture: { at: 1012, source: 'receive_time' } },
      // An arrival that was told afterwards changes nothing: the capture's time had been told by then.
      RECEIVED + 3,
      times,
    );
    expect(arrived.stages_ms).toMatchObject({ capture_to_receive: null, receive_to_sample: 8 });
    expect(sum(arrived.stages_ms)).toBeCloseTo(arrived.e2e_ms);
    const sampled = frameRecord(
      { ...message, capture: { at: 1020, source: 'sample_time' } },
      RECEIVED,
      times,
    );
    expect(sampled.stages_ms).toMatchObject({ capture_to_receive: null, receive_to_sample: null });
    expect(sum(sampled.stages_ms)).toBeCloseTo(sampled.e2e_ms);
    const unknown = frameRecord(message, null, times);
    expect(unknown.stages_ms).toMatchObject({ capture_to_receive: null, receive_to_sample: null });
  });

  it('shows a negative latency as it is', () => {
    expect(frameRecord(message, RECEIVED, { drawn: 900, shown: 990 }).e2e_ms).toBe(-10);
  });
});

describe('serverLatency', () => {
  it('falls back to whole milliseconds when the server tells no timing', () => {
    const { timing: _, ...result } = message.result;
    expect(serverLatency(result)).toBe(12);
  });
});
