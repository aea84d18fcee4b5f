import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureClock, rtpDistance } from './capture-clock';

const T = 1_700_000_000_000;

describe('CaptureClock', () => {
  it('has the capture time of the callback with the same RTP timestamp', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 9000, captureTime: T, receiveTime: T + 12 });
    expect(clock.captureOf(9000, T + 40)).toEqual({ at: T, source: 'capture_time' });
  });

  it('carries it over 90 ticks a millisecond when the callback was missed or has not run yet', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 9000, captureTime: T });
    expect(clock.captureOf(9000 + 2970, T + 60).at).toBeCloseTo(T + 33);
    expect(clock.captureOf(9000 - 2970, T + 60).at).toBeCloseTo(T - 33);
  });

  it('survives the wrap of the RTP count', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 2 ** 32 - 900, captureTime: T });
    expect(clock.captureOf(900, T + 30).at).toBeCloseTo(T + 20);
  });

  it('uses the arrival while no capture time is known', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 0, receiveTime: T });
    expect(clock.captureOf(2970, T + 50)).toEqual({ at: T + 33, source: 'receive_time' });
  });

  it('does not believe an arrival after the sampling: the frame it was carried over from had been late', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 0, receiveTime: T });
    expect(clock.captureOf(2970, T + 20)).toEqual({ at: T + 20, source: 'sample_time' });
  });

  it('lets a capture time go when it has become too old, but not the arrival beside it', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 0, captureTime: T, receiveTime: T + 10 });
    clock.note({ rtpTimestamp: 90 * 6000, receiveTime: T + 6010 });
    expect(clock.captureOf(90 * 6000, T + 6020)).toEqual({ at: T + 6010, source: 'receive_time' });
  });

  it('uses the moment of sampling when nothing else is known', () => {
    const clock = new CaptureClock();
    expect(clock.captureOf(5, T)).toEqual({ at: T, source: 'sample_time' });
    clock.note({ rtpTimestamp: 5, captureTime: T - 10 });
    expect(clock.captureOf(undefined, T)).toEqual({ at: T, source: 'sample_time' });
  });

  it('does not believe a count that cannot belong to the same sender', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 0, captureTime: T });
    expect(clock.captureOf(90 * 60_000, T + 30).source).toBe('sample_time');
  });

  it('knows nothing of the old track after a reset', () => {
    const clock = new CaptureClock();
    clock.note({ rtpTimestamp: 0, captureTime: T });
    clock.reset();
    expect(clock.captureOf(0, T).source).toBe('sample_time');
  });
});

describe('rtpDistance', () => {
  it('counts modulo 2³², to the nearer side', () => {
    const ticks = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const near = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(ticks, near, (from, distance) => {
        const to = (((from + distance) % 2 ** 32) + 2 ** 32) % 2 ** 32;
        expect(rtpDistance(from, to)).toBe(distance);
      }),
    );
  });
});
