// Single Shot MultiBox Detector: anchors, box encodings relative to them, and class logits.
import type { AnchorSpec, SsdSpec } from '../../protocol/messages';
import type { Head, Wanted } from './head';
import { type Candidate, onFrame, type Rect } from './nms';
import type { Coverage } from './resize';

/** Column 0 of the logits is "nothing here", and nearly always high. */
const BACKGROUND_COLUMNS = 1;
/** The anchors of the lowest feature map, when it gets fewer than the others. */
const REDUCED_LAYER_FIRST_SCALE = 0.1;
const REDUCED_LAYER_RATIOS = [2, 0.5];

/** Centre and size, as fractions of the model's input. */
export type Anchor = { cx: number; cy: number; width: number; height: number };
type Shape = { scale: number; ratio: number };

/**
 * All anchors in the order of the model's outputs: feature map, row, column, shape. The formula is that of the
 * TensorFlow Object Detection API's SSD anchor generator (models/README.md).
 */
export function anchors(spec: AnchorSpec): Anchor[] {
  return spec.feature_maps.flatMap((side, layer) => grid(side, layerShapes(spec, layer)));
}

function layerShapes(spec: AnchorSpec, layer: number): Shape[] {
  const scale = layerScale(spec, layer);
  if (layer === 0 && spec.reduce_boxes_in_lowest_layer) {
    const reduced = REDUCED_LAYER_RATIOS.map((ratio) => ({ scale, ratio }));
    return [{ scale: REDUCED_LAYER_FIRST_SCALE, ratio: 1 }, ...reduced];
  }
  const shapes = spec.aspect_ratios.map((ratio) => ({ scale, ratio }));
  const between = Math.sqrt(scale * layerScale(spec, layer + 1));
  const ratio = spec.interpolated_scale_aspect_ratio;
  return ratio > 0 ? [...shapes, { scale: between, ratio }] : shapes;
}

function layerScale({ feature_maps, min_scale, max_scale }: AnchorSpec, layer: number): number {
  const layers = feature_maps.length;
  if (layer >= layers) return 1;
  return min_scale + ((max_scale - min_scale) * layer) / Math.max(1, layers - 1);
}

function grid(side: number, shapes: readonly Shape[]): Anchor[] {
  const centres = Array.from({ length: side }, (_, i) => (i + 0.5) / side);
  return centres.flatMap((cy) =>
    centres.flatMap((cx) =>
      shapes.map(({ scale, ratio }) => {
        const root = Math.sqrt(ratio);
        return { cx, cy, width: scale * root, height: scale / root };
      }),
    ),
  );
}

/** The encoding (ty, tx, th, tw) at `at`, divided by the box coder's factors, against its anchor. */
export function decodeBox(
  { cx, cy, width, height }: Anchor,
  boxes: Float32Array,
  at: number,
  coder: SsdSpec['box_coder'],
): Rect {
  const x = cx + ((boxes[at + 1] as number) / coder[1]) * width;
  const y = cy + ((boxes[at] as number) / coder[0]) * height;
  const halfWidth = (width * Math.exp((boxes[at + 3] as number) / coder[3])) / 2;
  const halfHeight = (height * Math.exp((boxes[at + 2] as number) / coder[2])) / 2;
  return { xmin: x - halfWidth, ymin: y - halfHeight, xmax: x + halfWidth, ymax: y + halfHeight };
}

export class SsdHead implements Head {
  readonly tables: Head['tables'];
  private readonly anchors: readonly Anchor[];
  /** Comparing logits spares a sigmoid for every class and anchor. */
  private readonly threshold: number;

  constructor(
    private readonly spec: SsdSpec,
    private readonly wanted: Wanted,
  ) {
    this.anchors = anchors(spec.anchors);
    this.threshold = logit(wanted.score);
    const rows = this.anchors.length;
    this.tables = [
      { name: spec.boxes, rows, columns: 4 },
      { name: spec.logits, rows, columns: wanted.labels.length },
    ];
  }

  candidates([boxes, logits]: readonly [Float32Array, Float32Array], coverage: Coverage): Candidate[] {
    const candidates: Candidate[] = [];
    const columns = this.wanted.labels.length;
    this.anchors.forEach((anchor, row) => {
      const at = row * columns;
      // Most rows hold nothing.
      if (!anyAbove(logits, at + BACKGROUND_COLUMNS, at + columns, this.threshold)) return;
      const rect = onFrame(decodeBox(anchor, boxes, row * 4, this.spec.box_coder), coverage);
      if (rect) this.classesAbove(logits.subarray(at, at + columns), rect, candidates);
    });
    return candidates;
  }

  private classesAbove(row: Float32Array, rect: Rect, candidates: Candidate[]): void {
    for (let column = BACKGROUND_COLUMNS; column < row.length; column++) {
      const value = row[column] as number;
      if (value > this.threshold && this.wanted.labels[column] !== null) {
        candidates.push({ class: column, score: sigmoid(value), rect });
      }
    }
  }
}

function anyAbove(values: Float32Array, start: number, end: number, threshold: number): boolean {
  for (let i = start; i < end; i++) {
    if ((values[i] as number) > threshold) return true;
  }
  return false;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => Math.log(p / (1 - p));
