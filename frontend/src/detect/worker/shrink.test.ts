import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitInside } from './shrink';

const box = { width: 320, height: 240 };

describe('fitInside', () => {
  it.each([
    [640, 480, 320, 240],
    [1280, 720, 320, 180],
    [480, 640, 240, 320],
    [720, 1280, 180, 320],
    [240, 240, 240, 240],
    [1000, 1000, 240, 240],
    [160, 120, 160, 120],
    [768, 576, 320, 240],
  ])('makes %dx%d into %dx%d', (width, height, toWidth, toHeight) => {
    expect(fitInside({ width, height }, box)).toEqual({ width: toWidth, height: toHeight });
  });

  it('is even, inside the box, never enlarged, and keeps the aspect ratio within a pixel or two', () => {
    const side = fc.integer({ min: 2, max: 4096 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const sent = fitInside({ width, height }, box);
        const room = height > width ? { width: 240, height: 320 } : box;
        expect(sent.width % 2).toBe(0);
        expect(sent.height % 2).toBe(0);
        expect(sent.width).toBeGreaterThanOrEqual(2);
        expect(sent.height).toBeGreaterThanOrEqual(2);
        expect(sent.width).toBeLessThanOrEqual(Math.min(room.width, width + 1));
        expect(sent.height).toBeLessThanOrEqual(Math.min(room.height, height + 1));
        const scale = Math.min(1, room.width / width, room.height / height);
        expect(Math.abs(sent.width - width * scale)).toBeLessThanOrEqual(2);
        expect(Math.abs(sent.height - height * scale)).toBeLessThanOrEqual(2);
      }),
    );
  });
});
