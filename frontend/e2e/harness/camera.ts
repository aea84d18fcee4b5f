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

/** Lets a phone's page zoom, as Android does with every camera it lends. */
export async function grantZoom(page: Page): Promise<void> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  const target = targetInfos.find(({ url }) => url === page.url());
  if (!target?.browserContextId) throw new Error('the page is not among the browser’s targets');
  for (const permission of [{ name: 'camera' }, { name: 'camera', panTiltZoom: true }]) {
    await session.send('Browser.setPermission', {
      permission,
      setting: 'granted',
      origin: new URL(page.url()).origin,
      browserContextId: target.browserContextId,
    });
  }
  await session.detach();
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

/** The system takes the camera: the browser ends the track, with its own event, as it does when a driver fails. */
export async function takeCamera(page: Page, again: boolean): Promise<void> {
  await page.evaluate((taken) => {
    window.way.taken = taken;
  }, again);
  const { opened } = await settingsOf(page);
  await page.context().clearPermissions();
  await until('the browser ended the track', () =>
    page.evaluate((count) => window.way.tracks[count - 1]?.readyState === 'ended', opened),
  );
}

export const giveBack = (page: Page) =>
  page.evaluate(() => {
    window.way.taken = false;
  });
