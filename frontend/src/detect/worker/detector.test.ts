import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Picture } from '../messages';
import { ServerDetector } from './detector';

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  frames: number[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: (event: { code: number; reason: string }) => void;

  constructor() {
    FakeSocket.all.push(this);
  }

  send(message: string | ArrayBuffer): void {
    if (typeof message === 'string') {
      const { t0 } = JSON.parse(message).ping;
      this.say({ pong: { t0, t1: t0, t2: t0 } });
    } else {
      this.frames.push(new DataView(message).getUint32(0, true));
    }
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(answer: unknown): void {
    this.onmessage?.({ data: JSON.stringify(answer) });
  }
}

class FakeCanvas {
  constructor(
    public width: number,
    public height: number,
  ) {}
  getContext() {
    return { drawImage: () => {} };
  }
  convertToBlob = async () => new Blob(['jpeg'], { type: 'image/jpeg' });
}

const settings = { fps: 10, width: 320, height: 240, quality: 0.7 };
const answerTo = (frame_id: number) => ({
  frame_id,
  capture_ts: 0,
  recv_ts: 1,
  inference_ts: 2,
  detections: [],
});
const fakePicture = () => ({ width: 640, height: 480, close: vi.fn() });

function begin() {
  const shown: number[] = [];
  const detector = new ServerDetector('ws://test/api/detect', settings, {
    result: ({ frame_id }) => shown.push(frame_id),
    changed: () => {},
  });
  const arrive = async () => {
    const picture = fakePicture();
    detector.frames.put(picture as unknown as Picture, undefined);
    await vi.advanceTimersByTimeAsync(100);
    return picture;
  };
  return { detector, arrive, shown, socket: FakeSocket.all[0] as FakeSocket };
}

beforeEach(() => {
  FakeSocket.all = [];
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('OffscreenCanvas', FakeCanvas);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('ServerDetector', () => {
  it('samples nothing before it knows the server’s clock', async () => {
    const { detector, arrive, socket } = begin();
    await arrive();
    expect(detector.counts.sampled).toBe(0);
    socket.open();
    await arrive();
    expect(socket.frames).toEqual([0]);
  });

  it('keeps two in flight, and sends the newest frame when a credit comes back', async () => {
    const { detector, arrive, socket } = begin();
    socket.open();
    for (let n = 0; n < 4; n++) await arrive();
    const newest = await arrive();
    expect(socket.frames).toEqual([0, 1]);
    expect(detector.counts).toMatchObject({ sampled: 5, sent: 2, dropped_client: 2 });
    socket.say(answerTo(0));
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.frames).toEqual([0, 1, 2]);
    socket.say({ dropped: { frame_id: 2 } });
    expect(newest.close).toHaveBeenCalledOnce();
  });

  it('hands an inferred picture on, and closes a dropped or failed one', async () => {
    const { detector, arrive, shown, socket } = begin();
    socket.open();
    const inferred = await arrive();
    const dropped = await arrive();
    socket.say(answerTo(0));
    socket.say({ dropped: { frame_id: 1 } });
    const failed = await arrive();
    socket.say({ error: { frame_id: 2, code: 'bad_jpeg', message: 'no' } });
    expect(shown).toEqual([0]);
    expect(inferred.close).not.toHaveBeenCalled();
    expect(dropped.close).toHaveBeenCalledOnce();
    expect(failed.close).toHaveBeenCalledOnce();
    expect(detector.counts).toMatchObject({ sent: 3, answered: 1, dropped_server: 1, errors: 1 });
  });

  it('counts frames lost with their socket, closes them, and goes on with the next one', async () => {
    const { detector, arrive, socket } = begin();
    socket.open();
    const lost = [await arrive(), await arrive()];
    socket.readyState = 3;
    socket.onclose?.({ code: 1001, reason: 'bye' });
    expect(lost.map(({ close }) => close.mock.calls.length)).toEqual([1, 1]);
    expect(detector.counts.errors).toBe(2);
    await vi.advanceTimersByTimeAsync(250);
    const next = FakeSocket.all[1] as FakeSocket;
    next.open();
    await arrive();
    expect(next.frames).toEqual([2]);
    expect(detector.counts.reconnects).toBe(1);
  });

  it('goes on telling why the socket closed while it cannot be opened again', async () => {
    const { detector, socket } = begin();
    socket.open();
    socket.onclose?.({ code: 1001, reason: 'bye' });
    await vi.advanceTimersByTimeAsync(250);
    FakeSocket.all[1]?.onclose?.({ code: 1006, reason: '' });
    expect(detector.socketState).toMatchObject({ kind: 'closed', code: 1001, reason: 'bye' });
  });

  it('gives up on a socket that does not answer for ten seconds', async () => {
    const { detector, arrive, socket } = begin();
    socket.open();
    const unanswered = await arrive();
    await vi.advanceTimersByTimeAsync(9500);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(FakeSocket.all).toHaveLength(2);
    expect(unanswered.close).toHaveBeenCalledOnce();
    expect(detector.counts.errors).toBe(1);
  });

  it('survives nonsense and answers to frames that are not out', async () => {
    const { detector, arrive, shown, socket } = begin();
    socket.open();
    await arrive();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    socket.say({ hello: 1 });
    warn.mockRestore();
    socket.say(answerTo(77));
    expect(shown).toEqual([]);
    expect(detector.counts).toMatchObject({ sent: 1, answered: 0, errors: 2 });
  });

  it('every sampled frame is sent, dropped, or still waiting', async () => {
    const { detector, arrive, socket } = begin();
    socket.open();
    for (let n = 0; n < 50; n++) {
      await arrive();
      const oldest = socket.frames[Math.floor(n / 3)];
      if (n % 3 === 0 && oldest !== undefined) socket.say(answerTo(oldest));
      await vi.advanceTimersByTimeAsync(0);
    }
    const { sampled, sent, dropped_client, errors } = detector.counts;
    expect(sampled).toBe(50);
    expect(errors).toBe(0);
    expect(sampled - sent - dropped_client).toBeGreaterThanOrEqual(0);
    expect(sampled - sent - dropped_client).toBeLessThanOrEqual(1);
  });
});
