// The detector as the page sees it: which mode is wanted, what the vision worker tells, what is measured.
import { epochNow } from '../detect/epoch';
import type { DetectorState, ResultMessage, StatusMessage } from '../detect/messages';
import { Vision } from '../detect/vision';
import type { ClientConfig, Mode } from '../protocol/messages';
import { accessKey } from './access';
import { DetectorPanel } from './detector-panel';
import type { HiddenTime } from './hidden-time';
import { Metrics } from './metrics';
import type { Options } from './options';

/** Frames a second with the battery saver on. */
const SAVER_FPS = 5;

export type DetectionHandlers = {
  result: (message: ResultMessage) => void;
  /** Frames are counted from nought: another detector is at work, or it was asked for. */
  begun: (metrics: Metrics) => void;
  /** Figures from before and after this are not of one kind. */
  disturbed: (reason: string) => void;
};

export class Detection {
  /** The measurement under way. */
  metrics: Metrics;
  readonly vision: Vision;
  private readonly panel = new DetectorPanel((engine) => {
    this.run = null;
    this.vision.restart({ mode: this.asked, engine: engine ?? this.options.engine });
  });
  /** What the worker told last. */
  private status: StatusMessage | null = null;
  /** The worker's number of the detector that is measured; a new worker begins to count anew. */
  private run: number | null = null;

  constructor(
    private readonly options: Options,
    { model }: ClientConfig,
    private asked: Mode,
    private saver: boolean,
    private readonly hiddenTime: HiddenTime,
    private readonly handlers: DetectionHandlers,
  ) {
    this.metrics = this.newMetrics();
    const { sampler, path, engine, threads, softwareAdapter } = options;
    const { manifest, score_threshold: threshold } = model;
    const browser = { manifest, threshold, threads, softwareAdapter };
    const choice = { mode: asked, engine };
    const settings = { choice, sampler: { ...sampler, fps: this.fps }, browser, accessKey: accessKey() };
    this.vision = new Vision(settings, path, {
      result: (message) => {
        this.noteCounts(message);
        handlers.result(message);
      },
      status: (message) => {
        this.status = message;
        this.noteCounts(message);
        this.panel.show({ asked: this.asked, ...message });
      },
      broken: (message) => {
        this.status = null;
        this.run = null;
        this.panel.showBroken(message);
        handlers.disturbed('the detector of this page stopped');
      },
    });
  }

  setMode(mode: Mode): void {
    this.asked = mode;
    this.vision.choose({ mode, engine: this.options.engine });
  }

  setSaver(on: boolean): void {
    this.saver = on;
    this.vision.setFps(this.fps);
    this.handlers.disturbed('the battery saver was switched');
  }

  /** The mode that frames are detected in; "auto" until it has picked. */
  get mode(): Mode {
    if (this.asked !== 'auto') return this.asked;
    const { auto, engine } = this.status ?? {};
    if (auto?.kind !== 'picked' || !engine) return 'auto';
    return engine === 'server' ? 'server' : 'wasm';
  }

  get detector(): DetectorState | null {
    return this.status?.detector ?? null;
  }

  /** Frames a second that the sampler picks now. */
  get rate(): number | null {
    return this.status?.detector.kind === 'ready' ? this.status.rate : null;
  }

  /** For `window.sightline.state()`. */
  state() {
    return {
      mode: this.mode,
      frames: this.metrics.frames,
      sampler: this.vision.path,
      asked: this.asked,
      engine: this.status?.engine ?? null,
      detector: this.detector,
      auto: this.status?.auto ?? null,
      rate: this.rate,
      sessions: this.status?.sessions ?? 0,
    };
  }

  /** What the figures of this moment were measured with. */
  config(): Record<string, unknown> {
    const { detector } = this;
    return {
      ...this.options.sampler,
      fps: this.fps,
      sampler: this.vision.path,
      engine: this.status?.engine ?? null,
      detector: detector?.kind === 'ready' ? detector.words : null,
    };
  }

  private newMetrics(): Metrics {
    return new Metrics((rtpTimestamp) => this.vision.arrivals.of(rtpTimestamp), this.hiddenTime);
  }

  /** Frames a second that are wanted. */
  private get fps(): number {
    const { fps } = this.options.sampler;
    return this.saver ? Math.min(SAVER_FPS, fps) : fps;
  }

  /** Figures of two detectors are never mixed: another one's are measured anew. */
  private noteCounts({ run, counts, clock }: ResultMessage | StatusMessage): void {
    if (run !== this.run) {
      this.run = run;
      this.metrics = this.newMetrics();
      this.handlers.begun(this.metrics);
    }
    this.metrics.noteCounts(counts, clock, epochNow());
  }
}
