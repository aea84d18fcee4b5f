import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Signal } from './negotiation';
import { Sender } from './sender';

/** As browsers have it: a description that is being made when the connection is closed is never made, nor refused. */
class FakeConnection {
  static all: FakeConnection[] = [];
  connectionState = 'new';
  localDescription: { sdp: string } | null = null;
  track: unknown;
  closed = false;
  onconnectionstatechange?: () => void;
  readonly sender = { replaceTrack: vi.fn(async (_: unknown) => {}) };
  describe = () => {};

  constructor() {
    FakeConnection.all.push(this);
  }

  addTransceiver(track: unknown): { sender: unknown } {
    this.track = track;
    return { sender: this.sender };
  }

  setLocalDescription(): Promise<void> {
    return new Promise((resolve) => {
      this.describe = () => {
        if (this.closed) return;
        this.localDescription = { sdp: 'v=0' };
        resolve();
      };
    });
  }

  close(): void {
    this.closed = true;
  }

  connect(): void {
    this.connectionState = 'connected';
    this.onconnectionstatechange?.();
  }
}

const latest = () => FakeConnection.all.at(-1) as FakeConnection;
const track = (name: string) => ({ name }) as unknown as MediaStreamTrack;
const settle = () => vi.advanceTimersByTimeAsync(0);

let posted: Signal[];
let sender: Sender;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  FakeConnection.all = [];
  posted = [];
  vi.stubGlobal('window', { setTimeout });
  vi.stubGlobal('RTCPeerConnection', FakeConnection);
  vi.stubGlobal('MediaStreamTrack', class {});
  Object.defineProperty(MediaStreamTrack.prototype, 'contentHint', { value: '' });
  sender = new Sender(() => ({}), { post: (signal) => posted.push(signal), state: () => {} });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function connect(name: string): Promise<void> {
  sender.viewer(true);
  sender.use(track(name));
  await settle();
  latest().describe();
  await settle();
  latest().connect();
  posted = [];
}

describe('Sender', () => {
  it('offers the newest camera by the newest connection when two offers meet', async () => {
    sender.viewer(true);
    sender.use(track('a'));
    await settle();
    void sender.receive({ ready: {} });
    await settle();
    for (const connection of FakeConnection.all) connection.describe();
    await settle();
    expect(FakeConnection.all.map(({ closed }) => closed)).toEqual([true, false]);
    expect(posted).toMatchObject([{ offer: { sdp: 'v=0' } }]);
    sender.use(track('b'));
    expect(latest().sender.replaceTrack).toHaveBeenCalledExactlyOnceWith(track('b'));
  });

  it('swaps the track of a connection that stands', async () => {
    await connect('a');
    sender.use(track('b'));
    await settle();
    expect(latest().sender.replaceTrack).toHaveBeenCalledExactlyOnceWith(track('b'));
    expect([FakeConnection.all.length, posted]).toEqual([1, []]);
  });

  it('offers anew when the connection cannot carry the new track', async () => {
    await connect('a');
    latest().sender.replaceTrack.mockRejectedValue(new Error('needs an offer'));
    sender.use(track('b'));
    await settle();
    latest().describe();
    await settle();
    expect(FakeConnection.all.map(({ closed }) => closed)).toEqual([true, false]);
    expect(latest().track).toEqual(track('b'));
    expect(posted).toMatchObject([{ offer: { sdp: 'v=0' } }]);
  });

  it('leaves a newer connection alone when an older one refuses its track', async () => {
    await connect('a');
    latest().sender.replaceTrack.mockRejectedValue(new Error('closed'));
    sender.use(track('b'));
    void sender.receive({ ready: {} });
    await settle();
    expect(FakeConnection.all.map(({ closed }) => closed)).toEqual([true, false]);
    expect(latest().track).toEqual(track('b'));
  });

  it('ends a connection that cannot carry the new track when nobody is there to get another', async () => {
    await connect('a');
    latest().sender.replaceTrack.mockRejectedValue(new Error('needs an offer'));
    sender.viewer(false);
    sender.use(track('b'));
    await settle();
    expect(FakeConnection.all.map(({ closed }) => closed)).toEqual([true]);
    expect(posted).toMatchObject([{ bye: {} }]);
  });
});
