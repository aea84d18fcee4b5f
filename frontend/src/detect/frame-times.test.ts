import { describe, expect, it } from 'vitest';
import { frameTimes } from './frame-times';

const epoch = (time: number) => 1_000_000 + time;

describe('frameTimes', () => {
  it('moves times to the epoch', () => {
    expect(frameTimes({ rtpTimestamp: 9, captureTime: 5, receiveTime: 7 }, epoch)).toEqual({
      rtpTimestamp: 9,
      captureTime: 1_000_005,
      receiveTime: 1_000_007,
    });
  });

  it('leaves out what the browser did not tell', () => {
    expect(frameTimes({ rtpTimestamp: 9 }, epoch)).toEqual({ rtpTimestamp: 9 });
  });

  it('is null without an RTP timestamp: there is nothing to join by', () => {
    expect(frameTimes({ captureTime: 5 }, epoch)).toBeNull();
  });
});
