// The model's raw outputs → detections, as its manifest tells. The server does the same in Rust.
import type { Detection, Manifest } from '../../protocol/messages';
import type { Head, Table } from './head';
import { suppress } from './nms';
import type { Coverage } from './resize';
import { SsdHead } from './ssd';
import { YoloxHead } from './yolox';

/** A tensor as ONNX Runtime gives it; only float32 ones are read. */
export type RawOutput = { readonly dims: readonly number[]; readonly data: unknown };
export type RawOutputs = Readonly<Record<string, RawOutput>>;

export type Decoder = {
  /** Throws when these are not the outputs that the manifest tells of. */
  check(outputs: RawOutputs): void;
  /** Best first, in fractions of the frame. */
  detections(outputs: RawOutputs, coverage: Coverage): Detection[];
};

export function makeDecoder(manifest: Manifest): Decoder {
  const { labels, thresholds } = manifest;
  const head = makeHead(manifest);
  const read = (outputs: RawOutputs) => head.tables.map((table) => numbers(outputs, table));
  return {
    check: (outputs) => void read(outputs),
    detections: (outputs, coverage) => {
      const candidates = head.candidates(read(outputs), coverage);
      const kept = suppress(candidates, thresholds.iou, thresholds.max_detections);
      return kept.map(({ class: index, score, rect }) => ({
        label: labels[index] as string,
        score,
        ...rect,
      }));
    },
  };
}

function makeHead({ input, output, labels, thresholds }: Manifest): Head {
  const wanted = { labels, score: thresholds.score };
  return output.kind === 'ssd' ? new SsdHead(output, wanted) : new YoloxHead(output, input, wanted);
}

function numbers(outputs: RawOutputs, { name, rows, columns }: Table): Float32Array {
  const misfit = (what: string) => new Error(`the model does not fit its manifest: ${what}`);
  const output = outputs[name];
  if (!output) throw misfit(`it has no output “${name}”`);
  const { dims, data } = output;
  const wanted = `1×${rows}×${columns}`;
  if (dims.join('×') !== wanted) {
    throw misfit(`its output “${name}” has the shape ${dims.join('×')}, by the manifest it is ${wanted}`);
  }
  if (!(data instanceof Float32Array)) throw misfit(`its output “${name}” is not of 32-bit floats`);
  return data;
}
