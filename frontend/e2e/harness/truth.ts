// What is really in the clip: people's boxes, drawn by a person's check.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIPS } from './paths';

export type Corners = [xmin: number, ymin: number, xmax: number, ymax: number];

type Truth = { frames: { counters: number[]; people: Corners[] }[] };

export function peopleByCounter(): Map<number, Corners[]> {
  const truth: Truth = JSON.parse(readFileSync(join(CLIPS, 'people.boxes.json'), 'utf8'));
  return new Map(
    truth.frames.flatMap(({ counters, people }) => counters.map((counter) => [counter, people] as const)),
  );
}

export function iou(a: Corners, b: Corners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Corners) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

/** How many of the people have a detection on them. */
export const found = (people: Corners[], detections: Corners[]): number =>
  people.filter((person) => detections.some((detection) => iou(person, detection) > 0.5)).length;

/** The same people seen in a mirror: they stand where nobody is. */
export const mirrored = ([xmin, ymin, xmax, ymax]: Corners): Corners => [1 - xmax, ymin, 1 - xmin, ymax];
