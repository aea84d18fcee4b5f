// YOLOX: one row a cell, (dx, dy, log w, log h, objectness, a score for each label).
import type { InputSpec, YoloxSpec } from '../../protocol/messages';
import type { Head, Wanted } from './head';
import { type Candidate, onFrame, type Rect } from './nms';
import type { Coverage } from './resize';

const OBJECTNESS = 4;
const FIRST_CLASS = 5;

/** A cell's column, row and side in input pixels. */
export type Cell = { x: number; y: number; stride: number };
type InputSize = Pick<InputSpec, 'width' | 'height'>;

/** All cells in the order of the model's output: stride, row, column. */
export function cells({ width, height }: InputSize, strides: readonly number[]): Cell[] {
  return strides.flatMap((stride) => {
    const columns = width / stride;
    return Array.from({ length: columns * (height / stride) }, (_, i) => ({
      x: i % columns,
      y: Math.floor(i / columns),
      stride,
    }));
  });
}

export class YoloxHead implements Head {
  readonly tables: Head['tables'];
  private readonly cells: readonly Cell[];
  private readonly columns: number;

  constructor(
    spec: YoloxSpec,
    private readonly input: InputSize,
    private readonly wanted: Wanted,
  ) {
    this.cells = cells(input, spec.strides);
    this.columns = FIRST_CLASS + wanted.labels.length;
    this.tables = [{ name: spec.predictions, rows: this.cells.length, columns: this.columns }];
  }

  candidates([rows]: readonly [Float32Array], coverage: Coverage): Candidate[] {
    const candidates: Candidate[] = [];
    this.cells.forEach((cell, index) => {
      const at = index * this.columns;
      // A class score is at most 1, so it cannot raise what is too low already; most rows are.
      if (!((rows[at + OBJECTNESS] as number) > this.wanted.score)) return;
      this.classesAbove(cell, rows.subarray(at, at + this.columns), coverage, candidates);
    });
    return candidates;
  }

  private classesAbove(cell: Cell, row: Float32Array, coverage: Coverage, candidates: Candidate[]): void {
    const rect = onFrame(this.box(cell, row), coverage);
    if (!rect) return;
    const objectness = row[OBJECTNESS] as number;
    this.wanted.labels.forEach((label, index) => {
      const score = objectness * (row[FIRST_CLASS + index] as number);
      if (label !== null && score > this.wanted.score) candidates.push({ class: index, score, rect });
    });
  }

  /** As fractions of the input. */
  private box({ x, y, stride }: Cell, row: Float32Array): Rect {
    const { width, height } = this.input;
    const cx = ((x + (row[0] as number)) * stride) / width;
    const cy = ((y + (row[1] as number)) * stride) / height;
    const halfWidth = (Math.exp(row[2] as number) * stride) / width / 2;
    const halfHeight = (Math.exp(row[3] as number) * stride) / height / 2;
    return { xmin: cx - halfWidth, ymin: cy - halfHeight, xmax: cx + halfWidth, ymax: cy + halfHeight };
  }
}
