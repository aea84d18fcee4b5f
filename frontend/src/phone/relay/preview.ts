// The camera's pictures, from the video element that shows them.
import { epochNow, toEpoch } from '../../detect/epoch';
import type { Picture } from '../../detect/messages';
import { TrackProcessor } from '../../detect/track-processor';
import type { Captured } from './messages';

/** For browsers that do not tell of each frame. */
const LOOK_EVERY_MS = 33;
/** A camera's time that lies farther from now is told by another clock than the page's. */
const PLAUSIBLE_MS = 1000;

/** Calls `shown` for every frame that the preview shows; returns how to stop. */
export function watchPreview(video: HTMLVideoElement, shown: (captured: Captured) => void): () => void {
  if (!('requestVideoFrameCallback' in HTMLVideoElement.prototype)) {
    const timer = setInterval(() => {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) shown(capturedAt(undefined, epochNow()));
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }
  let handle = video.requestVideoFrameCallback(each);
  function each(_now: number, { captureTime }: VideoFrameCallbackMetadata): void {
    handle = video.requestVideoFrameCallback(each);
    shown(capturedAt(captureTime === undefined ? undefined : toEpoch(captureTime), epochNow()));
  }
  return () => video.cancelVideoFrameCallback(handle);
}

export function capturedAt(camera: number | undefined, now: number): Captured {
  const isPlausible = camera !== undefined && Math.abs(now - camera) <= PLAUSIBLE_MS;
  return isPlausible ? { at: camera, clock: 'capture_time' } : { at: now, clock: 'sample_time' };
}

/** What the preview shows now, upright. */
export async function pictureOf(video: HTMLVideoElement): Promise<Picture> {
  // Chromium's frames are references and cost nothing. Elsewhere a camera's frame may lie on its side; a bitmap never.
  return TrackProcessor ? new VideoFrame(video) : createImageBitmap(video);
}
