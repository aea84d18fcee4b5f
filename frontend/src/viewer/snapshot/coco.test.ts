import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../protocol/messages';
import { categoryIds, cocoOf, pixelBox } from './coco';
import type { CollectedFrame } from './frame';

const ORIGIN = { version: '1.2.3', model: 'm', labels: [null, 'person', null, 'car'] };
const NOW = new Date('2024-05-06T07:08:09Z');

const found = (label: string, xmin: number, ymin: number, xmax: number, ymax: number): Detection => ({
  label,
  score: 0.75,
  xmin,
  ymin,
  xmax,
  ymax,
});

const frame = (image_id: number, detections: Detection[], size = { width: 640, height: 480 }) => ({
  image_id,
  file_name: `${image_id}.jpg`,
  ...size,
  date_captured: NOW.toISOString(),
  capture_source: 'capture_time' as const,
  mode: 'server' as const,
  result: { frame_id: 7, capture_ts: 1, recv_ts: 2, inference_ts: 3, detections },
});

const coco = (...frames: CollectedFrame[]) => cocoOf(frames, ORIGIN, NOW);

describe('cocoOf', () => {
  it('tells a frame and what was found in it, in pixels', () => {
    const { images, annotations } = coco(frame(1, [found('car', 0.25, 0.5, 0.5, 0.75)]));
    expect(images).toEqual([
      { id: 1, file_name: '1.jpg', width: 640, height: 480, date_captured: '2024-05-06T07:08:09.000Z' },
    ]);
    expect(annotations).toEqual([
      {
        id: 1,
        image_id: 1,
        category_id: 3,
        bbox: [160, 240, 160, 120],
        area: 19200,
        iscrowd: 0,
        score: 0.75,
      },
    ]);
  });

  it('says what it is, and that it is no truth', () => {
    const { info, licenses } = coco();
    expect(info).toMatchObject({ version: '1.2.3', year: 2024, date_created: '2024-05-06T07:08:09.000Z' });
    expect(info.description).toMatch(/a model, not ground truth/);
    expect(licenses).toEqual([]);
  });

  it('numbers annotations over all frames, each in the size of its own', () => {
    const turned = { width: 480, height: 640 };
    const whole = found('person', 0, 0, 1, 1);
    const { annotations } = coco(frame(1, [whole, whole]), frame(2, []), frame(3, [whole], turned));
    expect(annotations.map(({ id, image_id }) => [id, image_id])).toEqual([
      [1, 1],
      [2, 1],
      [3, 3],
    ]);
    expect(annotations.map(({ bbox }) => bbox[2])).toEqual([640, 640, 480]);
  });

  it('lists every category of the model, and those it did not know of', () => {
    const unknown = found('yeti', 0, 0, 1, 1);
    const { categories, annotations } = coco(frame(1, [unknown, unknown]));
    expect(categories).toEqual([
      { id: 1, name: 'person' },
      { id: 3, name: 'car' },
      { id: 4, name: 'yeti' },
    ]);
    expect(annotations.map(({ category_id }) => category_id)).toEqual([4, 4]);
  });

  it('leaves out what does not lie in the picture, without a gap in the ids', () => {
    const outside = found('car', 1.1, 0, 1.2, 1);
    const inverted = found('car', 0.6, 0.6, 0.5, 0.5);
    const { annotations } = coco(frame(1, [outside, inverted, found('car', 0, 0, 1, 1)]));
    expect(annotations.map(({ id }) => id)).toEqual([1]);
  });
});

describe('categoryIds', () => {
  it('are COCO’s own where 0 is the background', () => {
    expect([...categoryIds([null, 'person', null, 'car'])]).toEqual([
      ['person', 1],
      ['car', 3],
    ]);
  });

  it('begin at 1 for a model without a background; a name said twice is one category', () => {
    expect([...categoryIds(['person', 'car', 'person'])]).toEqual([
      ['person', 1],
      ['car', 2],
    ]);
  });
});

describe('pixelBox', () => {
  it('is cut at the edges', () => {
    expect(pixelBox(found('car', -0.5, 0.5, 0.5, 1.5), { width: 100, height: 200 })).toEqual({
      bbox: [0, 100, 50, 100],
      area: 5000,
    });
  });

  it('lies in the picture, whatever is told', () => {
    const share = fc.double({ min: -2, max: 3, noNaN: true });
    const side = fc.integer({ min: 1, max: 4096 });
    fc.assert(
      fc.property(share, share, share, share, side, side, (a, b, c, d, width, height) => {
        const box = pixelBox(found('car', a, b, c, d), { width, height });
        if (!box) return;
        const [x, y, w, h] = box.bbox;
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.min(w, h, box.area)).toBeGreaterThan(0);
        expect(x + w).toBeLessThanOrEqual(width + 1e-9);
        expect(y + h).toBeLessThanOrEqual(height + 1e-9);
        // Half a hundredth of a pixel at either end.
        const meant = (Math.min(c, 1) - Math.max(a, 0)) * width;
        expect(Math.abs(w - meant)).toBeLessThan(0.0151);
      }),
    );
  });
});
