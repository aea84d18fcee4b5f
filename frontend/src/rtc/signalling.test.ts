import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RoomChannel, type SeatState } from './signalling';

class FakeSource {
  static all: FakeSource[] = [];
  closed = false;
  onmessage?: (event: { data: string }) => void;
  onerror?: () => void;

  constructor(readonly url: string) {
    FakeSource.all.push(this);
  }

  close(): void {
    this.closed = true;
  }

  say(event: unknown): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
}

const latest = () => FakeSource.all.at(-1) as FakeSource;
const answer = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

let fetched: { url: string; body: unknown }[];
let reply: () => Response | Promise<Response>;

function join() {
  const states: SeatState[] = [];
  const peers: [boolean, boolean][] = [];
  const signals: unknown[] = [];
  const channel = new RoomChannel(
    { room: 'r', token: 't', role: 'phone' },
    {
      state: (state) => states.push(state),
      peer: (present, welcome) => peers.push([present, welcome]),
      signal: (signal) => signals.push(signal),
    },
  );
  channel.open();
  return { channel, states, peers, signals };
}

beforeEach(() => {
  FakeSource.all = [];
  fetched = [];
  reply = () => new Response(null, { status: 204 });
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('window', Object.assign(new EventTarget(), { setTimeout }));
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
  vi.stubGlobal('EventSource', FakeSource);
  vi.stubGlobal('fetch', async (url: string, { body }: RequestInit = {}) => {
    fetched.push({ url, body: typeof body === 'string' ? JSON.parse(body) : undefined });
    return reply();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('RoomChannel', () => {
  it('tells the other seat’s coming and going, and passes its signals on', () => {
    const { states, peers, signals } = join();
    latest().say({ welcome: { role: 'phone', peer_present: false } });
    latest().say({ peer: { role: 'viewer', present: true } });
    latest().say({ signal: { from: 'viewer', payload: { ready: {} } } });
    expect(states).toEqual(['connecting', 'open']);
    expect(peers).toEqual([
      [false, true],
      [true, false],
    ]);
    expect(signals).toEqual([{ ready: {} }]);
  });

  it('ignores what it does not know, and its own role', () => {
    const { peers, signals } = join();
    latest().say({ peer: { role: 'phone', present: true } });
    latest().say({ signal: { from: 'viewer', payload: { surprise: 1 } } });
    latest().say({ signal: { from: 'phone', payload: { ready: {} } } });
    latest().say({ weather: 'fine' });
    expect([peers, signals]).toEqual([[], []]);
  });

  it.each(['taken', 'replaced'] as const)('ends when the seat is %s, and does not try again', async (how) => {
    const { channel, states } = join();
    const source = latest();
    source.say({ [how]: {} });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.closed).toBe(true);
    expect(states.at(-1)).toBe(how);
    expect(FakeSource.all).toHaveLength(1);
    channel.open(true);
    expect(latest().url).toContain('takeover=1');
  });

  it('waits and tries again while the server is away', async () => {
    const { states } = join();
    reply = () => Promise.reject(new TypeError('refused'));
    latest().onerror?.();
    await vi.advanceTimersByTimeAsync(600);
    expect(FakeSource.all).toHaveLength(2);
    latest().say({ welcome: { role: 'phone', peer_present: true } });
    expect(states).toEqual(['connecting', 'retrying', 'open']);
  });

  it('gives up on a room that the server does not know', async () => {
    const { states } = join();
    reply = () => answer(404, { error: 'room_not_found', message: 'gone' });
    latest().onerror?.();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toEqual(['connecting', 'retrying', 'gone']);
    expect(FakeSource.all).toHaveLength(1);
  });

  it('posts in order, says a lost signal again, and takes an absent peer calmly', async () => {
    const { channel } = join();
    const replies = [
      () => Promise.reject(new TypeError('lost')),
      () => new Response(null, { status: 204 }),
      () => answer(409, { error: 'peer_absent', message: 'nobody there' }),
    ];
    reply = () => (replies.shift() ?? (() => new Response(null, { status: 204 })))();
    channel.post({ offer: { session: 'a', sdp: 'v=0' } });
    channel.post({ candidate: { session: 'a', candidate: null } });
    channel.post({ bye: { session: 'a' } });
    await vi.advanceTimersByTimeAsync(5000);
    expect(fetched.map(({ body }) => Object.keys(body as object)[0])).toEqual([
      'offer',
      'offer',
      'candidate',
      'bye',
    ]);
  });

  it('takes its seat anew when the network comes back', () => {
    join();
    latest().say({ welcome: { role: 'phone', peer_present: true } });
    window.dispatchEvent(new Event('online'));
    expect(FakeSource.all.map(({ closed }) => closed)).toEqual([true, false]);
  });
});
