// A way into the phone page's camera: its tracks, and the troubles that a real phone meets.
import type { Page } from 'playwright-core';
import { until } from './until';

type Way = {
  /** All tracks that the page was ever given; the last one is the running one. */
  tracks: MediaStreamTrack[];
  locks: WakeLockSentinel[];
  /** Another app has all cameras. */
  taken: boolean;
  /** The camera that does not open. */
  broken: string | null;
  /** Wakes the page or sends it behind another app, as far as the page can tell. */
  show: (visible: boolean) => void;
};

declare global {
  interface Window {
    way: Way;
  }
}

/**
 * Runs in the phone page before its own code. Tracks are the browser's own, but for one layer: Chromium's fake cameras
 * have no torch, so a track is given one that it remembers and nothing else. Zoom is the fake camera's own, where the
 * page may have it.
 */
export function wayIn(): void {
  const way: Way = { tracks: [], locks: [], taken: false, broken: null, show: () => {} };
  window.way = way;
  const media = navigator.mediaDevices;
  const real = media.getUserMedia.bind(media);

  const addTorch = (track: MediaStreamTrack) => {
    let torch = false;
    const capabilities = track.getCapabilities.bind(track);
    const settings = track.getSettings.bind(track);
    const apply = track.applyConstraints.bind(track);
    Object.assign(track, {
      getCapabilities: () => ({ ...capabilities(), torch: true }),
      getSettings: () => ({ ...settings(), torch }),
      applyConstraints: async (wishes: MediaTrackConstraints) => {
        const { torch: light, ...others } = (wishes.advanced?.[0] ?? {}) as { torch?: boolean };
        const { advanced: _, ...rest } = wishes;
        await apply(Object.keys(others).length > 0 ? { ...rest, advanced: [others] } : rest);
        torch = light ?? false;
      },
    });
  };

  media.getUserMedia = async (wishes) => {
    if (way.taken) throw new DOMException('another app has it', 'NotReadableError');
    const name = { name: 'camera', panTiltZoom: true } as unknown as PermissionDescriptor;
    // Android grants this with the camera; Chromium elsewhere wants to be asked for it.
    const zooms = (await navigator.permissions.query(name)).state === 'granted';
    const video = { ...(wishes?.video as MediaTrackConstraints), ...(zooms && { zoom: true }) };
    const stream = await real({ ...wishes, video });
    const track = stream.getVideoTracks()[0] as MediaStreamTrack;
    if (track.getSettings().deviceId === way.broken) {
      track.stop();
      throw new DOMException('this one is broken', 'NotReadableError');
    }
    if (zooms) addTorch(track);
    way.tracks.push(track);
    return stream;
  };

  // Chromium's second fake camera sees depth, which no video encoder takes.
  const devices = media.enumerateDevices.bind(media);
  media.enumerateDevices = async () => (await devices()).filter(({ label }) => label !== 'fake_device_1');

  const ask = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (type) => {
    const lock = await ask(type);
    way.locks.push(lock);
    return lock;
  };

  // Playwright keeps its pages visible whatever is in front of them, so hiding is played: with the lock's real release.
  way.show = (visible) => {
    const state = visible ? 'visible' : 'hidden';
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    if (!visible) for (const lock of way.locks) void lock.release();
    document.dispatchEvent(new Event('visibilitychange'));
  };
}

/**
 * Runs in the phone page before its own code. The camera comes when the viewer is known to be there, so it is what the
 * phone offers for; and as soon as the browser begins to make that offer, a "ready" asks for another one.
 */
export function meetOffers(): void {
  let source: EventSource | undefined;
  let sitDown = () => {};
  const seated = new Promise<void>((resolve) => {
    sitDown = resolve;
  });
  window.EventSource = class extends EventSource {
    constructor(url: string | URL) {
      super(url);
      source = this;
      this.addEventListener('message', ({ data }) => {
        if (JSON.parse(data).welcome) sitDown();
      });
    }
  };
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wishes) => {
    const stream = await open(wishes);
    await seated;
    return stream;
  };
  const describe: (this: RTCPeerConnection) => Promise<void> =
    RTCPeerConnection.prototype.setLocalDescription;
  RTCPeerConnection.prototype.setLocalDescription = function (this: RTCPeerConnection) {
    RTCPeerConnection.prototype.setLocalDescription = describe;
    const data = JSON.stringify({ signal: { from: 'viewer', payload: { ready: {} } } });
    queueMicrotask(() => source?.dispatchEvent(new MessageEvent('message', { data })));
    return describe.call(this);
  };
}

async function cdpOf(page: Page) {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  return browser.newBrowserCDPSession();
}

/** Lets a page that may film zoom, too, as Android does with every camera it lends. It asks when it is loaded. */
export async function grantZoom(page: Page): Promise<void> {
  const session = await cdpOf(page);
  const { targetInfos } = await session.send('Target.getTargets');
  const target = targetInfos.find(({ url }) => url === page.url());
  if (!target?.browserContextId) throw new Error('the page is not among the browser’s targets');
  await session.send('Browser.setPermission', {
    permission: { name: 'camera', panTiltZoom: true },
    setting: 'granted',
    origin: new URL(page.url()).origin,
    browserContextId: target.browserContextId,
  });
  // The session stays: what it granted ends with it.
}

/** The running track's own settings. */
export const settingsOf = (page: Page) =>
  page.evaluate(() => {
    const settings = window.way.tracks.at(-1)?.getSettings() as MediaTrackSettings & {
      torch?: boolean;
      zoom?: number;
    };
    return { ...settings, opened: window.way.tracks.length };
  });

/** The camera's driver dies: the browser ends the track, with its own event. `kept`: another app has it from then on. */
export async function takeCamera(page: Page, kept: boolean): Promise<void> {
  await page.evaluate((taken) => {
    window.way.taken = taken;
  }, kept);
  const session = await cdpOf(page);
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const drivers = processInfo.filter(({ type }) => type.startsWith('video_capture'));
  if (drivers.length === 0) throw new Error('no process of this browser captures video');
  await untilEnded(page, () => {
    for (const { id } of drivers) process.kill(id, 'SIGKILL');
  });
}

/** The browser takes its permission back, and with it the camera. */
export const revokeCamera = (page: Page) => untilEnded(page, () => page.context().clearPermissions());

async function untilEnded(page: Page, act: () => void | Promise<void>): Promise<void> {
  const { opened } = await settingsOf(page);
  await act();
  await until('the browser ended the track', () =>
    page.evaluate((count) => window.way.tracks[count - 1]?.readyState === 'ended', opened),
  );
}

export const giveBack = (page: Page) =>
  page.evaluate(() => {
    window.way.taken = false;
  });
