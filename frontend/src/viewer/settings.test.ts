import { describe, expect, it } from 'vitest';
import { readSettings } from './settings';

describe('readSettings', () => {
  it('takes back what was kept', () => {
    const kept = { overlay: 'live' as const, threshold: 0.7, hidden: ['dog'], saver: true };
    expect(readSettings(JSON.stringify(kept))).toEqual(kept);
  });

  it.each([
    null,
    '',
    '{',
    '[]',
    '{"overlay":1,"threshold":"x","hidden":7}',
    '{"threshold":12}',
    '{"saver":"x"}',
  ])('has defaults for %s', (text) => {
    expect(readSettings(text)).toEqual({ overlay: 'exact', threshold: 0.5, hidden: [], saver: false });
  });
});
