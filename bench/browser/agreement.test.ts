import { describe, expect, it } from 'vitest';
import type { Detection } from '../../frontend/src/protocol/messages';
import { compare, shareOf, sureIn } from './agreement';

const box = (score: number, xmin = 0, label = 'person'): Detection => ({
  label,
  score,
  xmin,
  ymin: 0,
  xmax: xmin + 0.4,
  ymax: 1,
});

const share = (server: Detection[], browser: Detection[]) => shareOf(compare(server, browser)).share;

describe('compare', () => {
  it('finds agreement in equal boxes, whatever their order', () => {
    expect(share([box(0.9), box(0.8, 0.5)], [box(0.8, 0.5), box(0.9)])).toBe(1);
  });

  it('demands both the place and the score', () => {
    expect(share([box(0.9)], [box(0.86)]), 'a score 0.04 away').toBe(0);
    expect(share([box(0.9)], [box(0.88)]), 'a score 0.02 away').toBe(1);
    expect(share([box(0.9)], [box(0.9, 0.02)]), 'a box a twentieth aside').toBe(0);
  });

  it('counts a sure box without a partner on either side', () => {
    expect(share([box(0.9)], [])).toBe(0);
    expect(share([], [box(0.9)])).toBe(0);
    expect(share([box(0.9)], [box(0.9, 0, 'dog')])).toBe(0);
    expect(sureIn('server', compare([], [box(0.9)]))).toHaveLength(0);
  });

  it('gives a box one partner only', () => {
    const findings = compare([box(0.9), box(0.9)], [box(0.9)]);
    expect(findings.map(({ agrees }) => agrees).sort()).toEqual([false, true]);
  });

  it('leaves out what neither side is sure of, and has no share of nothing', () => {
    expect(share([box(0.4)], [box(0.3)])).toBeNull();
    expect(share([box(0.51)], [box(0.49)]), 'sure on one side is enough').toBe(1);
  });
});
