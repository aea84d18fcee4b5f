import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AutoReport, DetectorState, Engine } from '../messages';
import { Auto, explain, pick, type Trial, type Verdict } from './auto';

const measured = (engine: Engine, latency: number, rate = 15): Trial => ({ engine, latency, rate });
const missing = (engine: Engine, why: string): Trial => ({ engine, missing: why });

describe('pick', () => {
  it('takes the quickest of those that keep up', () => {
    expect(pick([measured('wasm', 38), measured('server', 14)])).toBe('server');
    expect(pick([measured('wasm', 38, 15), measured('server', 45, 14.5)])).toBe('wasm');
  });

  it('takes the higher rate before the lower latency', () => {
    expect(pick([measured('wasm', 90, 9), measured('server', 120, 15)])).toBe('server');
    expect(pick([measured('wasm', 90, 13.6), measured('server', 120, 15)])).toBe('wasm');
  });

  it('takes whatever is left, or nothing', () => {
    expect(pick([missing('webgpu', 'lost'), measured('wasm', 900, 1), missing('server', 'gone')])).toBe(
      'wasm',
    );
    expect(pick([missing('wasm', 'no model'), missing('server', 'not reachable')])).toBeNull();
    expect(pick([])).toBeNull();
  });

  it('never takes one that is both slower and less frequent than another', () => {
    const engines = fc.constantFrom<Engine>('server', 'webgpu', 'wasm');
    const figure = fc.double({ min: 0.1, max: 1000, noNaN: true });
    const trials = fc.uniqueArray(fc.tuple(engines, figure, figure), {
      selector: ([engine]) => engine,
      minLength: 1,
    });
    fc.assert(
      fc.property(trials, (figures) => {
        const picked = pick(figures.map(([engine, latency, rate]) => measured(engine, latency, rate)));
        const [, latency, rate] = figures.find(([engine]) => engine === picked) as (typeof figures)[0];
        for (const [, otherLatency, otherRate] of figures) {
          expect(otherLatency < latency && otherRate > rate).toBe(false);
        }
      }),
    );
  });
});

describe('explain', () => {
  it('gives the figures that decided', () => {
    expect(explain([measured('wasm', 38.2), measured('server', 13.7)])).toBe(
      'WASM 38 ms, server 14 ms: server',
    );
    expect(explain([measured('wasm', 90, 9), measured('server', 120, 15)])).toBe(
      'WASM 90 ms (9/s), server 120 ms (15/s): server',
    );
  });

  it('says why one could not be tried', () => {
    expect(explain([measured('webgpu', 12), measured('wasm', 38), missing('server', 'not reachable')])).toBe(
      'WebGPU 12 ms, WASM 38 ms, server: not reachable: WebGPU',
    );
    expect(explain([missing('wasm', 'the model is gone'), missing('server', 'not reachable')])).toBe(
      'WASM: the model is gone, server: not reachable: nothing can detect',
    );
  });
});

const READY: DetectorState = { kind: 'ready', words: 'at work' };
const LOST: DetectorState = { kind: 'lost', code: 1006, reason: '', retry_ms: 250 };

function begin(...engines: Engine[]) {
  const used: Engine[] = [];
  const reports: AutoReport[] = [];
  const outcomes: Verdict[] = [];
  const auto = new Auto(engines, {
    use: (engine) => used.push(engine),
    report: (report) => reports.push(report),
    done: (verdict) => outcomes.push(verdict),
  });
  auto.start();
  /** Answers at 10 a second for so long. */
  const answer = async (latency: number, ms: number) => {
    for (let at = 0; at < ms; at += 100) {
      auto.taken();
      auto.answered(latency);
      await vi.advanceTimersByTimeAsync(100);
    }
  };
  return { auto, used, reports, outcomes, answer };
}

describe('a round of trials', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('tries one after the other, for about three seconds in all, and picks', async () => {
    const { auto, used, reports, outcomes, answer } = begin('wasm', 'server');
    expect(reports).toEqual([{ kind: 'trying', engine: 'wasm' }]);
    auto.stateChanged(READY);
    await answer(40, 1800);
    expect(used).toEqual(['wasm', 'server']);
    expect(reports.at(-1)).toEqual({ kind: 'trying', engine: 'server' });
    auto.stateChanged(READY);
    expect(outcomes).toEqual([]);
    await answer(20, 1800);
    expect(outcomes).toEqual([
      { picked: 'server', standby: 'wasm', reason: 'WASM 40 ms, server 20 ms: server' },
    ]);
  });

  it('leaves the first answers out: their caches were cold', async () => {
    const { auto, outcomes, answer } = begin('wasm');
    auto.stateChanged(READY);
    await answer(5000, 200);
    await answer(30, 3200);
    expect(outcomes).toEqual([{ picked: 'wasm', standby: 'wasm', reason: 'WASM 30 ms: WASM' }]);
  });

  it('waits for the first frame as long as it takes: the phone may not be here yet', async () => {
    const { auto, used, outcomes, answer } = begin('server', 'wasm');
    await vi.advanceTimersByTimeAsync(3900);
    auto.stateChanged(READY);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(used).toEqual(['server']);
    await answer(15, 1800);
    expect(used).toEqual(['server', 'wasm']);
    expect(outcomes).toEqual([]);
  });

  it('leaves out an engine that fails, at once', async () => {
    const { auto, used, outcomes, answer } = begin('webgpu', 'wasm', 'server');
    auto.stateChanged({ kind: 'failed', message: 'the graphics device was lost' });
    expect(used).toEqual(['webgpu', 'wasm']);
    auto.stateChanged({ kind: 'loading', loaded: 1, total: 2 });
    auto.stateChanged(READY);
    await answer(35, 1400);
    auto.stateChanged(LOST);
    expect(outcomes).toEqual([
      {
        picked: 'wasm',
        standby: 'wasm',
        reason: 'WebGPU: the graphics device was lost, WASM 35 ms, server: not reachable: WASM',
      },
    ]);
  });

  it('does not wait for a server that takes no connection', async () => {
    const { outcomes } = begin('server');
    await vi.advanceTimersByTimeAsync(4100);
    expect(outcomes).toEqual([
      { picked: null, standby: null, reason: 'server: not reachable: nothing can detect' },
    ]);
  });

  it('notices an engine that stops answering', async () => {
    const { auto, outcomes, answer } = begin('wasm');
    auto.stateChanged(READY);
    await answer(30, 200);
    auto.taken();
    await vi.advanceTimersByTimeAsync(4100);
    expect(outcomes).toEqual([
      { picked: null, standby: null, reason: 'WASM: no answer: nothing can detect' },
    ]);
  });

  it('notices an engine that takes frames and never answers', async () => {
    const { auto, used, answer } = begin('webgpu', 'wasm');
    auto.stateChanged(READY);
    auto.taken();
    auto.stateChanged(READY);
    await vi.advanceTimersByTimeAsync(2000);
    auto.taken();
    await vi.advanceTimersByTimeAsync(2100);
    expect(used).toEqual(['webgpu', 'wasm']);
    auto.stateChanged(READY);
    await answer(30, 400);
    expect(used).toEqual(['webgpu', 'wasm']);
  });

  it('does not hold a pause of the phone against the engine', async () => {
    const { auto, outcomes, answer } = begin('wasm', 'server');
    auto.stateChanged(READY);
    await answer(40, 1000);
    await vi.advanceTimersByTimeAsync(20_000);
    await answer(40, 100);
    auto.stateChanged(READY);
    await answer(50, 1900);
    expect(outcomes).toEqual([{ picked: 'wasm', standby: 'wasm', reason: 'WASM 40 ms, server 50 ms: WASM' }]);
  });

  it('copes with one that has failed already when it is put to work', () => {
    const outcomes: (Engine | null)[] = [];
    const auto: Auto = new Auto(['webgpu', 'wasm'], {
      use: () => auto.stateChanged({ kind: 'failed', message: 'no' }),
      report: () => {},
      done: ({ picked }) => outcomes.push(picked),
    });
    auto.start();
    expect(outcomes).toEqual([null]);
  });

  it('is silent once it was stopped', async () => {
    const { auto, used, outcomes, answer } = begin('wasm', 'server');
    auto.stateChanged(READY);
    await answer(30, 400);
    auto.stop();
    await answer(30, 5000);
    auto.stateChanged(LOST);
    expect(used).toEqual(['wasm']);
    expect(outcomes).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
