import { describe, expect, it } from 'vitest';
import { parseSignal } from './negotiation';

const report = {
  filming: 'yes',
  flip: true,
  torch: false,
  zoom: { min: 1, max: 8, step: 0.1, value: 2 },
  quality: 'normal',
  refused: null,
};

describe('parseSignal, of the phone’s camera', () => {
  it.each([
    { camera: report },
    { camera: { ...report, filming: 'needs_touch', torch: null, zoom: null, refused: 'flip' } },
    { camera: { ...report, zoom: { min: 100, max: 400, step: 0, value: 100 } } },
    { adjust: { flip: true } },
    { adjust: { torch: false } },
    { adjust: { zoom: 2.5 } },
    { adjust: { quality: 'sharp' } },
    { seen: { label: 'person', score: 0.91 } },
    { seen: null },
  ])('knows %o', (payload) => {
    expect(parseSignal(payload)).toEqual(payload);
  });

  it.each([
    { camera: null },
    { camera: { ...report, filming: true } },
    { camera: { ...report, torch: 'on' } },
    { camera: { ...report, torch: undefined } },
    { camera: { ...report, quality: 'constructor' } },
    { camera: { ...report, refused: 'stop' } },
    { camera: { ...report, zoom: { min: 1, max: 8, step: 0.1, value: 9 } } },
    { camera: { ...report, zoom: { min: 8, max: 1, step: 0.1, value: 2 } } },
    { camera: { ...report, zoom: { min: 1, max: 1e9, step: 0.1, value: 2 } } },
    { camera: { ...report, zoom: { min: 1, max: 8, step: 9, value: 2 } } },
    { adjust: {} },
    { adjust: { flip: false } },
    { adjust: { torch: 1 } },
    { adjust: { zoom: Number.NaN } },
    { adjust: { zoom: -1 } },
    { adjust: { quality: 'best' } },
    { adjust: { torch: true, zoom: 2 } },
    { adjust: [true] },
    { seen: undefined },
    { seen: { label: '', score: 0.5 } },
    { seen: { label: 'x'.repeat(65), score: 0.5 } },
    { seen: { label: 'person', score: 1.1 } },
    { seen: { label: 7, score: 0.5 } },
    // One kind may not carry another, unchecked.
    { ready: {}, seen: 7 },
  ])('ignores %o', (payload) => {
    expect(parseSignal(payload)).toBeNull();
  });
});
