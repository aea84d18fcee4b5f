// The report: one HTML file that needs no other, no network and no script.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../frontend/e2e/harness/paths';
import type { ReportData, Run } from './data';
import { type Content, html, Markup } from './markup';
import { runSections } from './run';
import { anchor, comparison } from './sweep';
import { counted, medianAndP95Ms, modeWords, withUnit } from './words';

const ownFile = (path: string) => new Markup(readFileSync(join(ROOT, path), 'utf8'));

const STYLES = [
  'frontend/src/style/base.css',
  ...['page', 'charts', 'tables'].map((name) => `bench/session/report/${name}.css`),
].map(ownFile);
const ICON = ownFile('frontend/src/style/icon.svg');
const CSP = new Markup(
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'none'; base-uri 'none'; form-action 'none'",
);

export function renderReport(data: ReportData): string {
  const report = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${CSP}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>Sightline bench, ${data.made}</title>
<style>${STYLES}</style>
</head>
<body>
<main>
${head(data)}${body(data.runs)}${leftOut}</main>
</body>
</html>
`;
  return report.text;
}

const head = ({ made, command, runs, notes }: ReportData): Markup => html`<header>
<p class="brand">${ICON}Sightline</p>
<h1>From camera to screen</h1>
<p>Measured in ${runs.length === 1 ? runs.map(modeWords) : counted(runs.length, 'run')}, <time datetime="${made}">${made.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></p>
<pre>${command}</pre>
${notes.length > 0 ? html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>\n` : ''}</header>\n`;

function body(runs: Run[]): Content {
  const [only] = runs;
  if (!only) return html`<p class="empty">No run was measured.</p>\n`;
  return runs.length === 1 ? runSections(only) : [comparison(runs), runs.map(folded)];
}

function folded(run: Run, index: number): Markup {
  const { e2e_latency_ms, processed_fps } = run.metrics;
  return html`<details class="run">
<summary><h2>${run.title}</h2><span class="dim">${withUnit(processed_fps, 1, 'FPS')}, E2E ${medianAndP95Ms(e2e_latency_ms)}</span></summary>
<div id="${anchor(index)}">
<p class="dim">Measured in ${modeWords(run)}.</p>
${runSections(run)}</div>
</details>\n`;
}

const leftOut = html`<section class="left-out">
<h2>What these figures leave out</h2>
<ul>
<li>The camera’s sensor. A frame’s time begins when the phone’s browser has it: exposure and read-out come before. A fake
camera that plays a clip has no sensor at all.</li>
<li>The screen’s panel. A frame’s time ends at the frame callback after drawing: the compositor and the panel come after,
often one or two refreshes.</li>
</ul>
</section>\n`;
