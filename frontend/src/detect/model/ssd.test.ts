import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import json from '../../../../models/ssdlite_mobilenet_v2/manifest.json';
import type { SsdSpec } from '../../protocol/messages';
import { parseManifest } from '../../protocol/parse-manifest';
import { iou } from './nms';
import { anchors, decodeBox } from './ssd';

const spec = parseManifest(json)?.output as SsdSpec;
const all = anchors(spec.anchors);

describe('anchors', () => {
  it('are those of the published generator', () => {
    expect(all.length).toBe(1917);
    const near = (row: number, wanted: number[]) => {
      const { cx, cy, width, height } = all[row] as (typeof all)[number];
      [cx, cy, width, height].forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i] as number, 6);
      });
    };
    // First cell of the lowest layer: 0.1, then scale 0.2 at 2:1 and 1:2.
    near(0, [0.5 / 19, 0.5 / 19, 0.1, 0.1]);
    near(1, [0.5 / 19, 0.5 / 19, 0.2828427, 0.1414214]);
    near(2, [0.5 / 19, 0.5 / 19, 0.1414214, 0.2828427]);
    // Its second cell lies to the right.
    near(3, [1.5 / 19, 0.5 / 19, 0.1, 0.1]);
    // The single cell of the last layer: scale 0.95, and between it and 1.
    near(1911, [0.5, 0.5, 0.95, 0.95]);
    near(1916, [0.5, 0.5, 0.9746794, 0.9746794]);
  });
});

describe('decodeBox', () => {
  it('inverts the published encoding', () => {
    const middle = fc.double({ min: 0, max: 1, noNaN: true });
    const side = fc.double({ min: 0.02, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...all), middle, middle, side, side, (anchor, x, y, width, height) => {
        const [ty, tx, th, tw] = spec.box_coder;
        const encoding = Float32Array.of(
          (ty * (y - anchor.cy)) / anchor.height,
          (tx * (x - anchor.cx)) / anchor.width,
          th * Math.log(height / anchor.height),
          tw * Math.log(width / anchor.width),
        );
        const wanted = {
          xmin: x - width / 2,
          ymin: y - height / 2,
          xmax: x + width / 2,
          ymax: y + height / 2,
        };
        expect(iou(decodeBox(anchor, encoding, 0, spec.box_coder), wanted)).toBeGreaterThan(0.9999);
      }),
    );
  });
});
