import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, iou, onFrame, type Rect, suppress } from './nms';

const GRID = 24;
const near = { min: 0, max: GRID - 1 };
const size = { min: 1, max: GRID };

/** A box whose corners lie on a grid, so that areas can be counted cell by cell. */
const corners = fc
  .tuple(fc.integer(near), fc.integer(near), fc.integer(size), fc.integer(size))
  .map(([x, y, width, height]) => ({
    xmin: x,
    ymin: y,
    xmax: Math.min(x + width, GRID),
    ymax: Math.min(y + height, GRID),
  }));

const fractions = ({ xmin, ymin, xmax, ymax }: Rect): Rect => ({
  xmin: xmin / GRID,
  ymin: ymin / GRID,
  xmax: xmax / GRID,
  ymax: ymax / GRID,
});

const candidate: fc.Arbitrary<Candidate> = fc.record({
  class: fc.integer({ min: 1, max: 3 }),
  score: fc.integer({ min: 1, max: 10_000 }).map((score) => score / 10_000),
  rect: corners.map(fractions),
});
const candidates = fc.array(candidate, { maxLength: 40 });

function cells({ xmin, ymin, xmax, ymax }: Rect): Set<number> {
  const inside = new Set<number>();
  for (let y = ymin; y < ymax; y++) {
    for (let x = xmin; x < xmax; x++) inside.add(y * GRID + x);
  }
  return inside;
}

/** Suppression as it is defined: the best that is left stays, and takes with it all of its class that overlap it. */
function slowSuppress(all: readonly Candidate[], limit: number): Candidate[] {
  const kept: Candidate[] = [];
  let left = [...all];
  while (left.length > 0) {
    const best = left.reduce((a, b) => (b.score > a.score ? b : a));
    kept.push(best);
    left = left.filter(
      (other) => other !== best && (other.class !== best.class || iou(other.rect, best.rect) <= limit),
    );
  }
  return kept;
}

describe('iou', () => {
  it('counts cells', () => {
    fc.assert(
      fc.property(corners, corners, (a, b) => {
        const [inA, inB] = [cells(a), cells(b)];
        const shared = [...inA].filter((cell) => inB.has(cell)).length;
        const union = inA.size + inB.size - shared;
        expect(iou(fractions(a), fractions(b))).toBeCloseTo(shared / union, 9);
        expect(iou(fractions(b), fractions(a))).toBe(iou(fractions(a), fractions(b)));
      }),
    );
  });

  it('is 0 for empty boxes', () => {
    const point = { xmin: 0.5, ymin: 0.5, xmax: 0.5, ymax: 0.5 };
    expect(iou(point, point)).toBe(0);
  });
});

describe('suppress', () => {
  const limit = fc.double({ min: 0.1, max: 0.9, noNaN: true });

  it('equals the slow reference', () => {
    fc.assert(
      fc.property(candidates, limit, (all, at) => {
        expect(suppress(all, at, Number.POSITIVE_INFINITY)).toEqual(slowSuppress(all, at));
      }),
    );
  });

  it('keeps the best when there are too many', () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 0, max: 10 }), (all, max) => {
        expect(suppress(all, 0.5, max)).toEqual(slowSuppress(all, 0.5).slice(0, max));
      }),
    );
  });
});

describe('onFrame', () => {
  const whole = { width: 1, height: 1 };

  it('undoes the share that the picture covers, and clips', () => {
    const box = { xmin: -0.1, ymin: 0.15, xmax: 0.5, ymax: 0.9 };
    expect(onFrame(box, { width: 1, height: 0.75 })).toEqual({
      xmin: 0,
      ymin: 0.15 / 0.75,
      xmax: 0.5,
      ymax: 1,
    });
  });

  it('knows no box without area on the frame, nor one that is not of numbers', () => {
    for (const box of [
      { xmin: 1, ymin: 0, xmax: 2, ymax: 1 },
      { xmin: 0.2, ymin: -1, xmax: 0.4, ymax: 0 },
      { xmin: 0.4, ymin: 0, xmax: 0.4, ymax: 1 },
      { xmin: 0.6, ymin: 0, xmax: 0.4, ymax: 1 },
      { xmin: Number.NaN, ymin: 0, xmax: 1, ymax: 1 },
      { xmin: 0, ymin: 0, xmax: 1, ymax: Number.NaN },
    ]) {
      expect(onFrame(box, whole)).toBeNull();
    }
    const endless = { xmin: Number.NEGATIVE_INFINITY, ymin: 0, xmax: Number.POSITIVE_INFINITY, ymax: 1 };
    expect(onFrame(endless, whole)).toEqual({ xmin: 0, ymin: 0, xmax: 1, ymax: 1 });
  });
});
