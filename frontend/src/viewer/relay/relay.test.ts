import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoomCreated } from '../../protocol/messages';
import { FakeSocket } from './fake-socket';
import { PATIENCE_MS } from './listening-rule';
import { Relay } from './relay';

const room = { room: 'r', viewer_token: 't' } as RoomCreated;
const camera = { phonePresent: true, direct: false, offered: true };
const noCamera = { ...camera, offered: false };
const direct = { ...camera, direct: true };
/** The first time is asked for this long after the relay is listened to. */
const ASK_MS = 3000;

let relay: Relay;
let asked: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  FakeSocket.all = [];
  asked = vi.fn<() => void>();
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('location', { origin: 'http://localhost' });
  vi.stubGlobal('WebSocket', FakeSocket);
  const canvas = { getContext: () => ({}) } as unknown as HTMLCanvasElement;
  relay = new Relay(canvas, { carries: () => {}, picture: () => {}, ask: asked, changed: () => {} });
  relay.enter(room);
});

afterEach(() => {
  relay.enter(null);
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTime(ms);

const listen = () => FakeSocket.all.at(-1)?.open();

describe('Relay', () => {
  it('does not ask a phone whose camera is off, however long that lasts, and then leaves it its time', () => {
    relay.note(noCamera);
    pass(PATIENCE_MS);
    listen();
    for (let s = 0; s < 60; s++) {
      pass(1000);
      relay.note(noCamera);
    }
    expect(asked).not.toHaveBeenCalled();
    relay.note(camera);
    pass(ASK_MS - 1);
    expect(asked).not.toHaveBeenCalled();
    pass(1);
    expect(asked).toHaveBeenCalledOnce();
  });

  it('asks nothing where video arrives in time', () => {
    relay.note(noCamera);
    pass(PATIENCE_MS);
    listen();
    relay.note(camera);
    pass(1000);
    relay.note(direct);
    pass(60_000);
    expect(asked).not.toHaveBeenCalled();
  });

  it('asks at once when video has stalled', () => {
    relay.note(direct);
    relay.note(camera);
    pass(1000);
    listen();
    expect(asked).toHaveBeenCalledOnce();
  });

  it('leaves a phone that was stopped and films again its time', () => {
    relay.note(direct);
    relay.note(noCamera);
    pass(PATIENCE_MS);
    listen();
    pass(60_000);
    relay.note(camera);
    pass(1000);
    relay.note(direct);
    pass(60_000);
    expect(asked).not.toHaveBeenCalled();
  });
});
