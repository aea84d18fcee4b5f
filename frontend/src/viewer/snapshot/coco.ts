// Collected frames in the form of the COCO data set (https://cocodataset.org/#format-data).
import type { Detection } from '../../protocol/messages';
import type { CollectedFrame } from './frame';

/** What the frames were detected with. */
export type Origin = {
  version: string;
  model: string;
  /** The manifest's. */
  labels: readonly (string | null)[];
};

type Image = { id: number; file_name: string; width: number; height: number; date_captured: string };

type Annotation = {
  id: number;
  image_id: number;
  category_id: number;
  /** x, y, width, height in pixels. */
  bbox: [number, number, number, number];
  area: number;
  iscrowd: 0;
  score: number;
};

export type Coco = {
  info: { description: string; version: string; year: number; date_created: string };
  licenses: never[];
  images: Image[];
  annotations: Annotation[];
  categories: { id: number; name: string }[];
};

export const NOT_TRUTH = 'the annotations are the output of a model, not ground truth';

export function cocoOf(frames: readonly CollectedFrame[], origin: Origin, created: Date): Coco {
  const categories = categoryIds(origin.labels);
  const annotations: Annotation[] = [];
  for (const frame of frames) {
    for (const detection of frame.result.detections) {
      const box = pixelBox(detection, frame);
      if (!box) continue;
      annotations.push({
        id: annotations.length + 1,
        image_id: frame.image_id,
        category_id: idOf(detection.label, categories),
        ...box,
        iscrowd: 0,
        score: detection.score,
      });
    }
  }
  return {
    info: {
      description: `Frames collected with Sightline; ${NOT_TRUTH} (${origin.model})`,
      version: origin.version,
      year: created.getUTCFullYear(),
      date_created: created.toISOString(),
    },
    licenses: [],
    images: frames.map(imageOf),
    annotations,
    categories: [...categories].map(([name, id]) => ({ id, name })),
  };
}

/**
 * A label's id is its number in the model: where 0 is the background these are COCO's own. A model that counts its
 * objects from 0 is moved up by one, since 0 is no category to many programs.
 */
export function categoryIds(labels: readonly (string | null)[]): Map<string, number> {
  const first = labels[0] === null ? 0 : 1;
  const ids = new Map<string, number>();
  for (const [at, label] of labels.entries()) {
    if (label !== null && !ids.has(label)) ids.set(label, at + first);
  }
  return ids;
}

/** A label that the manifest does not know (the server may have changed its model) gets the next free id. */
function idOf(label: string, ids: Map<string, number>): number {
  const known = ids.get(label);
  if (known !== undefined) return known;
  const next = ([...ids.values()].at(-1) ?? 0) + 1;
  ids.set(label, next);
  return next;
}

const imageOf = ({ image_id: id, file_name, width, height, date_captured }: CollectedFrame): Image => ({
  id,
  file_name,
  width,
  height,
  date_captured,
});

/** The box's part inside the picture; null where there is none. */
export function pixelBox(
  { xmin, ymin, xmax, ymax }: Detection,
  { width, height }: { width: number; height: number },
): Pick<Annotation, 'bbox' | 'area'> | null {
  const inside = (share: number, side: number) => hundredths(Math.min(Math.max(share, 0), 1) * side);
  const [x, y] = [inside(xmin, width), inside(ymin, height)];
  const [w, h] = [hundredths(inside(xmax, width) - x), hundredths(inside(ymax, height) - y)];
  return w > 0 && h > 0 ? { bbox: [x, y, w, h], area: hundredths(w * h) } : null;
}

/** Of a pixel: finer than any model sees. */
const hundredths = (value: number): number => Math.round(value * 100) / 100;
