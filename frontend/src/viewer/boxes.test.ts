import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentRect, overlap, placeLabel, type Rect, toFrame, toStage } from './boxes';

const side = fc.double({ min: 1, max: 5000, noNaN: true });
const area = fc.record({ width: side, height: side });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const box = fc.tuple(fraction, fraction, fraction, fraction).map(([a, b, c, d]) => ({
  xmin: Math.min(a, b),
  xmax: Math.max(a, b),
  ymin: Math.min(c, d),
  ymax: Math.max(c, d),
}));
const fit = fc.constantFrom('contain' as const, 'cover' as const);

/** Near enough for numbers of the size of a screen. */
const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

describe('contentRect', () => {
  it('puts bars left and right of a picture narrower than the stage', () => {
    expect(contentRect({ width: 640, height: 480 }, { width: 1000, height: 600 }, 'contain')).toEqual({
      x: 100,
      y: 0,
      width: 800,
      height: 600,
    });
  });

  it('puts bars above and below a picture wider than the stage', () => {
    expect(contentRect({ width: 640, height: 480 }, { width: 400, height: 800 }, 'contain')).toEqual({
      x: 0,
      y: 250,
      width: 400,
      height: 300,
    });
  });

  it('lets a covering picture reach beyond the stage', () => {
    expect(contentRect({ width: 640, height: 480 }, { width: 1000, height: 600 }, 'cover')).toEqual({
      x: 0,
      y: -75,
      width: 1000,
      height: 750,
    });
  });

  it('keeps the aspect ratio, is centred, and touches or covers the stage', () => {
    fc.assert(
      fc.property(area, area, fit, (content, stage, how) => {
        const rect = contentRect(content, stage, how);
        expect(near(rect.width * content.height, rect.height * content.width)).toBe(true);
        expect(near(rect.x + rect.width / 2, stage.width / 2)).toBe(true);
        expect(near(rect.y + rect.height / 2, stage.height / 2)).toBe(true);
        const spare = [stage.width - rect.width, stage.height - rect.height];
        const touching = spare.some((gap) => Math.abs(gap) < 1e-6 * 5000);
        expect(touching).toBe(true);
        for (const gap of spare) {
          if (how === 'contain') expect(gap).toBeGreaterThan(-0.01);
          else expect(gap).toBeLessThan(0.01);
        }
      }),
    );
  });

  it('scales with the device pixel ratio', () => {
    fc.assert(
      fc.property(area, area, fit, fc.constantFrom(1, 1.25, 1.5, 2, 3), (content, stage, how, ratio) => {
        const css = contentRect(content, stage, how);
        const device = contentRect(
          content,
          { width: stage.width * ratio, height: stage.height * ratio },
          how,
        );
        for (const key of ['x', 'y', 'width', 'height'] as const) {
          expect(Math.abs(device[key] - css[key] * ratio)).toBeLessThan(0.01);
        }
      }),
    );
  });
});

describe('toStage and toFrame', () => {
  it('undo each other', () => {
    fc.assert(
      fc.property(box, area, area, fit, (original, content, stage, how) => {
        const rect = contentRect(content, stage, how);
        const back = toFrame(toStage(original, rect), rect);
        for (const key of ['xmin', 'ymin', 'xmax', 'ymax'] as const) {
          // Dividing by the content's side magnifies the rounding of coordinates far beyond it.
          const grain = 1e-9 * (1 + Math.max(stage.width, stage.height) / Math.min(rect.width, rect.height));
          expect(Math.abs(back[key] - original[key])).toBeLessThan(grain);
        }
      }),
    );
  });

  it('puts the whole frame exactly on the content', () => {
    fc.assert(
      fc.property(area, area, fit, (content, stage, how) => {
        const rect = contentRect(content, stage, how);
        expect(toStage({ xmin: 0, ymin: 0, xmax: 1, ymax: 1 }, rect)).toEqual(rect);
      }),
    );
  });

  it('keeps boxes of a contained frame on the stage', () => {
    fc.assert(
      fc.property(box, area, area, (original, content, stage) => {
        const rect = toStage(original, contentRect(content, stage, 'contain'));
        expect(rect.x).toBeGreaterThan(-0.01);
        expect(rect.y).toBeGreaterThan(-0.01);
        expect(rect.x + rect.width).toBeLessThan(stage.width + 0.01);
        expect(rect.y + rect.height).toBeLessThan(stage.height + 0.01);
      }),
    );
  });
});

describe('placeLabel', () => {
  const bounds: Rect = { x: 100, y: 50, width: 400, height: 300 };
  const label = { width: 80, height: 20 };

  it('puts the label above the box', () => {
    expect(placeLabel({ x: 200, y: 200, width: 50, height: 50 }, label, bounds, [])).toEqual({
      x: 200,
      y: 180,
      ...label,
    });
  });

  it('moves it into the box at the upper edge', () => {
    expect(placeLabel({ x: 200, y: 55, width: 50, height: 50 }, label, bounds, [])).toEqual({
      x: 200,
      y: 55,
      ...label,
    });
  });

  it('makes way for a label that is there already', () => {
    const box = { x: 200, y: 200, width: 50, height: 50 };
    const first = placeLabel(box, label, bounds, []);
    const second = placeLabel({ ...box, x: 210 }, label, bounds, [first]);
    expect(second).toEqual({ x: 210, y: 250, ...label });
  });

  it('never leaves the frame', () => {
    const place = fc.record({
      x: fc.integer({ min: -1000, max: 1000 }),
      y: fc.integer({ min: -1000, max: 1000 }),
      width: fc.integer({ min: 0, max: 900 }),
      height: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(place, (at) => {
        const { x, y } = placeLabel(at, label, bounds, []);
        expect(x).toBeGreaterThanOrEqual(bounds.x);
        expect(y).toBeGreaterThanOrEqual(bounds.y);
        expect(x + label.width).toBeLessThanOrEqual(bounds.x + bounds.width);
        expect(y + label.height).toBeLessThanOrEqual(bounds.y + bounds.height);
      }),
    );
  });
});

describe('overlap', () => {
  it('is empty for rectangles that do not meet', () => {
    const { width } = overlap({ x: 0, y: 0, width: 10, height: 10 }, { x: 20, y: 0, width: 10, height: 10 });
    expect(width).toBe(0);
  });

  it('is the smaller one when it lies inside', () => {
    const inner = { x: 2, y: 3, width: 4, height: 5 };
    expect(overlap(inner, { x: 0, y: 0, width: 10, height: 10 })).toEqual(inner);
  });
});
