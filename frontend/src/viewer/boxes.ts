// Where boxes go. Detections are fractions of the frame that was sent; the frame is drawn into a part of the
// stage (contain) or beyond its edges (cover). Everything here is plain arithmetic on CSS or device pixels.
import type { Detection } from '../protocol/messages';

export type Rect = { x: number; y: number; width: number; height: number };
export type Area = { width: number; height: number };
export type Fit = 'contain' | 'cover';

/** Where `content` lies when it is fitted, centred, into `area` (as CSS object-fit does). */
export function contentRect(content: Area, area: Area, fit: Fit): Rect {
  const across = area.width / content.width;
  const down = area.height / content.height;
  const scale = fit === 'contain' ? Math.min(across, down) : Math.max(across, down);
  const width = content.width * scale;
  const height = content.height * scale;
  return { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
}

export type Box = Pick<Detection, 'xmin' | 'ymin' | 'xmax' | 'ymax'>;

export function toStage(box: Box, content: Rect): Rect {
  return {
    x: content.x + box.xmin * content.width,
    y: content.y + box.ymin * content.height,
    width: (box.xmax - box.xmin) * content.width,
    height: (box.ymax - box.ymin) * content.height,
  };
}

export function toFrame(rect: Rect, content: Rect): Box {
  const xmin = (rect.x - content.x) / content.width;
  const ymin = (rect.y - content.y) / content.height;
  return {
    xmin,
    ymin,
    xmax: xmin + rect.width / content.width,
    ymax: ymin + rect.height / content.height,
  };
}

/** The part of both rectangles; it has no negative side, and none where they do not meet. */
export function overlap(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/**
 * Puts a label above its box (inside it when there is no room above), or below when another label lies there
 * already, and never outside `bounds`.
 */
export function placeLabel(box: Rect, label: Area, bounds: Rect, taken: readonly Rect[]): Rect {
  const above = box.y - label.height;
  const below = box.y + box.height;
  const wishes = above >= bounds.y ? [above, below, box.y] : [box.y, below];
  const x = clamp(box.x, bounds.x, bounds.x + bounds.width - label.width);
  const places = wishes.map((wish) => {
    const y = clamp(wish, bounds.y, bounds.y + bounds.height - label.height);
    return { x, y, ...label };
  });
  const free = places.find((place) => taken.every((other) => !meet(place, other)));
  return free ?? (places[0] as Rect);
}

function meet(a: Rect, b: Rect): boolean {
  const { width, height } = overlap(a, b);
  return width > 0 && height > 0;
}

/** When the label is larger than its bounds the near edge wins: its beginning stays readable. */
function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
