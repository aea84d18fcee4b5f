import { describe, expect, it } from 'vitest';
import { across, down, exactAxis, roundAxis, roundStep, share, ticks } from './scale';

describe('ticks', () => {
  it.each([
    [0, 30, 6, [0, 5, 10, 15, 20, 25, 30]],
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 0.3, 3, [0, 0.1, 0.2, 0.3]],
    [-7, 12, 4, [-5, 0, 5, 10]],
    [0, 29.98, 6, [0, 5, 10, 15, 20, 25]],
    [1234, 1301, 5, [1240, 1260, 1280, 1300]],
  ])('from %d to %d, about %d of them', (low, high, about, expected) => {
    expect(ticks(low, high, about)).toEqual(expected);
  });

  it('steps by 1, 2 or 5 times a power of ten', () => {
    expect([0.03, 0.2, 0.7, 1, 1.1, 4, 5.1, 80].map(roundStep)).toEqual([0.05, 0.2, 1, 1, 2, 5, 10, 100]);
  });
});

describe('roundAxis', () => {
  it('holds all values between round ends', () => {
    expect(roundAxis(0, 68, 5)).toEqual({ low: 0, high: 80, ticks: [0, 20, 40, 60, 80] });
    expect(roundAxis(-3, 12, 3)).toEqual({ low: -5, high: 15, ticks: [-5, 0, 5, 10, 15] });
  });

  it('has room where all values are equal', () => {
    for (const value of [0, 54, -2]) {
      const { low, high } = roundAxis(value, value, 4);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThan(low);
    }
  });

  it('has no half of a frame', () => {
    expect(roundAxis(0, 1, 4, 1).ticks).toEqual([0, 1]);
  });
});

describe('places', () => {
  const axis = exactAxis(0, 30, 6);

  it('are percentages from the left and from the top', () => {
    expect(across(axis, 7.5)).toBe('25%');
    expect(down(axis, 7.5)).toBe('75%');
    expect(share(axis, 10)).toBe('33.33%');
  });

  it('exist on an axis without length', () => {
    expect(across(exactAxis(0, 0, 6), 0)).toBe('0%');
  });
});
