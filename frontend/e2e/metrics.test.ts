// The metrics object: every field of the contract, and figures that agree with each other and with the wire.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricsReport } from '../src/protocol/messages';
import { FIELDS } from './harness/metrics-json';
import { openPhone, openViewer, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { joinLink, untilPainted } from './harness/viewer';

let session: Session;
let viewer: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, session.relay.url);
  await openPhone(session.phones, await joinLink(viewer.page));
  await untilPainted(viewer.page, 100);
});

afterAll(() => session?.end());

const metrics = (): Promise<MetricsReport> => viewer.page.evaluate(() => window.sightline.metrics());

const answersOf = (kind: string) => session.relay.answers.filter((answer) => answer.kind === kind).length;

test('every field of the contract is there', async () => {
  const report = await metrics();
  expect(Object.keys(report)).toEqual(expect.arrayContaining(FIELDS));
  const frames = ['sampled', 'sent', 'answered', 'displayed', 'dropped_client', 'dropped_server', 'errors'];
  expect(Object.keys(report.frames).sort()).toEqual(frames.sort());
  expect(Object.keys(report.capture_clock).sort()).toEqual(['capture_time', 'receive_time', 'sample_time']);
  expect(Object.keys(report.cpu_percent).sort()).toEqual(['phone', 'server', 'viewer']);
  expect(report.mode).toBe('server');
  expect(report.config).toMatchObject({ transport: 'p2p' });
});

test('counts agree with each other and with the wire', async () => {
  const before = await metrics();
  const wire = {
    sent: session.relay.frames.size,
    answered: answersOf('result'),
    dropped: answersOf('dropped'),
  };
  const { frames, capture_clock } = await metrics();
  expect(before.frames.sent).toBeLessThanOrEqual(wire.sent);
  // The page tells its counts with every result: at most the two frames in flight are missing.
  expect(frames.sent).toBeGreaterThanOrEqual(wire.sent - 2);
  expect(before.frames.answered).toBeLessThanOrEqual(wire.answered);
  expect(before.frames.dropped_server).toBeLessThanOrEqual(wire.dropped);
  expect(frames.sampled).toBeGreaterThanOrEqual(frames.sent + frames.dropped_client);
  expect(frames.sent).toBeGreaterThanOrEqual(frames.answered + frames.dropped_server);
  expect(frames.answered).toBeGreaterThanOrEqual(frames.displayed);
  expect(frames.displayed).toBeGreaterThan(50);
  expect(frames.errors).toBe(0);
  const { capture_time, receive_time, sample_time } = capture_clock;
  expect(capture_time + receive_time + sample_time).toBe(frames.sent);
});

test('latencies and rates are plausible', async () => {
  const report = await metrics();
  const { e2e_latency_ms: e2e, server_latency_ms: server, network_latency_ms: network } = report;
  if (!e2e || !server || !network) throw new Error(`not measured: ${JSON.stringify(report)}`);
  for (const { median, p95 } of [e2e, server, network]) {
    expect(median).toBeGreaterThan(0);
    expect(p95).toBeGreaterThanOrEqual(median);
  }
  // The way from camera to screen holds the server's part and the way to it.
  expect(e2e.median).toBeGreaterThan(server.median + 0.9 * network.median);
  expect(e2e.median).toBeLessThan(5000);
  const fps = report.processed_fps ?? Number.NaN;
  expect(fps).toBeGreaterThan(1);
  expect(fps).toBeLessThanOrEqual(15.5);
  expect(Math.abs(fps - report.frames.displayed / (report.duration_s ?? Number.NaN))).toBeLessThan(0.5);
  expect(report.clock_error_ms).toBeGreaterThanOrEqual(0);
  expect(report.clock_error_ms).toBeLessThan(100);
  for (const rate of [report.uplink_kbps, report.downlink_kbps, report.video_kbps])
    expect(rate).toBeGreaterThan(1);
});
