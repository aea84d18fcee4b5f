import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import golden from '../../../../tests/golden/resize.json';
import type { InputSpec } from '../../protocol/messages';
import { tapsFor } from './convolution';
import { type Coverage, Preprocessor } from './resize';

type Case = {
  name: string;
  image: { width: number; height: number; rgb: number[] };
  input: InputSpec;
  tensor: number[];
  coverage: Coverage;
};

const spec: InputSpec = {
  name: 'image',
  width: 12,
  height: 9,
  color: 'rgb',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fit: { letterbox_top_left: { pad: 114 } },
};

/** A picture of one colour, or by a function of the place. */
function picture(width: number, height: number, colour: (x: number, y: number) => number[]) {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgba.set([...colour(x, y), 255], 4 * (y * width + x));
  }
  return rgba;
}

const tensorOf = (input: InputSpec) => new Float32Array(3 * input.width * input.height).fill(Number.NaN);

describe('Preprocessor', () => {
  it.each(golden.cases as Case[])('agrees with Pillow: $name', ({ image, input, tensor, coverage }) => {
    const rgba = picture(image.width, image.height, (x, y) => {
      const at = 3 * (y * image.width + x);
      return image.rgb.slice(at, at + 3);
    });
    const filled = tensorOf(input);
    const covered = new Preprocessor(input).fill(rgba, image.width, image.height, filled);
    expect(covered.width).toBeCloseTo(coverage.width, 9);
    expect(covered.height).toBeCloseTo(coverage.height, 9);
    expect(filled.length).toBe(tensor.length);
    const plane = input.width * input.height;
    const gaps = tensor.map((value, i) => {
      return Math.abs((filled[i] as number) - value) * (input.std[Math.floor(i / plane)] as number);
    });
    // Both round in the same places, so nothing is even near the one level that the server may differ by.
    expect(Math.max(...gaps)).toBeLessThan(0.02);
  });

  it('leaves a flat picture flat at any size, in every mode of the row pass', () => {
    const side = fc.integer({ min: 1, max: 64 });
    const level = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(side, side, fc.tuple(level, level, level), (width, height, colour) => {
        const tensor = tensorOf(spec);
        new Preprocessor({ ...spec, fit: 'stretch' }).fill(
          picture(width, height, () => colour),
          width,
          height,
          tensor,
        );
        const plane = spec.width * spec.height;
        expect(tensor.every((value, i) => value === colour[Math.floor(i / plane)])).toBe(true);
      }),
    );
  });

  it('follows pictures that turn, and leaves nothing of the one before', () => {
    const preprocessor = new Preprocessor(spec);
    const reused = tensorOf(spec);
    for (const [width, height] of [
      [16, 9],
      [9, 16],
      [16, 9],
      [16, 12],
      [40, 30],
    ] as const) {
      const rgba = picture(width, height, (x, y) => [x * 6, y * 5, 200]);
      const fresh = tensorOf(spec);
      const coverage = preprocessor.fill(rgba, width, height, reused);
      expect(new Preprocessor(spec).fill(rgba, width, height, fresh)).toEqual(coverage);
      expect(reused).toEqual(fresh);
    }
  });

  it('reads pixels that lie within a larger buffer', () => {
    const whole = picture(4, 6, (x, y) => [10 * x, 10 * y, 7]);
    const part = whole.subarray(4 * 4 * 2);
    const [inPlace, copied] = [tensorOf(spec), tensorOf(spec)];
    new Preprocessor(spec).fill(part, 4, 4, inPlace);
    new Preprocessor(spec).fill(part.slice(), 4, 4, copied);
    expect(inPlace).toEqual(copied);
  });

  it('refuses pixels or a tensor of another size', () => {
    const preprocessor = new Preprocessor(spec);
    const rgba = picture(4, 3, () => [1, 2, 3]);
    expect(() => preprocessor.fill(rgba, 4, 4, tensorOf(spec))).toThrow(RangeError);
    expect(() => preprocessor.fill(rgba, 4, 3, new Float32Array(12))).toThrow(RangeError);
    expect(() => preprocessor.fill(new Uint8ClampedArray(0), 0, 0, tensorOf(spec))).toThrow(RangeError);
  });
});

describe('tapsFor', () => {
  it('weighs source positions that exist, as one in all', () => {
    const length = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(length, length, fc.constantFrom(1, 2), (source, target, step) => {
        const { count, first, weights } = tapsFor(source, target, step);
        expect(count % step === 0 || count === source).toBe(true);
        for (let i = 0; i < target; i++) {
          expect(first[i]).toBeGreaterThanOrEqual(0);
          expect((first[i] as number) + count).toBeLessThanOrEqual(source);
          const own = weights.subarray(i * count, (i + 1) * count);
          const sum = own.reduce((total, weight) => total + weight, 0);
          expect(Math.abs(sum / 2 ** 22 - 1)).toBeLessThan(1e-4);
        }
      }),
    );
  });
});
