// All that one run has to say.
import { cards } from './cards';
import { cpuOverTime } from './cpu';
import type { Run } from './data';
import { latencyHistogram, latencyOverTime } from './latency';
import { type Content, html, type Markup } from './markup';
import { framesOverTime } from './rates';
import { spanOf } from './span';
import { waterfall } from './waterfall';

export const runSections = (run: Run): Markup => html`${cards(run)}${charts(run)}
<div class="pair">
${facts('Measured with', run.metrics.config, 'none')}${facts('Measured on', run.metrics.machine, 'not known')}</div>\n`;

function charts(run: Run): Content {
  const span = spanOf(run);
  const shown = [latencyOverTime, latencyHistogram].map((chart) => chart(run, span));
  const nothing = html`<p class="empty">No frame was shown in this run: there is no latency to draw.</p>\n`;
  return [
    run.frames.length > 0 ? [shown, waterfall(run)] : nothing,
    run.timeline.length > 1 ? framesOverTime(run, span) : '',
    cpuOverTime(run, span),
  ];
}

/** `absent`: what a null means there. */
const facts = (
  title: string,
  values: Record<string, unknown>,
  absent: string,
): Markup => html`<section class="facts"><h3>${title}</h3>
<table>${Object.entries(values).map(
  ([name, value]) => html`<tr><th scope="row">${name}</th><td>${inWords(value) ?? absent}</td></tr>\n`,
)}</table></section>\n`;

function inWords(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
