// The table of a sweep, for spreadsheets: one row per run, the swept values first.
import type { MetricsReport } from '../../frontend/src/protocol/messages';
import type { Settings } from './settings';

export type Row = {
  varied: Partial<Settings>;
  /** What was measured, or why nothing was. */
  result: { metrics: MetricsReport; note: string | null } | { failure: string };
};

type Cell = string | number | null | undefined;

/** In the words of metrics.json; a value that was not measured is an empty cell. */
const FIGURES: Record<string, (metrics: MetricsReport) => Cell> = {
  /** Where auto mode ended up. */
  inferred_in: ({ mode }) => mode,
  duration_s: ({ duration_s }) => rounded(duration_s),
  processed_fps: ({ processed_fps }) => rounded(processed_fps),
  e2e_latency_ms_median: ({ e2e_latency_ms }) => rounded(e2e_latency_ms?.median),
  e2e_latency_ms_p95: ({ e2e_latency_ms }) => rounded(e2e_latency_ms?.p95),
  server_latency_ms_median: ({ server_latency_ms }) => rounded(server_latency_ms?.median),
  server_latency_ms_p95: ({ server_latency_ms }) => rounded(server_latency_ms?.p95),
  network_latency_ms_median: ({ network_latency_ms }) => rounded(network_latency_ms?.median),
  network_latency_ms_p95: ({ network_latency_ms }) => rounded(network_latency_ms?.p95),
  uplink_kbps: ({ uplink_kbps }) => rounded(uplink_kbps),
  downlink_kbps: ({ downlink_kbps }) => rounded(downlink_kbps),
  video_kbps: ({ video_kbps }) => rounded(video_kbps),
  clock_error_ms: ({ clock_error_ms }) => rounded(clock_error_ms),
  cpu_percent_server: ({ cpu_percent }) => rounded(cpu_percent.server),
  cpu_percent_viewer: ({ cpu_percent }) => rounded(cpu_percent.viewer),
  cpu_percent_phone: ({ cpu_percent }) => rounded(cpu_percent.phone),
  sampled: ({ frames }) => frames.sampled,
  sent: ({ frames }) => frames.sent,
  answered: ({ frames }) => frames.answered,
  displayed: ({ frames }) => frames.displayed,
  dropped_client: ({ frames }) => frames.dropped_client,
  dropped_server: ({ frames }) => frames.dropped_server,
  errors: ({ frames }) => frames.errors,
};

export function csvOf(rows: Row[]): string {
  const settings = Object.keys(rows[0]?.varied ?? {}) as (keyof Settings)[];
  const header: Cell[] = [...settings, ...Object.keys(FIGURES), 'note'];
  const lines = rows.map(({ varied, result }) => [
    ...settings.map((setting) => varied[setting]),
    ...Object.values(FIGURES).map((figure) => ('metrics' in result ? figure(result.metrics) : null)),
    'metrics' in result ? result.note : result.failure,
  ]);
  return [header, ...lines].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** RFC 4180. */
function quoted(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const rounded = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : Math.round(value * 100) / 100;
