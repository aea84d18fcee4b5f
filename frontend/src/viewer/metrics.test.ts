import { describe, expect, it } from 'vitest';
import { noCounts } from '../detect/counts';
import type { FromWorker, WorkerCounts } from '../detect/messages';
import { Metrics, serverLatency } from './metrics';

const counts = (sampled: number): WorkerCounts => ({
  ...noCounts(),
  sampled,
  sent: sampled,
  answered: sampled,
  capture_clock: { capture_time: sampled, receive_time: 0, sample_time: 0 },
  bytes_up: sampled * 1000,
  bytes_down: sampled * 100,
});

/** The server's clock is 500 ms ahead of the viewer's; captured at 1000 on the viewer's clock. */
const message: FromWorker & { type: 'result' } = {
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
  stamps: { sampled: 1020, encoded: 1030, sent: 1031, answered: 1055 },
  clock: { offset: 500, error: 0.5 },
  counts: counts(1),
  run: 1,
};

const outside = { mode: 'server', video_kbps: null, config: {}, machine: {} };

describe('Metrics', () => {
  it('has null, never 0, for what was not measured', () => {
    const report = new Metrics().report(outside);
    expect(report.duration_s).toBeNull();
    expect(report.processed_fps).toBeNull();
    expect(report.e2e_latency_ms).toBeNull();
    expect(report.uplink_kbps).toBeNull();
    expect(report.clock_error_ms).toBeNull();
    expect(report.cpu_percent).toEqual({ server: null, viewer: null, phone: null });
    expect(new Set(Object.values(report.stages_ms))).toEqual(new Set([null]));
  });

  it('tells latencies in the server’s clock', () => {
    const metrics = new Metrics();
    metrics.noteShown(message, 1058, 1070);
    const report = metrics.report(outside);
    expect(report.e2e_latency_ms?.median).toBe(70);
    expect(report.network_latency_ms?.median).toBe(40);
    expect(report.server_latency_ms?.median).toBeCloseTo(11.75);
    expect(report.stages_ms.capture_to_sample?.median).toBe(20);
    expect(report.stages_ms.uplink?.median).toBe(9);
    expect(report.stages_ms.downlink?.median).toBe(3);
    expect(report.stages_ms.paint?.median).toBe(3);
  });

  it('shows a negative latency as it is', () => {
    const metrics = new Metrics();
    metrics.noteShown(message, 900, 990);
    expect(metrics.report(outside).e2e_latency_ms?.median).toBe(-10);
  });

  it('counts time from the first sampled frame to the end of the last', () => {
    const metrics = new Metrics();
    metrics.noteCounts(counts(0), null, 0);
    metrics.noteCounts(counts(1), null, 60_000);
    metrics.noteCounts(counts(31), null, 62_000);
    // Nothing is sampled any more: waiting is no part of the measurement.
    metrics.noteCounts(counts(31), null, 90_000);
    for (let shown = 0; shown < 31; shown++) metrics.noteShown(message, 1058, 1070);
    const report = metrics.report(outside);
    expect(report.duration_s).toBeCloseTo(31 / 15);
    expect(report.processed_fps).toBeCloseTo(15);
    expect(report.uplink_kbps).toBeCloseTo(120);
  });
});

describe('serverLatency', () => {
  it('falls back to whole milliseconds when the server tells no timing', () => {
    const { timing: _, ...result } = message.result;
    expect(serverLatency(result)).toBe(12);
  });
});
