import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import json from '../../../../models/ssdlite_mobilenet_v2/manifest.json';
import ssd from '../../../../tests/golden/ssd.json';
import yolox from '../../../../tests/golden/yolox.json';
import type { Detection, Manifest, SsdSpec, Thresholds, YoloxSpec } from '../../protocol/messages';
import { parseManifest } from '../../protocol/parse-manifest';
import { makeDecoder, type RawOutputs } from './decoder';
import type { Coverage } from './resize';

type Case = {
  name: string;
  labels: (string | null)[];
  thresholds: Thresholds;
  coverage: Coverage;
  detections: Detection[];
};
type SsdCase = Case & { output: SsdSpec & { kind: 'ssd' }; boxes: number[]; logits: number[] };
type YoloxCase = Case & {
  input: { width: number; height: number };
  output: YoloxSpec & { kind: 'yolox' };
  predictions: number[];
};

const committed = parseManifest(json) as Manifest & { output: SsdSpec & { kind: 'ssd' } };

const input: Manifest['input'] = {
  name: 'image',
  width: 300,
  height: 300,
  color: 'rgb',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fit: 'stretch',
};

const table = (columns: number, values: readonly number[]) => ({
  dims: [1, values.length / columns, columns],
  data: Float32Array.from(values),
});

const manifestOf = ({ name, labels, thresholds, output }: Case & { output: Manifest['output'] }) => ({
  name,
  file: 'model.onnx',
  input,
  output,
  labels,
  thresholds,
});

function expectSame(found: readonly Detection[], wanted: readonly Detection[]): void {
  expect(found.map(({ label }) => label)).toEqual(wanted.map(({ label }) => label));
  found.forEach((detection, i) => {
    for (const key of ['score', 'xmin', 'ymin', 'xmax', 'ymax'] as const) {
      const gap = Math.abs(detection[key] - (wanted[i] as Detection)[key]);
      expect(gap, `${key} of number ${i}`).toBeLessThan(1e-4);
    }
  });
}

describe('the golden cases', () => {
  it.each(ssd.cases as SsdCase[])('ssd: $name', (each) => {
    const outputs = { boxes: table(4, each.boxes), logits: table(each.labels.length, each.logits) };
    const decoder = makeDecoder(manifestOf(each));
    decoder.check(outputs);
    expectSame(decoder.detections(outputs, each.coverage), each.detections);
  });

  it.each(yolox.cases as YoloxCase[])('yolox: $name', (each) => {
    const outputs = { output: table(5 + each.labels.length, each.predictions) };
    const decoder = makeDecoder({ ...manifestOf(each), input: { ...input, ...each.input } });
    decoder.check(outputs);
    expectSame(decoder.detections(outputs, each.coverage), each.detections);
  });
});

describe('check', () => {
  const decoder = makeDecoder(committed);
  const zeros = (...dims: number[]) => ({ dims, data: new Float32Array(dims.reduce((a, b) => a * b)) });
  const [boxes, logits] = [zeros(1, 1917, 4), zeros(1, 1917, 91)];

  it('accepts the outputs that the manifest tells of, among others', () => {
    expect(() => decoder.check({ boxes, logits, more: zeros(3) })).not.toThrow();
  });

  it.each<[string, RawOutputs, string]>([
    ['a missing output', { boxes }, 'no output “logits”'],
    ['another number of rows', { boxes: zeros(1, 1916, 4), logits }, '“boxes” has the shape 1×1916×4'],
    ['another number of classes', { boxes, logits: zeros(1, 1917, 90) }, 'by the manifest it is 1×1917×91'],
    ['rows and columns exchanged', { boxes: zeros(1, 4, 1917), logits }, '“boxes”'],
    ['a flat tensor', { boxes: zeros(1917 * 4), logits }, '“boxes”'],
    ['two pictures at once', { boxes: zeros(2, 1917, 4), logits }, '“boxes”'],
    ['integers', { boxes: { ...boxes, data: new Int32Array(1917 * 4) }, logits }, 'not of 32-bit floats'],
  ])('tells of %s', (_, outputs, words) => {
    expect(() => decoder.check(outputs)).toThrow(words);
    expect(() => decoder.detections(outputs, { width: 1, height: 1 })).toThrow('does not fit its manifest');
  });
});

describe('detections', () => {
  const spec = committed.output.anchors;
  const toy = makeDecoder({
    ...committed,
    labels: [null, 'person', null],
    output: {
      ...committed.output,
      // One cell with six anchors.
      anchors: { ...spec, feature_maps: [1], reduce_boxes_in_lowest_layer: false },
    },
  });

  it('are well formed, whatever the model says', () => {
    const numbers = (length: number, most: number) =>
      fc.array(fc.float({ min: Math.fround(-most), max: Math.fround(most) }), {
        minLength: length,
        maxLength: length,
      });
    const coverage = fc.constantFrom({ width: 1, height: 1 }, { width: 1, height: 0.5 });
    fc.assert(
      fc.property(numbers(24, 200), numbers(18, 8), coverage, (boxes, logits, covered) => {
        const outputs = { boxes: table(4, boxes), logits: table(3, logits) };
        for (const { label, score, xmin, ymin, xmax, ymax } of toy.detections(outputs, covered)) {
          expect(0 <= xmin && xmin < xmax && xmax <= 1).toBe(true);
          expect(0 <= ymin && ymin < ymax && ymax <= 1).toBe(true);
          expect(label).toBe('person');
          expect(score > 0.3 && score <= 1).toBe(true);
        }
      }),
    );
  });

  it('are none when the model says only what is not a number', () => {
    const nothing = (length: number) => new Array<number>(length).fill(Number.NaN);
    const outputs = { boxes: table(4, nothing(24)), logits: table(3, nothing(18)) };
    expect(toy.detections(outputs, { width: 1, height: 1 })).toEqual([]);
    const sure = { ...outputs, logits: table(3, new Array<number>(18).fill(9)) };
    expect(toy.detections(sure, { width: 1, height: 1 })).toEqual([]);
  });
});
