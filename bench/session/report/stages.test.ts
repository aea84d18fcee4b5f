import { describe, expect, it } from 'vitest';
import type { FrameRecord } from '../../../frontend/src/viewer/frame-record';
import { emptyRun, sampleRun } from './fixture';
import { cascade, missing, NOT_IN_BROWSER, remainders } from './stages';

const server = sampleRun({ title: 'server', mode: 'server', seconds: 4, fps: 15 });
const wasm = sampleRun({ title: 'wasm', mode: 'wasm', seconds: 4, fps: 10 });

describe('cascade', () => {
  it('begins each stage where the medians before it end', () => {
    const steps = cascade(server.metrics.stages_ms);
    expect(steps).toHaveLength(12);
    expect(steps[0]?.start).toBe(0);
    steps.slice(1).forEach((step, index) => {
      expect(step.start).toBeCloseTo((steps[index]?.start ?? 0) + (steps[index]?.median ?? 0));
    });
  });

  it('leaves out the stages that a mode lacks', () => {
    expect(missing(wasm.metrics.stages_ms)).toEqual(NOT_IN_BROWSER);
    expect(cascade(wasm.metrics.stages_ms)).toHaveLength(9);
    expect(cascade(emptyRun('nothing').metrics.stages_ms)).toEqual([]);
  });
});

describe('remainders', () => {
  const [first] = server.frames.filter(({ capture_source }) => capture_source === 'capture_time');
  const changed = (change: Partial<FrameRecord>) => remainders([{ ...(first as FrameRecord), ...change }]);

  it('are nothing where the stages add up, in both modes', () => {
    const all = [...remainders(server.frames), ...remainders(wasm.frames)];
    expect(all).toHaveLength(server.frames.length + wasm.frames.length);
    for (const rest of all) expect(rest).toBeCloseTo(0);
  });

  it('show time that no stage accounts for', () => {
    expect(changed({ e2e_ms: (first?.e2e_ms ?? 0) + 3 })[0]).toBeCloseTo(3);
  });

  it('leave out a frame with an unknown stage on its way', () => {
    const stages = first?.stages_ms as FrameRecord['stages_ms'];
    expect(changed({ stages_ms: { ...stages, capture_to_receive: null } })).toEqual([]);
    expect(changed({ stages_ms: { ...stages, infer: null } })).toEqual([]);
  });
});
