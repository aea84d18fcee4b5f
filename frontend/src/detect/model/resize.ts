// A picture's pixels → the tensor that the model's manifest asks for.
import type { InputSpec } from '../../protocol/messages';
import {
  type Channels,
  type Plane,
  ROW_STEP,
  resizeColumns,
  resizeRows,
  type Taps,
  tapsFor,
} from './convolution';

/** The share of the model's input that the picture covers, per axis. */
export type Coverage = { width: number; height: number };
type Size = { width: number; height: number };

/** What one size of pictures needs, kept while the size stays. */
type Plan = {
  source: Size;
  covered: Size;
  coverage: Coverage;
  columns: Taps;
  rows: Taps;
  /** The picture between the two passes. */
  channels: Channels;
  /** The same, in the model's order of colours. */
  planes: readonly Plane[];
};

const LEVELS = 256;

export class Preprocessor {
  /** For each plane of the tensor what each level of a pixel becomes. */
  private readonly values: readonly Float32Array[];
  private plan: Plan | null = null;

  constructor(private readonly input: InputSpec) {
    this.values = [0, 1, 2].map((plane) =>
      Float32Array.from({ length: LEVELS }, (_, level) => normalised(level, input, plane)),
    );
  }

  /** Fills `tensor` (3 planes of height × width) from RGBA pixels as `getImageData` gives them. */
  fill(rgba: Uint8ClampedArray, width: number, height: number, tensor: Float32Array): Coverage {
    const { input } = this;
    const planeLength = input.width * input.height;
    if (rgba.length !== 4 * width * height || rgba.length === 0 || tensor.length !== 3 * planeLength) {
      throw new RangeError(`${width}×${height} pixels in ${rgba.length} bytes, to ${tensor.length} numbers`);
    }
    const plan = this.planFor(width, height);
    const pixels = new Int32Array(rgba.buffer, rgba.byteOffset, width * height);
    resizeColumns({ rgba: pixels, width, height }, plan.columns, plan.channels);
    plan.planes.forEach((plane, index) => {
      resizeRows(plane, plan.rows, { tensor, start: index * planeLength, pitch: input.width });
    });
    this.pad(plan.covered, tensor);
    return plan.coverage;
  }

  private planFor(width: number, height: number): Plan {
    const { plan } = this;
    if (plan && plan.source.width === width && plan.source.height === height) return plan;
    this.plan = makePlan({ width, height }, this.input, this.values);
    return this.plan;
  }

  /** What the picture leaves free, right of it and below. */
  private pad(covered: Size, tensor: Float32Array): void {
    const { width, height, fit } = this.input;
    if (fit === 'stretch') return;
    this.values.forEach((values, plane) => {
      const value = values[fit.letterbox_top_left.pad] as number;
      const top = plane * width * height;
      for (let y = 0; covered.width < width && y < covered.height; y++) {
        tensor.fill(value, top + y * width + covered.width, top + (y + 1) * width);
      }
      tensor.fill(value, top + covered.height * width, top + height * width);
    });
  }
}

function normalised(level: number, { mean, std }: InputSpec, plane: number): number {
  return (level - (mean[plane] as number)) / (std[plane] as number);
}

function makePlan(source: Size, input: InputSpec, values: readonly Float32Array[]): Plan {
  const covered = coveredSize(source, input);
  const channel = () => new Uint8Array(covered.width * source.height);
  const channels: Channels = [channel(), channel(), channel()];
  const ordered = input.color === 'rgb' ? channels : channels.toReversed();
  return {
    source,
    covered,
    coverage: { width: covered.width / input.width, height: covered.height / input.height },
    columns: tapsFor(source.width, covered.width),
    rows: tapsFor(source.height, covered.height, ROW_STEP),
    channels,
    planes: ordered.map((levels, plane) => ({
      levels,
      width: covered.width,
      values: values[plane] as Float32Array,
    })),
  };
}

/** Products before the division, in whole numbers: 11 · (30 / 22) is less than 15 and would lose a line. */
function coveredSize(source: Size, { width, height, fit }: InputSpec): Size {
  if (fit === 'stretch') return { width, height };
  const wide = width * source.height <= height * source.width;
  return wide
    ? { width, height: Math.max(1, Math.floor((source.height * width) / source.width)) }
    : { width: Math.max(1, Math.floor((source.width * height) / source.height)), height };
}
