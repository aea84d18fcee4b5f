import { describe, expect, it } from 'vitest';
import type { DetectorState, Engine } from '../detect/messages';
import type { Mode } from '../protocol/messages';
import { autoWords, loadedShare, loadingWords, modeWords, problemWords } from './detector-panel';

const loading = (loaded: number, total: number | null): DetectorState => ({ kind: 'loading', loaded, total });

describe('the words of the detector panel', () => {
  it.each<[Mode, Engine | null, string]>([
    ['server', null, 'server'],
    ['server', 'server', 'server'],
    ['wasm', null, 'wasm'],
    ['wasm', 'wasm', 'wasm'],
    ['wasm', 'webgpu', 'wasm (WebGPU)'],
    // The worker has not heard yet that the mode was changed.
    ['server', 'webgpu', 'server'],
    ['auto', null, 'auto'],
    ['auto', 'server', 'auto: server'],
    ['auto', 'wasm', 'auto: wasm'],
    ['auto', 'webgpu', 'auto: wasm (WebGPU)'],
  ])('%s mode on %s is “%s”', (asked, engine, words) => {
    expect(modeWords(asked, engine)).toBe(words);
  });

  it('tell what auto mode tries, and why it picked', () => {
    expect(autoWords(null)).toBe('');
    expect(autoWords({ kind: 'trying', engine: 'webgpu' })).toBe('Trying WebGPU…');
    const reason = 'WASM 38 ms, server 14 ms: server';
    expect(autoWords({ kind: 'picked', engine: 'server', reason })).toBe(reason);
  });

  it('tell how far loading is, and of how much where that is known', () => {
    expect(loadingWords(loading(1_230_000, 20_000_000))).toBe('Loading the detector: 1.2 of 20.0 MB');
    expect(loadingWords(loading(1_230_000, null))).toBe('Loading the detector: 1.2 MB');
    expect(loadingWords({ kind: 'warming_up' })).toMatch(/warming/i);
  });

  it('have no share of an unknown whole', () => {
    expect(loadedShare(loading(5, 20))).toBe(0.25);
    expect(loadedShare(loading(5, null))).toBeNull();
    expect(loadedShare(loading(0, 0))).toBeNull();
    expect(loadedShare({ kind: 'warming_up' })).toBeNull();
  });

  it('tell of trouble, and of nothing else', () => {
    const calm: DetectorState[] = [
      { kind: 'connecting' },
      loading(1, 2),
      { kind: 'warming_up' },
      { kind: 'ready', words: 'server' },
    ];
    for (const state of calm) expect(problemWords(state, 'an old trouble')).toBeNull();
  });

  it('say what a person can do when the detector has failed', () => {
    const words = problemWords({ kind: 'failed', message: 'the model is not there' }, null);
    expect(words).toMatch(/nothing is detected: the model is not there/i);
    expect(words).toMatch(/retry, or choose another mode/i);
  });

  it('tell why the server’s socket closed, and the last trouble where there was one', () => {
    const lost = { kind: 'lost', code: 1009, reason: 'too big', retry_ms: 250 } as const;
    expect(problemWords(lost, null)).toBe(
      'No connection to the detector (code 1009, “too big”). Trying again.',
    );
    expect(problemWords({ ...lost, code: 1006, reason: '' }, 'no answer within 10 s')).toBe(
      'No connection to the detector (code 1006). Trying again. Last trouble: no answer within 10 s.',
    );
  });
});
