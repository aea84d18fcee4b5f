// What the detector is doing, as long as that is not simply its work: loading, lost, failed, being chosen.
import { ENGINE_WORDS } from '../detect/engines';
import type { AutoReport, BrowserEngine, DetectorState, Engine } from '../detect/messages';
import { byId, write } from '../dom';
import type { Mode } from '../protocol/messages';

export type DetectorNews = {
  /** The mode that was asked for. */
  asked: Mode;
  engine: Engine | null;
  detector: DetectorState;
  auto: AutoReport | null;
  note: string | null;
};

/** `engine`: the only one to try; null tries what there is. */
export type Retry = (engine: BrowserEngine | null) => void;

export class DetectorPanel {
  private readonly loading = byId('loading');
  private readonly loadingText = byId('loading-text');
  private readonly bar = byId<HTMLProgressElement>('loading-bar');
  private readonly problem = byId('detector-problem');
  private readonly problemText = byId('detector-problem-text');
  private readonly retry = byId<HTMLButtonElement>('retry');
  private readonly modeNote = byId('mode-note');
  private engine: BrowserEngine | null = null;

  constructor(retry: Retry) {
    this.retry.addEventListener('click', () => retry(this.engine));
  }

  show(news: DetectorNews): void {
    const { asked, engine, detector, auto, note } = news;
    write(byId('mode'), modeWords(asked, engine));
    write(this.modeNote, autoWords(auto));
    this.showLoading(detector);
    this.showProblem(problemWords(detector, note), detector.kind === 'failed');
    // What fails on the GPU still runs on the CPU.
    this.engine = engine === 'webgpu' ? 'wasm' : null;
    write(this.retry, this.engine === 'wasm' ? 'Retry with WASM' : 'Retry');
  }

  /** The worker is gone, and with it whatever it would have said. */
  showBroken(message: string): void {
    this.loading.hidden = true;
    this.engine = null;
    write(this.retry, 'Retry');
    this.showProblem(`The detector of this page stopped: ${message}.`, true);
  }

  private showLoading(detector: DetectorState): void {
    this.loading.hidden = detector.kind !== 'loading' && detector.kind !== 'warming_up';
    if (this.loading.hidden) return;
    write(this.loadingText, loadingWords(detector));
    const share = loadedShare(detector);
    if (share === null) this.bar.removeAttribute('value');
    else this.bar.value = share;
  }

  private showProblem(words: string | null, needsPerson: boolean): void {
    this.problem.hidden = words === null;
    this.retry.hidden = !needsPerson;
    write(this.problemText, words ?? '');
  }
}

/** “wasm”, “auto: server”, “auto: wasm”; on the GPU “wasm (WebGPU)”. */
export function modeWords(asked: Mode, engine: Engine | null): string {
  const detail = engine === 'webgpu' ? 'wasm (WebGPU)' : engine;
  if (asked !== 'auto') return engine === 'webgpu' && asked === 'wasm' ? 'wasm (WebGPU)' : asked;
  return detail === null ? 'auto' : `auto: ${detail}`;
}

export function autoWords(auto: AutoReport | null): string {
  if (auto === null) return '';
  return auto.kind === 'trying' ? `Trying ${ENGINE_WORDS[auto.engine]}…` : auto.reason;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

export function loadingWords(detector: DetectorState): string {
  if (detector.kind !== 'loading') return 'Warming the detector up…';
  const { loaded, total } = detector;
  const of = total === null ? '' : ` of ${megabytes(total)}`;
  return `Loading the detector: ${megabytes(loaded)}${of} MB`;
}

/** Null: not known. */
export function loadedShare(detector: DetectorState): number | null {
  if (detector.kind !== 'loading' || !detector.total) return null;
  return detector.loaded / detector.total;
}

export function problemWords(detector: DetectorState, note: string | null): string | null {
  if (detector.kind === 'failed') {
    return `Nothing is detected: ${detector.message}. Retry, or choose another mode below.`;
  }
  if (detector.kind !== 'lost') return null;
  const reason = detector.reason ? `, “${detector.reason}”` : '';
  const trouble = note === null ? '' : ` Last trouble: ${note}.`;
  return `No connection to the detector (code ${detector.code}${reason}). Trying again.${trouble}`;
}
