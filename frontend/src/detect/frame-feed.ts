// Gets the video's frames to the worker by the best way this browser has.
import { watchFrames } from './frame-times';
import { Handover } from './handover';
import type { Arrival, FeedPath, SamplerPath, ToWorker } from './messages';
import { TrackProcessor } from './track-processor';

export type Feed = {
  path: FeedPath;
  /** The worker has room for a picture; one that reads the track itself does not ask. */
  want: () => void;
  stop: () => void;
};

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
  if (path === 'track_processor') return { path, want: () => {}, stop: feedTrack(tell, track, video) };
  const handover = handOver(tell);
  const end = path === 'video_frame' ? feedFrames(handover, tell, video) : feedBitmaps(handover, video, fps);
  return { path, want: () => handover.want(), stop: stopping(handover, tell, end) };
}

/** For pictures that come without a track. */
export function startRelayFeed(tell: Tell): Feed & { offer: (arrival: Arrival) => void } {
  const handover = handOver(tell);
  return {
    path: 'relay',
    want: () => handover.want(),
    stop: stopping(handover, tell),
    offer: (arrival) => handover.offer(arrival),
  };
}

function handOver(tell: Tell): Handover {
  tell({ type: 'detach' });
  return new Handover((arrival) => tell({ type: 'picture', ...arrival }, [arrival.picture]));
}

function stopping(handover: Handover, tell: Tell, end?: () => void): () => void {
  return () => {
    end?.();
    handover.close();
    tell({ type: 'detach' });
  };
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

/** Every shown frame is offered; a VideoFrame is a reference, not a copy. */
function feedFrames(handover: Handover, tell: Tell, video: HTMLVideoElement): () => void {
  return watchFrames(video, (times) => {
    if (times) tell({ type: 'frame_times', times });
    handover.offer({ picture: new VideoFrame(video), rtpTimestamp: times?.rtpTimestamp });
  });
}

/** For browsers without WebCodecs: copies, so only as many as are asked for. */
function feedBitmaps(handover: Handover, video: HTMLVideoElement, fps: number): () => void {
  let copying = false;
  const timer = setInterval(async () => {
    if (copying || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    copying = true;
    try {
      handover.offer({ picture: await createImageBitmap(video), rtpTimestamp: undefined });
    } catch (error) {
      console.warn('a frame could not be copied', error);
    } finally {
      copying = false;
    }
  }, 1000 / fps);
  return () => clearInterval(timer);
}
