import { describe, expect, it } from 'vitest';
import { addError, type IceError, type PhoneFacts, parsePhoneFacts, withoutAddresses } from './facts';
import { link, phone } from './sample-facts';

const addressed: PhoneFacts = {
  ...phone,
  link: {
    ...link,
    path: {
      ...(link.path as NonNullable<typeof link.path>),
      addresses: { local: '192.0.2.7:1', remote: '192.0.2.8:2' },
    },
  },
};

describe('parsePhoneFacts', () => {
  it('takes what a phone tells, over the wire', () => {
    expect(parsePhoneFacts(JSON.parse(JSON.stringify(phone)))).toEqual(phone);
    expect(parsePhoneFacts({ ...phone, link: null, servers: null })).not.toBeNull();
  });

  it('takes and gives no addresses', () => {
    expect(JSON.stringify(withoutAddresses(addressed))).not.toContain('192.0.2');
    expect(JSON.stringify(parsePhoneFacts(addressed))).not.toContain('192.0.2');
  });

  const manyErrors = Array.from({ length: 9 }, () => ({ kind: 'turn', code: 401 }));
  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'facts'],
    ['an unknown camera', { ...phone, camera: '<b>' }],
    ['an unknown seat', { ...phone, seat: 'throne' }],
    ['a flag in words', { ...phone, secure: 'yes' }],
    ['a time in words', { ...phone, postMs: '12' }],
    ['a refusal that is no sentence', { ...phone, refusal: 429 }],
    ['a refusal that never ends', { ...phone, refusal: 'no '.repeat(1000) }],
    ['an unknown limit', { ...phone, limit: 'heat' }],
    ['servers of another kind', { ...phone, servers: { stun: true } }],
    ['a link that is a list', { ...phone, link: [] }],
    ['half a candidate', { ...phone, link: { ...link, candidates: { ...link.candidates, host: 0.5 } } }],
    ['fewer than no pairs', { ...phone, link: { ...link, pairs: { tried: -1, working: 0 } } }],
    ['a path to nowhere', { ...phone, link: { ...link, path: { ...link.path, remote: 'moon' } } }],
    ['more errors than servers', { ...phone, link: { ...link, errors: manyErrors } }],
    ['an error without a number', { ...phone, link: { ...link, errors: [{ kind: 'turn', code: '401' }] } }],
  ])('refuses %s', (_, value) => {
    expect(parsePhoneFacts(value)).toBeNull();
  });
});

it('errors are kept once each, and not without end', () => {
  const errors: IceError[] = [];
  for (const code of [401, 401, 701]) addError(errors, { kind: 'turn', code });
  expect(errors.map(({ code }) => code)).toEqual([401, 701]);
  for (let code = 0; code < 100; code++) addError(errors, { kind: 'stun', code });
  expect(errors).toHaveLength(8);
  expect(parsePhoneFacts({ ...phone, link: { ...link, errors } })).not.toBeNull();
});
