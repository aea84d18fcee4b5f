// What the server says about relayed frames, looked at before it is believed.
import type { RelayAnswer, RelayedFrame, RelayMessage, ServerTime } from './messages';
import { fromJson, isNumber, isObject } from './parse';

export function parseServerTime(value: unknown): ServerTime | null {
  if (!isObject(value) || !isNumber(value.t1) || !isNumber(value.t2)) return null;
  return { t1: value.t1, t2: value.t2 };
}

export function parseRelayAnswer(value: unknown): RelayAnswer | null {
  return isObject(value) && typeof value.listening === 'boolean' ? { listening: value.listening } : null;
}

function isRelayedFrame(value: unknown): value is RelayedFrame {
  if (!isObject(value)) return false;
  const { frame_id, clock, clock_error_ms } = value;
  return (
    isNumber(frame_id) && (clock === 'capture_time' || clock === 'sample_time') && isNumber(clock_error_ms)
  );
}

export function parseRelayMessage(text: unknown): RelayMessage | null {
  const value = fromJson(text);
  if (!isObject(value)) return null;
  const { frame, pong } = value;
  const known = isRelayedFrame(frame) || (isObject(pong) && [pong.t0, pong.t1, pong.t2].every(isNumber));
  return known ? (value as RelayMessage) : null;
}
