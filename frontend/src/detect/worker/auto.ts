// Auto mode: tries each engine on live frames, then picks by what was measured.
import { ENGINE_WORDS } from '../engines';
import type { AutoReport, DetectorState, Engine } from '../messages';

/** All trials together. */
const TRIAL_MS = 3000;
/** A server that cannot be reached within this is left out. */
const CONNECT_MS = 4000;
/** The first answers come from cold caches. */
const SKIPPED = 2;
/** An engine that reaches this share of the best rate is as good in that respect: then latency decides. */
const SAME_RATE = 0.9;

export type Trial = { engine: Engine } & (
  | { latency: number; rate: number }
  /** Why it could not be tried. */
  | { missing: string }
);
type Measured = Extract<Trial, { latency: number }>;

const isMeasured = (trial: Trial): trial is Measured => 'latency' in trial;

/** The quickest of those with (nearly) the highest rate; null when none answered. */
export function pick(trials: readonly Trial[]): Engine | null {
  const measured = trials.filter(isMeasured);
  const best = Math.max(...measured.map(({ rate }) => rate));
  const enough = measured.filter(({ rate }) => rate >= SAME_RATE * best);
  return enough.toSorted((a, b) => a.latency - b.latency)[0]?.engine ?? null;
}

/** “WASM 38 ms, server 14 ms: server”; rates where they differ, since then they decide. */
export function explain(trials: readonly Trial[]): string {
  const rates = trials.filter(isMeasured).map(({ rate }) => rate);
  const differ = Math.min(...rates) < SAME_RATE * Math.max(...rates);
  const parts = trials.map((trial) => {
    const name = ENGINE_WORDS[trial.engine];
    if (!isMeasured(trial)) return `${name}: ${trial.missing}`;
    return `${name} ${trial.latency.toFixed(0)} ms${differ ? ` (${trial.rate.toFixed(0)}/s)` : ''}`;
  });
  const picked = pick(trials);
  return `${parts.join(', ')}: ${picked ? ENGINE_WORDS[picked] : 'nothing can detect'}`;
}

export type AutoHandlers = {
  /** Puts this engine to work. */
  use: (engine: Engine) => void;
  report: (report: AutoReport) => void;
  done: (picked: Engine | null, reason: string) => void;
};

/** One round of trials. News of the detector at work comes by `stateChanged` and `answered`. */
export class Auto {
  private readonly trials: Trial[] = [];
  private readonly left: Engine[];
  private readonly window: number;
  private now: Engine | null = null;
  private latencies: number[] = [];
  private startedAt: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    engines: readonly Engine[],
    private readonly handlers: AutoHandlers,
  ) {
    this.left = [...engines];
    this.window = TRIAL_MS / engines.length;
  }

  start(): void {
    this.next();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.now = null;
  }

  stateChanged(state: DetectorState): void {
    if (this.now === null) return;
    if (state.kind === 'failed') this.leaveOut(state.message);
    if (state.kind === 'lost') this.leaveOut('not reachable');
    // Ready before the first frame: that one may be long in coming, when no phone is here yet.
    if (state.kind === 'ready' && this.startedAt === null) clearTimeout(this.timer);
  }

  answered(latency: number): void {
    if (this.now === null) return;
    this.latencies.push(latency);
    if (this.latencies.length !== SKIPPED) return;
    this.startedAt = performance.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.measured(), this.window);
  }

  private measured(): void {
    const latencies = this.latencies.slice(SKIPPED).toSorted((a, b) => a - b);
    const latency = latencies[latencies.length >> 1];
    const seconds = (performance.now() - (this.startedAt as number)) / 1000;
    const engine = this.now as Engine;
    if (latency === undefined) this.trials.push({ engine, missing: 'no answer' });
    else this.trials.push({ engine, latency, rate: latencies.length / seconds });
    this.next();
  }

  private leaveOut(missing: string): void {
    this.trials.push({ engine: this.now as Engine, missing });
    this.next();
  }

  private next(): void {
    clearTimeout(this.timer);
    this.latencies = [];
    this.startedAt = null;
    const engine = this.left.shift() ?? null;
    this.now = engine;
    if (engine === null) this.handlers.done(pick(this.trials), explain(this.trials));
    else this.begin(engine);
  }

  private begin(engine: Engine): void {
    this.handlers.report({ kind: 'trying', engine });
    if (engine === 'server') this.timer = setTimeout(() => this.leaveOut('not reachable'), CONNECT_MS);
    this.handlers.use(engine);
  }
}
