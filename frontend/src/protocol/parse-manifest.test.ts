import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import committed from '../../../models/ssdlite_mobilenet_v2/manifest.json';
import { isObject } from './parse';
import { parseManifest } from './parse-manifest';

type Fields = Record<string, unknown>;

const { sha256, source, ...ssd } = committed;
const yolox = {
  ...ssd,
  input: { ...ssd.input, width: 416, height: 320, fit: { letterbox_top_left: { pad: 114 } } },
  output: { kind: 'yolox', predictions: 'output', strides: [8, 16, 32] },
  labels: ['person', null, 'dog'],
};

/** The way to each field, those within fields too. */
function paths(value: Fields, above: string[] = []): string[][] {
  return Object.entries(value).flatMap(([key, field]) => {
    const path = [...above, key];
    return isObject(field) ? [path, ...paths(field, path)] : [path];
  });
}

/** A copy in which the field is another one, or gone. */
function changed(manifest: Fields, [key = '', ...below]: string[], change: (fields: Fields) => void): Fields {
  const copy = { ...manifest };
  if (below.length > 0) copy[key] = changed(copy[key] as Fields, below, change);
  else change(copy);
  return copy;
}

const replaced = (manifest: Fields, path: string[], value: unknown): Fields =>
  changed(manifest, path, (fields) => {
    fields[path.at(-1) as string] = value;
  });

function isArrayOrObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

describe('parseManifest', () => {
  it('knows the committed manifest, and one of the other kind', () => {
    expect(parseManifest(committed)).toEqual(committed);
    expect(parseManifest(yolox)).toEqual(yolox);
  });

  describe.each([
    ['ssd', ssd],
    ['yolox', yolox],
  ])('of the kind %s', (_, manifest) => {
    it.each(paths(manifest).map((path) => [path.join('.'), path] as const))('misses %s', (_, path) => {
      const without = changed(manifest, path, (fields) => {
        delete fields[path.at(-1) as string];
      });
      expect(parseManifest(without)).toBeNull();
    });

    it('refuses a field of another type', () => {
      const path = fc.constantFrom(...paths(manifest));
      fc.assert(
        fc.property(path, fc.jsonValue(), (way, value) => {
          const before = way.reduce<unknown>((fields, key) => (fields as Fields)[key], manifest);
          fc.pre(typeof before !== typeof value || isArrayOrObject(before) !== isArrayOrObject(value));
          expect(parseManifest(replaced(manifest, way, value))).toBeNull();
        }),
      );
    });
  });

  it.each<[string, Fields, string, unknown]>([
    ['a file elsewhere', ssd, 'file', '../model.onnx'],
    ['a folder for a file', ssd, 'file', '..'],
    ['an input without pixels', ssd, 'input.width', 0],
    ['a huge input', ssd, 'input.height', 4096],
    ['half a pixel', ssd, 'input.width', 300.5],
    ['another order of colours', ssd, 'input.color', 'grb'],
    ['a mean for one colour', ssd, 'input.mean', [127.5]],
    ['a division by nothing', ssd, 'input.std', [1, 1, 0]],
    ['an unknown fit', ssd, 'input.fit', 'crop'],
    ['padding that is no level', ssd, 'input.fit', { letterbox_top_left: { pad: 256 } }],
    ['an unknown kind', ssd, 'output.kind', 'detr'],
    ['a coder of three', ssd, 'output.box_coder', [10, 10, 5]],
    ['a coder of 0', ssd, 'output.box_coder', [10, 10, 5, 0]],
    ['no feature maps', ssd, 'output.anchors.feature_maps', []],
    ['too many anchors', ssd, 'output.anchors.feature_maps', [1000]],
    ['a negative ratio', ssd, 'output.anchors.aspect_ratios', [1, -2]],
    ['no labels', ssd, 'labels', [null, null]],
    ['an empty label', ssd, 'labels', [null, '']],
    ['a label for the background', ssd, 'labels', ['person']],
    ['a threshold of 1', ssd, 'thresholds.score', 1],
    ['no detections wanted', ssd, 'thresholds.max_detections', 0],
    ['a stride of 0', yolox, 'output.strides', [0]],
    ['strides that leave a rest', yolox, 'output.strides', [8, 24]],
    ['no strides', yolox, 'output.strides', []],
    ['an output of the other kind', yolox, 'output.kind', 'ssd'],
  ])('refuses %s', (_, manifest, path, value) => {
    expect(parseManifest(replaced(manifest, path.split('.'), value))).toBeNull();
  });

  it('refuses anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseManifest(value)).toBeNull();
      }),
    );
  });
});
