// The figures in the terminal.
import type { CpuPercent, FrameCounts, MetricsReport } from '../../frontend/src/protocol/messages';
import { decimals, medianAndP95, table } from '../lib/words';
import type { Row } from './csv';
import { titleOf } from './sweep';

export function figures(metrics: MetricsReport): string {
  const { frames } = metrics;
  return table([
    ['mode', metrics.mode],
    ['measured, s', decimals(metrics.duration_s, 1)],
    ['frames sampled / shown', `${frames.sampled} / ${frames.displayed}`],
    [`frames ${LOST}`, lost(frames)],
    ['frames shown a second', decimals(metrics.processed_fps, 2)],
    ['camera to screen, ms (median / p95)', medianAndP95(metrics.e2e_latency_ms)],
    ['detection, ms (median / p95)', medianAndP95(metrics.server_latency_ms)],
    ['camera to detector, ms (median / p95)', medianAndP95(metrics.network_latency_ms)],
    ['clock error, ms', metrics.mode === 'wasm' ? 'one clock only' : decimals(metrics.clock_error_ms, 2)],
    ['frames to the detector / answers / video, kbps', kbps(metrics)],
    ['processor, % of a core: server / viewer / phone', cpu(metrics.cpu_percent)],
  ]);
}

export function sweepFigures(rows: Row[]): string {
  const head = ['', 'FPS', 'E2E, ms (median / p95)', 'CPU, %: server / viewer / phone', LOST];
  const lines = rows.map(({ varied, result }) => {
    if ('failure' in result) return [titleOf(varied), 'failed', '', '', ''];
    const { processed_fps, e2e_latency_ms, cpu_percent, frames } = result.metrics;
    return [
      titleOf(varied),
      decimals(processed_fps, 1),
      medianAndP95(e2e_latency_ms),
      cpu(cpu_percent),
      lost(frames),
    ];
  });
  return table([head, ...lines]);
}

const LOST = 'dropped by page / by server / errors';

const lost = ({ dropped_client, dropped_server, errors }: FrameCounts): string =>
  `${dropped_client} / ${dropped_server} / ${errors}`;

const kbps = ({ uplink_kbps, downlink_kbps, video_kbps }: MetricsReport): string =>
  [uplink_kbps, downlink_kbps, video_kbps].map((value) => decimals(value, 0)).join(' / ');

const cpu = ({ server, viewer, phone }: CpuPercent): string =>
  [server, viewer, phone].map((value) => decimals(value, 0)).join(' / ');
