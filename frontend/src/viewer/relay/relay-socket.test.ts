import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FRAME_HEADER_BYTES } from '../../protocol/messages';
import { FakeSocket } from './fake-socket';
import { type RelayFrame, RelaySocket } from './relay-socket';

let frames: RelayFrame[];
let opened: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  FakeSocket.all = [];
  frames = [];
  opened = vi.fn<() => void>();
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTime(ms);
const sockets = () => FakeSocket.all.length;

function begin() {
  const relay = new RelaySocket('ws://test/relay', { opened, frame: (frame) => frames.push(frame) });
  return { relay, socket: FakeSocket.all[0] as FakeSocket };
}

describe('RelaySocket', () => {
  it('lives on pings alone', () => {
    const { socket } = begin();
    socket.open();
    pass(60_000);
    expect(sockets()).toBe(1);
  });

  it('gives frames their time once the clock is known', () => {
    const { socket } = begin();
    socket.open();
    socket.say({ frame: { frame_id: 1, clock: 'capture_time', clock_error_ms: 2 } });
    socket.say(new ArrayBuffer(FRAME_HEADER_BYTES + 3));
    expect(frames).toMatchObject([{ bytes: FRAME_HEADER_BYTES + 3, capture: { source: 'capture_time' } }]);
  });

  it('opens another when nothing was said for six seconds', () => {
    const { socket } = begin();
    socket.open();
    socket.cut = true;
    pass(6000);
    expect(socket.readyState).toBe(3);
    pass(250);
    expect(sockets()).toBe(2);
    FakeSocket.all[1]?.open();
    expect(opened).toHaveBeenCalledTimes(2);
  });

  it('does not wait longer than three seconds for the first try to connect', () => {
    const { socket } = begin();
    pass(3250);
    expect(sockets()).toBe(2);
    socket.open();
    expect(opened, 'by one that was given up').not.toHaveBeenCalled();
  });

  it('tries every four seconds, and at once when the server was heard of', () => {
    const { relay } = begin();
    const refuse = () => FakeSocket.all.at(-1)?.onclose?.({ code: 1006, reason: '' });
    for (let tries = 1; tries < 20; tries++) {
      refuse();
      pass(4000);
      expect(sockets()).toBe(tries + 1);
    }
    refuse();
    relay.retry();
    expect(sockets()).toBe(21);
    relay.retry();
    expect(sockets(), 'one under way is left alone').toBe(21);
  });

  it('is closed for good', () => {
    const { relay } = begin();
    relay.close();
    pass(60_000);
    expect(sockets()).toBe(1);
  });
});
