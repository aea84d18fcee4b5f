import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RoomChannel, type SeatState } from './signalling';

class FakeSource {
  static CLOSED = 2;
  static all: FakeSource[] = [];
  closed = false;
  readyState = 0;
  onmessage?: (event: { data: string; lastEventId: string }) => void;
  onerror?: () => void;
  alive = () => {};

  constructor(readonly url: string) {
    FakeSource.all.push(this);
  }

  addEventListener(kind: string, listener: () => void): void {
    if (kind === 'alive') this.alive = listener;
  }

  close(): void {
    this.closed = true;
  }

  say(event: unknown, lastEventId = ''): void {
    this.onmessage?.({ data: JSON.stringify(event), lastEventId });
  }

  /** The connection broke, or never came about. */
  break(): void {
    this.onerror?.();
  }

  /** The server answered, and it is no stream. */
  refuse(): void {
    this.readyState = FakeSource.CLOSED;
    this.onerror?.();
  }

  get query(): URLSearchParams {
    return new URL(this.url, 'http://server').searchParams;
  }
}

const latest = () => FakeSource.all.at(-1) as FakeSource;
const answer = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const done = () => new Response(null, { status: 204 });
const lost = () => Promise.reject(new TypeError('lost'));
const welcome = (peer_present: boolean, resumed = false, sitting = 's') => ({
  welcome: { role: 'phone', peer_present, sitting, resumed },
});

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

const leaves = () => fetched.map(({ url }) => url).filter((url) => url.includes('/leave?'));

beforeEach(() => {
  FakeSource.all = [];
  fetched = [];
  reply = done;
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
    latest().say(welcome(false));
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
    source.say(welcome(true), 's-0');
    source.say({ [how]: {} }, 's-1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.closed).toBe(true);
    expect(states.at(-1)).toBe(how);
    expect(FakeSource.all).toHaveLength(1);
    channel.post({ bye: { session: 'a' } });
    expect(fetched, 'who has no seat speaks for nobody').toEqual([]);
    channel.open(true);
    expect(latest().query.get('takeover')).toBe('1');
    expect(latest().query.has('last_event_id')).toBe(false);
  });

  it('waits and tries again while the server is away, once a second at least', async () => {
    const { states } = join();
    for (let tries = 2; tries <= 8; tries++) {
      latest().break();
      await vi.advanceTimersByTimeAsync(1000);
      expect(FakeSource.all).toHaveLength(tries);
    }
    latest().say(welcome(true));
    expect(states).toEqual(['connecting', 'retrying', 'open']);
    expect(fetched, 'a broken connection is no refusal').toEqual([]);
  });

  it('gives up on a room that the server does not know', async () => {
    const { states } = join();
    reply = () => answer(404, { error: 'room_not_found', message: 'gone' });
    latest().refuse();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toEqual(['connecting', 'retrying', 'gone']);
    expect(fetched.map(({ url }) => url)).toEqual(['/api/rooms/r?token=t']);
    expect(FakeSource.all).toHaveLength(1);
  });

  it('tries again when it was refused for another reason', async () => {
    const { states } = join();
    reply = () => answer(503, { error: 'busy', message: 'later' });
    latest().refuse();
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSource.all).toHaveLength(2);
    expect(states).toEqual(['connecting', 'retrying']);
  });

  it('posts in order, says a lost signal again under its number, and takes an absent peer calmly', async () => {
    const { channel } = join();
    latest().say(welcome(true));
    const replies = [lost, done, () => answer(409, { error: 'peer_absent', message: 'nobody there' })];
    reply = () => (replies.shift() ?? done)();
    channel.post({ offer: { session: 'a', sdp: 'v=0' } });
    channel.post({ candidate: { session: 'a', candidate: null } });
    channel.post({ bye: { session: 'a' } });
    await vi.advanceTimersByTimeAsync(5000);
    const posts = fetched.map(({ url, body }) => {
      const { searchParams } = new URL(url, 'http://server');
      return [Object.keys(body as object)[0], searchParams.get('number'), searchParams.get('sitting')];
    });
    expect(posts).toEqual([
      ['offer', '1', 's'],
      ['offer', '1', 's'],
      ['candidate', '2', 's'],
      ['bye', '3', 's'],
    ]);
  });

  it('takes its seat anew when the network comes back', () => {
    join();
    latest().say(welcome(true));
    window.dispatchEvent(new Event('online'));
    expect(FakeSource.all.map(({ closed }) => closed)).toEqual([true, false]);
  });
});

describe('a stream that breaks', () => {
  it('goes on after the last event that came, and nobody has to hear of it', async () => {
    const { states, peers, signals } = join();
    latest().say(welcome(true), 's-0');
    latest().say({ signal: { from: 'viewer', payload: { ready: {} } } }, 's-1');
    latest().break();
    await vi.advanceTimersByTimeAsync(300);
    expect(latest().query.get('last_event_id')).toBe('s-1');
    latest().say(welcome(true, true), 's-1');
    latest().say({ signal: { from: 'viewer', payload: { bye: { session: 'a' } } } }, 's-2');
    latest().break();
    await vi.advanceTimersByTimeAsync(300);
    expect(latest().query.get('last_event_id')).toBe('s-2');
    expect(states).toEqual(['connecting', 'open']);
    expect(peers).toEqual([[true, true]]);
    expect(signals).toEqual([{ ready: {} }, { bye: { session: 'a' } }]);
  });

  it('is known by its silence, and its tries have an end', async () => {
    const { states } = join();
    const [first] = FakeSource.all;
    first?.say(welcome(true), 's-0');
    for (let second = 0; second < 20; second += 2) {
      await vi.advanceTimersByTimeAsync(2000);
      first?.alive();
    }
    expect(FakeSource.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(FakeSource.all).toHaveLength(2);
    expect(first?.closed).toBe(true);
    expect(states.at(-1)).toBe('retrying');
    // Ten seconds without a network.
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSource.all).toHaveLength(6);
    latest().say(welcome(true, true), 's-0');
    expect(states).toEqual(['connecting', 'open', 'retrying', 'open']);
  });

  it('is looked at when the page is seen again', async () => {
    join();
    latest().say(welcome(true), 's-0');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSource.all, 'it is alive').toHaveLength(1);
    // Timers stand still while a phone is locked; the clock goes on.
    vi.setSystemTime(Date.now() + 60_000);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSource.all).toHaveLength(2);
    expect(latest().query.get('last_event_id')).toBe('s-0');
  });

  it('that lost events makes the page sit anew: what was not delivered is not said any more', async () => {
    const { channel, peers } = join();
    latest().say(welcome(true), 's-0');
    reply = lost;
    channel.post({ offer: { session: 'a', sdp: 'v=0' } });
    latest().break();
    await vi.advanceTimersByTimeAsync(300);
    latest().say(welcome(true, false, 'other'), 'other-0');
    reply = done;
    fetched = [];
    channel.post({ ready: {} });
    await vi.advanceTimersByTimeAsync(2000);
    expect(fetched.map(({ body }) => body)).toEqual([{ ready: {} }]);
    expect(fetched[0]?.url).toContain('sitting=other');
    expect(peers).toEqual([
      [true, true],
      [true, true],
    ]);
  });
});

describe('signals on their way up', () => {
  it('are tried until the server has them, and when it says later', async () => {
    const { channel } = join();
    latest().say(welcome(true));
    reply = lost;
    channel.post({ ready: {} });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(fetched.length).toBeGreaterThan(15);
    reply = () => answer(429, { error: 'peer_slow', message: 'later' });
    await vi.advanceTimersByTimeAsync(2000);
    reply = done;
    await vi.advanceTimersByTimeAsync(1000);
    const tries = fetched.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(fetched).toHaveLength(tries);
  });

  it('give way to a newer offer, and are bounded', async () => {
    const { channel } = join();
    latest().say(welcome(true));
    reply = lost;
    const candidate = (session: string) => ({ candidate: { session, candidate: null } });
    for (let n = 0; n < 100; n++) channel.post(candidate('old'));
    channel.post({ offer: { session: 'new', sdp: 'v=0' } });
    for (let n = 0; n < 100; n++) channel.post(candidate('new'));
    reply = done;
    fetched = [];
    await vi.advanceTimersByTimeAsync(2000);
    expect(fetched).toHaveLength(64);
    expect(fetched.every(({ body }) => JSON.stringify(body).includes('new'))).toBe(true);
  });

  it('that nobody knows the sitting of lead back to the stream', async () => {
    const { channel } = join();
    latest().say(welcome(true), 's-0');
    reply = () => answer(409, { error: 'not_seated', message: 'another’s' });
    channel.post({ ready: {} });
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSource.all.map(({ closed }) => closed)).toEqual([true, false]);
    expect(latest().query.get('last_event_id')).toBe('s-0');
  });
});

describe('a page that goes away', () => {
  it('leaves its seat, and takes it again when it is brought back', () => {
    join();
    latest().say(welcome(true), 's-0');
    window.dispatchEvent(new Event('pagehide'));
    expect(leaves()).toEqual(['/api/rooms/r/leave?token=t&sitting=s']);
    expect(latest().closed).toBe(true);
    window.dispatchEvent(new Event('pageshow'));
    expect(FakeSource.all).toHaveLength(1);
    window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    expect(FakeSource.all).toHaveLength(2);
  });

  it('leaves a room for another once, and none that is not its own', () => {
    const { channel, states } = join();
    latest().say(welcome(true), 's-0');
    latest().say({ replaced: {} });
    channel.close();
    const other = join().channel;
    latest().say(welcome(true), 's-0');
    other.close();
    window.dispatchEvent(new Event('pagehide'));
    expect(leaves()).toHaveLength(1);
    expect(states.at(-1)).toBe('closed');
  });
});
