// Each finding, and the remedy of each bad one.
import { describe, expect, it } from 'vitest';
import type { Check } from './check';
import { diagnose, diagnosePhone, summary } from './diagnose';
import type { LinkFacts, PhoneFacts, ViewerFacts } from './facts';
import { failed, link, phone, viewer } from './sample-facts';

type Spoilt = { viewer?: Partial<ViewerFacts>; phone?: Partial<PhoneFacts> | null };

const checksOf = (spoilt: Spoilt): Check[] =>
  diagnose({
    viewer: { ...viewer, ...spoilt.viewer },
    phone: spoilt.phone === null ? null : { ...phone, ...spoilt.phone },
  });

const find = (checks: Check[], id: string) => checks.find((each) => each.id === id);
const bads = (checks: Check[]) => checks.filter(({ state }) => state === 'bad').map(({ id }) => id);
const onBoth = (each: LinkFacts, rest: Partial<ViewerFacts & PhoneFacts> = {}): Spoilt => ({
  viewer: { link: each, ...rest },
  phone: { link: each, ...rest },
});
const none = { host: 0, hidden: 0, srflx: 0, relay: 0 };
const turn = { stun: false, turn: true, relayOnly: true };
const refused: LinkFacts = { ...failed, candidates: none, errors: [{ kind: 'turn', code: 401 }] };

describe('the doctor of a connection that is well', () => {
  it('finds all of it well', () => {
    const checks = checksOf({});
    expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(summary(checks)).toBe('all well');
    expect(find(checks, 'path')?.value).toBe('Straight: host ↔ host over UDP, by Wi-Fi');
    expect(diagnosePhone(phone, false).every(({ state }) => state === 'ok')).toBe(true);
  });

  it('takes a relay for well, and says that it is one', () => {
    const path = { ...link.path, local: 'relay', remote: 'relay' } as LinkFacts['path'];
    const relayed = { ...link, path, candidates: { ...none, relay: 1 } };
    const checks = checksOf(onBoth(relayed, { servers: turn }));
    expect(bads(checks)).toEqual([]);
    expect(find(checks, 'path')?.value).toMatch(/TURN relay.*longer: relay ↔ relay over UDP/);
    expect(find(checks, 'phone-servers')?.value).toBe('TURN answers, 1 relay');
  });
});

describe('what is bad and what helps', () => {
  it.each<[string, string, RegExp, RegExp, Spoilt]>([
    ['the viewer is insecure', 'viewer-secure', /no/, /localhost/, { viewer: { secure: false } }],
    ['the phone is insecure', 'phone-secure', /no/, /https/, { phone: { secure: false } }],
    ['no permission', 'phone-camera', /not allowed/, /Allow the camera/, { phone: { camera: 'refused' } }],
    ['no camera', 'phone-camera', /none/, /connect a camera/, { phone: { camera: 'none' } }],
    ['camera in use', 'phone-camera', /busy/, /Close the other app/, { phone: { camera: 'busy' } }],
    ['camera taken away', 'phone-camera', /taken/, /Unlock/, { phone: { camera: 'lost' } }],
    ['camera needs a tap', 'phone-camera', /needs a tap/, /Tap/, { phone: { camera: 'asks' } }],
    ['camera silent', 'phone-camera', /did not start/, /restart/, { phone: { camera: 'unknown' } }],
    ['server away', 'viewer-signalling', /does not answer/, /runs/, { viewer: { seat: 'retrying' } }],
    ['server silent', 'viewer-signalling', /does not answer/, /runs/, { viewer: { unreachable: true } }],
    [
      'server refuses',
      'viewer-signalling',
      /refuses/,
      /^All rooms are in use\. .*by itself/,
      { viewer: { seat: 'none', refusal: 'All rooms are in use.' } },
    ],
    ['another window', 'viewer-signalling', /another page/, /Take it back/, { viewer: { seat: 'replaced' } }],
    ['expired', 'phone-signalling', /expired/, /Scan/, { phone: { seat: 'gone' } }],
    ['slow way', 'round-trip', /450 ms/, /access point/, { viewer: { link: { ...link, roundTripMs: 450 } } }],
    ['loss', 'loss', /12\.0 %/, /access point/, { viewer: { link: { ...link, loss: 0.12 } } }],
    ['wrong clock', 'clock', /± 80/, /latencies/, { viewer: { clock: { error: 80 } } }],
    [
      'broken model',
      'detector',
      /no file/,
      /Retry/,
      { viewer: { detector: { kind: 'failed', message: 'no file' } } },
    ],
    [
      'lost detector',
      'detector',
      /no connection/,
      /runs/,
      { viewer: { detector: { kind: 'lost', code: 1006, reason: '', retry_ms: 1 } } },
    ],
  ])('%s', (_, id, value, remedy, spoilt) => {
    const checks = checksOf(spoilt);
    expect(bads(checks)).toEqual([id]);
    expect(find(checks, id)?.value).toMatch(value);
    expect(find(checks, id)?.remedy).toMatch(remedy);
  });

  it.each<[string, RegExp, Partial<PhoneFacts>, number]>([
    ['stands still', /Wake the phone/, {}, 0],
    ['is hot', /cool/, { limit: 'cpu' }, 5],
    ['has a thin line', /access point/, { limit: 'bandwidth' }, 5],
    ['is in the dark', /more light/, { cameraFps: 6 }, 6],
    ['does not say why', /light.*hot/, { cameraFps: null, limit: null }, 6],
  ])('too few frames, since the phone %s', (_, remedy, facts, fps) => {
    const checks = checksOf({ viewer: { link: { ...link, fps } }, phone: facts });
    expect(bads(checks)).toEqual(['frames']);
    expect(find(checks, 'frames')?.remedy).toMatch(remedy);
  });
});

describe('why nothing connects', () => {
  const pairs = (checks: Check[]) => find(checks, 'pairs');

  it('no address at all', () => {
    const checks = checksOf(onBoth({ ...failed, candidates: none, heard: 0 }));
    expect(bads(checks)).toEqual(['viewer-addresses', 'phone-addresses', 'pairs']);
    expect(find(checks, 'phone-addresses')?.remedy).toMatch(/Connect this device/);
    expect(pairs(checks)?.remedy).toMatch(/no address to try/);
  });

  it('the other end sent nothing', () => {
    expect(pairs(checksOf(onBoth({ ...failed, heard: 0 })))?.remedy).toMatch(/other end/);
  });

  it('addresses of its own only, and none reaches the other', () => {
    const checks = checksOf(onBoth(failed));
    expect(bads(checks)).toEqual(['pairs']);
    expect(pairs(checks)?.value).toBe('none of 4 works');
    expect(pairs(checks)?.remedy).toMatch(/guest network, client isolation or VPN.*--ice-server/);
  });

  it('the phone’s browser hides its address', () => {
    const hidden = { ...failed, candidates: { ...none, host: 1, hidden: 1 } };
    const checks = checksOf(onBoth(hidden));
    expect(bads(checks)).toEqual(['phone-addresses', 'pairs']);
    expect(find(checks, 'phone-addresses')?.value).toMatch(/mDNS only/);
    expect(find(checks, 'phone-addresses')?.remedy).toMatch(/Allow the camera first/);
    expect(bads(checksOf(onBoth({ ...link, candidates: hidden.candidates })))).toEqual([]);
  });

  it('TURN refuses the credentials', () => {
    const checks = checksOf(onBoth(refused, { servers: turn }));
    expect(find(checks, 'viewer-servers')?.value).toBe('TURN refused: 401');
    expect(find(checks, 'phone-servers')?.remedy).toMatch(/secret.*clocks/);
    expect(find(checks, 'viewer-addresses')?.remedy).toMatch(/mend the TURN server/);
  });

  it('TURN is not reached, and the browser may not even say so', () => {
    for (const errors of [[{ kind: 'turn' as const, code: 701 }], []]) {
      const checks = checksOf(onBoth({ ...refused, errors }, { servers: turn }));
      expect(find(checks, 'viewer-servers')?.value).toMatch(/does not answer/);
      expect(find(checks, 'viewer-servers')?.remedy).toMatch(/runs.*firewall/);
    }
  });

  it('TURN answers, but passes nothing on', () => {
    const relay = { ...failed, candidates: { ...none, relay: 1 } };
    const checks = checksOf(onBoth(relay, { servers: turn }));
    expect(bads(checks)).toEqual(['pairs']);
    expect(pairs(checks)?.remedy).toMatch(/peer rules/);
  });

  it('TURN fails otherwise: its code is told', () => {
    const full = { ...refused, errors: [{ kind: 'turn' as const, code: 486 }] };
    expect(find(checksOf(onBoth(full, { servers: turn })), 'phone-servers')?.value).toMatch(/486/);
  });

  it('STUN is only missed where nothing connects', () => {
    const errors = [{ kind: 'stun' as const, code: 701 }];
    const servers = { stun: true, turn: false, relayOnly: false };
    const of = (each: LinkFacts) =>
      find(checksOf(onBoth({ ...each, errors }, { servers })), 'viewer-servers');
    expect(of(failed)).toMatchObject({ state: 'bad', remedy: expect.stringContaining('--ice-server') });
    expect(of(link)).toMatchObject({ state: 'ok', value: expect.stringContaining('701') });
  });

  it('it stood and broke', () => {
    const broken = { ...failed, pairs: { tried: 4, working: 1 } };
    expect(pairs(checksOf(onBoth(broken)))).toMatchObject({ state: 'bad', value: 'broken' });
  });
});

describe('pictures through the server', () => {
  const between = ['path', 'round-trip', 'loss', 'frames'];
  const relayed = (fps: number | null) =>
    checksOf({ ...onBoth(failed), viewer: { link: failed, relayed: { fps } } });

  it('are told as that, and not waited for', () => {
    const checks = relayed(9.84);
    for (const id of between) expect(find(checks, id)?.state, id).not.toBe('waiting');
    expect(find(checks, 'path')).toMatchObject({ state: 'ok', value: expect.stringMatching(/server/) });
    expect(find(checks, 'frames')).toMatchObject({ state: 'ok', value: '9.8 /s, relayed' });
    expect(bads(checks), 'why they come this way').toEqual(['pairs']);
  });

  it('are not given a rate before there is one', () => {
    expect(find(relayed(null), 'frames')).toMatchObject({ state: 'unknown' });
  });

  it('that come no more have a remedy', () => {
    expect(find(relayed(0), 'frames')).toMatchObject({ state: 'bad', remedy: expect.stringMatching(/Wake/) });
  });

  it('are not waited for on the phone either', () => {
    const checks = diagnosePhone({ ...phone, link: failed }, true);
    expect(checks.filter(({ state }) => state === 'waiting')).toEqual([]);
  });
});

it('a phone that is refused says so, too', () => {
  const checks = diagnosePhone({ ...phone, seat: 'none', refusal: 'Too many phones.' }, false);
  expect(bads(checks)).toEqual(['phone-signalling']);
  expect(find(checks, 'phone-signalling')?.remedy).toMatch(/Too many phones\./);
});

describe('what is not known', () => {
  it('is waited for before a phone comes', () => {
    const checks = checksOf({ viewer: { phonePresent: false, link: null, clock: null }, phone: null });
    expect(find(checks, 'phone-facts')).toMatchObject({ state: 'waiting', value: 'none has joined yet' });
    expect(bads(checks)).toEqual([]);
    expect(summary(checks)).toBe('waiting');
  });

  it('is said as unknown of a phone that does not tell', () => {
    const checks = checksOf({ phone: null });
    expect(find(checks, 'phone-facts')?.state).toBe('unknown');
    expect(summary(checks)).toBe('no problem seen');
  });

  it('is not taken from what a phone told before signalling broke', () => {
    const checks = checksOf({ viewer: { seat: 'retrying' }, phone: { camera: 'refused' } });
    expect(find(checks, 'phone-facts')?.state).toBe('unknown');
    expect(bads(checks)).toEqual(['viewer-signalling']);
  });

  it('is said as unknown where the browser does not measure', () => {
    const mute = { ...link, path: null, roundTripMs: null, loss: null, fps: null };
    const checks = checksOf({ viewer: { link: mute } });
    for (const id of ['path', 'round-trip', 'loss', 'frames'])
      expect(find(checks, id)?.state).toBe('unknown');
  });

  it('has no clock error with one clock', () => {
    const checks = checksOf({ viewer: { clock: { error: null } } });
    expect(find(checks, 'clock')).toMatchObject({ state: 'ok', value: 'none: one clock only' });
  });
});

it('every bad line has a remedy, and no other one', () => {
  const all = [refused, failed, link, { ...failed, candidates: none }].flatMap((each) =>
    (['off', 'lost', 'insecure', 'refused', 'none', 'busy', 'unknown'] as const).flatMap((camera) => [
      ...checksOf({ ...onBoth(each, { servers: turn }), phone: { link: each, camera, secure: false } }),
    ]),
  );
  for (const each of all) expect(each.remedy !== null, each.id).toBe(each.state === 'bad');
});
