// Gets the video's frames to the worker by the best way this browser has.
import { watchFrames } from './frame-times';
import { Handover } from './handover';
import type { SamplerPath, ToWorker } from './messages';
import { TrackProcessor } from './track-processor';

export type Feed = {
  path: SamplerPath;
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
  tell({ type: 'detach' });
  const handover = new Handover((picture, rtpTimestamp) =>
    tell({ type: 'picture', picture, rtpTimestamp }, [picture]),
  );
  const end = path === 'video_frame' ? feedFrames(handover, tell, video) : feedBitmaps(handover, video, fps);
  const stop = () => {
    end();
    handover.close();
    tell({ type: 'detach' });
  };
  return { path, want: () => handover.want(), stop };
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
    handover.offer(new VideoFrame(video), times?.rtpTimestamp);
  });
}

/** For browsers without WebCodecs: copies, so only as many as are asked for. */
function feedBitmaps(handover: Handover, video: HTMLVideoElement, fps: number): () => void {
  let copying = false;
  const timer = setInterval(async () => {
    if (copying || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    copying = true;
    try {
      handover.offer(await createImageBitmap(video), undefined);
    } catch (error) {
      console.warn('a frame could not be copied', error);
    } finally {
      copying = false;
    }
  }, 1000 / fps);
  return () => clearInterval(timer);
}
