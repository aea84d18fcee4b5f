// Tells, frame by frame, what requestVideoFrameCallback knows, on the clock that the worker uses too.
import { toEpoch } from './epoch';
import type { FrameTimes } from './messages';

export type FrameCallback = (times: FrameTimes | null) => void;

/** Calls back for every frame shown until stopped. `null`: this frame has no RTP timestamp. */
export function watchFrames(video: HTMLVideoElement, callback: FrameCallback): () => void {
  let handle = video.requestVideoFrameCallback(each);
  function each(_now: number, metadata: VideoFrameCallbackMetadata): void {
    handle = video.requestVideoFrameCallback(each);
    callback(frameTimes(metadata, toEpoch));
  }
  return () => video.cancelVideoFrameCallback(handle);
}

export function frameTimes(
  { rtpTimestamp, captureTime, receiveTime }: Partial<VideoFrameCallbackMetadata>,
  epoch: (time: number) => number,
): FrameTimes | null {
  if (rtpTimestamp === undefined) return null;
  const times: FrameTimes = { rtpTimestamp };
  if (captureTime !== undefined) times.captureTime = epoch(captureTime);
  if (receiveTime !== undefined) times.receiveTime = epoch(receiveTime);
  return times;
}
