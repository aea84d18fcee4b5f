import { describe, expect, it } from 'vitest';
import { phone } from '../doctor/sample-facts';
import { EarlyCandidates, parseSignal, withoutOrientation, withStartBitrate } from './negotiation';

describe('parseSignal', () => {
  it.each([
    { ready: {} },
    { offer: { session: 'a', sdp: 'v=0' } },
    { answer: { session: 'a', sdp: 'v=0' } },
    { candidate: { session: 'a', candidate: { candidate: 'candidate:1', sdpMid: '0' } } },
    { candidate: { session: 'a', candidate: null } },
    { bye: { session: 'a' } },
    { facts: phone },
    { ask_facts: {} },
    { relay: {} },
  ])('knows %o', (payload) => {
    expect(parseSignal(payload)).toEqual(payload);
  });

  it.each([
    null,
    7,
    'ready',
    [],
    {},
    { ready: true },
    { offer: { session: 'a' } },
    { offer: { session: '', sdp: 'v=0' } },
    { offer: { session: 'a'.repeat(65), sdp: 'v=0' } },
    { candidate: { session: 'a' } },
    { candidate: { session: 'a', candidate: 'candidate:1' } },
    { bye: {} },
    { facts: {} },
    { ask_facts: 1 },
    { relay: 1 },
  ])('ignores %o', (payload) => {
    expect(parseSignal(payload)).toBeNull();
  });
});

describe('withoutOrientation', () => {
  it('takes that extension out and leaves every other line', () => {
    const lines = [
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
      'a=extmap:3 urn:3gpp:video-orientation',
      'a=extmap:4/sendonly urn:3gpp:video-orientation',
      'a=rtcp-mux',
      '',
    ];
    const kept = lines.filter((line) => !line.includes('video-orientation'));
    expect(withoutOrientation(lines.join('\r\n'))).toBe(kept.join('\r\n'));
  });
});

describe('withStartBitrate', () => {
  it('adds its wish to every video codec and leaves all else', () => {
    const before = [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=rtpmap:111 VP8/48000',
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98',
      'a=rtpmap:96 VP8/90000',
      'a=rtcp-fb:96 nack',
      'a=rtpmap:97 rtx/90000',
      'a=fmtp:97 apt=96',
      'a=rtpmap:98 H264/90000',
      'a=fmtp:98 packetization-mode=1',
      '',
    ];
    const after = before.flatMap((line) => {
      if (line === 'a=rtpmap:96 VP8/90000') return [line, 'a=fmtp:96 x-google-start-bitrate=6000'];
      if (line.startsWith('a=fmtp:98')) return [`${line};x-google-start-bitrate=6000`];
      return [line];
    });
    expect(withStartBitrate(before.join('\r\n'), 6000)).toBe(after.join('\r\n'));
  });
});

describe('EarlyCandidates', () => {
  it('hands over one session’s in order and forgets the others', () => {
    const early = new EarlyCandidates();
    early.add('old', { candidate: 'x' });
    early.add('new', { candidate: 'a' });
    early.add('new', null);
    expect(early.take('new')).toEqual([{ candidate: 'a' }, null]);
    expect(early.take('old')).toEqual([]);
  });

  it('is bounded', () => {
    const early = new EarlyCandidates(3);
    for (let n = 0; n < 100; n++) early.add('a', { candidate: String(n) });
    expect(early.take('a').map((candidate) => candidate?.candidate)).toEqual(['97', '98', '99']);
  });
});
