// The page's handle on the vision worker.
import { Arrivals } from './arrivals';
import { bestPath, type Feed, startFeed, startRelayFeed } from './frame-feed';
import type {
  Capture,
  Choice,
  FeedPath,
  FromWorker,
  Picture,
  ResultMessage,
  SamplerPath,
  StatusMessage,
  ToWorker,
  WorkerSettings,
} from './messages';

export type VisionHandlers = {
  result: (message: ResultMessage) => void;
  status: (message: StatusMessage) => void;
  /** The worker itself broke, or says nothing any more. */
  broken: (message: string) => void;
};

/** Seconds. The worker speaks every one of them; only the longest of inferences keep it from that. */
const LONGEST_SILENCE = 10;

type Source = { track: MediaStreamTrack; video: HTMLVideoElement } | 'relay';

export class Vision {
  private readonly samplerPath: SamplerPath;
  readonly arrivals = new Arrivals();
  private worker: Worker;
  private feed: Feed | undefined;
  /** The same one, while pictures come through the server. */
  private relayFeed: ReturnType<typeof startRelayFeed> | undefined;
  private source: Source | undefined;
  /** Seconds without a word, counted only while this page runs itself: a laptop that slept is no broken worker. */
  private silence = 0;
  private broken = false;

  constructor(
    private settings: WorkerSettings,
    path: SamplerPath | null,
    private readonly handlers: VisionHandlers,
  ) {
    this.samplerPath = path ?? bestPath();
    this.worker = this.startWorker();
    setInterval(() => this.listen(), 1000);
  }

  /** How frames reach the worker, now or as soon as there are some. */
  get path(): FeedPath {
    return this.feed?.path ?? this.samplerPath;
  }

  attach(track: MediaStreamTrack, video: HTMLVideoElement): void {
    this.begin({ track, video });
  }

  /** From now on frames come by `relayed`. */
  attachRelay(): void {
    this.begin('relay');
  }

  /** Takes the picture over. */
  relayed(picture: Picture, capture: Capture): void {
    if (this.relayFeed) this.relayFeed.offer({ picture, rtpTimestamp: undefined, capture });
    else picture.close();
  }

  private begin(source: Source): void {
    this.detach();
    this.source = source;
    if (this.broken) return;
    const { fps } = this.settings.sampler;
    if (source === 'relay') this.feed = this.relayFeed = startRelayFeed(this.tell);
    else this.feed = startFeed(this.samplerPath, source.track, source.video, fps, this.tell);
  }

  detach(): void {
    this.feed?.stop();
    this.feed = undefined;
    this.relayFeed = undefined;
    this.source = undefined;
  }

  choose(choice: Choice): void {
    if (this.broken) this.restart(choice);
    else this.tell({ type: 'choose', choice });
  }

  setFps(fps: number): void {
    this.settings = { ...this.settings, sampler: { ...this.settings.sampler, fps } };
    this.tell({ type: 'fps', fps });
    // The one feed that copies frames copies no more than are wanted.
    if (this.path === 'image_bitmap' && this.source) this.begin(this.source);
  }

  /** The counts begin at nought, with another number of the run. */
  countAnew(): void {
    this.tell({ type: 'count_anew' });
  }

  /** The room's events are back. */
  serverAnswers(): void {
    this.tell({ type: 'server_answers' });
  }

  /** A fresh worker in the place of this one, on the same video. */
  restart(choice: Choice): void {
    const { source } = this;
    this.settings = { ...this.settings, choice };
    this.detach();
    this.worker.terminate();
    this.worker = this.startWorker();
    if (source) this.begin(source);
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
    this.silence = 0;
    this.broken = false;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.worker && !this.broken) this.hear(data);
      // What an ended worker had still said is nobody's.
      else if (data.type === 'result') data.picture.close();
    };
    worker.onerror = (event) => {
      if (worker === this.worker) this.giveUp(event.message || 'it could not start');
    };
    worker.postMessage({ type: 'start', settings: this.settings } satisfies ToWorker);
    return worker;
  }

  private hear(message: FromWorker): void {
    this.silence = 0;
    if (message.type === 'result') this.handlers.result(message);
    else if (message.type === 'status') this.handlers.status(message);
    else this.feed?.want();
  }

  private listen(): void {
    this.silence += 1;
    if (this.silence > LONGEST_SILENCE && !this.broken) {
      this.giveUp(`it has said nothing for ${LONGEST_SILENCE} s`);
    }
  }

  /** What is left of a broken worker is not to be trusted, and would talk over the news of its end. */
  private giveUp(message: string): void {
    this.broken = true;
    this.worker.terminate();
    this.feed?.stop();
    this.feed = undefined;
    this.relayFeed = undefined;
    this.handlers.broken(message);
  }

  private readonly tell = (message: ToWorker, transfer: Transferable[] = []) => {
    if (message.type === 'frame_times') this.arrivals.note(message.times);
    this.worker.postMessage(message, transfer);
  };
}
