import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from './metrics';
import { Recorder } from './recording';

const outside = { mode: 'server', video_kbps: null, config: {}, machine: {} } as const;

function makeRecorder(obstacle: string | null = null) {
  const countAnew = vi.fn();
  let metrics = new Metrics(() => null);
  const recorder = new Recorder({
    obstacle: () => obstacle,
    countAnew,
    report: () => metrics.report(outside),
  });
  const begin = () => {
    metrics = new Metrics(() => null);
    recorder.begun(metrics);
  };
  return { recorder, countAnew, begin, metricsNow: () => metrics };
}

describe('Recorder', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('counts anew and ends after the time asked for', async () => {
    const { recorder, countAnew, begin, metricsNow } = makeRecorder();
    const recording = recorder.record(3);
    expect(countAnew).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(1000);
    begin();
    expect(metricsNow().keepsAll, 'every frame is told').toBe(true);
    await vi.advanceTimersByTimeAsync(3000);
    const { metrics, frames, timeline } = await recording;
    expect(metricsNow().keepsAll, 'and memory is bounded again').toBe(false);
    expect(metrics.frames.displayed).toBe(0);
    expect(frames).toEqual([]);
    expect(timeline.length).toBeGreaterThanOrEqual(4);
    expect(recorder.progress).toBeNull();
  });

  it('stops early with what it has', async () => {
    const { recorder, begin } = makeRecorder();
    const recording = recorder.record(30);
    begin();
    await vi.advanceTimersByTimeAsync(2000);
    expect(recorder.progress?.of).toBe(30);
    recorder.stop();
    expect((await recording).timeline).toHaveLength(4);
  });

  it.each([
    ['another detector', (begin: () => void) => begin(), /another detector/],
    [
      'a disturbance',
      (_: () => void, recorder: Recorder) => recorder.spoil('the lights went out'),
      /the lights went out while/,
    ],
    ['nothing counted yet', (_: () => void, recorder: Recorder) => recorder.stop(), /before the first/],
  ])('fails with a reason: %s', async (name, act, reason) => {
    const { recorder, begin } = makeRecorder();
    const recording = recorder.record(30);
    if (name === 'another detector') begin();
    act(begin, recorder);
    await expect(recording).rejects.toThrow(reason);
    expect(recorder.progress).toBeNull();
  });

  it('gives up on a detector that does not answer', async () => {
    const { recorder } = makeRecorder();
    const recording = recorder.record(30);
    const rejected = expect(recording).rejects.toThrow(/does not answer/);
    await vi.advanceTimersByTimeAsync(6000);
    await rejected;
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9])('refuses to last %d s', async (seconds) => {
    const { recorder, countAnew } = makeRecorder();
    await expect(recorder.record(seconds)).rejects.toThrow(/lasts up to/);
    expect(countAnew).not.toHaveBeenCalled();
  });

  it('refuses a second recording, and one of nothing', async () => {
    const { recorder } = makeRecorder();
    const first = recorder.record(30);
    await expect(recorder.record(30)).rejects.toThrow(/under way/);
    recorder.stop();
    await expect(first).rejects.toThrow();
    await expect(makeRecorder('no video arrives').recorder.record(30)).rejects.toThrow('no video arrives');
  });
});
