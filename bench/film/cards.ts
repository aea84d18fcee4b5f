// What the film says between and below its pictures.
import type { MetricsReport, Summary } from '../../frontend/src/protocol/messages';
import type { Machine } from '../lib/machine';
import { decimals } from '../lib/words';

const STYLE = `
  html { height: 100%; color-scheme: dark; font-family: system-ui, "DejaVu Sans", sans-serif; }
  body { height: 100%; margin: 0; background: #0f1213; color: #e7ecec; display: grid; place-content: center; text-align: center; }
  h1 { font-size: 72px; margin: 0 0 20px; color: #6fd6b4; }
  h2 { font-size: 44px; margin: 0 0 28px; color: #6fd6b4; }
  p { font-size: 30px; margin: 0 auto 18px; max-width: 1250px; line-height: 1.4; }
  p.caption { font-size: 29px; margin: 0; max-width: 1540px; line-height: 1.3; }
  .dim { color: #95a2a5; font-size: 22px; }
  table { font-size: 28px; border-collapse: collapse; margin: 0 auto 28px; }
  td, th { padding: 9px 34px; text-align: right; font-weight: normal; border-bottom: 1px solid #293033; }
  th { color: #95a2a5; } td:first-child { text-align: left; }
  code { color: #6fd6b4; font-family: "DejaVu Sans Mono", monospace; }`;

const page = (body: string): string => `<!doctype html><style>${STYLE}</style><body>${body}`;

export const caption = (text: string): string => page(`<p class="caption">${escaped(text)}</p>`);

export const titleCard = ({ cores, processor }: Machine): string =>
  page(`<h1>Sightline</h1>
    <p>Scan a QR code, and your phone’s camera becomes a live object detector on your laptop.</p>
    <p class="dim">Left a phone, right the viewer: real pages, filmed as they ran, phone and laptop on one machine with ${cores} cores
    (${escaped(processor)}, no GPU used).
    The phone is a browser whose camera shows a clip.</p>`);

export const phoneAtRest = (): string => page('<p class="dim">a phone,<br>nothing installed</p>');

export const closingCard = (): string =>
  page(`<h2>What we would do next</h2>
    <p>The same figures from real phones:<br>here a browser plays the phone.</p>
    <p style="margin-top: 50px"><code>./start.sh</code></p>
    <p class="dim">or <code>./start.sh --demo</code> without any phone</p>`);

type Row = { name: string; of: (metrics: MetricsReport) => string };

const milliseconds = (summary: Summary | null): string =>
  `${decimals(summary?.median, 0)} / ${decimals(summary?.p95, 0)} ms`;

const ROWS: Row[] = [
  { name: 'boxes shown a second', of: ({ processed_fps }) => decimals(processed_fps, 1) },
  { name: 'camera to screen, median / p95', of: ({ e2e_latency_ms }) => milliseconds(e2e_latency_ms) },
  { name: 'of it, detection', of: ({ server_latency_ms }) => milliseconds(server_latency_ms) },
  { name: 'frames sent to the server', of: ({ uplink_kbps }) => `${decimals(uplink_kbps, 0)} kbps` },
  { name: 'frames sampled, shown', of: ({ frames }) => `${frames.sampled}, ${frames.displayed}` },
];

/** The figures of this film: `metrics.json` of its two measured parts. */
export function figuresCard(measured: MetricsReport[]): string {
  const row = (cells: string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  const head = row(['', ...measured.map(({ mode }) => `${mode} mode`)], 'th');
  const rows = ROWS.map(({ name, of }) => row([name, ...measured.map(of)], 'td'));
  return page(`<h2>metrics.json of this film</h2><table>${head}${rows.join('')}</table>
    <p class="dim">Measured while it was filmed, which costs time itself. A fake camera has no sensor, and the time ends
    when the boxes are drawn. <code>bench/run_bench.sh</code> measures without the film.</p>`);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
