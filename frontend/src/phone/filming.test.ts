import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CameraReport } from '../rtc/camera-signals';
import { Filming } from './filming';
import type { CameraState } from './status';

/** A camera as the browser lends it: it can be taken, and remembers torch and zoom for as long as it runs. */
class FakeTrack {
  readyState = 'live';
  muted = false;
  contentHint = '';
  onended: (() => void) | null = null;
  onmute: (() => void) | null = null;
  onunmute: (() => void) | null = null;
  extras: object = { torch: false, zoom: 1 };

  constructor(readonly deviceId: string) {}

  getCapabilities = () => ({ torch: true, zoom: { min: 1, max: 4, step: 0.5 } });
  getSettings = () => ({ deviceId: this.deviceId, width: 640, height: 480, frameRate: 30, ...this.extras });
  addEventListener = () => {};
  stop = () => {
    this.readyState = 'ended';
  };
  applyConstraints = async ({ advanced }: MediaTrackConstraints) => {
    if (advanced?.[0]) this.extras = { torch: false, zoom: 1, ...advanced[0] };
  };
  /** As the system does it. */
  end = () => {
    this.readyState = 'ended';
    this.onended?.();
  };
}

let opened: FakeTrack[];
/** The name of the error that asking for a camera ends with, by camera; `any` for all. */
let refusals: Record<string, string>;
let page: EventTarget & { visibilityState: string };
let states: CameraState[];
let reports: CameraReport[];
let filming: Filming;
/** What showing a track gives back: nothing, or a promise that nobody may wait for. */
let shown: Promise<never> | undefined;

const error = (name: string) => Object.assign(new Error(name), { name });
const running = () => opened.at(-1) as FakeTrack;
const alive = () => opened.filter(({ readyState }) => readyState === 'live').length;
const state = () => states.at(-1);
/** Lets what was begun come to its end; no timer of the page fires by it. */
const settle = () => vi.advanceTimersByTimeAsync(0);

async function getUserMedia({ video }: { video: { deviceId?: { exact: string } } }) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const wanted = video.deviceId?.exact ?? 'one';
  const refusal = refusals[wanted] ?? refusals.any;
  if (refusal) throw error(refusal);
  opened.push(new FakeTrack(wanted));
  return { getVideoTracks: () => [running()] };
}

beforeEach(async () => {
  vi.useFakeTimers();
  shown = undefined;
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  [opened, refusals, states, reports] = [[], {}, [], []];
  page = Object.assign(new EventTarget(), {
    visibilityState: 'visible',
    // Delivers two frames at once when its track is alive.
    createElement: () => ({
      srcObject: { track: undefined as FakeTrack | undefined },
      play: async () => {},
      requestVideoFrameCallback(this: { srcObject: { track: FakeTrack } }, look: () => void) {
        if (this.srcObject.track.readyState === 'live') setTimeout(look, 1);
      },
    }),
  });
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', Object.assign(new EventTarget(), { setTimeout }));
  vi.stubGlobal(
    'MediaStream',
    class {
      readonly track: FakeTrack | undefined;
      constructor([track]: FakeTrack[]) {
        this.track = track;
      }
    },
  );
  const devices = ['one', 'two'].map((deviceId) => ({ kind: 'videoinput', deviceId }));
  const mediaDevices = { getUserMedia, enumerateDevices: async () => devices };
  vi.stubGlobal('navigator', { mediaDevices: Object.assign(new EventTarget(), mediaDevices) });
  filming = new Filming({
    state: (now) => states.push(now),
    shot: () => shown,
    stopped: () => {},
    told: (report) => reports.push(report),
    wanted: () => true,
  });
  void filming.start();
  await vi.advanceTimersByTimeAsync(50);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function show(visibilityState: string): void {
  page.visibilityState = visibilityState;
  page.dispatchEvent(new Event('visibilitychange'));
}

describe('Filming', () => {
  it('opens, and tells what there is to set', () => {
    expect(state()).toEqual({ kind: 'on' });
    expect(reports.at(-1)).toEqual({
      filming: 'yes',
      flip: true,
      torch: false,
      zoom: { min: 1, max: 4, step: 0.5, value: 1 },
      quality: 'normal',
      refused: null,
    });
  });

  it('gets an ended camera back at once, and sets it as it was', async () => {
    filming.adjust({ torch: true });
    filming.adjust({ zoom: 3 });
    await settle();
    running().end();
    expect(state()).toEqual({ kind: 'lost', how: 'returning' });
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
    expect(opened).toHaveLength(2);
    expect(running().extras).toEqual({ torch: true, zoom: 3 });
  });

  it('asks again soon while another app has it, says when that lasts, and is back within a second', async () => {
    refusals.any = 'NotReadableError';
    running().end();
    await vi.advanceTimersByTimeAsync(1500);
    expect(state()).toEqual({ kind: 'lost', how: 'returning' });
    await vi.advanceTimersByTimeAsync(4000);
    expect(state()).toEqual({ kind: 'lost', how: 'stuck' });
    refusals = {};
    await vi.advanceTimersByTimeAsync(1100);
    expect(state()).toEqual({ kind: 'on' });
    expect(alive()).toBe(1);
  });

  it('leaves a hidden page’s camera alone, and asks at once when it is seen again', async () => {
    show('hidden');
    running().end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened).toHaveLength(1);
    show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
  });

  it('does not ask people again and again: only when they come back', async () => {
    const asked = vi.spyOn(navigator.mediaDevices, 'getUserMedia');
    refusals.any = 'NotAllowedError';
    running().end();
    await vi.advanceTimersByTimeAsync(60_000);
    window.dispatchEvent(new Event('focus'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state()).toEqual({ kind: 'lost', how: 'asks' });
    expect(asked).toHaveBeenCalledTimes(1);
    refusals = {};
    show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
  });

  it('shrugs at a camera that is mute for a moment', async () => {
    running().muted = true;
    running().onmute?.();
    await vi.advanceTimersByTimeAsync(300);
    running().muted = false;
    running().onunmute?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(states.some(({ kind }) => kind === 'lost')).toBe(false);
    expect(opened).toHaveLength(1);
  });

  it('keeps a camera that unmutes by itself, and opens one anew that does not', async () => {
    const mute = async () => {
      running().muted = true;
      running().onmute?.();
      await vi.advanceTimersByTimeAsync(600);
      expect(state()).toEqual({ kind: 'lost', how: 'returning' });
    };
    show('hidden');
    await mute();
    running().muted = false;
    running().onunmute?.();
    show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
    expect(opened).toHaveLength(1);
    show('hidden');
    await mute();
    show('visible');
    await vi.advanceTimersByTimeAsync(400);
    expect(state()).toEqual({ kind: 'on' });
    expect(opened).toHaveLength(2);
  });

  it('finds out when a camera fell silent behind a lock and never said so', async () => {
    show('hidden');
    running().readyState = 'ended';
    show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(opened).toHaveLength(2);
    expect(state()).toEqual({ kind: 'on' });
  });

  it('flips once for two quick taps, and takes torch and zoom for the other camera back', async () => {
    filming.adjust({ torch: true });
    await settle();
    filming.adjust({ flip: true });
    filming.adjust({ flip: true });
    await vi.advanceTimersByTimeAsync(200);
    expect(running().deviceId).toBe('two');
    expect(running().extras).toEqual({ torch: false, zoom: 1 });
    expect([opened.length, alive()]).toEqual([2, 1]);
  });

  it('goes on with the first camera when the other fails, and says so', async () => {
    refusals.two = 'NotReadableError';
    filming.adjust({ zoom: 2 });
    await settle();
    filming.adjust({ flip: true });
    await vi.advanceTimersByTimeAsync(200);
    expect(state()).toEqual({ kind: 'on' });
    expect(running().deviceId).toBe('one');
    expect(running().extras).toMatchObject({ zoom: 2 });
    expect(reports.at(-1)?.refused).toBe('flip');
  });

  it('flips a lost camera: the other one may be free', async () => {
    refusals.one = 'NotReadableError';
    running().end();
    await vi.advanceTimersByTimeAsync(100);
    filming.adjust({ flip: true });
    await vi.advanceTimersByTimeAsync(100);
    expect(state()).toEqual({ kind: 'on' });
    expect(running().deviceId).toBe('two');
  });

  it('refuses a size that the camera has not even when opened anew', async () => {
    filming.adjust({ quality: 'sharp' });
    await vi.advanceTimersByTimeAsync(100);
    expect(reports.at(-1)).toMatchObject({ quality: 'normal', refused: 'quality' });
    expect([state()?.kind, alive()]).toEqual(['on', 1]);
  });

  it('can be set and comes back while a track that was shown is never sent', async () => {
    shown = new Promise(() => {});
    running().end();
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
    filming.adjust({ torch: true });
    await settle();
    expect(running().extras).toMatchObject({ torch: true });
    filming.adjust({ flip: true });
    await vi.advanceTimersByTimeAsync(200);
    expect(running().deviceId).toBe('two');
    running().end();
    await vi.advanceTimersByTimeAsync(60);
    expect([opened.length, alive(), state()?.kind]).toEqual([4, 1, 'on']);
  });

  it('stays off when it is stopped while it opens', async () => {
    filming.adjust({ flip: true });
    filming.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(state()).toEqual({ kind: 'off' });
    expect(alive()).toBe(0);
  });
});
