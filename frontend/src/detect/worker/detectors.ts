// Which detector is at work: the server's, one in this worker, or the one that auto mode picks.
import type { AutoReport, BrowserEngine, Choice, DetectorState, Engine, WorkerSettings } from '../messages';
import { Auto, type Verdict } from './auto';
import { findAdapter } from './browser/adapter';
import { BrowserDetector } from './browser/browser-detector';
import type { Detector, DetectorEvents } from './detector';
import type { Result, Sampler } from './sampler';
import { ServerDetector } from './server/server-detector';

/** In auto mode a server that is away for this long is given up, and the rest is tried again. */
const PATIENCE_MS = 3000;

export class Detectors {
  active: Detector | null = null;
  auto: AutoReport | null = null;
  /** Counts up with every detector that is put to work and every measurement that begins. */
  run = 0;
  note: string | null = null;
  private chosen: Choice | null = null;
  private round: Auto | null = null;
  private candidates: readonly Engine[] = [];
  private nothingLeft: string | null = null;
  private patience: ReturnType<typeof setTimeout> | undefined;
  /** Loading them takes long, so they are kept when another one is at work. */
  private readonly loaded = new Map<BrowserEngine, BrowserDetector>();
  private adapter: Promise<string | null> | null = null;
  private adapterName: string | null = null;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly sampler: Sampler,
    private readonly changed: () => void,
  ) {}

  get state(): DetectorState {
    if (this.nothingLeft !== null) return { kind: 'failed', message: this.nothingLeft };
    return this.active?.state ?? { kind: 'connecting' };
  }

  async choose(choice: Choice): Promise<void> {
    this.chosen = choice;
    this.stopAuto();
    this.nothingLeft = null;
    this.auto = null;
    this.note = null;
    if (choice.mode === 'server') return this.use('server');
    const engines = await this.browserEngines(choice.engine);
    // Another choice may have been made while the adapter was looked for.
    if (this.chosen !== choice) return;
    if (choice.mode === 'wasm') this.use(engines[0] as BrowserEngine);
    else this.startAuto([...engines, 'server']);
  }

  countAnew(): void {
    this.run += 1;
    this.sampler.countAnew();
    this.changed();
  }

  /** A frame was given to the detector at work. */
  taken(): void {
    this.round?.taken();
  }

  /** A frame was answered: auto mode measures by it. */
  answered({ stamps }: Result): void {
    this.round?.answered(stamps.answered - stamps.sampled);
  }

  private async browserEngines(wanted: BrowserEngine | null): Promise<BrowserEngine[]> {
    this.adapter ??= findAdapter(this.settings.browser.softwareAdapter);
    this.adapterName = await this.adapter;
    if (wanted !== null) return [wanted];
    return this.adapterName === null ? ['wasm'] : ['webgpu', 'wasm'];
  }

  private use(engine: Engine): void {
    if (this.active?.engine !== engine) this.replace(engine);
    this.run += 1;
    this.sampler.use(this.active);
    this.moved();
  }

  private replace(engine: Engine): void {
    const last = this.active;
    // What the next one says while it is made is not the last one's news.
    this.active = null;
    if (last?.engine === 'server') last.close();
    this.active = engine === 'server' ? this.openServer() : this.openBrowser(engine);
  }

  private openServer(): Detector {
    const url = new URL('/api/detect?timing=1', self.location.origin);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    // A page can set no header on a WebSocket.
    const { accessKey } = this.settings;
    if (accessKey !== null) url.searchParams.set('key', accessKey);
    return new ServerDetector(url.href, this.settings.sampler, this.events);
  }

  private openBrowser(engine: BrowserEngine): Detector {
    const { sampler, browser } = this.settings;
    const kept = this.loaded.get(engine);
    if (kept) return kept;
    const detector = new BrowserDetector(engine, sampler, browser, this.adapterName, this.events);
    this.loaded.set(engine, detector);
    return detector;
  }

  private readonly events: DetectorEvents = {
    changed: () => this.moved(),
    trouble: (note) => {
      this.note = note;
      this.changed();
    },
  };

  private moved(): void {
    this.sampler.pump();
    this.round?.stateChanged(this.state);
    this.watchPicked();
    if (this.nothingLeft !== null && this.active?.ready) this.serverIsBack();
    this.changed();
  }

  private startAuto(engines: readonly Engine[]): void {
    this.round = new Auto(engines, {
      use: (engine) => this.use(engine),
      report: (report) => {
        this.auto = report;
      },
      done: (verdict) => this.settle(engines, verdict),
    });
    this.round.start();
  }

  private stopAuto(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    this.round?.stop();
    this.round = null;
  }

  private settle(engines: readonly Engine[], { picked, standby, reason }: Verdict): void {
    this.stopAuto();
    this.candidates = engines;
    if (picked === null) {
      this.auto = null;
      this.nothingLeft = reason;
      this.changed();
    } else {
      this.auto = { kind: 'picked', engine: picked, reason };
      this.keepOnly(standby);
      this.use(picked);
    }
  }

  /** What has failed stays, so that the next round knows. */
  private keepOnly(engine: BrowserEngine | null): void {
    for (const [each, detector] of this.loaded) {
      if (each === engine || detector.state.kind === 'failed') continue;
      detector.close();
      this.loaded.delete(each);
    }
  }

  /** In auto mode, when the one that was picked is gone, the choice is made anew. */
  private watchPicked(): void {
    if (this.auto?.kind !== 'picked') return;
    const { kind } = this.state;
    if (kind === 'failed') {
      this.chooseAgain();
    } else if (kind === 'ready') {
      clearTimeout(this.patience);
      this.patience = undefined;
    } else if (kind === 'lost') {
      this.patience ??= setTimeout(() => this.chooseAgain(), PATIENCE_MS);
    }
  }

  /** It was tried last and went on being tried. What could not be fetched without it can be now. */
  private serverIsBack(): void {
    for (const [engine, { state }] of this.loaded) if (state.kind === 'failed') this.loaded.delete(engine);
    this.chooseAgain();
  }

  private chooseAgain(): void {
    this.stopAuto();
    this.nothingLeft = null;
    this.startAuto(this.candidates);
  }
}
