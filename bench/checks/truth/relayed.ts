// Relayed pictures against what their pixels say. The phone's clock may be wrong: its pixels tell the time by it.
import type { FrameRecord } from '../../../frontend/src/viewer/frame-record';
import { summarise } from '../../../frontend/src/viewer/stats';
import { readCells } from './cells';
import type { Sighting } from './in-page';
import { judge, type Pairing } from './judge';
import { scenePeople } from './scene';
import { CAMERA_FPS, type Evidence } from './session';

/** Ms that the pages' wall clocks may be told apart from each other's. */
const GRAIN_MS = 2;

export type Comparison = {
  compared: number;
  /** Frames whose capture is told earlier than they were drawn, by more than is told of the clocks. */
  early: number;
  /** Told capture less the drawing, ms, in the median: until then the page had not been shown the frame. */
  late: number | null;
  pairing: Pairing;
};

/** `ahead`: ms that the phone's clock is ahead of ours. `shift`: a deliberate error of every capture time, ms. */
export function compareRelayed(
  { sightings, frames, metrics }: Evidence,
  ahead: number,
  shift = 0,
): Comparison {
  const error = metrics.clock_error_ms;
  if (error === null) throw new Error('nothing is told of the clocks');
  const differences = toldLessDrawn(sightings, frames).map((difference) => difference + ahead + shift);
  const { pairing } = judge(sightings, frames, scenePeople(), 1000 / CAMERA_FPS);
  return {
    compared: differences.length,
    early: differences.filter((difference) => difference < -(error + GRAIN_MS)).length,
    late: summarise(differences)?.median ?? null,
    pairing,
  };
}

function toldLessDrawn(sightings: readonly Sighting[], frames: readonly FrameRecord[]): number[] {
  const records = new Map(frames.map((frame) => [frame.frame_id, frame]));
  return sightings.flatMap(({ frame_id, levels, wall_minus_page }) => {
    const [stamp, record] = [readCells(levels), records.get(frame_id)];
    return stamp && record ? [record.captured + wall_minus_page - stamp.time] : [];
  });
}
