import { describe, expect, it } from 'vitest';
import { connectionOf, keepsPicture, type Situation, wordsOf } from './status';

const calm: Situation = {
  seat: 'open',
  unreachable: false,
  refusal: null,
  phonePresent: true,
  peer: 'live',
  flowing: true,
  relay: 'off',
};

describe('connectionOf', () => {
  it.each<[string, Partial<Situation>]>([
    ['live', {}],
    ['live', { seat: 'retrying', phonePresent: false }],
    ['stalled', { flowing: false }],
    // The direct way counts first, and as soon as its video arrives.
    ['live', { relay: 'flowing' }],
    ['relayed', { relay: 'flowing', flowing: false }],
    ['relayed', { relay: 'flowing', peer: 'connecting' }],
    ['relayed', { relay: 'flowing', peer: 'failed' }],
    ['relayed', { relay: 'flowing', peer: 'none' }],
    ['stalled', { relay: 'stalled', peer: 'connecting' }],
    ['waiting_for_camera', { relay: 'stalled', peer: 'none' }],
    ['server_unreachable', { relay: 'stalled', peer: 'connecting', seat: 'retrying' }],
    ['waiting_for_phone', { relay: 'stalled', peer: 'connecting', phonePresent: false }],
    ['replaced', { relay: 'flowing', seat: 'replaced' }],
    ['waiting_for_phone', { flowing: false, phonePresent: false }],
    ['reconnecting', { peer: 'interrupted' }],
    ['waiting_for_phone', { peer: 'interrupted', phonePresent: false }],
    ['connecting', { peer: 'connecting' }],
    ['waiting_for_camera', { peer: 'none' }],
    ['waiting_for_phone', { peer: 'none', phonePresent: false }],
    ['server_unreachable', { peer: 'none', seat: 'retrying' }],
    ['server_unreachable', { peer: 'none', seat: 'none', unreachable: true }],
    ['refused', { peer: 'none', seat: 'none', refusal: 'All rooms are in use.' }],
    // The server is back after it forgot the room.
    ['refused', { peer: 'none', seat: 'retrying', refusal: 'All rooms are in use.' }],
    ['live', { refusal: 'All rooms are in use.' }],
    ['starting', { peer: 'none', seat: 'connecting' }],
    ['replaced', { seat: 'replaced' }],
  ])('is %s for %o', (expected, news) => {
    expect(connectionOf({ ...calm, ...news })).toBe(expected);
  });

  it('is told in the server’s words where the server refuses', () => {
    expect(wordsOf('refused', 'All rooms are in use.')).toBe('All rooms are in use. Retrying…');
    expect(wordsOf('live', null)).toBe('Live');
  });

  it('shows no picture once the phone has left', () => {
    expect(keepsPicture(connectionOf({ ...calm, flowing: false, phonePresent: false }))).toBe(false);
  });
});
