// Gets the video's frames to the worker by the best way this browser has.
import { watchFrames } from './frame-times';
import type { FeedPath, SamplerPath, ToWorker } from './messages';
import { TrackProcessor } from './track-processor';

export type Feed = { path: FeedPath; stop: () => void };

type Tell = (message: ToWorker, transfer?: Transferable[]) => void;

export function bestPath(): SamplerPath {
  if (TrackProcessor) return 'track_processor';
  return typeof VideoFrame === 'function' && 'requestVideoFrameCallback' in HTMLVideoElement.prototype
    ? 'video_frame'
    : 'image_bitmap';
}

export function startFeed(
  path: SamplerPath,
  track: MediaStreamTrack,
  video: HTMLVideoElement,
  fps: number,
  tell: Tell,
): Feed {
  const stops = { track_processor: feedTrack, video_frame: feedFrames, image_bitmap: feedBitmaps };
  return { path, stop: stops[path](tell, track, video, fps) };
}

/** The worker reads the track itself: no work here, and it goes on in a hidden tab. */
function feedTrack(tell: Tell, track: MediaStreamTrack, video: HTMLVideoElement): () => void {
  if (!TrackProcessor) throw new Error('this browser has no MediaStreamTrackProcessor');
  const clone = track.clone();
  const { readable } = new TrackProcessor({ track: clone, maxBufferSize: 1 });
  tell({ type: 'stream', readable }, [readable]);
  const unwatch = watchFrames(video, (times) => {
    if (times) tell({ type: 'frame_times', times });
  });
  return () => {
    unwatch();
    clone.stop();
    tell({ type: 'detach' });
  };
}

/** Every shown frame is handed over; a VideoFrame is a reference, not a copy. */
function feedFrames(tell: Tell, _track: MediaStreamTrack, video: HTMLVideoElement): () => void {
  tell({ type: 'detach' });
  const unwatch = watchFrames(video, (times) => {
    if (times) tell({ type: 'frame_times', times });
    const picture = new VideoFrame(video);
    tell({ type: 'picture', picture, ...(times && { rtpTimestamp: times.rtpTimestamp }) });
  });
  return () => {
    unwatch();
    tell({ type: 'detach' });
  };
}

/** For browsers without WebCodecs: copies, so only as many as are asked for. */
function feedBitmaps(tell: Tell, _track: MediaStreamTrack, video: HTMLVideoElement, fps: number): () => void {
  tell({ type: 'detach' });
  let copying = false;
  const timer = setInterval(async () => {
    if (copying || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    copying = true;
    try {
      const picture = await createImageBitmap(video);
      tell({ type: 'picture', picture });
    } catch (error) {
      console.warn('a frame could not be copied', error);
    } finally {
      copying = false;
    }
  }, 1000 / fps);
  return () => {
    clearInterval(timer);
    tell({ type: 'detach' });
  };
}

/** Pictures that come without a track are handed over as they come. */
export function startRelayFeed(tell: Tell): Feed {
  tell({ type: 'detach' });
  return { path: 'relay', stop: () => tell({ type: 'detach' }) };
}
