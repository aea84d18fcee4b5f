import { describe, expect, it } from 'vitest';
import { detectorWords, fixed, hiddenWords, mainSource } from './hud';

describe('the readouts', () => {
  it('show a dash for the unknown and the sign of the negative', () => {
    expect(fixed(null, 1)).toBe('–');
    expect(fixed(undefined, 1)).toBe('–');
    expect(fixed(-12.34, 1)).toBe('-12.3');
  });

  it('name the clock that most frames had', () => {
    expect(mainSource({ capture_time: 0, receive_time: 0, sample_time: 0 })).toBe('–');
    expect(mainSource({ capture_time: 9, receive_time: 0, sample_time: 0 })).toBe('camera');
    expect(mainSource({ capture_time: 2, receive_time: 7, sample_time: 1 })).toBe('arrival 70 %');
  });

  it('tell of a hidden tab once it was hidden', () => {
    expect(hiddenWords(null)).toBe('–');
    expect(hiddenWords({ duration_s: 0, answered: 0 })).toBe('–');
    expect(hiddenWords({ duration_s: 3.6, answered: 51 })).toBe('4 s, 51 frames');
  });

  it('tell why the detector’s socket closed', () => {
    expect(detectorWords({ kind: 'lost', code: 1009, reason: 'too big', retry_ms: 1 })).toBe(
      'closed 1009 (too big)',
    );
  });
});
