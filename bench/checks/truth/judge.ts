// What the pixels say against what the viewer said of the same frames.
import type { Corners } from '../../../frontend/e2e/harness/truth';
import type { Summary } from '../../../frontend/src/protocol/messages';
import type { FrameRecord } from '../../../frontend/src/viewer/frame-record';
import { summarise } from '../../../frontend/src/viewer/stats';
import { readCells, type Stamp } from './cells';
import type { Sighting } from './in-page';
import { positionOf, standsAt } from './scene';

export const LIMITS = {
  /**
   * Median of |our E2E − the pixels'|, ms. What there is of it comes from the browser's capture times: they begin at
   * the handing over, 1 ms or so after the stamp, are told in whole ms, and go from one page's clock to the other's as
   * if packets took half a round trip each way, which is less true the busier the machine.
   */
  difference_ms: 5,
  /** Of all paintings. */
  unreadable: 0.02,
  /** Of all paintings: frames with too few boxes to tell where the picture stood. */
  unjudged: 0.05,
};

type Spread = { signed_median: number; absolute: Summary };

export type Latency = {
  compared: number;
  /** Shown, but timed by another clock than the camera's: those do not claim to be true. */
  without_capture_time: number;
  /** Ours minus the pixels'. */
  e2e_difference_ms: Spread;
  /** The capture time in our record minus the time in the painted pixels. */
  capture_difference_ms: Spread;
  /** From the time in the pixels to the frame callback after the painting. */
  true_e2e_ms: Summary;
  our_e2e_ms: Summary;
};

export type Pairing = { judged: number; right: number; unjudged: number };

export type Verdict = {
  painted: number;
  unreadable: number;
  /** Null: not one frame could be compared. */
  latency: Latency | null;
  pairing: Pairing;
  met: { latency: boolean; pairing: boolean };
};

/** `interval`: ms between two frames of the camera. */
export function judge(
  sightings: readonly Sighting[],
  frames: readonly FrameRecord[],
  people: readonly Corners[],
  interval: number,
): Verdict {
  const readable = sightings.flatMap((sighting) => {
    const stamp = readCells(sighting.levels);
    return stamp ? [{ sighting, stamp }] : [];
  });
  const painted = sightings.length;
  const unreadable = painted - readable.length;
  const latency = compareLatency(readable, frames);
  const pairing = judgePairing(readable, people);
  const seen = painted > 0 && unreadable <= LIMITS.unreadable * painted;
  const met = {
    latency: seen && latency !== null && isTrue(latency, interval),
    pairing: seen && isRight(pairing, painted),
  };
  return { painted, unreadable, latency, pairing, met };
}

type Readable = { sighting: Sighting; stamp: Stamp };

function compareLatency(readable: readonly Readable[], frames: readonly FrameRecord[]): Latency | null {
  const records = new Map(frames.map((frame) => [frame.frame_id, frame]));
  const compared = readable.flatMap(({ sighting, stamp }) => {
    const record = records.get(sighting.frame_id);
    if (record?.capture_source !== 'capture_time' || sighting.shown === null) return [];
    return [
      {
        ours: record.e2e_ms,
        truth: sighting.shown - stamp.time,
        captured: record.captured + sighting.wall_minus_page - stamp.time,
      },
    ];
  });
  const truth = summarise(compared.map((each) => each.truth));
  const ours = summarise(compared.map((each) => each.ours));
  const e2e = spread(compared.map((each) => each.ours - each.truth));
  const capture = spread(compared.map(({ captured }) => captured));
  if (!truth || !ours || !e2e || !capture) return null;
  return {
    compared: compared.length,
    without_capture_time: frames.filter(({ capture_source }) => capture_source !== 'capture_time').length,
    e2e_difference_ms: e2e,
    capture_difference_ms: capture,
    true_e2e_ms: truth,
    our_e2e_ms: ours,
  };
}

function spread(differences: number[]): Spread | null {
  const signed = summarise(differences);
  const absolute = summarise(differences.map(Math.abs));
  return signed && absolute && { signed_median: signed.median, absolute };
}

function judgePairing(readable: readonly Readable[], people: readonly Corners[]): Pairing {
  const pairing = { judged: 0, right: 0, unjudged: 0 };
  for (const { sighting, stamp } of readable) {
    const { shift, sure } = positionOf(personsOf(sighting), people);
    if (!sure) {
      pairing.unjudged += 1;
      continue;
    }
    pairing.judged += 1;
    if (standsAt(shift, stamp.counter)) pairing.right += 1;
  }
  return pairing;
}

const personsOf = ({ detections }: Sighting): Corners[] =>
  detections
    .filter(({ label }) => label === 'person')
    .map(({ xmin, ymin, xmax, ymax }) => [xmin, ymin, xmax, ymax]);

/** A capture time half an interval away is nearer to another frame. */
const isTrue = ({ e2e_difference_ms, capture_difference_ms }: Latency, interval: number): boolean =>
  e2e_difference_ms.absolute.median <= LIMITS.difference_ms &&
  Math.abs(capture_difference_ms.signed_median) < interval / 2;

const isRight = ({ judged, right, unjudged }: Pairing, painted: number): boolean =>
  judged > 0 && right === judged && unjudged <= LIMITS.unjudged * painted;
