import { describe, expect, it } from 'vitest';
import { parseRelayAnswer, parseRelayMessage, parseServerTime } from './parse-relay';

const frame = { frame_id: 7, clock: 'sample_time', clock_error_ms: 1.5 };

describe('what the server says about relayed frames', () => {
  it.each([{ frame }, { pong: { t0: 1, t1: 2, t2: 3 } }])('is known: %o', (message) => {
    expect(parseRelayMessage(JSON.stringify(message))).toEqual(message);
  });

  it.each([
    null,
    '{',
    '7',
    '{}',
    JSON.stringify({ frame: { ...frame, clock: 'sundial' } }),
    JSON.stringify({ frame: { ...frame, clock_error_ms: null } }),
    JSON.stringify({ pong: { t0: 1, t1: 2 } }),
  ])('is not believed: %s', (text) => {
    expect(parseRelayMessage(text)).toBeNull();
  });

  it('is a time, or an answer, only when all of it is there', () => {
    expect(parseServerTime({ t1: 1, t2: 2, more: 3 })).toEqual({ t1: 1, t2: 2 });
    expect(parseServerTime({ t1: 1, t2: '2' })).toBeNull();
    expect(parseRelayAnswer({ listening: false })).toEqual({ listening: false });
    expect(parseRelayAnswer({ listening: 1 })).toBeNull();
  });
});
