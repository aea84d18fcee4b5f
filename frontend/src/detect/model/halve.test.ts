import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halveDownTo } from './halve';

const bytes = (pixels: Uint32Array, count: number) => Array.from(new Uint8Array(pixels.buffer, 0, 4 * count));

describe('halveDownTo', () => {
  it('is the rounded mean of each four pixels, channel by channel', () => {
    const side = fc.integer({ min: 2, max: 9 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (width, height, stream) => {
          const source = Uint8Array.from({ length: 4 * width * height }, () => stream.next().value as number);
          const [w, h] = [width >> 1, height >> 1];
          const at = (x: number, y: number, channel: number) =>
            source[4 * (y * width + x) + channel] as number;
          const expected = Array.from({ length: 4 * w * h }, (_, i) => {
            const [x, y, channel] = [2 * ((i >> 2) % w), 2 * Math.floor((i >> 2) / w), i & 3];
            const four = [
              at(x, y, channel),
              at(x + 1, y, channel),
              at(x, y + 1, channel),
              at(x + 1, y + 1, channel),
            ];
            return Math.floor((four.reduce((sum, level) => sum + level, 0) + 2) / 4);
          });
          const pixels = new Uint32Array(source.slice().buffer);
          const half = halveDownTo({ pixels, width, height }, { width: w, height: h });
          expect(half).toMatchObject({ width: w, height: h });
          expect(bytes(half.pixels, w * h)).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    [640, 480, 320, 240],
    [768, 576, 384, 288],
    [1280, 720, 320, 180],
    [320, 240, 320, 240],
    [639, 479, 639, 479],
    [100, 100, 100, 100],
  ])('makes %d×%d into %d×%d', (width, height, toWidth, toHeight) => {
    const least = width === 1280 ? { width: 320, height: 180 } : { width: 320, height: 240 };
    const pixels = new Uint32Array(width * height).fill(0xff336699);
    const made = halveDownTo({ pixels, width, height }, least);
    expect(made).toMatchObject({ width: toWidth, height: toHeight });
    expect(made.pixels.subarray(0, toWidth * toHeight).every((pixel) => pixel === 0xff336699)).toBe(true);
  });
});
