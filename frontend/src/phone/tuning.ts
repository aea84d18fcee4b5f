// What a running camera can be asked for: the size of its picture, torch and zoom.
import { isNumber, isObject } from '../protocol/parse';
import type { Quality, ZoomRange } from '../rtc/camera-signals';

type Size = { width: number; height: number; frameRate: number };

const SIZES: Record<Quality, Size> = {
  saver: { width: 320, height: 240, frameRate: 10 },
  normal: { width: 640, height: 480, frameRate: 30 },
  sharp: { width: 1280, height: 720, frameRate: 30 },
};

/** Cameras round to what their sensor offers; beyond this it is another size. */
const ROUNDING = 1.25;

/** Torch and zoom as wished; null: as the camera has it. */
export type Extras = { torch: boolean; zoom: number | null };

/** TypeScript's DOM library does not know torch and zoom yet. */
type Known = { torch?: boolean; zoom?: unknown };

export type Offer = { torch: boolean; zoom: ZoomRange | null };

export function sizeConstraints(quality: Quality): MediaTrackConstraints {
  const { width, height, frameRate } = SIZES[quality];
  return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frameRate } };
}

/** Does the track give that size, or nearly? The longer side is compared: a phone held upright swaps them. */
export function hasSize(track: MediaStreamTrack, quality: Quality): boolean {
  const { width, height, frameRate } = track.getSettings();
  const wanted = SIZES[quality];
  if (width === undefined || height === undefined) return true;
  const share = Math.max(width, height) / wanted.width;
  const fast = frameRate !== undefined && frameRate > wanted.frameRate * ROUNDING;
  return share <= ROUNDING && share >= 1 / ROUNDING && !fast;
}

/** Changes the running track; false where the browser or the camera cannot. */
export async function setSize(track: MediaStreamTrack, quality: Quality): Promise<boolean> {
  try {
    await track.applyConstraints(sizeConstraints(quality));
    return hasSize(track, quality);
  } catch (error) {
    console.warn('the running camera keeps its size', error);
    return false;
  }
}

export function offerOf(track: MediaStreamTrack): Offer {
  // Some browsers have no getCapabilities: they offer neither.
  const { torch, zoom } = (track.getCapabilities?.() ?? {}) as Known;
  return { torch: torch === true, zoom: rangeOf(zoom) };
}

function rangeOf(zoom: unknown): ZoomRange | null {
  if (!isObject(zoom)) return null;
  const { min, max, step } = zoom;
  if (!isNumber(min) || !isNumber(max) || min < 0 || min >= max) return null;
  return { min, max, step: isNumber(step) && step > 0 ? Math.min(step, max - min) : 0 };
}

/** How torch and zoom are now; where the browser does not tell, as they were wished. */
export function extrasOf(track: MediaStreamTrack, wishes: Extras): Extras {
  const { torch, zoom } = track.getSettings() as Known;
  return {
    torch: typeof torch === 'boolean' ? torch : wishes.torch,
    zoom: isNumber(zoom) ? zoom : wishes.zoom,
  };
}

/** Both in one call, because a second one takes back what the first one set. False: not all of it was done. */
export async function setExtras(track: MediaStreamTrack, wishes: Extras): Promise<boolean> {
  const { torch, zoom } = offerOf(track);
  if ((wishes.torch && !torch) || (wishes.zoom !== null && !zoom)) return false;
  const value = zoom && wishes.zoom !== null ? clamp(wishes.zoom, zoom) : null;
  const wanted = { ...(torch && { torch: wishes.torch }), ...(value !== null && { zoom: value }) };
  if (Object.keys(wanted).length === 0) return true;
  try {
    await track.applyConstraints({ advanced: [wanted as MediaTrackConstraintSet] });
  } catch (error) {
    console.warn('the camera refused', wanted, error);
    return false;
  }
  const now = extrasOf(track, { torch: wishes.torch, zoom: value });
  return now.torch === wishes.torch && near(now.zoom, value, zoom);
}

export const clamp = (value: number, { min, max }: ZoomRange) => Math.min(max, Math.max(min, value));

/** Cameras round to their steps. */
function near(now: number | null, wanted: number | null, range: ZoomRange | null): boolean {
  if (now === null || wanted === null || !range) return true;
  return Math.abs(now - wanted) <= Math.max(range.step, (range.max - range.min) / 100);
}
