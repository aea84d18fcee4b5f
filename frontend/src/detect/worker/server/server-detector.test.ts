import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noCounts } from '../../counts';
import type { Picture } from '../../messages';
import { Sampler } from '../sampler';
import { ServerDetector } from './server-detector';

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  /** The network is cut: nothing is said, and nobody is told. */
  cut = false;
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
      if (!this.cut) this.say({ pong: { t0, t1: t0, t2: t0 } });
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
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  const sampler = new Sampler(settings.fps, {
    taken: () => {},
    result: ({ outcome }) => shown.push(outcome.result.frame_id),
    failed: note,
    wanting: () => {},
  });
  const events = { changed: () => sampler.pump(), trouble: note };
  const detector = new ServerDetector('ws://test/api/detect', settings, events);
  sampler.use(detector);
  const arrive = async () => {
    const picture = fakePicture();
    sampler.frames.put({ picture: picture as unknown as Picture, rtpTimestamp: undefined });
    await vi.advanceTimersByTimeAsync(100);
    return picture;
  };
  return { detector, sampler, arrive, shown, notes, socket: FakeSocket.all[0] as FakeSocket };
}

/** An answer passes a few promises on its way. */
const settled = () => vi.advanceTimersByTimeAsync(1);

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
    const { sampler, arrive, socket } = begin();
    await arrive();
    expect(sampler.counts.sampled).toBe(0);
    socket.open();
    await arrive();
    expect(socket.frames).toEqual([0]);
  });

  it('keeps two in flight, and sends the newest frame when a credit comes back', async () => {
    const { sampler, arrive, socket } = begin();
    socket.open();
    for (let n = 0; n < 4; n++) await arrive();
    const newest = await arrive();
    expect(socket.frames).toEqual([0, 1]);
    expect(sampler.counts).toMatchObject({ sampled: 5, sent: 2, dropped_client: 2 });
    socket.say(answerTo(0));
    await settled();
    expect(socket.frames).toEqual([0, 1, 2]);
    socket.say({ dropped: { frame_id: 2 } });
    await settled();
    expect(newest.close).toHaveBeenCalledOnce();
  });

  it('hands an inferred picture on, and closes a dropped or failed one', async () => {
    const { sampler, arrive, shown, socket } = begin();
    socket.open();
    const inferred = await arrive();
    const dropped = await arrive();
    socket.say(answerTo(0));
    socket.say({ dropped: { frame_id: 1 } });
    const failed = await arrive();
    socket.say({ error: { frame_id: 2, code: 'bad_jpeg', message: 'no' } });
    await settled();
    expect(shown).toEqual([0]);
    expect(inferred.close).not.toHaveBeenCalled();
    expect(dropped.close).toHaveBeenCalledOnce();
    expect(failed.close).toHaveBeenCalledOnce();
    expect(sampler.counts).toMatchObject({ sent: 3, answered: 1, dropped_server: 1, errors: 1 });
  });

  it('counts frames lost with their socket, closes them, and goes on with the next one', async () => {
    const { sampler, arrive, socket } = begin();
    socket.open();
    const lost = [await arrive(), await arrive()];
    socket.readyState = 3;
    socket.onclose?.({ code: 1001, reason: 'bye' });
    await settled();
    expect(lost.map(({ close }) => close.mock.calls.length)).toEqual([1, 1]);
    expect(sampler.counts.errors).toBe(2);
    await vi.advanceTimersByTimeAsync(250);
    const next = FakeSocket.all[1] as FakeSocket;
    next.open();
    await arrive();
    expect(next.frames).toEqual([2]);
    expect(sampler.counts.reconnects).toBe(1);
  });

  it('counts anew, bytes too, when it is put to work again', async () => {
    const { detector, sampler, arrive, socket } = begin();
    socket.open();
    await arrive();
    expect(sampler.counts.bytes_up).toBeGreaterThan(0);
    expect(sampler.counts.bytes_down).toBeGreaterThan(0);
    sampler.use(detector);
    expect(sampler.counts).toEqual(noCounts());
  });

  it('goes on telling why the socket closed while it cannot be opened again', async () => {
    const { detector, socket } = begin();
    socket.open();
    socket.onclose?.({ code: 1001, reason: 'bye' });
    await vi.advanceTimersByTimeAsync(250);
    FakeSocket.all[1]?.onclose?.({ code: 1006, reason: '' });
    expect(detector.state).toMatchObject({ kind: 'lost', code: 1001, reason: 'bye' });
  });

  it('gives up on a socket that does not answer for ten seconds', async () => {
    const { sampler, arrive, socket } = begin();
    socket.open();
    const unanswered = await arrive();
    await vi.advanceTimersByTimeAsync(9500);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(FakeSocket.all).toHaveLength(2);
    expect(unanswered.close).toHaveBeenCalledOnce();
    expect(sampler.counts.errors).toBe(1);
  });

  it('gives up on a socket that says nothing for six seconds, and opens another', async () => {
    const { detector, sampler, arrive, socket } = begin();
    socket.open();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(FakeSocket.all).toHaveLength(1);
    socket.cut = true;
    const unanswered = await arrive();
    await vi.advanceTimersByTimeAsync(6000);
    expect(FakeSocket.all).toHaveLength(2);
    expect(unanswered.close).toHaveBeenCalledOnce();
    expect(sampler.counts.errors).toBe(1);
    FakeSocket.all[1]?.open();
    expect(detector.state.kind).toBe('ready');
  });

  it('gives up on tries to connect that come to nothing, and hears of them no more', async () => {
    const { detector, socket } = begin();
    await vi.advanceTimersByTimeAsync(3000);
    expect(detector.state).toMatchObject({ kind: 'lost', reason: 'it does not open' });
    await vi.advanceTimersByTimeAsync(250);
    expect(FakeSocket.all).toHaveLength(2);
    socket.open();
    expect(detector.state.kind).toBe('connecting');
    FakeSocket.all[1]?.open();
    expect(detector.state.kind).toBe('ready');
  });

  it('leaves nothing behind when it is closed while it connects', async () => {
    const { detector } = begin();
    detector.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('survives nonsense and answers to frames that are not out', async () => {
    const { sampler, arrive, shown, notes, socket } = begin();
    socket.open();
    await arrive();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    socket.say({ hello: 1 });
    warn.mockRestore();
    socket.say(answerTo(77));
    expect(shown).toEqual([]);
    expect(sampler.counts).toMatchObject({ sent: 1, answered: 0, errors: 0 });
    expect(notes).toEqual(['the server said something unknown', 'an answer to frame 77, which is not out']);
  });

  it('every sampled frame is sent, dropped, or still waiting', async () => {
    const { sampler, arrive, socket } = begin();
    socket.open();
    for (let n = 0; n < 50; n++) {
      await arrive();
      const oldest = socket.frames[Math.floor(n / 3)];
      if (n % 3 === 0 && oldest !== undefined) socket.say(answerTo(oldest));
      await vi.advanceTimersByTimeAsync(0);
    }
    const { sampled, sent, dropped_client, errors } = sampler.counts;
    expect(sampled).toBeGreaterThan(15);
    expect(errors).toBe(0);
    expect(sampled - sent - dropped_client).toBeGreaterThanOrEqual(0);
    expect(sampled - sent - dropped_client).toBeLessThanOrEqual(1);
  });
});
