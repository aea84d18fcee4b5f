// The headline figures, each with a sentence that says what it is.
import type { Summary } from '../../../frontend/src/protocol/messages';
import { decimals } from '../../lib/words';
import { TREES } from './cpu';
import type { Run } from './data';
import { type Content, html, type Markup } from './markup';
import { detectsInBrowser, withUnit } from './words';

export const cards = (run: Run): Markup =>
  html`<div class="cards">
${[endToEnd, fps, detector, network, frames, bandwidth, processor, clock].map((card) => card(run))}</div>\n`;

const card = (name: string, figures: Content, meaning: string): Markup =>
  html`<section class="card"><h3>${name}</h3>${figures}<p class="dim">${meaning}</p></section>\n`;

const big = (value: number | null, unit: string, beside: string): Content =>
  value === null
    ? html`<p class="big missing">not measured</p>`
    : html`<p class="big">${decimals(value, 1)}<small>${unit}</small></p><p class="beside">${beside}</p>`;

const latency = (summary: Summary | null): Content =>
  big(summary?.median ?? null, 'ms', `median; p95 ${withUnit(summary?.p95 ?? null, 1, 'ms')}`);

const list = (rows: [name: string, figure: string][]): Markup =>
  html`<dl>${rows.map(([name, figure]) => html`<div><dt>${name}</dt><dd>${figure}</dd></div>`)}</dl>`;

const endToEnd = ({ metrics }: Run): Markup =>
  card(
    'End to end',
    latency(metrics.e2e_latency_ms),
    'From the phone’s capture of a frame to its boxes on the viewer’s screen.',
  );

const fps = ({ metrics }: Run): Markup =>
  card(
    'Processed',
    big(metrics.processed_fps, 'FPS', `over ${withUnit(metrics.duration_s, 1, 's')}`),
    'Frames whose detections were on screen, per second.',
  );

function detector(run: Run): Markup {
  const inBrowser = detectsInBrowser(run);
  const meaning = inBrowser
    ? 'From the frame in the detector’s hands to its detections, all in the viewer’s browser.'
    : 'From a frame’s last byte read by the server to its detections.';
  return card(inBrowser ? 'Detection' : 'Server', latency(run.metrics.server_latency_ms), meaning);
}

function network(run: Run): Markup {
  const way = detectsInBrowser(run) ? 'the detector in the viewer’s browser has it' : 'the server has it';
  const meaning = `From a frame’s capture until ${way}: the phone’s video and everything on the way.`;
  return card('Network', latency(run.metrics.network_latency_ms), meaning);
}

const frames = ({ metrics: { frames: counts } }: Run): Markup =>
  card(
    'Frames',
    list([
      ['due by the rate', String(counts.sampled)],
      ['displayed', String(counts.displayed)],
      ['dropped by the page', String(counts.dropped_client)],
      ['dropped by the server', String(counts.dropped_server)],
      ['errors', String(counts.errors)],
    ]),
    'A dropped frame gave way to a newer one. A few may be under way at the end.',
  );

function bandwidth(run: Run): Markup {
  const { video_kbps, uplink_kbps, downlink_kbps } = run.metrics;
  const kbps = (value: number | null) => withUnit(value, 0, 'kbps');
  const meaning = detectsInBrowser(run)
    ? 'The phone’s video goes straight to the viewer; frames do not travel on to the server.'
    : 'The phone’s video goes straight to the viewer; JPEG frames go up to the server, detections come down.';
  return card(
    'Bandwidth',
    list([
      ['video', kbps(video_kbps)],
      ['uplink', kbps(uplink_kbps)],
      ['downlink', kbps(downlink_kbps)],
    ]),
    meaning,
  );
}

const processor = ({ metrics: { cpu_percent } }: Run): Markup =>
  card(
    'Processor',
    list(TREES.map((tree) => [tree, withUnit(cpu_percent[tree], 1, '%')])),
    'Mean percent of one core, each with all its processes.',
  );

function clock(run: Run): Markup {
  const { clock_error_ms } = run.metrics;
  const meaning =
    clock_error_ms === null && detectsInBrowser(run)
      ? 'All times are the viewer’s own: there is no second clock to compare with.'
      : 'What may be wrong in figures that cross between viewer and server: network, uplink, downlink. ' +
        'The end-to-end latency has none of it.';
  const value =
    clock_error_ms === null
      ? big(null, '', '')
      : html`<p class="big">± ${decimals(clock_error_ms, 1)}<small>ms</small></p>`;
  return card('Clock error', value, meaning);
}
