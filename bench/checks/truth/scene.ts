// What the check's camera films: a still picture of people that goes round by a known step with every frame, so that
// boxes alone tell which frame they belong to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIPS } from '../../../frontend/e2e/harness/paths';
import { type Corners, iou, peopleByCounter } from '../../../frontend/e2e/harness/truth';
import { LAYOUT } from './cells';

/**
 * Pixels to the right per camera frame: sampled frames, two camera frames apart, differ by 15 % of the width. Whole
 * blocks of the video's coder, and forty positions, 16 pixels apart, before the first comes again after 1.3 s.
 */
export const STEP = 48;

/** Of the width. Is sent into the camera's page as text: uses nothing from outside. */
export function offsetOf(counter: number, step: number, width: number): number {
  return (counter * step) % width;
}

/** The first picture of the clip, whose people were marked by hand, as base64. */
export function scenePicture(): string {
  const clip = readFileSync(join(CLIPS, 'people.mjpeg'));
  // Within JPEG data these two bytes only ever mean its end.
  const end = clip.indexOf(Buffer.from([0xff, 0xd9])) + 2;
  return clip.subarray(0, end).toString('base64');
}

export const scenePeople = (): Corners[] => peopleByCounter().get(0) as Corners[];

/** Pixels. Nearer than this to one position is farther from all others. */
const HALF_WAY = 8;
/** Pixels, about a person's width: a lesser move is no other place. */
const NEAR = 24;
const LEAST_IOU = 0.3;
/** Two people who stand quite right or three who nearly do, and clearly more than anywhere else. */
const LEAST_SCORE = 1.5;
const LEAST_LEAD = 1.5;

export type Position = {
  /** Pixels that the picture was moved to the right, told by the boxes alone. */
  shift: number;
  /** Are there enough boxes to tell? */
  sure: boolean;
};

/** Where the picture stood, by a vote of the boxes over all positions. */
export function positionOf(persons: readonly Corners[], people: readonly Corners[]): Position {
  const { width } = LAYOUT;
  const scores = Array.from({ length: width / 2 }, (_, at) => scoreOf((2 * at) / width, persons, people));
  const score = Math.max(...scores);
  const shift = 2 * scores.indexOf(score);
  const elsewhere = scores.filter((_, at) => Math.abs(distance(2 * at, shift)) > NEAR);
  const runnerUp = Math.max(...elsewhere);
  return { shift, sure: score >= Math.max(LEAST_SCORE, LEAST_LEAD * runnerUp) };
}

/** Is this the position of the frame with this counter, and of none near it? */
export const standsAt = (shift: number, counter: number): boolean =>
  Math.abs(distance(shift, offsetOf(counter, STEP, LAYOUT.width))) < HALF_WAY;

/** The shorter way round, pixels. */
function distance(from: number, to: number): number {
  const { width } = LAYOUT;
  return ((((to - from + width / 2) % width) + width) % width) - width / 2;
}

/** How well boxes and people agree when the picture is moved by this share of the width. */
function scoreOf(moved: number, persons: readonly Corners[], people: readonly Corners[]): number {
  let score = 0;
  for (const person of people) {
    const here = movedRound(person, moved);
    const best = Math.max(0, ...persons.map((box) => iou(here, box)));
    if (best >= LEAST_IOU) score += best;
  }
  return score;
}

function movedRound([xmin, ymin, xmax, ymax]: Corners, moved: number): Corners {
  // What leaves on the right comes back on the left.
  const round = (xmin + xmax) / 2 + moved >= 1 ? moved - 1 : moved;
  return [xmin + round, ymin, xmax + round, ymax];
}
