import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrameRecord, STAGES, type Stage } from './frame-record';
import { stageTimes } from './stage-times';

const record = (stages: Partial<Record<Stage, number | null>>, e2e_ms?: number): FrameRecord => {
  const none = Object.fromEntries(STAGES.map((stage) => [stage, null]));
  const known = Object.values(stages).filter((ms) => typeof ms === 'number');
  return {
    frame_id: 1,
    captured: 0,
    capture_source: 'capture_time',
    shown: 0,
    e2e_ms: e2e_ms ?? known.reduce((sum, ms) => sum + ms, 0),
    server_ms: 0,
    network_ms: 0,
    stages_ms: { ...none, ...stages } as FrameRecord['stages_ms'],
  };
};

const sumOf = (records: FrameRecord[]) =>
  Object.values(stageTimes(records)).reduce((sum, stage) => sum + (stage?.median ?? 0), 0);

const medianOf = (records: FrameRecord[]) => {
  const sorted = records.map(({ e2e_ms }) => e2e_ms).sort((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
};

describe('stageTimes', () => {
  it('adds up where the stages’ own medians do not', () => {
    // The screen refreshes every 16 ms: what is late for one refresh waits for the next.
    const records = Array.from({ length: 101 }, (_, n) => {
      const infer = 20 + (n % 10);
      const shown = infer < 25 ? 28 : 44;
      return record({ infer, display: shown - infer });
    });
    expect(sumOf(records)).toBeCloseTo(medianOf(records));
  });

  it('is within 2 ms of the median for any way of spending the time', () => {
    const stages = fc.record({
      receive_to_sample: fc.double({ min: 5, max: 60, noNaN: true }),
      infer: fc.double({ min: 10, max: 30, noNaN: true }),
      display: fc.double({ min: 0, max: 16, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(stages, { minLength: 300, maxLength: 400 }), (frames) => {
        const records = frames.map((each) => record(each));
        // Random frames are sparse where few of them fall: allow what lies between neighbours there.
        const nearest = records
          .map(({ e2e_ms }) => Math.abs(e2e_ms - medianOf(records)))
          .sort((a, b) => a - b);
        const spread = nearest[Math.ceil(0.05 * records.length) - 1] as number;
        expect(Math.abs(sumOf(records) - medianOf(records))).toBeLessThanOrEqual(Math.max(2, spread));
      }),
      { numRuns: 30 },
    );
  });

  it('has the p95 of all frames, and null for a stage that none passed', () => {
    const records = Array.from({ length: 101 }, (_, n) => record({ infer: n }));
    const { infer, encode } = stageTimes(records);
    expect(infer?.p95).toBe(95);
    // Six frames: 50 itself, and those on both sides.
    expect(Math.abs((infer?.median ?? 0) - 50)).toBeLessThanOrEqual(0.5);
    expect(encode).toBeNull();
  });

  it('adds up where not all frames begin their way at the camera', () => {
    const records = Array.from({ length: 100 }, (_, n) =>
      n % 2 ? record({ receive_to_sample: 20, infer: 10 }) : record({ infer: 30 }),
    );
    expect(sumOf(records)).toBeCloseTo(30);
  });

  it('leaves out frames with an unknown stage, unless there are no others', () => {
    const whole = Array.from({ length: 20 }, () => record({ receive_to_sample: 20, infer: 10 }));
    const lacking = Array.from({ length: 20 }, () => record({ receive_to_sample: null, infer: 12 }, 30));
    expect(stageTimes([...whole, ...lacking]).infer?.median).toBe(10);
    expect(stageTimes(lacking).infer?.median).toBe(12);
    expect(stageTimes([]).infer).toBeNull();
  });
});
