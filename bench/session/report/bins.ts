// How latencies are grouped and how far their axis reaches.
import { percentile } from '../../../frontend/src/viewer/stats';
import { roundStep } from './scale';

export type Bin = { from: number; to: number; count: number };

const MOST_BINS = 60;

/** Freedman and Diaconis' width, made round. `values` ascend. */
export function binWidth(values: readonly number[]): number {
  const range = (values.at(-1) ?? 0) - (values[0] ?? 0);
  if (range <= 0) return 1;
  const quartiles = percentile(values, 0.75) - percentile(values, 0.25);
  return roundStep(Math.max((2 * quartiles) / Math.cbrt(values.length), range / MOST_BINS));
}

/** Every value is in one bin; a bin's upper end belongs to the next one. */
export function bins(values: readonly number[]): Bin[] {
  const [least, most] = [values[0], values.at(-1)];
  if (least === undefined || most === undefined) return [];
  const width = binWidth(values);
  const first = Math.floor(least / width);
  const all = Array.from({ length: Math.floor(most / width) - first + 1 }, (_, index) => ({
    from: (first + index) * width,
    to: (first + index + 1) * width,
    count: 0,
  }));
  for (const value of values) {
    const bin = all[Math.floor(value / width) - first];
    if (bin) bin.count += 1;
  }
  return all;
}

/** Where an axis ends, so that a few stragglers do not squeeze all others to its foot. `values` ascend. */
export function ceilingOf(values: readonly number[]): number {
  const most = values.at(-1) ?? 0;
  if (values.length === 0) return most;
  const usual = 2 * percentile(values, 0.95);
  return usual > 0 ? Math.min(most, usual) : most;
}
