// Draws detections on a canvas. Knows pixels, not where they came from.
import type { Detection } from '../protocol/messages';
import { type Area, overlap, placeLabel, type Rect, toStage } from './boxes';
import { labelColour } from './colours';

/** Of the page, or of a worker. */
type Context = Omit<OffscreenCanvasRenderingContext2D, 'canvas'> & { canvas: Area };

export type PaintJob = {
  context: Context;
  detections: readonly Detection[];
  /** Where the frame lies on the canvas, device pixels. */
  content: Rect;
  /** Device pixels per CSS pixel. */
  scale: number;
};

export function paintDetections({ context, detections, content, scale }: PaintJob): void {
  const canvas = { x: 0, y: 0, width: context.canvas.width, height: context.canvas.height };
  const visible = overlap(content, canvas);
  const unit = scale * unitFor(visible.width / scale);
  const surestFirst = detections.toSorted((a, b) => b.score - a.score);
  for (const detection of surestFirst) paintBox(context, toStage(detection, content), detection, unit);
  const taken: Rect[] = [];
  for (const detection of surestFirst) {
    const box = overlap(toStage(detection, content), visible);
    if (box.width <= 0 || box.height <= 0) continue;
    taken.push(paintLabel(context, box, visible, taken, detection, unit));
  }
}

/**
 * How large lines and labels are, in CSS pixels per design pixel: smaller on a small picture, so that they do not
 * hide what they name, larger on a wall-sized one, so that they can be read from afar.
 */
export function unitFor(pictureWidth: number): number {
  if (pictureWidth < 640) return Math.max(0.75, pictureWidth / 640);
  return Math.min(2.5, Math.max(1, pictureWidth / 1400));
}

function paintBox(context: Context, box: Rect, { label }: Detection, unit: number): void {
  context.lineJoin = 'round';
  // A dark line under the coloured one keeps it visible on a picture of its own colour.
  context.strokeStyle = 'rgb(0 0 0 / 0.55)';
  context.lineWidth = 4 * unit;
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.strokeStyle = labelColour(label).fill;
  context.lineWidth = 2 * unit;
  context.strokeRect(box.x, box.y, box.width, box.height);
}

/** Paints the label and tells where. */
function paintLabel(
  context: Context,
  box: Rect,
  bounds: Rect,
  taken: readonly Rect[],
  { label, score }: Detection,
  unit: number,
): Rect {
  const text = `${label} ${score.toFixed(2)}`;
  const { fill, ink } = labelColour(label);
  context.font = `600 ${12 * unit}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const size = { width: context.measureText(text).width + 8 * unit, height: 17 * unit };
  const place = placeLabel(box, size, bounds, taken);
  context.fillStyle = fill;
  context.beginPath();
  context.roundRect(place.x, place.y, place.width, place.height, 3 * unit);
  context.fill();
  context.fillStyle = ink;
  context.fillText(text, place.x + 4 * unit, place.y + place.height / 2 + unit / 2);
  return place;
}
