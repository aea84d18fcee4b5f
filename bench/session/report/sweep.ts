// Several runs side by side.
import { decimals, medianAndP95 } from '../../lib/words';
import { TREES } from './cpu';
import type { Run } from './data';
import { type Content, html, type Markup } from './markup';
import { bar, gridOf, header } from './rows';
import { type Axis, across, roundAxis } from './scale';
import { figure, key, sign, whisker } from './svg';
import { ms, withUnit } from './words';

export const anchor = (index: number): string => `run-${index + 1}`;

type Column = { name: string; figure: (run: Run) => string };

const COLUMNS: Column[] = [
  { name: 'FPS', figure: ({ metrics }) => decimals(metrics.processed_fps, 1) },
  { name: 'E2E, ms', figure: ({ metrics }) => medianAndP95(metrics.e2e_latency_ms) },
  { name: 'server, ms', figure: ({ metrics }) => medianAndP95(metrics.server_latency_ms) },
  { name: 'network, ms', figure: ({ metrics }) => medianAndP95(metrics.network_latency_ms) },
  { name: 'uplink, kbps', figure: ({ metrics }) => decimals(metrics.uplink_kbps, 0) },
  ...TREES.map((tree) => ({
    name: `CPU ${tree}, %`,
    figure: ({ metrics }: Run) => decimals(metrics.cpu_percent[tree], 1),
  })),
  {
    name: 'dropped, errors',
    figure: ({ metrics: { frames } }) =>
      `${frames.dropped_client} / ${frames.dropped_server} / ${frames.errors}`,
  },
];

export const comparison = (runs: Run[]): Markup => html`<section>
<h2>All runs</h2>
<div class="scroll"><table class="figures">
<thead><tr><th scope="col">run</th>${COLUMNS.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${runs.map(row)}</tbody>
</table></div>
<p class="dim">Latencies: median / p95. CPU: mean percent of one core. Dropped: by the viewer’s page / by the server / errors.</p>
${compared(runs)}</section>\n`;

const named = (run: Run, index: number): Markup =>
  html`<th scope="row"><a href="#${anchor(index)}">${run.title}</a></th>`;

const row = (run: Run, index: number): Markup =>
  html`<tr>${named(run, index)}${COLUMNS.map((column) => cell(column.figure(run)))}</tr>\n`;

const cell = (text: string): Markup =>
  text === decimals(null, 0) ? html`<td class="missing">${text}</td>` : html`<td>${text}</td>`;

function compared(runs: Run[]): Markup {
  const highest = (values: (number | null | undefined)[]) =>
    Math.max(0, ...values.map((value) => value ?? 0));
  const latency = roundAxis(0, highest(runs.map(({ metrics }) => metrics.e2e_latency_ms?.p95)), 5);
  const rate = roundAxis(0, highest(runs.map(({ metrics }) => metrics.processed_fps)), 4);
  const head = (name: string, axis: Axis) => html`<th scope="col" class="chart">${name}${header(axis)}</th>`;
  return figure(
    'Latency and rate',
    'The end-to-end latency, and the frames per second whose detections were on screen.',
    html`<table class="rows compare">
<thead><tr><th scope="col">run</th>${head('E2E, ms', latency)}${head('FPS', rate)}</tr></thead>
<tbody>${runs.map(
      (run, index) => html`<tr>${named(run, index)}${latencyCell(run, latency)}${rateCell(run, rate)}</tr>\n`,
    )}</tbody>
</table>`,
    [
      { key: key('dot', 'mean'), words: 'median' },
      { key: key('whisker', 'whisker'), words: 'to the p95' },
      { key: key('block', 'rate'), words: 'FPS' },
    ],
  );
}

function latencyCell({ metrics: { e2e_latency_ms: e2e } }: Run, axis: Axis): Content {
  if (e2e === null)
    return chartCell(axis, html`<text class="tick" x="4" y="50%" dy="0.32em">not measured</text>`);
  const [from, to] = [across(axis, e2e.median), across(axis, e2e.p95)];
  const words = `median ${ms(e2e.median)}, p95 ${ms(e2e.p95)}`;
  return chartCell(axis, [whisker('whisker', from, to), sign('dot', 'mean', from, '50%', words)]);
}

function rateCell({ metrics: { processed_fps } }: Run, axis: Axis): Content {
  if (processed_fps === null)
    return chartCell(axis, html`<text class="tick" x="4" y="50%" dy="0.32em">not measured</text>`);
  return chartCell(axis, bar('rate', axis, 0, processed_fps, withUnit(processed_fps, 1, 'FPS')));
}

const chartCell = (axis: Axis, marks: Content): Markup =>
  html`<td class="chart"><svg aria-hidden="true">${gridOf(axis)}${marks}</svg></td>`;
