// Runs inside the pages, before their own code. Each function is sent as text, so it uses nothing from outside itself.
import type { DetectionResult } from '../../../frontend/src/protocol/messages';
import type { cellsOf, Layout } from './cells';
import type { offsetOf } from './scene';

export type Sighting = {
  frame_id: number;
  detections: DetectionResult['detections'];
  /** Brightness of the cells on the canvas, right after the painting. */
  levels: number[];
  /** The next frame callback's time, ms since the epoch on the wall clock; null when none came yet. */
  shown: number | null;
  /** Wall clock minus the page's own, ms. */
  wall_minus_page: number;
};

export type WallClock = { now: () => number; minusPage: () => number };

declare global {
  /** Of Chromium, like its counterpart, the track processor. */
  const MediaStreamTrackGenerator: new (init: {
    kind: 'video';
  }) => MediaStreamTrack & { writable: WritableStream<VideoFrame> };
  interface Window {
    truth: { seen: Sighting[] };
    /** ms from the stamp in the pixels to the handing over of the frame. */
    handedOver: number[];
  }
}

/**
 * The machine's wall clock, finer than the whole ms of Date.now(). Two pages' performance.timeOrigin + performance.now()
 * part when the wall clock is slewed after they began, so each keeps measuring its difference: at the moment when
 * Date.now() steps it is exact.
 */
export function wallClock(): WallClock {
  const page = () => performance.timeOrigin + performance.now();
  const measure = () => {
    let difference = Number.NEGATIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const before = Date.now();
      let wall = before;
      while (wall === before) wall = Date.now();
      // The page's clock is read after the step, so an interruption makes the difference too small, never too large.
      difference = Math.max(difference, wall - page());
    }
    return difference;
  };
  let difference = measure();
  setInterval(() => {
    difference = measure();
  }, 2000);
  return { now: () => page() + difference, minusPage: () => difference };
}

export type CameraSettings = { picture: string; layout: Layout; step: number; fps: number };
type Drawing = { cellsOf: typeof cellsOf; offsetOf: typeof offsetOf };

/**
 * Replaces the camera by one whose pixels tell their counter and the time of their drawing. The frame is handed over
 * when it is drawn; through canvas.captureStream single frames were captured 28 ms after their drawing.
 */
export function installCamera(
  clock: WallClock,
  { picture, layout, step, fps }: CameraSettings,
  { cellsOf, offsetOf }: Drawing,
): void {
  const { width, height, columns, rows, cellHeight } = layout;
  // WebRTC translates the timestamps of frames made by a page by the mean delay of the last hundred, and where that
  // would lie ahead it moves all later ones back, for good: one spell of slow hand-overs, and every capture time
  // stays ms too early. A real camera's frames carry a time of their own, which is taken as it is. A jump of more
  // than 300 ms makes the translation begin anew: then a frame's capture is the moment of its handing over.
  const JUMP_US = 1_000_000;

  const draw = (context: OffscreenCanvasRenderingContext2D, scene: ImageBitmap, counter: number) => {
    const offset = offsetOf(counter, step, width);
    context.drawImage(scene, offset, 0);
    context.drawImage(scene, offset - width, 0);
    const time = clock.now();
    const stamped = performance.now();
    const top = height - rows * cellHeight;
    context.fillStyle = 'black';
    context.fillRect(0, top, width, height - top);
    context.fillStyle = 'white';
    cellsOf({ counter, time }).forEach((white, at) => {
      const [column, row] = [at % columns, Math.floor(at / columns)];
      if (white)
        context.fillRect((column * width) / columns, top + row * cellHeight, width / columns, cellHeight);
    });
    return stamped;
  };

  const film = async () => {
    const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
    const scene = await createImageBitmap(new Blob([bytes]));
    const context = new OffscreenCanvas(width, height).getContext('2d', {
      alpha: false,
      willReadFrequently: true,
    });
    if (!context) throw new Error('no canvas');
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    window.handedOver = [];
    let counter = 0;
    let due = performance.now();
    const next = () => {
      if (track.readyState === 'ended') return;
      const stamped = draw(context, scene, counter);
      void writer.write(new VideoFrame(context.canvas, { timestamp: counter * JUMP_US }));
      window.handedOver.push(performance.now() - stamped);
      counter = (counter + 1) % 2 ** 16;
      // After a stall the beat goes on from there: no burst makes up for it.
      due = Math.max(due + 1000 / fps, performance.now());
      setTimeout(next, due - performance.now());
    };
    next();
    return new MediaStream([track]);
  };
  navigator.mediaDevices.getUserMedia = film;
}

/** Notes every painting: what the result says, what the canvas shows, and when it was on screen. */
export function installEyes(clock: WallClock, layout: Layout): void {
  const { width, height, columns, rows, cellHeight } = layout;
  const seen: Sighting[] = [];
  window.truth = { seen };

  /** Where object-fit: contain puts a picture of the camera's shape on the canvas. */
  const contentBox = (canvas: HTMLCanvasElement) => {
    const scale = Math.min(canvas.width / width, canvas.height / height);
    return { left: (canvas.width - width * scale) / 2, top: (canvas.height - height * scale) / 2, scale };
  };

  /** Median brightness of fifteen points in the inner half of each cell. */
  const levelsOf = (canvas: HTMLCanvasElement): number[] => {
    const { left, top, scale } = contentBox(canvas);
    const stripTop = Math.floor(top + (height - rows * cellHeight) * scale);
    const stripLeft = Math.floor(left);
    const [wide, high] = [Math.ceil(width * scale), Math.ceil(rows * cellHeight * scale)];
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      stripLeft,
      stripTop,
      wide,
      high,
    );
    const brightness = (x: number, y: number) => {
      const at = 4 * (Math.floor(y * scale) * wide + Math.floor(x * scale));
      return ((data[at] as number) + (data[at + 1] as number) + (data[at + 2] as number)) / 3;
    };
    return Array.from({ length: columns * rows }, (_, cell) => {
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      const points = Array.from({ length: 15 }, (_, point) => {
        const [across, down] = [(point % 5) / 4, Math.floor(point / 5) / 2];
        return brightness(
          ((column + 0.25 + 0.5 * across) * width) / columns,
          (row + 0.25 + 0.5 * down) * cellHeight,
        );
      });
      return points.sort((a, b) => a - b)[7] as number;
    });
  };

  window.addEventListener(
    'sightline:painted',
    (event) => {
      const { frame_id, detections } = (event as CustomEvent<DetectionResult>).detail;
      const sighting: Sighting = {
        frame_id,
        detections,
        levels: levelsOf(event.target as HTMLCanvasElement),
        shown: null,
        wall_minus_page: clock.minusPage(),
      };
      seen.push(sighting);
      requestAnimationFrame(() => {
        sighting.shown = clock.now();
      });
    },
    true,
  );
}

/** A deliberate error: the browser says that every frame was captured 50 ms earlier than it was. */
export function plantLate(): void {
  const real = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return real.call(this, (now, metadata) => {
      const { captureTime } = metadata;
      callback(now, captureTime === undefined ? metadata : { ...metadata, captureTime: captureTime - 50 });
    });
  };
}

/** A deliberate error: every result comes with the picture of the one before. */
export function plantOffByOne(): void {
  window.Worker = class extends Worker {
    private last: VideoFrame | undefined;

    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      // Added before the page's own listener, so it has the message first; its data is one object for all of them.
      this.addEventListener('message', ({ data }) => {
        if (data.type !== 'result') return;
        const { picture } = data;
        // The page closes what it is given, and this one keeps the next: the first is given twice.
        data.picture = this.last ?? picture.clone();
        this.last = picture;
      });
    }
  };
}
