// What Chromium has and TypeScript's own declarations leave out, for the page and the worker alike.
// Optional where a browser may lack it.
interface VideoFrame {
  metadata?(): { rtpTimestamp?: number };
}
