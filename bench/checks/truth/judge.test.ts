import { describe, expect, test } from 'vitest';
import type { Corners } from '../../../frontend/e2e/harness/truth';
import type { FrameRecord } from '../../../frontend/src/viewer/frame-record';
import { cellsOf, LAYOUT } from './cells';
import type { Sighting } from './in-page';
import { judge } from './judge';
import { offsetOf, positionOf, STEP, scenePeople, standsAt } from './scene';

const PEOPLE = scenePeople();
const INTERVAL = 1000 / 30;
const TRUE_E2E = 60;
const START = 1_795_375_877_562;

const drawnAt = (counter: number) => START + counter * INTERVAL;

/** Boxes as the detector finds them when the frame with this counter is before it. */
function boxesAt(counter: number, found = PEOPLE): Corners[] {
  const moved = offsetOf(counter, STEP, LAYOUT.width) / LAYOUT.width;
  return found.map(([xmin, ymin, xmax, ymax], at) => {
    const round = (xmin + xmax) / 2 + moved >= 1 ? moved - 1 : moved;
    const off = ((at % 3) - 1) * 0.004;
    return [xmin + round + off, ymin - off, xmax + round, ymax];
  });
}

type Change = { boxesOf?: number; found?: Corners[]; unreadable?: boolean };

const sighting = (counter: number, { boxesOf = counter, found, unreadable }: Change = {}): Sighting => ({
  frame_id: counter,
  detections: boxesAt(boxesOf, found).map(([xmin, ymin, xmax, ymax]) => ({
    label: 'person',
    score: 0.8,
    xmin,
    ymin,
    xmax,
    ymax,
  })),
  levels: unreadable
    ? Array(100).fill(128)
    : cellsOf({ counter, time: drawnAt(counter) }).map((white) => (white ? 235 : 16)),
  shown: drawnAt(counter) + TRUE_E2E,
  wall_minus_page: 0,
});

/** As the viewer records it when it takes the capture for `early` ms earlier than it was. */
const record = (counter: number, early = 0, source: FrameRecord['capture_source'] = 'capture_time') =>
  ({
    frame_id: counter,
    captured: drawnAt(counter) - early,
    capture_source: source,
    shown: drawnAt(counter) + TRUE_E2E,
    e2e_ms: TRUE_E2E + early,
  }) as FrameRecord;

/** Every second camera frame, as it is sampled. */
const COUNTERS = Array.from({ length: 100 }, (_, at) => 2 * at);
const judged = (sightings: Sighting[], frames: FrameRecord[]) => judge(sightings, frames, PEOPLE, INTERVAL);
const clean = () => COUNTERS.map((counter) => sighting(counter));

describe('latency', () => {
  test('a true one passes, with its figures', () => {
    const { latency, met } = judged(
      clean(),
      COUNTERS.map((counter) => record(counter, -2)),
    );
    expect(met).toEqual({ latency: true, pairing: true });
    expect(latency?.compared).toBe(100);
    expect(latency?.e2e_difference_ms.signed_median).toBeCloseTo(-2, 1);
    expect(latency?.e2e_difference_ms.absolute.median).toBeCloseTo(2, 1);
    expect(latency?.capture_difference_ms.signed_median).toBeCloseTo(2, 1);
    expect(latency?.true_e2e_ms.median).toBeCloseTo(TRUE_E2E, 1);
  });

  test.each([6, -6, 50])('one that is %i ms too long fails, whichever way', (early) => {
    const { met } = judged(
      clean(),
      COUNTERS.map((counter) => record(counter, early)),
    );
    expect(met).toEqual({ latency: false, pairing: true });
  });

  test('errors of both signs do not cancel out', () => {
    const { latency, met } = judged(
      clean(),
      COUNTERS.map((counter) => record(counter, counter % 4 ? 8 : -8)),
    );
    expect(latency?.e2e_difference_ms.absolute.median).toBeCloseTo(8, 1);
    expect(met.latency).toBe(false);
  });

  test('frames without the camera’s own time are counted, not compared', () => {
    const { latency } = judged(
      clean(),
      COUNTERS.map((counter) => record(counter, 0, counter < 20 ? 'receive_time' : 'capture_time')),
    );
    expect(latency).toMatchObject({ compared: 90, without_capture_time: 10 });
  });

  test('the page’s clock is not taken for the wall’s', () => {
    const frames = COUNTERS.map((counter) => {
      const frame = record(counter);
      return { ...frame, captured: frame.captured - 700, shown: frame.shown - 700 };
    });
    const sightings = clean().map((each) => ({ ...each, wall_minus_page: 700 }));
    expect(judged(sightings, frames).met.latency).toBe(true);
    expect(judged(clean(), frames).met.latency).toBe(false);
  });

  test('a frame that never came on screen, or was never recorded, is left out', () => {
    const [first, ...rest] = clean();
    const sightings = [{ ...(first as Sighting), shown: null }, ...rest];
    const frames = COUNTERS.slice(0, -1).map((counter) => record(counter));
    expect(judged(sightings, frames).latency?.compared).toBe(98);
    expect(judged(sightings, []).latency).toBeNull();
    expect(judged(sightings, []).met.latency).toBe(false);
  });
});

describe('pairing', () => {
  const frames = COUNTERS.map((counter) => record(counter));

  test.each([-4, -2, -1, 1, 2, 4])('boxes of the frame %i away are caught, every one', (away) => {
    const sightings = COUNTERS.map((counter) => sighting(counter + 4, { boxesOf: counter + 4 + away }));
    const { pairing, met } = judged(sightings, frames);
    expect(pairing).toEqual({ judged: 100, right: 0, unjudged: 0 });
    expect(met.pairing).toBe(false);
  });

  test('one wrong frame of a hundred is enough', () => {
    const sightings = clean().with(50, sighting(100, { boxesOf: 98 }));
    expect(judged(sightings, frames)).toMatchObject({
      pairing: { judged: 100, right: 99, unjudged: 0 },
      met: { latency: true, pairing: false },
    });
  });

  test('frames with too few boxes are counted apart, and may be few only', () => {
    const lonely = (howMany: number) =>
      COUNTERS.map((counter, at) => sighting(counter, at < howMany ? { found: PEOPLE.slice(0, 1) } : {}));
    expect(judged(lonely(5), frames)).toMatchObject({
      pairing: { judged: 95, right: 95, unjudged: 5 },
      met: { pairing: true },
    });
    expect(judged(lonely(6), frames).met.pairing).toBe(false);
    expect(judged(lonely(100), frames).met.pairing).toBe(false);
  });

  test('unreadable frames are no evidence, and more than a few fail both', () => {
    const blurred = (howMany: number) =>
      COUNTERS.map((counter, at) => sighting(counter, { unreadable: at < howMany }));
    expect(judged(blurred(2), frames)).toMatchObject({
      unreadable: 2,
      met: { latency: true, pairing: true },
    });
    expect(judged(blurred(3), frames).met).toEqual({ latency: false, pairing: false });
  });

  test('nothing painted is no pass', () => {
    expect(judged([], []).met).toEqual({ latency: false, pairing: false });
  });

  test('every position is told from all others', () => {
    for (let counter = 0; counter < 40; counter++) {
      const { shift, sure } = positionOf(boxesAt(counter), PEOPLE);
      expect(sure).toBe(true);
      const fits = Array.from({ length: 40 }, (_, other) => other).filter((other) => standsAt(shift, other));
      expect(fits).toEqual([counter]);
    }
  });

  test('boxes anywhere are not sure', () => {
    const anywhere: Corners[] = [0.1, 0.35, 0.6].map((x) => [x, 0.7, x + 0.05, 0.9]);
    expect(positionOf(anywhere, PEOPLE).sure).toBe(false);
    expect(positionOf([], PEOPLE).sure).toBe(false);
  });
});
