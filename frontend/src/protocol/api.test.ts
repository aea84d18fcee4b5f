import { expect, it } from 'vitest';
import { Refused, refusalOf, Unreachable } from './api';

it('a refusal is told as a sentence, and only what the server itself said', () => {
  const full = new Refused(503, { error: 'rooms_full', message: 'all rooms are in use' });
  expect(refusalOf(full)).toBe('All rooms are in use.');
  expect(refusalOf(new Unreachable('no answer to /api/rooms'))).toBeNull();
  expect(refusalOf('thrown')).toBeNull();
});
