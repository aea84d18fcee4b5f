// What a reader of a recording's figures must know.
import type { Recording } from '../../frontend/src/viewer/recording';

/** More frames that were timed by something else than the camera are told. */
const MOST_UNTIMED = 0.01;

/** `asked`: seconds. */
export function notesOn({ metrics, frames }: Recording, asked: number, interrupted: boolean): string[] {
  const measured = metrics.duration_s ?? 0;
  const seconds = `${measured.toFixed(0)} s of ${asked} s`;
  const untimed = frames.filter(({ capture_source }) => capture_source !== 'capture_time').length;
  const notes: string[] = [];
  if (interrupted) notes.push(`interrupted after ${seconds}`);
  // The figures are of the time between the first frame and the last one.
  else if (asked - measured > Math.max(1, 0.1 * asked)) notes.push(`frames came during ${seconds} only`);
  if (untimed > MOST_UNTIMED * frames.length) {
    const share = `${untimed} of ${frames.length} frames`;
    notes.push(`${share} were not timed by the phone's camera: their latency is less than the truth`);
  }
  return notes;
}
