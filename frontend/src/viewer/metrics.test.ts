import { describe, expect, it } from 'vitest';
import { noCounts } from '../detect/counts';
import type { ResultMessage, WorkerCounts } from '../detect/messages';
import { HiddenTime } from './hidden-time';
import { Metrics } from './metrics';

const counts = (sampled: number): WorkerCounts => ({
  ...noCounts(),
  sampled,
  sent: sampled,
  answered: sampled,
  capture_clock: { capture_time: sampled, receive_time: 0, sample_time: 0 },
  bytes_up: sampled * 1000,
  bytes_down: sampled * 100,
});

const message: ResultMessage = {
  type: 'result',
  result: { frame_id: 1, capture_ts: 1500, recv_ts: 1540, inference_ts: 1552, detections: [] },
  picture: {} as ImageBitmap,
  capture: { at: 1000, source: 'capture_time' },
  rtpTimestamp: undefined,
  stamps: { sampled: 1020, sent: 1031, answered: 1055 },
  clock: { offset: 500, error: 0.5 },
  counts: counts(1),
  run: 1,
};

const shownAt = (shown: number) => ({ drawn: shown - 12, shown });
const arrivedAt1010 = () => 1010;

const outside = { mode: 'server', video_kbps: null, config: {}, machine: {} } as const;

describe('Metrics', () => {
  it('has null, never 0, for what was not measured', () => {
    const report = new Metrics(arrivedAt1010).report(outside);
    expect(report.duration_s).toBeNull();
    expect(report.processed_fps).toBeNull();
    expect(report.e2e_latency_ms).toBeNull();
    expect(report.uplink_kbps).toBeNull();
    expect(report.clock_error_ms).toBeNull();
    expect(report.cpu_percent).toEqual({ server: null, viewer: null, phone: null });
    expect(new Set(Object.values(report.stages_ms))).toEqual(new Set([null]));
    const { fps, e2e } = new Metrics(arrivedAt1010).glance(5000);
    expect([fps, e2e]).toEqual([null, null]);
  });

  it('summarises the frames shown', () => {
    const metrics = new Metrics(arrivedAt1010);
    for (const shown of [1070, 1080, 1090]) metrics.noteShown(message, shownAt(shown));
    const report = metrics.report(outside);
    expect(report.e2e_latency_ms).toEqual({ median: 80, p95: 89 });
    expect(report.network_latency_ms?.median).toBe(40);
    expect(report.stages_ms.capture_to_receive?.median).toBe(10);
    expect(report.stages_ms.display?.median).toBe(12);
    expect(report.stages_ms.infer, 'no timing was told').toBeNull();
  });

  it('waits a moment for the news of a frame’s arrival, and keeps the frames’ order', () => {
    const arrivals = new Map<number | undefined, number>();
    const metrics = new Metrics((rtpTimestamp) => arrivals.get(rtpTimestamp) ?? null);
    const show = (rtpTimestamp: number) =>
      metrics.noteShown({ ...message, rtpTimestamp }, shownAt(1070 + rtpTimestamp));
    const settled = () => metrics.recentStages(2000).display;
    show(1);
    show(2);
    arrivals.set(2, 1012);
    show(3);
    expect(settled(), 'the first one is waited for').toBeNull();
    arrivals.set(1, 1011);
    show(4);
    expect(settled()).not.toBeNull();
    // The news about the third never comes.
    show(600);
    const ways = metrics.allRecords().map(({ stages_ms }) => stages_ms.capture_to_receive);
    expect(ways).toEqual([11, 12, null, null, null]);
  });

  it('counts time from the first sampled frame to the end of the last', () => {
    const metrics = new Metrics(arrivedAt1010);
    metrics.noteCounts(counts(0), null, 0);
    metrics.noteCounts(counts(1), null, 60_000);
    metrics.noteCounts(counts(31), null, 62_000);
    // Nothing is sampled any more: waiting is no part of the measurement.
    metrics.noteCounts(counts(31), null, 90_000);
    for (let shown = 0; shown < 31; shown++) metrics.noteShown(message, shownAt(1070));
    const report = metrics.report(outside);
    expect(report.duration_s).toBeCloseTo(31 / 15);
    expect(report.processed_fps).toBeCloseTo(15);
    expect(report.uplink_kbps).toBeCloseTo(120);
  });

  it('is not misled when the first news tells of several frames', () => {
    const metrics = new Metrics(arrivedAt1010);
    metrics.noteCounts(counts(4), null, 300);
    metrics.noteCounts(counts(31), null, 300 + 27 * 100);
    expect(metrics.report(outside).duration_s).toBeCloseTo(3.1);
    expect(metrics.report(outside).uplink_kbps).toBeCloseTo(80);
  });

  it('does not count the pings of an hour without frames', () => {
    const metrics = new Metrics(arrivedAt1010);
    const pinged = (sampled: number, pings: number) => {
      const { bytes_up, bytes_down, ...rest } = counts(sampled);
      return { ...rest, bytes_up: bytes_up + pings, bytes_down: bytes_down + pings };
    };
    metrics.noteCounts(pinged(0, 144_000), null, 0);
    metrics.noteCounts(pinged(1, 144_000), null, 3_600_000);
    metrics.noteCounts(pinged(31, 144_000), null, 3_602_000);
    metrics.noteCounts(pinged(31, 288_000), null, 7_200_000);
    const { uplink_kbps, downlink_kbps } = metrics.report(outside);
    expect(uplink_kbps).toBeCloseTo(120);
    expect(downlink_kbps).toBeCloseTo(12);
  });

  it('goes on waiting for the news of an arrival while it is read', () => {
    let arrival: number | null = null;
    const metrics = new Metrics(() => arrival);
    for (const shown of [1070, 1136]) metrics.noteShown(message, shownAt(shown));
    expect(metrics.report(outside).stages_ms.capture_to_receive).toBeNull();
    expect(metrics.allRecords()).toHaveLength(2);
    arrival = 1010;
    expect(metrics.report(outside).stages_ms.capture_to_receive?.median).toBe(10);
    metrics.noteShown(message, shownAt(1203));
    expect(metrics.allRecords().map(({ shown }) => shown)).toEqual([1070, 1136, 1203]);
  });

  it('glances at the rate of what is shown, whether or not its arrival is known', () => {
    const arrivals = new Map([[0, 1010]]);
    const metrics = new Metrics((rtpTimestamp) => arrivals.get(rtpTimestamp ?? -1) ?? null);
    for (let nth = 0; nth <= 5; nth++) {
      metrics.noteShown({ ...message, rtpTimestamp: nth }, shownAt(1000 + 50 * nth));
    }
    expect(metrics.glance(1250).fps).toBeCloseTo(20);
  });

  it('glances at the last ten seconds', () => {
    const metrics = new Metrics(arrivedAt1010);
    for (let second = 0; second <= 20; second++) metrics.noteShown(message, shownAt(1000 * second));
    // Shown at 11 s … 20 s: nine intervals and the half second since.
    const { fps, e2e } = metrics.glance(20_500);
    expect(fps).toBeCloseTo(9 / 9.5);
    expect(e2e?.median).toBe(14_500);
    expect(metrics.recentStages(20_500).display?.median).toBe(12);
    expect(metrics.glance(60_000)).toMatchObject({ fps: null, e2e: null });
  });

  it('counts the time out of sight apart', () => {
    const time = new HiddenTime();
    const metrics = new Metrics(arrivedAt1010, time);
    expect(metrics.report(outside).hidden).toBeNull();
    // 10 a second: two seconds in sight, three out of it, one in sight.
    const answer = (nth: number) => {
      metrics.noteCounts(counts(nth), null, 100 * nth);
      if (time.on) metrics.noteUnseen();
      else metrics.noteShown(message, shownAt(100 * nth));
    };
    for (let nth = 1; nth <= 60; nth++) {
      if (nth === 21) time.note(true, 2050);
      if (nth === 51) time.note(false, 5050);
      answer(nth);
    }
    const { hidden, duration_s, processed_fps, frames } = metrics.report(outside);
    expect(duration_s).toBeCloseTo(6);
    expect(hidden?.answered).toBe(30);
    expect(hidden?.duration_s).toBeCloseTo(3, 0);
    expect(frames).toMatchObject({ answered: 60, displayed: 30 });
    expect(processed_fps).toBeCloseTo(10, 0);
    expect(metrics.glance(6000).fps, 'since it is in sight again').toBeCloseTo(10);
  });

  it('has no rate of what is shown when all of the time is out of sight', () => {
    const time = new HiddenTime();
    const metrics = new Metrics(arrivedAt1010, time);
    time.note(true, 0);
    for (let nth = 1; nth <= 30; nth++) metrics.noteCounts(counts(nth), null, 100 * nth);
    const { hidden, duration_s, processed_fps } = metrics.report(outside);
    expect(duration_s).toBeCloseTo(3);
    expect(hidden?.duration_s).toBe(duration_s);
    expect(processed_fps).toBeNull();
  });

  it('keeps a bounded number of records, the newest', () => {
    const metrics = new Metrics(arrivedAt1010);
    for (let shown = 0; shown < 30_000; shown++) metrics.noteShown(message, shownAt(shown));
    const records = metrics.allRecords();
    expect(records.length).toBeLessThanOrEqual(20_000);
    expect(records.at(-1)?.shown).toBe(29_999);
    expect(metrics.frames.displayed).toBe(30_000);
  });

  it('keeps every record while it is asked to', () => {
    const metrics = new Metrics(arrivedAt1010);
    metrics.keepsAll = true;
    for (let shown = 0; shown < 30_000; shown++) metrics.noteShown(message, shownAt(shown));
    expect(metrics.allRecords()).toHaveLength(30_000);
    metrics.keepsAll = false;
    metrics.noteShown(message, shownAt(30_000));
    expect(metrics.allRecords().length).toBeLessThanOrEqual(20_000);
  });
});
