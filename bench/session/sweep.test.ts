import { expect, test } from 'vitest';
import type { MetricsReport } from '../../frontend/src/protocol/messages';
import { csvOf } from './csv';
import { combinations, readSweep, titleOf } from './sweep';

test('every combination once, the first setting slowest', () => {
  const sweep = readSweep(['fps=5,10,5', 'mode=server,wasm']);
  expect(combinations(sweep)).toEqual([
    { fps: '5', mode: 'server' },
    { fps: '5', mode: 'wasm' },
    { fps: '10', mode: 'server' },
    { fps: '10', mode: 'wasm' },
  ]);
  expect(combinations(sweep).map(titleOf)[1]).toBe('fps 5, mode wasm');
});

const METRICS = {
  mode: 'server',
  duration_s: 3.0041,
  frames: {
    sampled: 45,
    sent: 44,
    answered: 43,
    displayed: 42,
    dropped_client: 1,
    dropped_server: 2,
    errors: 3,
  },
  processed_fps: 14.98765,
  e2e_latency_ms: { median: 44.123, p95: 52 },
  server_latency_ms: { median: -1.5, p95: 13 },
  network_latency_ms: null,
  uplink_kbps: 0,
  downlink_kbps: null,
  video_kbps: 1200,
  cpu_percent: { server: null, viewer: 30.2, phone: 0 },
  clock_error_ms: 0.25,
} as unknown as MetricsReport;

test('a table that spreadsheets read', () => {
  const text = csvOf([
    { varied: { fps: '5', size: '320x240' }, result: { metrics: METRICS, note: '' } },
    { varied: { fps: '10', size: '320x240' }, result: { failure: 'no "phone", sorry' } },
  ]);
  const [head = '', first = '', second = '', rest] = text.split('\r\n');
  expect(rest).toBe('');
  const columns = head.split(',');
  expect(columns.slice(0, 3)).toEqual(['fps', 'size', 'inferred_in']);
  expect(columns.at(-1)).toBe('note');
  const cells = Object.fromEntries(first.split(',').map((cell, at) => [columns[at], cell]));
  expect(cells).toMatchObject({
    fps: '5',
    inferred_in: 'server',
    duration_s: '3',
    processed_fps: '14.99',
    e2e_latency_ms_median: '44.12',
    server_latency_ms_median: '-1.5',
    // Not measured, and measured as nothing.
    network_latency_ms_p95: '',
    uplink_kbps: '0',
    downlink_kbps: '',
    cpu_percent_server: '',
    cpu_percent_phone: '0',
    displayed: '42',
    errors: '3',
  });
  expect(second.startsWith('10,320x240,,')).toBe(true);
  expect(second.endsWith(',"no ""phone"", sorry"')).toBe(true);
});
