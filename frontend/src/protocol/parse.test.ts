import { describe, expect, it } from 'vitest';
import { parseConfig, parseDetectAnswer, parseInvitation, parseRoomCreated, parseRoomEvent } from './parse';

const result = {
  frame_id: 7,
  capture_ts: 1690000000000,
  recv_ts: 1690000000100,
  inference_ts: 1690000000120,
  detections: [{ label: 'person', score: 0.93, xmin: 0.12, ymin: 0.08, xmax: 0.34, ymax: 0.67 }],
};
const timing = { queue_us: 1, decode_us: 2, resize_us: 3, infer_us: 4, post_us: 5 };

describe('parseDetectAnswer', () => {
  it.each([
    result,
    { ...result, detections: [] },
    { ...result, timing },
    { dropped: { frame_id: 6 } },
    { error: { frame_id: 7, code: 'bad_jpeg', message: 'not a JPEG' } },
    { pong: { t0: 1.5, t1: 2.5, t2: 3.5 } },
  ])('knows %o', (answer) => {
    expect(parseDetectAnswer(JSON.stringify(answer))).toEqual(answer);
  });

  it.each([
    { ...result, detections: null },
    { ...result, detections: [{ label: 'person', score: 0.9 }] },
    { ...result, recv_ts: 'now' },
    { ...result, timing: { ...timing, post_us: null } },
    { dropped: {} },
    { error: { frame_id: 7 } },
    { pong: { t0: 1 } },
    {},
    [],
    null,
  ])('ignores %o', (answer) => {
    expect(parseDetectAnswer(JSON.stringify(answer))).toBeNull();
  });

  it('ignores what is not JSON text', () => {
    expect(parseDetectAnswer('{')).toBeNull();
    expect(parseDetectAnswer(new ArrayBuffer(3))).toBeNull();
  });
});

describe('parseRoomEvent', () => {
  it.each([
    { welcome: { role: 'viewer', peer_present: false, sitting: 'a', resumed: false } },
    { peer: { role: 'phone', present: true } },
    { signal: { from: 'phone', payload: { anything: [1, null] } } },
    { signal: { from: 'phone', payload: null } },
    { invitation: {} },
    { taken: {} },
    { replaced: {} },
  ])('knows %o', (event) => {
    expect(parseRoomEvent(JSON.stringify(event))).toEqual(event);
  });

  it.each([
    { welcome: { role: 'viewer' } },
    { welcome: { role: 'viewer', peer_present: false, resumed: false } },
    { peer: { role: 'admin', present: true } },
    { signal: { from: 'phone' } },
    { news: {} },
    'taken',
  ])('ignores %o', (event) => {
    expect(parseRoomEvent(JSON.stringify(event))).toBeNull();
  });
});

describe('parseInvitation', () => {
  const address = { interface: 'Wi-Fi', join_url: 'https://192.168.1.20:3000/j/t', qr_svg: '<svg/>' };
  const code = { url: 'https://192.168.1.20:3000/j/K7P4QX', code: 'K7P4QX', expires_ts: 1690000000000 };

  it.each([
    { ...address, code, others: [] },
    { ...address, code: null, others: [address], obstacle: 'no network' },
  ])('knows %o', (invitation) => {
    expect(parseInvitation(invitation)).toEqual(invitation);
  });

  it.each([
    { ...address, others: [] },
    { ...address, code: { ...code, expires_ts: 'soon' }, others: [] },
    { ...address, code, others: [{ interface: 'Wi-Fi' }] },
    { ...address, code, others: [], obstacle: 1 },
    { code, others: [] },
    null,
  ])('ignores %o', (invitation) => {
    expect(parseInvitation(invitation)).toBeNull();
  });
});

describe('parseConfig and parseRoomCreated', () => {
  const config = {
    version: '0.1.0',
    mode: 'server',
    model: {
      name: 'm',
      manifest: '/models/m.json',
      input_width: 300,
      input_height: 300,
      score_threshold: 0.3,
    },
    labels: ['person'],
    ice_servers: [],
  };

  it('know what the server sends', () => {
    expect(parseConfig(config)).toEqual(config);
    const obstructed = { ...config, join_obstacle: 'no address' };
    expect(parseConfig(obstructed)).toEqual(obstructed);
    const room = { room: 'r', viewer_token: 'v', phone_token: 'p', join_url: 'u', qr_svg: '<svg/>' };
    expect(parseRoomCreated(room)).toEqual(room);
  });

  it('ignore anything else, such as what an older version kept', () => {
    expect(parseConfig({ ...config, mode: 'gpu' })).toBeNull();
    expect(parseConfig({ ...config, labels: [1] })).toBeNull();
    expect(parseConfig({ ...config, join_obstacle: 1 })).toBeNull();
    const made = { ...config, certificate: { trust: { url: 'http://h:1/trust', fingerprint: 'AB' } } };
    expect(parseConfig(made)).toEqual(made);
    expect(parseConfig({ ...config, certificate: {} })).not.toBeNull();
    expect(parseConfig({ ...config, certificate: { trust: { url: 'http://h:1/trust' } } })).toBeNull();
    expect(parseRoomCreated({ room: 'r' })).toBeNull();
    expect(parseRoomCreated(undefined)).toBeNull();
  });
});
