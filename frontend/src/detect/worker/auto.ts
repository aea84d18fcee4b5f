// Auto mode: tries each engine on live frames, then picks by what was measured.
import { ENGINE_WORDS } from '../engines';
import type { AutoReport, BrowserEngine, DetectorState, Engine } from '../messages';

/** All trials together. */
const TRIAL_MS = 3000;
/** A server that cannot be reached within this is left out. */
const CONNECT_MS = 4000;
/** An engine that has frames and answers none for this long is left out. */
const ANSWER_MS = 4000;
/** The first answers come from cold caches. */
const SKIPPED = 2;
/** Fewer say nothing of the rate. */
const LEAST_ANSWERS = 3;
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
export function pick<E extends Engine>(trials: readonly (Trial & { engine: E })[]): E | null {
  const measured = trials.filter(isMeasured) as (Measured & { engine: E })[];
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

/** `standby`: the best in this browser, for the day when the server is away. */
export type Verdict = { picked: Engine | null; standby: BrowserEngine | null; reason: string };

export type AutoHandlers = {
  /** Puts this engine to work. */
  use: (engine: Engine) => void;
  report: (report: AutoReport) => void;
  done: (verdict: Verdict) => void;
};

type Answer = { at: number; latency: number };

/** One round of trials. News of the detector at work comes by `stateChanged`, `taken` and `answered`. */
export class Auto {
  private readonly trials: Trial[] = [];
  private readonly left: Engine[];
  private readonly window: number;
  private now: Engine | null = null;
  private answers: Answer[] = [];
  private hasFrames = false;
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
    this.endTimer();
    this.now = null;
  }

  stateChanged(state: DetectorState): void {
    if (this.now === null) return;
    if (state.kind === 'failed') this.leaveOut(state.message);
    if (state.kind === 'lost') this.leaveOut('not reachable');
    // Ready before the first frame: that one may be long in coming, when no phone is here yet.
    if (state.kind === 'ready' && !this.hasFrames) this.endTimer();
  }

  /** A frame is out, so an answer is due. */
  taken(): void {
    if (this.now === null) return;
    this.hasFrames = true;
    this.timer ??= setTimeout(() => this.leaveOut('no answer'), ANSWER_MS);
  }

  answered(latency: number): void {
    if (this.now === null) return;
    this.endTimer();
    this.answers.push({ at: performance.now(), latency });
    const counted = this.answers.slice(SKIPPED);
    const [first, last] = [counted[0], counted.at(-1)];
    if (!first || !last || counted.length < LEAST_ANSWERS || last.at - first.at < this.window) return;
    this.trials.push({ engine: this.now, ...figures(counted) });
    this.next();
  }

  private leaveOut(missing: string): void {
    this.trials.push({ engine: this.now as Engine, missing });
    this.next();
  }

  private next(): void {
    this.endTimer();
    this.answers = [];
    this.hasFrames = false;
    const engine = this.left.shift() ?? null;
    this.now = engine;
    if (engine === null) this.handlers.done(this.verdict());
    else this.begin(engine);
  }

  private begin(engine: Engine): void {
    this.handlers.report({ kind: 'trying', engine });
    if (engine === 'server') this.timer = setTimeout(() => this.leaveOut('not reachable'), CONNECT_MS);
    this.handlers.use(engine);
  }

  private verdict(): Verdict {
    const { trials } = this;
    const isBrowser = (trial: Trial): trial is Trial & { engine: BrowserEngine } => trial.engine !== 'server';
    return { picked: pick(trials), standby: pick(trials.filter(isBrowser)), reason: explain(trials) };
  }

  private endTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** Medians: a phone that pauses for a moment is not held against the engine. */
function figures(answers: readonly Answer[]): { latency: number; rate: number } {
  const gaps = answers.slice(1).map(({ at }, index) => at - (answers[index] as Answer).at);
  return { latency: median(answers.map(({ latency }) => latency)), rate: 1000 / median(gaps) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}
