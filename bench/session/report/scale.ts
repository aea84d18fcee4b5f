// From values to places on a chart.

export type Axis = { low: number; high: number; ticks: number[] };

/** The smallest of 1, 2 and 5 times a power of ten that is not below this. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Round numbers from `low` to `high`, about so many. */
export function ticks(low: number, high: number, about: number): number[] {
  const step = roundStep((high - low) / about);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => rounded((first + index) * step));
}

/** Begins and ends where the data does. */
export function exactAxis(low: number, high: number, about: number): Axis {
  const end = high > low ? high : low + 1;
  return { low, high: end, ticks: ticks(low, end, about) };
}

/** Begins and ends at a round number. `leastStep`: 1 for what is counted. */
export function roundAxis(low: number, high: number, about: number, leastStep = 0): Axis {
  const step = Math.max(leastStep, roundStep((high > low ? high - low : 1) / about));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const marks = Array.from({ length: last - first + 1 }, (_, index) => rounded((first + index) * step));
  return { low: rounded(first * step), high: rounded(last * step), ticks: marks };
}

/** Without the noise of binary fractions: 0.3 instead of 0.30000000000000004. */
const rounded = (value: number): number => Number(value.toPrecision(12)) + 0;

const percent = (share: number): string => `${rounded(Number((100 * share).toFixed(2)))}%`;

/** How far from the left a value lies. */
export const across = ({ low, high }: Axis, value: number): string => percent((value - low) / (high - low));

/** How far from the top a value lies. */
export const down = ({ low, high }: Axis, value: number): string => percent((high - value) / (high - low));

/** How much of the axis so much takes. */
export const share = ({ low, high }: Axis, amount: number): string => percent(amount / (high - low));
