import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CameraReport } from '../rtc/camera-signals';
import { FakeBrowser, type FakeTrack } from './fake-browser';
import { Filming } from './filming';
import type { CameraState } from './status';

let browser: FakeBrowser;
let states: CameraState[];
let reports: CameraReport[];
let filming: Filming;
/** What showing a track gives back: nothing, or a promise that nobody may wait for. */
let shown: Promise<never> | undefined;
let wanted: boolean;

const running = () => browser.opened.at(-1) as FakeTrack;
const alive = () => browser.opened.filter(({ readyState }) => readyState === 'live').length;
const state = () => states.at(-1);
/** Lets what was begun come to its end; no timer of the page fires by it. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  shown = undefined;
  wanted = true;
  browser = new FakeBrowser();
  for (const [name, value] of Object.entries(browser.globals())) vi.stubGlobal(name, value);
  await begin();
});

/** A page that is loaded, and asks for the camera. */
async function begin(): Promise<void> {
  browser.opened = [];
  [states, reports] = [[], []];
  filming = new Filming({
    state: (now) => states.push(now),
    shot: () => shown,
    stopped: () => {},
    told: (report) => reports.push(report),
    wanted: () => wanted,
  });
  void filming.start();
  await vi.advanceTimersByTimeAsync(50);
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

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
    expect(browser.opened).toHaveLength(2);
    expect(running().extras).toEqual({ torch: true, zoom: 3 });
  });

  it('asks again soon while another app has it, says when that lasts, and is back within a second', async () => {
    browser.refusals.any = 'NotReadableError';
    running().end();
    await vi.advanceTimersByTimeAsync(1500);
    expect(state()).toEqual({ kind: 'lost', how: 'returning' });
    await vi.advanceTimersByTimeAsync(4000);
    expect(state()).toEqual({ kind: 'lost', how: 'stuck' });
    browser.refusals = {};
    await vi.advanceTimersByTimeAsync(1100);
    expect(state()).toEqual({ kind: 'on' });
    expect(alive()).toBe(1);
  });

  it('leaves a hidden page’s camera alone, and asks at once when it is seen again', async () => {
    browser.show('hidden');
    running().end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(browser.opened).toHaveLength(1);
    browser.show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
  });

  it('does not ask people again and again: only when they come back', async () => {
    const asked = vi.spyOn(navigator.mediaDevices, 'getUserMedia');
    browser.refusals.any = 'NotAllowedError';
    running().end();
    await vi.advanceTimersByTimeAsync(60_000);
    window.dispatchEvent(new Event('focus'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state()).toEqual({ kind: 'lost', how: 'asks' });
    expect(asked).toHaveBeenCalledTimes(1);
    browser.refusals = {};
    browser.show('visible');
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
    expect(browser.opened).toHaveLength(1);
  });

  it('keeps a camera that unmutes by itself, and opens one anew that does not', async () => {
    const mute = async () => {
      running().muted = true;
      running().onmute?.();
      await vi.advanceTimersByTimeAsync(600);
      expect(state()).toEqual({ kind: 'lost', how: 'returning' });
    };
    browser.show('hidden');
    await mute();
    running().muted = false;
    running().onunmute?.();
    browser.show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(state()).toEqual({ kind: 'on' });
    expect(browser.opened).toHaveLength(1);
    browser.show('hidden');
    await mute();
    browser.show('visible');
    await vi.advanceTimersByTimeAsync(400);
    expect(state()).toEqual({ kind: 'on' });
    expect(browser.opened).toHaveLength(2);
  });

  it('finds out when a camera fell silent behind a lock and never said so', async () => {
    browser.show('hidden');
    running().readyState = 'ended';
    browser.show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect(browser.opened).toHaveLength(2);
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
    expect([browser.opened.length, alive()]).toEqual([2, 1]);
  });

  it('goes on with the first camera when the other fails, and says so', async () => {
    browser.refusals.two = 'NotReadableError';
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
    browser.refusals.one = 'NotReadableError';
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
    expect([browser.opened.length, alive(), state()?.kind]).toEqual([4, 1, 'on']);
  });

  it('goes on trying when a person said yes and another app has it by then', async () => {
    browser.refusals.any = 'NotAllowedError';
    running().end();
    await vi.advanceTimersByTimeAsync(100);
    expect(state()).toEqual({ kind: 'lost', how: 'asks' });
    browser.refusals.any = 'NotReadableError';
    void filming.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(state()).toEqual({ kind: 'lost', how: 'returning' });
    browser.refusals = {};
    await vi.advanceTimersByTimeAsync(1100);
    expect(state()).toEqual({ kind: 'on' });
  });

  it('stays off when it is stopped while it opens', async () => {
    filming.adjust({ flip: true });
    filming.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(state()).toEqual({ kind: 'off' });
    expect(alive()).toBe(0);
  });

  it('stays off when it is stopped while the cameras are counted', async () => {
    let count = () => {};
    browser.counting = new Promise((resolve) => {
      count = resolve;
    });
    browser.show('hidden');
    browser.show('visible');
    await vi.advanceTimersByTimeAsync(1000);
    filming.stop();
    count();
    await vi.advanceTimersByTimeAsync(5000);
    expect(state()).toEqual({ kind: 'off' });
    expect(alive()).toBe(0);
    expect(browser.opened).toHaveLength(1);
  });

  it('does not touch a lost camera any more where this phone may not film', async () => {
    browser.refusals.any = 'NotReadableError';
    running().end();
    await vi.advanceTimersByTimeAsync(100);
    browser.refusals = {};
    wanted = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(state()).toEqual({ kind: 'off' });
    expect(browser.opened).toHaveLength(1);
  });
});

describe('a camera that does not come at first', () => {
  async function beginRefused(by: string): Promise<void> {
    filming.stop();
    browser.refusals.any = by;
    await begin();
  }

  function grant(): void {
    browser.permission.state = 'granted';
    browser.refusals = {};
    browser.permission.dispatchEvent(new Event('change'));
  }

  it('comes by itself when what keeps it lets it go: the page that was there before, a call', async () => {
    await beginRefused('NotReadableError');
    for (let tries = 0; tries < 10; tries++) {
      expect(state()).toEqual({ kind: 'lost', how: 'stuck' });
      await vi.advanceTimersByTimeAsync(500);
    }
    browser.refusals = {};
    await vi.advanceTimersByTimeAsync(1100);
    expect([state(), alive()]).toEqual([{ kind: 'on' }, 1]);
  });

  it('is left alone for good when it was kept and Stop is pressed', async () => {
    await beginRefused('NotReadableError');
    filming.stop();
    browser.refusals = {};
    await vi.advanceTimersByTimeAsync(60_000);
    expect([state(), browser.opened.length]).toEqual([{ kind: 'off' }, 0]);
  });

  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'none'],
  ])('%s: is not asked for again by itself', async (name, trouble) => {
    await beginRefused(name);
    browser.refusals = {};
    await vi.advanceTimersByTimeAsync(60_000);
    expect([state(), browser.opened.length]).toEqual([{ kind: 'failed', trouble }, 0]);
  });

  it('films once somebody allows it in the browser’s menus, as soon as the page is seen', async () => {
    await beginRefused('NotAllowedError');
    browser.show('hidden');
    grant();
    await vi.advanceTimersByTimeAsync(1000);
    expect(browser.opened).toHaveLength(0);
    browser.show('visible');
    await vi.advanceTimersByTimeAsync(60);
    expect([state(), alive()]).toEqual([{ kind: 'on' }, 1]);
  });

  it('stays stopped whatever is allowed', async () => {
    filming.stop();
    grant();
    await vi.advanceTimersByTimeAsync(1000);
    expect([state(), alive()]).toEqual([{ kind: 'off' }, 0]);
  });
});
