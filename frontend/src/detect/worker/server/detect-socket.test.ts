import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DetectSocket } from './detect-socket';

/** A server whose clock is `ahead` of the page's; it answers no ping by itself. */
class FakeSocket {
  static readonly OPEN = 1;
  static last: FakeSocket;
  static made = 0;
  readyState = 1;
  pings: number[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: (event: { code: number; reason: string }) => void;

  constructor() {
    FakeSocket.last = this;
    FakeSocket.made += 1;
  }

  close(): void {
    this.readyState = 3;
  }

  send(text: string): void {
    this.pings.push(JSON.parse(text).ping.t0);
  }

  pong(t0: number, ahead = 0): void {
    const pong = { t0, t1: t0 + ahead + 1, t2: t0 + ahead + 1 };
    this.onmessage?.({ data: JSON.stringify({ pong }) });
  }

  /** Answers the newest ping. */
  answer(ahead = 0): void {
    this.pong(this.pings.at(-1) as number, ahead);
  }
}

const nonsense = vi.fn();
const handlers = { state: () => {}, clock: () => {}, answer: () => {}, nonsense };

function begin() {
  const { clock } = open();
  const server = FakeSocket.last;
  server.onopen?.();
  return { clock, server };
}

function open(): DetectSocket {
  const socket = new DetectSocket('ws://test/api/detect', handlers);
  socket.open();
  return socket;
}

const pass = (ms: number) => vi.advanceTimersByTime(ms);

/** Pings sent within so many ms, each answered after two. */
function pingsWithin(server: FakeSocket, ms: number, ahead = 0): number {
  const before = server.pings.length;
  let answered = before;
  for (let passed = 0; passed < ms; passed += 2) {
    pass(2);
    for (; answered < server.pings.length; answered++) server.pong(server.pings[answered] as number, ahead);
  }
  return server.pings.length - before;
}

beforeEach(() => {
  nonsense.mockClear();
  FakeSocket.made = 0;
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the pings of DetectSocket', () => {
  it('come fast until the time is known well, then every two seconds', () => {
    const { clock, server } = begin();
    pass(1);
    server.answer();
    expect(pingsWithin(server, 1000)).toBeLessThan(8);
    expect(clock.reading?.error).toBeLessThan(3);
    expect(pingsWithin(server, 20_000)).toBe(10);
  });

  it('come every two seconds in the end where none is answered', () => {
    const { clock, server } = begin();
    for (let s = 0; s < 60; s++) {
      pass(1000);
      server.onmessage?.({ data: JSON.stringify({ dropped: { frame_id: s } }) });
    }
    expect(server.pings.length).toBeLessThan(50 + 30);
    expect(clock.reading).toBeNull();
  });

  it('come fast again after a clock has jumped', () => {
    const { clock, server } = begin();
    pass(1);
    server.answer();
    pingsWithin(server, 10_000);
    expect(pingsWithin(server, 4000, 5000)).toBeGreaterThan(4);
    expect(clock.reading?.offset).toBeCloseTo(5000, -1);
    expect(pingsWithin(server, 20_000, 5000)).toBe(10);
  });

  it('are told from answers to nothing that was asked, and to what was answered', () => {
    const { clock, server } = begin();
    const [t0 = Number.NaN] = server.pings;
    pass(1);
    server.pong(t0 - 1, 7777);
    expect(clock.reading).toBeNull();
    server.pong(t0);
    const { reading } = clock;
    server.pong(t0, 7777);
    expect(clock.reading).toBe(reading);
    expect(nonsense).toHaveBeenCalledTimes(2);
  });
});

it('DetectSocket tries every four seconds, and at once when the server was heard of', () => {
  const socket = open();
  const refuse = () => FakeSocket.last.onclose?.({ code: 1006, reason: '' });
  for (let tries = 1; tries < 20; tries++) {
    refuse();
    pass(4000);
    expect(FakeSocket.made).toBe(tries + 1);
  }
  refuse();
  socket.retry();
  expect(FakeSocket.made).toBe(21);
  socket.retry();
  pass(999);
  expect(FakeSocket.made, 'one under way has a second more').toBe(21);
  pass(10);
  expect(FakeSocket.made, 'and is followed at once').toBe(22);
  refuse();
  socket.close();
  socket.retry();
  pass(10_000);
  expect(FakeSocket.made, 'it was closed for good').toBe(22);
});
