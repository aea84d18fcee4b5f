// Chromium shows MediaStreamTrackProcessor to pages; TypeScript declares it for workers only.
type TrackProcessor = { readonly readable: ReadableStream<VideoFrame> };
type TrackProcessorInit = { track: MediaStreamTrack; maxBufferSize?: number };

/** The constructor, or undefined where the browser has none. */
export const TrackProcessor = (
  globalThis as { MediaStreamTrackProcessor?: new (init: TrackProcessorInit) => TrackProcessor }
).MediaStreamTrackProcessor;
