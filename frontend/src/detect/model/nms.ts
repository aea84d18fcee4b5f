// Boxes: their overlap, their place in the frame, and which of several that overlap stay.
import type { Coverage } from './resize';

/** Corners, as fractions of the frame. */
export type Rect = { xmin: number; ymin: number; xmax: number; ymax: number };

export function area({ xmin, ymin, xmax, ymax }: Rect): number {
  return Math.max(0, xmax - xmin) * Math.max(0, ymax - ymin);
}

/** Intersection over union; 0 for empty boxes. */
export function iou(a: Rect, b: Rect): number {
  const overlap = area({
    xmin: Math.max(a.xmin, b.xmin),
    ymin: Math.max(a.ymin, b.ymin),
    xmax: Math.min(a.xmax, b.xmax),
    ymax: Math.min(a.ymax, b.ymax),
  });
  const union = area(a) + area(b) - overlap;
  return union > 0 ? overlap / union : 0;
}

/** A box in fractions of the model's input → the part of it on the frame; null when there is none. */
export function onFrame(box: Rect, coverage: Coverage): Rect | null {
  const rect = {
    xmin: clamped(box.xmin / coverage.width),
    ymin: clamped(box.ymin / coverage.height),
    xmax: clamped(box.xmax / coverage.width),
    ymax: clamped(box.ymax / coverage.height),
  };
  return area(rect) > 0 ? rect : null;
}

const clamped = (value: number): number => Math.min(Math.max(value, 0), 1);

/** A box of one class, before suppression. */
export type Candidate = { class: number; score: number; rect: Rect };

/**
 * Greedy suppression within each class: the best box stays, those that overlap it by more than `limit` go.
 * Best first; at most `max` in all.
 */
export function suppress(candidates: readonly Candidate[], limit: number, max: number): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (kept.length === max) break;
    const beaten = kept.some(
      (other) => other.class === candidate.class && iou(other.rect, candidate.rect) > limit,
    );
    if (!beaten) kept.push(candidate);
  }
  return kept;
}
