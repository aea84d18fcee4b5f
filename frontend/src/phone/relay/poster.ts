// The page's handle on the relay worker: gives it a picture whenever it is free and one is due.
import { Pacer } from '../../detect/worker/pacer';
import type { Captured, FromPoster, ToPoster } from './messages';
import { pictureOf, watchPreview } from './preview';

/** Frames a second: what a phone's processor and a tunnel carry easily. */
const FPS = 12;

export type PosterHandlers = {
  answered: (listening: boolean) => void;
  failed: (message: string) => void;
  /** The worker is no more: another one may do. */
  broken: (message: string) => void;
  /** Are pictures wanted at this moment? */
  wanted: () => boolean;
  /** Names our stay in the seat; whoever has none is not heard. */
  sitting: () => string;
};

export class Poster {
  private readonly worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
  private readonly pacer = new Pacer(FPS);
  private readonly unwatch: () => void;
  private ready = false;
  /** A picture is on its way. */
  private busy = false;
  private stopped = false;

  constructor(
    private readonly video: HTMLVideoElement,
    room: { address: string; token: string },
    private readonly handlers: PosterHandlers,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<FromPoster>) => this.hear(data);
    this.worker.onerror = ({ message }) => {
      this.busy = false;
      if (!this.stopped) handlers.broken(message || 'it could not start');
    };
    this.tell({ type: 'start', ...room });
    this.unwatch = watchPreview(video, (captured) => void this.offer(captured));
  }

  stop(): void {
    this.stopped = true;
    this.unwatch();
    // A worker that is ended with a picture in its hands does not close it.
    if (!this.busy) this.worker.terminate();
  }

  /** First the worker is free, then the newest frame is taken: none grows stale while it waits. */
  private async offer(captured: Captured): Promise<void> {
    const sitting = this.handlers.sitting();
    const wanted = sitting !== '' && this.handlers.wanted();
    if (!this.ready || this.busy || !wanted || !this.pacer.due(performance.now())) return;
    this.busy = true;
    try {
      const picture = await pictureOf(this.video);
      this.tell({ type: 'picture', picture, captured, sitting }, [picture]);
    } catch (error) {
      // Between two cameras there is no picture.
      console.warn('no picture to send', error);
      this.free();
    }
  }

  private hear(message: FromPoster): void {
    if (message.type === 'ready') {
      this.ready = true;
      return;
    }
    this.free();
    if (this.stopped) return;
    if (message.type === 'answer') this.handlers.answered(message.listening);
    else this.handlers.failed(message.message);
  }

  private free(): void {
    this.busy = false;
    if (this.stopped) this.worker.terminate();
  }

  private tell(message: ToPoster, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}
