// The model's manifest, looked at as closely as the server does (src/model/check.rs): it sizes arrays here too.
import type { AnchorSpec, InputSpec, Manifest, OutputSpec, Thresholds } from './messages';
import { isNumber, isObject } from './parse';

const MAX_INPUT_SIDE = 2048;
const MAX_ROWS = 1_000_000;
/** Feature maps, aspect ratios or strides. */
const MAX_LIST = 32;
/** Anchors in a cell beside those of `aspect_ratios`, at most. */
const MORE_ANCHORS = 3;
const MAX_DETECTIONS = 1000;
const MAX_LEVEL = 255;

/** The smallest number of 32 bits with all its digits. */
const LEAST_NORMAL = 2 ** -126;

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** As the server reads numbers: of 32 bits. */
const isReal = (value: unknown): value is number => isNumber(value) && Number.isFinite(Math.fround(value));
/** Neither 0 nor so close to it, or so large, that one divided by it is lost. */
const isPositive = (value: unknown): value is number =>
  isReal(value) && value >= LEAST_NORMAL && 1 / value >= LEAST_NORMAL;
const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isSide = (value: unknown): value is number => isWhole(value, 1, MAX_INPUT_SIDE);

function isListOf<T>(
  value: unknown,
  is: (item: unknown) => item is T,
  least: number,
  most: number,
): value is T[] {
  return Array.isArray(value) && value.length >= least && value.length <= most && value.every(is);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Null when a field is missing, of another kind or out of bounds, or when two contradict each other. */
export function parseManifest(value: unknown): Manifest | null {
  if (!isObject(value)) return null;
  const { name, file, input, output, labels, thresholds } = value;
  const known =
    isName(name) &&
    isFileName(file) &&
    isInput(input) &&
    isOutput(output, input) &&
    isLabels(labels, output) &&
    isThresholds(thresholds);
  return known ? (value as Manifest) : null;
}

/** Of a file beside the manifest. */
function isFileName(value: unknown): value is string {
  return isName(value) && !value.includes('/') && value !== '.' && value !== '..';
}

function isInput(value: unknown): value is InputSpec {
  if (!isObject(value)) return false;
  const { name, width, height, color, mean, std, fit } = value;
  return (
    isName(name) &&
    isSide(width) &&
    isSide(height) &&
    (color === 'rgb' || color === 'bgr') &&
    isListOf(mean, isReal, 3, 3) &&
    isListOf(std, isPositive, 3, 3) &&
    isFit(fit)
  );
}

function isFit(value: unknown): boolean {
  if (!isObject(value)) return value === 'stretch';
  const { letterbox_top_left } = value;
  return isObject(letterbox_top_left) && isWhole(letterbox_top_left.pad, 0, MAX_LEVEL);
}

function isOutput(value: unknown, input: InputSpec): value is OutputSpec {
  if (!isObject(value)) return false;
  const { kind, boxes, logits, box_coder, anchors, predictions, strides } = value;
  switch (kind) {
    case 'ssd':
      return isName(boxes) && isName(logits) && isListOf(box_coder, isPositive, 4, 4) && isAnchors(anchors);
    case 'yolox':
      return isName(predictions) && areStrides(strides, input);
    default:
      return false;
  }
}

function isAnchors(value: unknown): value is AnchorSpec {
  if (!isObject(value)) return false;
  const { feature_maps, min_scale, max_scale, aspect_ratios } = value;
  const { interpolated_scale_aspect_ratio: interpolated, reduce_boxes_in_lowest_layer: reduced } = value;
  if (!isListOf(feature_maps, isSide, 1, MAX_LIST) || !isListOf(aspect_ratios, isPositive, 1, MAX_LIST)) {
    return false;
  }
  const cells = sum(feature_maps.map((side) => side ** 2));
  return (
    isPositive(min_scale) &&
    isPositive(max_scale) &&
    (interpolated === 0 || isPositive(interpolated)) &&
    typeof reduced === 'boolean' &&
    cells * (aspect_ratios.length + MORE_ANCHORS) <= MAX_ROWS
  );
}

function areStrides(value: unknown, { width, height }: InputSpec): boolean {
  if (!isListOf(value, isSide, 1, MAX_LIST)) return false;
  const whole = value.every((stride) => width % stride === 0 && height % stride === 0);
  return whole && sum(value.map((stride) => (width / stride) * (height / stride))) <= MAX_ROWS;
}

function isLabels(value: unknown, { kind }: OutputSpec): value is Manifest['labels'] {
  const isLabel = (label: unknown): label is string | null => label === null || isName(label);
  return (
    isListOf(value, isLabel, 1, Number.POSITIVE_INFINITY) &&
    value.some((label) => label !== null) &&
    // Column 0 of an ssd is the background.
    (kind !== 'ssd' || value[0] === null)
  );
}

function isThresholds(value: unknown): value is Thresholds {
  if (!isObject(value)) return false;
  const { score, iou, max_detections } = value;
  return (
    isPositive(score) &&
    score < 1 &&
    isPositive(iou) &&
    iou <= 1 &&
    isWhole(max_detections, 1, MAX_DETECTIONS)
  );
}
