// One photo through both detectors: its bytes to the server, its pixels to the page's own.
import { epochNow } from '../../../frontend/src/detect/epoch';
import type { BrowserSettings } from '../../../frontend/src/detect/messages';
import type { BrowserDetector } from '../../../frontend/src/detect/worker/browser/browser-detector';
import { DetectSocket, type FrameAnswer } from '../../../frontend/src/detect/worker/server/detect-socket';
import { frameMessage } from '../../../frontend/src/detect/worker/server/encode';
import type { Detection } from '../../../frontend/src/protocol/messages';
import type { PhotoDetections, PhotoRequest } from '../messages';
import { openDetector, resultOf } from './open';

/** No photo is larger, so none is made smaller. */
const BOX = { width: 4096, height: 4096 };

type Opened = { browser: BrowserDetector; server: Server };
let opened: Promise<Opened> | undefined;

export async function detectPhoto({ browser: settings, jpeg }: PhotoRequest): Promise<PhotoDetections> {
  opened ??= open(settings);
  const { browser, server } = await opened;
  const picture = await frameOf(jpeg);
  const { displayWidth: width, displayHeight: height } = picture;
  const now = epochNow();
  const outcome = await browser.detect({ picture, captured: now, sampled: now }, () => {});
  picture.close();
  return {
    width,
    height,
    browser: resultOf(outcome).detections,
    server: await server.detect(jpeg),
  };
}

async function open(settings: BrowserSettings): Promise<Opened> {
  return { browser: await openDetector(BOX, settings), server: await Server.connect() };
}

/**
 * As the server decodes it: colour profile and orientation are left alone. A VideoFrame, as a camera's, since the
 * detector reads its pixels as they are; an ImageBitmap it would draw, with even sides.
 */
async function frameOf(jpeg: Uint8Array<ArrayBuffer>): Promise<VideoFrame> {
  const blob = new Blob([jpeg], { type: 'image/jpeg' });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', imageOrientation: 'none' });
  const frame = new VideoFrame(bitmap, { timestamp: 0 });
  bitmap.close();
  return frame;
}

type Waiting = { resolve: (detections: Detection[]) => void; reject: (error: Error) => void };

/** The server's detection socket, one photo at a time. */
class Server {
  private waiting: Waiting | undefined;
  private nextId = 0;
  private readonly socket: DetectSocket;

  private constructor(ready: () => void, failed: (error: Error) => void) {
    const url = new URL('/api/detect', location.origin);
    url.protocol = 'ws:';
    const broken = (error: Error) => {
      failed(error);
      this.waiting?.reject(error);
    };
    this.socket = new DetectSocket(url.href, {
      state: (state) => {
        if (state.kind === 'closed')
          broken(new Error(`the server closed its socket: ${state.reason || state.code}`));
      },
      clock: ready,
      answer: (answer) => this.answered(answer),
      nonsense: () => broken(new Error('the server said something unknown')),
    });
    this.socket.open();
  }

  static connect(): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server: Server = new Server(() => resolve(server), reject);
    });
  }

  detect(jpeg: Uint8Array<ArrayBuffer>): Promise<Detection[]> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(frameMessage(this.nextId, epochNow(), jpeg.buffer));
      this.nextId += 1;
    });
  }

  private answered(answer: FrameAnswer): void {
    if ('detections' in answer) this.waiting?.resolve(answer.detections);
    else if ('error' in answer) this.waiting?.reject(new Error(`the server: ${answer.error.message}`));
    else this.waiting?.reject(new Error('the server dropped the only photo'));
  }
}
