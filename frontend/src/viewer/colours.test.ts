import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, hslToRgb, labelColour, labelHue, type Rgb } from './colours';

const parse = (fill: string) => (fill.match(/\d+/g) ?? []).map(Number) as Rgb;

describe('labelColour', () => {
  it('has text that can be read on it, whatever the label', () => {
    fc.assert(
      fc.property(fc.string(), (label) => {
        const { fill, ink } = labelColour(label);
        const text: Rgb = ink === '#000' ? [0, 0, 0] : [255, 255, 255];
        expect(contrast(parse(fill), text)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it('is the same for the same label', () => {
    expect(labelColour('person')).toEqual(labelColour('person'));
  });

  it('tells common labels apart', () => {
    const hues = ['person', 'car', 'dog', 'cat', 'chair', 'bottle', 'bicycle', 'tv'].map(labelHue);
    expect(new Set(hues.map((hue) => Math.round(hue / 8))).size).toBeGreaterThanOrEqual(7);
  });
});

describe('hslToRgb', () => {
  it('knows the pure colours', () => {
    expect(hslToRgb(0, 1, 0.5)).toEqual([255, 0, 0]);
    expect(hslToRgb(120, 1, 0.5)).toEqual([0, 255, 0]);
    expect(hslToRgb(240, 1, 0.5)).toEqual([0, 0, 255]);
  });
});

describe('contrast', () => {
  it('is 21 for black on white, either way round', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
    expect(contrast([255, 255, 255], [0, 0, 0])).toBeCloseTo(21);
  });
});
