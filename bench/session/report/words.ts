// Figures as they are written.
import type { Summary } from '../../../frontend/src/protocol/messages';
import { decimals, medianAndP95 } from '../../lib/words';
import type { Run } from './data';

/** A space that does not break: a figure stays with its unit. */
const NEAR = '\u00a0';

export const withUnit = (value: number | null, digits: number, unit: string): string =>
  value === null ? decimals(value, digits) : `${decimals(value, digits)}${NEAR}${unit}`;

export const ms = (value: number | null): string => withUnit(value, 1, 'ms');

export const medianAndP95Ms = (summary: Summary | null): string =>
  summary ? `${medianAndP95(summary)}${NEAR}ms` : medianAndP95(summary);

export const counted = (count: number, thing: string): string =>
  `${count}${NEAR}${thing}${count === 1 ? '' : 's'}`;

/** A viewer that was free to choose tells what it chose. */
export const detectsInBrowser = ({ metrics }: Run): boolean => metrics.mode === 'wasm';

export function modeWords(run: Run): string {
  const where = detectsInBrowser(run) ? 'the viewer’s browser detects' : 'the server detects';
  return `${run.metrics.mode} mode (${where})`;
}
