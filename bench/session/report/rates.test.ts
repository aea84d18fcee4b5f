import { describe, expect, it } from 'vitest';
import type { FrameCounts } from '../../../frontend/src/protocol/messages';
import { intervals } from './rates';

const counted = (at: number, displayed: number, dropped_client = 0): { at: number; frames: FrameCounts } => ({
  at,
  frames: { sampled: 0, sent: 0, answered: 0, displayed, dropped_client, dropped_server: 0, errors: 0 },
});

describe('intervals', () => {
  it('tell rates, not counts', () => {
    const [first, second] = intervals([counted(0, 0), counted(1000, 15), counted(3000, 41, 4)]);
    expect(first?.perSecond.displayed).toBe(15);
    expect(second).toMatchObject({ from: 1000, to: 3000, perSecond: { displayed: 13, dropped_client: 2 } });
  });

  it('add a last moment to the second before it: one frame in 20 ms is no rate', () => {
    const all = intervals([counted(0, 0), counted(1000, 15), counted(2000, 30), counted(2020, 31)]);
    expect(all.map(({ to }) => to)).toEqual([1000, 2020]);
    expect(all[1]?.perSecond.displayed).toBeCloseTo(16 / 1.02);
  });

  it('are shown even when the whole run was that short', () => {
    expect(intervals([counted(0, 0), counted(300, 3)])).toHaveLength(1);
  });

  it('are none without two counts', () => {
    expect(intervals([])).toEqual([]);
    expect(intervals([counted(0, 0)])).toEqual([]);
    expect(intervals([counted(5, 0), counted(5, 0)])).toEqual([]);
  });
});
