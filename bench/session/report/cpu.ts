// Processor time of the three process trees.
import type { CpuPercent } from '../../../frontend/src/protocol/messages';
import { decimals } from '../../lib/words';
import type { Run } from './data';
import { html, type Markup } from './markup';
import { type Axis, across, down, roundAxis } from './scale';
import { SECONDS, type Span, secondsIn } from './span';
import { curve, type Entry, figure, key, plot } from './svg';

export type Tree = keyof CpuPercent;

export const TREES: readonly Tree[] = ['server', 'viewer', 'phone'];

const WHY_NOT = 'not measured: its processes are on another machine, or the operating system does not tell';

const TITLE = 'Processor';
const WORDS =
  'Time on a processor of each part with all its processes, by the operating system, in percent of one core: 200 % is ' +
  'two cores at work all the time.';

export function cpuOverTime({ cpu, metrics: { cpu_percent } }: Run, span: Span): Markup {
  const entries = TREES.map((tree) => entry(tree, cpu_percent[tree]));
  const values = cpu.flatMap((sample) => TREES.map((tree) => sample[tree])).filter((value) => value !== null);
  if (values.length === 0) return figure(TITLE, WORDS, '', entries);
  const y = roundAxis(0, Math.max(...values), 4);
  const marks = TREES.map((tree) => {
    const points = cpu
      .map((sample) => ({ x: secondsIn(span, sample.at), y: sample[tree] }))
      .filter(({ x }) => x >= 0);
    return [
      curve(`load ${tree}`, span.axis, y, points),
      points.map((point) => hover(tree, point, span.axis, y)),
    ];
  });
  const label = 'Processor time of server, viewer and phone over time';
  return figure(TITLE, WORDS, plot({ label, x: span.axis, y, xWords: SECONDS, yWords: '%', marks }), entries);
}

/** An unseen spot that tells a second's figure under the pointer. */
function hover(tree: Tree, at: { x: number; y: number | null }, x: Axis, y: Axis): Markup {
  if (at.y === null) return html``;
  return html`<circle class="hover" cx="${across(x, at.x)}" cy="${down(y, at.y)}" r="6"><title>${tree}: ${decimals(at.y, 1)} %</title></circle>\n`;
}

const entry = (tree: Tree, mean: number | null): Entry => ({
  key: key('line', `load ${tree}`),
  words: `${tree}: ${mean === null ? WHY_NOT : `${decimals(mean, 1)} % in the mean`}`,
});
