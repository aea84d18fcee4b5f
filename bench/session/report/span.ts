// The time a run's charts share.
import type { Run } from './data';
import { type Axis, exactAxis } from './scale';

export type Span = { begin: number; axis: Axis };

export const SECONDS = 'seconds since the measurement began';

/** From the first count of frames to the last figure; without counts, from the first frame shown. */
export function spanOf({ timeline, frames, cpu }: Run): Span {
  const times = timeline.length > 0 ? timeline.map(({ at }) => at) : frames.map(({ shown }) => shown);
  const begin = times[0] ?? cpu[0]?.at ?? 0;
  const end = Math.max(begin, times.at(-1) ?? 0, cpu.at(-1)?.at ?? 0);
  return { begin, axis: exactAxis(0, (end - begin) / 1000, 8) };
}

export const secondsIn = ({ begin }: Span, at: number): number => (at - begin) / 1000;
