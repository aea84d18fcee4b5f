// The page's handle on the vision worker.
import { bestPath, type Feed, startFeed } from './frame-feed';
import type { FromWorker, SamplerPath, SamplerSettings, ToWorker } from './messages';

export type VisionHandlers = {
  result: (message: FromWorker & { type: 'result' }) => void;
  status: (message: FromWorker & { type: 'status' }) => void;
  /** The worker itself broke: a bug of ours or a browser without what it needs. */
  broken: (message: string) => void;
};

export class Vision {
  readonly path: SamplerPath;
  private readonly worker: Worker;
  private feed: Feed | undefined;

  constructor(
    private readonly settings: SamplerSettings,
    path: SamplerPath | null,
    handlers: VisionHandlers,
  ) {
    this.path = path ?? bestPath();
    this.worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'result') handlers.result(data);
      else handlers.status(data);
    };
    this.worker.onerror = (event) => handlers.broken(event.message || 'the vision worker could not start');
    this.tell({ type: 'start', settings });
  }

  attach(track: MediaStreamTrack, video: HTMLVideoElement): void {
    this.detach();
    this.feed = startFeed(this.path, track, video, this.settings.fps, this.tell);
  }

  detach(): void {
    this.feed?.stop();
    this.feed = undefined;
  }

  private readonly tell = (message: ToWorker, transfer: Transferable[] = []) => {
    this.worker.postMessage(message, transfer);
  };
}
