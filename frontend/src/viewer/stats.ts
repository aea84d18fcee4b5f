// Statistics, as pure functions. What is not a finite number was not measured: it is not counted.

import type { Summary } from '../protocol/messages';

/** The value below which the share `p` of the values lies, interpolated between neighbours. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  const rank = (sorted.length - 1) * p;
  const low = Math.floor(rank);
  const a = sorted[low];
  const b = sorted[Math.ceil(rank)];
  if (a === undefined || b === undefined)
    throw new RangeError(`no percentile ${p} of ${sorted.length} values`);
  return a + (b - a) * (rank - low);
}

/** Null when nothing was measured. */
export function summarise(values: Iterable<number>): Summary | null {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return null;
  return { median: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}

/** Null when no time has passed, or a clock went backwards. */
export function perSecond(amount: number, ms: number): number | null {
  return ms > 0 && Number.isFinite(ms) && Number.isFinite(amount) ? (amount * 1000) / ms : null;
}
