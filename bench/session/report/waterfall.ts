// The waterfall: a bar per stage that begins where the stage before it ends.
import { decimals } from '../../lib/words';
import type { Run } from './data';
import { type Content, html, type Markup } from './markup';
import { bar, gridOf, header } from './rows';
import { type Axis, across, roundAxis } from './scale';
import { cascade, missing, NOT_IN_BROWSER, PLACES, remainders, type Step, WORDS } from './stages';
import { figure, key, whisker } from './svg';
import { counted, detectsInBrowser, withUnit } from './words';

export function waterfall(run: Run): Markup {
  const steps = cascade(run.metrics.stages_ms);
  const ends = steps.flatMap(({ start, median, p95 }) => [start, start + median, start + p95]);
  const axis = roundAxis(Math.min(0, ...ends), Math.max(0, ...ends), 6);
  return figure(
    'Where the time goes',
    'Every stage on a frame’s way from the camera to the screen, in the frames whose end-to-end latency is about ' +
      'the median; each bar begins where the one before it ends. The thin line reaches to the stage’s p95 of all frames.',
    html`<table class="rows waterfall">
<thead><tr><th scope="col">stage</th><th scope="col" class="chart">ms${header(axis)}</th><th scope="col">at the median</th><th scope="col">p95</th></tr></thead>
<tbody>${steps.map((step) => row(step, axis))}</tbody>
<tfoot>${sums(run, steps)}</tfoot>
</table>
${closing(run)}`,
    [
      { key: key('block', 'network'), words: 'on a network' },
      { key: key('block', 'viewer'), words: 'in the viewer’s page' },
      {
        key: key('block', 'detector'),
        words: detectsInBrowser(run) ? 'in the detector, in the viewer’s browser' : 'in the server',
      },
      { key: key('whisker', 'whisker'), words: 'to the p95' },
    ],
  );
}

function row({ stage, start, median, p95 }: Step, axis: Axis): Markup {
  const words = `${stage}: at the median ${decimals(median, 2)} ms, p95 ${decimals(p95, 2)} ms`;
  const drawn = [
    gridOf(axis),
    whisker('whisker', across(axis, start + Math.min(median, p95)), across(axis, start + p95)),
    bar(PLACES[stage], axis, start, start + median, words),
  ];
  return html`<tr><th scope="row"><code>${stage}</code><small>${WORDS[stage]}</small></th><td class="chart"><svg aria-hidden="true">${drawn}</svg></td><td>${decimals(median, 2)}</td><td>${decimals(p95, 2)}</td></tr>\n`;
}

function sums({ metrics: { e2e_latency_ms } }: Run, steps: Step[]): Content {
  const sum = steps.length === 0 ? null : steps.reduce((total, { median }) => total + median, 0);
  const whole = e2e_latency_ms?.median ?? null;
  const line = (name: string, value: number | null, p95: Content = '') =>
    html`<tr><th scope="row">${name}</th><td class="chart"></td><td>${decimals(value, 2)}</td><td>${p95}</td></tr>\n`;
  return [
    line('Sum of the stages', sum),
    line('End-to-end latency, median', whole, decimals(e2e_latency_ms?.p95, 2)),
    line('Difference', whole === null || sum === null ? null : whole - sum),
  ];
}

function closing(run: Run): Content {
  return [absent(run), addingUp(run)].map((words) =>
    words === '' ? '' : html`<p class="closing dim">${words}</p>\n`,
  );
}

function absent(run: Run): string {
  const stages = missing(run.metrics.stages_ms);
  const inBrowser = detectsInBrowser(run);
  const lacking = stages.filter((stage) => inBrowser && NOT_IN_BROWSER.includes(stage));
  const unknown = stages.filter((stage) => !lacking.includes(stage));
  const parts = [
    lacking.length > 0 ? `Not in this mode: ${lacking.join(', ')}; frames do not leave the page.` : '',
    unknown.length > 0 ? `Not measured: ${unknown.join(', ')}.` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function addingUp({ frames }: Run): string {
  const rests = remainders(frames).map(Math.abs);
  if (rests.length === 0) return '';
  const largest = rests.reduce((most, rest) => Math.max(most, rest), 0);
  const rest = frames.length - rests.length;
  return (
    `In ${rest === 0 ? `each of ${counted(frames.length, 'frame')}` : counted(rests.length, 'frame')} the stages add ` +
    `up to the frame’s own latency within ${withUnit(Math.max(0.01, Math.ceil(100 * largest) / 100), 2, 'ms')}` +
    `${rest === 0 ? '' : `; ${counted(rest, 'other frame')} had a stage whose time is not known`}.`
  );
}
