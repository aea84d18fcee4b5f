// What phone and viewer say to each other about the phone's camera.
import { isFlag, isNumber, isObject, isOneOf } from '../protocol/parse';

export const QUALITIES = ['saver', 'normal', 'sharp'] as const;
export type Quality = (typeof QUALITIES)[number];

/** What can be asked of the camera, and so what it can refuse. */
export const CONTROLS = ['flip', 'torch', 'zoom', 'quality'] as const;
export type Control = (typeof CONTROLS)[number];

export const FILMING = ['yes', 'regaining', 'needs_touch'] as const;

export type ZoomRange = { min: number; max: number; step: number };

/** phone → viewer: what its camera can do, and how it is set now. */
export type CameraReport = {
  /** Not while the system has the camera (a call, the lock screen, another app). */
  filming: (typeof FILMING)[number];
  /** There is another camera to turn to. */
  flip: boolean;
  /** Null: there is none. */
  torch: boolean | null;
  zoom: (ZoomRange & { value: number }) | null;
  quality: Quality;
  /** What was just asked for and could not be done. */
  refused: Control | null;
};

/** viewer → phone: one wish. */
export type Adjust = { flip: true } | { torch: boolean } | { zoom: number } | { quality: Quality };

/** viewer → phone: the surest thing in the newest frame; null when there is nothing. */
export type Seen = { label: string; score: number } | null;

const LONGEST_LABEL = 64;
/** Far beyond any camera; it keeps sums with these numbers exact. */
const FARTHEST_ZOOM = 1e6;

const within = (value: unknown, least: number, most: number) =>
  isNumber(value) && value >= least && value <= most;

function isZoom(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { min, max, step } = value;
  if (!within(min, 0, FARTHEST_ZOOM) || !within(max, 0, FARTHEST_ZOOM)) return false;
  const [least, most] = [min as number, max as number];
  return least < most && within(step, 0, most - least) && within(value.value, least, most);
}

export function isCameraReport(value: unknown): value is CameraReport {
  if (!isObject(value)) return false;
  const { filming, flip, torch, zoom, quality, refused } = value;
  return (
    isOneOf(FILMING, filming) &&
    isFlag(flip) &&
    (torch === null || isFlag(torch)) &&
    (zoom === null || isZoom(zoom)) &&
    isOneOf(QUALITIES, quality) &&
    (refused === null || isOneOf(CONTROLS, refused))
  );
}

export function isAdjust(value: unknown): value is Adjust {
  if (!isObject(value) || Object.keys(value).length !== 1) return false;
  const { flip, torch, zoom, quality } = value;
  return flip === true || isFlag(torch) || within(zoom, 0, FARTHEST_ZOOM) || isOneOf(QUALITIES, quality);
}

export function isSeen(value: unknown): value is Seen {
  if (value === null) return true;
  if (!isObject(value)) return false;
  const { label, score } = value;
  return (
    typeof label === 'string' && label.length > 0 && label.length <= LONGEST_LABEL && within(score, 0, 1)
  );
}
