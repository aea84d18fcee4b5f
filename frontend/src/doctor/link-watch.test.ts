import { beforeEach, expect, it, vi } from 'vitest';
import { LinkWatch } from './link-watch';

class FakeConnection extends EventTarget {
  connectionState = 'connecting';
  iceGatheringState = 'gathering';
  stats: Record<string, unknown>[] = [];

  gather(type: string, address: string): void {
    const candidate = { type, address, protocol: 'udp', port: 1 };
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }

  fail(url: string, errorCode: number): void {
    this.dispatchEvent(Object.assign(new Event('icecandidateerror'), { url, errorCode }));
  }

  async getStats() {
    return new Map(this.stats.map((stat, at) => [String(at), { id: String(at), timestamp: 0, ...stat }]));
  }
}

const made = () => {
  const fake = new FakeConnection();
  return { fake, pc: fake as unknown as RTCPeerConnection };
};

let watch: LinkWatch;
beforeEach(() => {
  watch = new LinkWatch();
});

it('counts each candidate once, and those that the browser hides', () => {
  const { fake, pc } = made();
  expect(watch.facts).toBeNull();
  watch.note('connecting', pc);
  for (const _ of [1, 2]) fake.gather('host', 'b1.local');
  fake.gather('host', '192.0.2.7');
  fake.gather('relay', '192.0.2.9');
  expect(watch.facts?.candidates).toEqual({ host: 2, hidden: 1, srflx: 0, relay: 1 });
});

it('keeps what the last attempt came to until one lives', async () => {
  const [first, second] = [made(), made()];
  watch.note('connecting', first.pc);
  first.fake.fail('turn:a', 401);
  first.fake.stats = [{ type: 'candidate-pair', state: 'in-progress' }];
  await watch.look();
  watch.note('failed', first.pc);
  watch.note('connecting', second.pc);
  expect(watch.facts).toMatchObject({
    state: 'failed',
    errors: [{ kind: 'turn', code: 401 }],
    pairs: { tried: 1, working: 0 },
  });
  watch.note('live', second.pc);
  expect(watch.facts).toMatchObject({ state: 'live', errors: [] });
  watch.note('none', undefined);
  expect(watch.facts).toBeNull();
});

it('takes an attempt for failed that the other end gave up after a while', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const [first, second, third] = [made(), made(), made()];
  watch.note('connecting', first.pc);
  now.mockReturnValue(1000);
  watch.note('connecting', second.pc);
  expect(watch.facts?.state).toBe('connecting');
  now.mockReturnValue(9000);
  watch.note('connecting', third.pc);
  expect(watch.facts?.state).toBe('failed');
  now.mockRestore();
});

it('tells the way of the video once it has looked, and nothing of the one before', async () => {
  const { fake, pc } = made();
  watch.note('live', pc);
  expect(watch.way).toBeNull();
  const candidate = (id: string, candidateType: string) => ({ id, candidateType, type: `${id}-candidate` });
  const pair = {
    type: 'candidate-pair',
    selected: true,
    localCandidateId: 'local',
    remoteCandidateId: 'remote',
  };
  fake.stats = [pair, candidate('local', 'host'), candidate('remote', 'srflx')];
  await watch.look();
  expect(watch.way).toBe('p2p');
  fake.stats = [pair, candidate('local', 'host'), candidate('remote', 'relay')];
  await watch.look();
  expect(watch.way).toBe('turn');
  watch.note('connecting', made().pc);
  expect(watch.way).toBeNull();
});

it('tells rates once it has watched for a second', async () => {
  const { fake, pc } = made();
  watch.note('live', pc);
  const inbound = { type: 'inbound-rtp', kind: 'video', packetsReceived: 0, packetsLost: 0 };
  fake.stats = [{ ...inbound, timestamp: 1000, framesDecoded: 10 }];
  await watch.look();
  expect(watch.facts?.fps).toBeNull();
  fake.stats = [{ ...inbound, timestamp: 3000, framesDecoded: 70 }];
  await watch.look();
  expect(watch.facts?.fps).toBe(30);
});
