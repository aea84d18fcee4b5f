import { describe, expect, it } from 'vitest';
import { capturedAt } from './preview';

const NOW = 1_763_800_000_000;

describe('capturedAt', () => {
  it('takes the camera’s own time where the browser tells it', () => {
    expect(capturedAt(NOW - 12.5, NOW)).toEqual({ at: NOW - 12.5, clock: 'capture_time' });
  });

  it.each([undefined, NOW - 3_600_000, NOW + 2000, Number.NaN])(
    'says so when it has only now: %s',
    (camera) => {
      expect(capturedAt(camera, NOW)).toEqual({ at: NOW, clock: 'sample_time' });
    },
  );
});
