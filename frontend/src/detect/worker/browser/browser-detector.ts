// Inference in this worker: from the picture to the tensor without a JPEG between, then the same steps as the server.
import { words } from '../../../errors';
import { epochNow } from '../../epoch';
import type { BrowserEngine, BrowserSettings, DetectorState } from '../../messages';
import { Preprocessor } from '../../model/resize';
import type { Size } from '../../picture';
import { type Detector, type DetectorEvents, NO_TRAFFIC, type Outcome, type Sample } from '../detector';
import { PixelReader } from './pixels';
import { Session } from './session';
import { threadsFor } from './threads';

/** No second clock is in the loop, so there is nothing to translate and no error to tell. */
const ONE_CLOCK = { offset: 0, error: null };
/** A frame now and then may be unreadable; so many in a row are a fault. */
const MOST_UNREAD = 10;

export class BrowserDetector implements Detector {
  readonly clock = ONE_CLOCK;
  readonly traffic = NO_TRAFFIC;
  state: DetectorState = { kind: 'loading', loaded: 0, total: null };
  private readonly pixels: PixelReader;
  private opened: { session: Session; preprocessor: Preprocessor } | null = null;
  private running = false;
  /** Frames lost in a row. */
  private unread = 0;
  private closed = false;
  private nextId = 0;

  constructor(
    readonly engine: BrowserEngine,
    box: Size,
    settings: BrowserSettings,
    /** What the graphics adapter is called, where there is one. */
    private readonly adapter: string | null,
    private readonly events: DetectorEvents,
  ) {
    this.pixels = new PixelReader(box);
    void this.open(settings);
  }

  get ready(): boolean {
    return this.state.kind === 'ready' && !this.closed;
  }

  /** One at a time: a second run would only wait for the first one's processor. */
  get free(): boolean {
    return this.ready && !this.running;
  }

  async detect(sample: Sample, sent: () => void): Promise<Outcome> {
    const { opened } = this;
    if (!opened) throw new Error('the detector is not ready');
    this.running = true;
    try {
      sent();
      const outcome = await this.infer(opened, sample);
      this.unread = 0;
      return outcome;
    } catch (error) {
      this.unread += 1;
      if (this.unread >= MOST_UNREAD) this.fail(`no frame can be read: ${words(error)}`);
      throw error;
    } finally {
      this.running = false;
      if (!this.ready) this.release();
    }
  }

  close(): void {
    this.closed = true;
    this.release();
  }

  /** A session that runs is let go when it has done so. */
  private release(): void {
    if (this.running) return;
    this.opened?.session.close();
    this.opened = null;
  }

  private async open(settings: BrowserSettings): Promise<void> {
    const cores = navigator.hardwareConcurrency || 1;
    const threads = threadsFor(settings.threads, cores, self.crossOriginIsolated);
    try {
      const session = await Session.open(
        { ...settings, engine: this.engine, threads },
        {
          progress: (loaded, total) => this.change({ kind: 'loading', loaded, total }),
          warmingUp: () => this.change({ kind: 'warming_up' }),
          deviceLost: (reason) => this.fail(`the graphics device was lost: ${reason}`),
        },
      );
      // Meanwhile nobody may want it any more, or its device may be lost.
      if (this.closed || this.state.kind === 'failed') return session.close();
      this.opened = { session, preprocessor: new Preprocessor(session.manifest.input) };
      this.change({ kind: 'ready', words: this.describe(threads) });
    } catch (error) {
      console.error('the detector in this browser could not start', error);
      this.fail(words(error));
    }
  }

  private describe(threads: number): string {
    if (this.engine === 'webgpu') return `WebGPU (${this.adapter ?? 'unknown adapter'})`;
    const alone = self.crossOriginIsolated ? '' : ' (no shared memory: the page is not isolated)';
    return `WASM, ${threads} thread${threads === 1 ? '' : 's'}${alone}`;
  }

  private async infer(
    { session, preprocessor }: NonNullable<typeof this.opened>,
    { picture, captured, sampled }: Sample,
  ): Promise<Outcome> {
    const received = epochNow();
    const lap = stopwatch();
    const { data, width, height } = await this.pixels.read(picture);
    const decode_us = lap();
    const coverage = preprocessor.fill(data, width, height, session.input);
    const resize_us = lap();
    const outputs = await session.run().catch((error: unknown) => {
      this.fail(`inference failed: ${words(error)}`);
      throw error;
    });
    const infer_us = lap();
    const detections = session.decoder.detections(outputs, coverage);
    const post_us = lap();
    const done = epochNow();
    const frame_id = this.nextId;
    this.nextId = (this.nextId + 1) >>> 0;
    const result = {
      frame_id,
      capture_ts: Math.round(captured),
      recv_ts: Math.round(received),
      inference_ts: Math.round(done),
      detections,
      timing: { queue_us: 0, decode_us, resize_us, infer_us, post_us },
    };
    return { kind: 'result', result, stamps: { sampled, answered: done }, clock: ONE_CLOCK };
  }

  private fail(message: string): void {
    this.change({ kind: 'failed', message });
    this.release();
  }

  /** A failure is final: what is still on its way, such as the other file, does not talk over it. */
  private change(state: DetectorState): void {
    if (this.closed || this.state.kind === 'failed') return;
    this.state = state;
    this.events.changed();
  }
}

/** Whole microseconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return Math.round((last - before) * 1000);
  };
}
