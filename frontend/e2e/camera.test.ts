// The phone as a camera: flip, torch, zoom, quality from both pages; dim; what it is seen as; and a camera that is taken
// away comes back by itself. Torch is a layer over Chromium's fake camera (harness/camera.ts); all else is its own.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untilBack } from './harness/back';
import {
  giveBack,
  grantZoom,
  meetOffers,
  revokeCamera,
  settingsOf,
  takeCamera,
  wayIn,
} from './harness/camera';
import { launchBarePhone } from './harness/chrome';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import { joinLink, paintedCount, paintedSince, textOf, untilPainted, untilText } from './harness/viewer';

let session: Session;
let viewer: Watched;
let link: string;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?overlay=exact`);
  link = await joinLink(viewer.page);
});

afterAll(() => session?.end());

const isShown = (page: Page, selector: string) => page.locator(selector).isVisible();
const untilShown = (page: Page, selector: string, shown = true) =>
  until(
    `${selector} is ${shown ? 'shown' : 'hidden'}`,
    async () => (await isShown(page, selector)) === shown,
  );

const isChosen = (page: Page, quality: string) =>
  page.locator(`input[value="${quality}"]:is([name="quality"], [name="phone-quality"])`).isChecked();

const videoWidth = (page: Page) =>
  page.evaluate(() => (document.querySelector('#video') as HTMLVideoElement).videoWidth);

describe('a phone that films people', () => {
  let phone: Watched;

  beforeAll(async () => {
    const permissions = ['camera', 'screen-wake-lock'];
    phone = await openPhone(session.phones, link, { permissions, init: wayIn });
    await untilPainted(viewer.page, 5);
  });

  afterAll(() => closePage(phone));

  test('you are seen as: the label and score of the viewer’s newest result', async () => {
    const before = await untilText(phone.page, '#seen', /^You are seen as: person 0\.\d\d$/);
    const from = await paintedCount(viewer.page);
    const now = await until('what is seen changed', async () => {
      const words = await textOf(phone.page, '#seen');
      return words !== before && words.startsWith('You') && words;
    });
    // What the phone says now was found after `from`, or just before it and was on its way.
    const surest = (await paintedSince(viewer.page, Math.max(0, from - 15))).map(({ result }) => {
      const [best] = result.detections.toSorted((a, b) => b.score - a.score);
      return `You are seen as: ${best?.label} ${best?.score.toFixed(2)}`;
    });
    expect(surest).toContain(now);
    expect(
      await phone.page.locator('#seen[aria-live], [aria-live] #seen, [role="status"] #seen').count(),
    ).toBe(0);
    expect(await phone.page.locator('#seen-spoken').textContent()).toBe('You are seen as: person');
  });

  test('without anything to see: nothing found', async () => {
    await viewer.page.locator('#confidence').fill('0.99');
    await untilText(phone.page, '#seen', /^Nothing found$/);
    await viewer.page.locator('#confidence').fill('0.5');
    await untilText(phone.page, '#seen', /person/);
  });

  test('dimmed it is black and films on with its wake lock; a tap wakes it', async () => {
    const preview = () =>
      phone.page.evaluate(() => (document.querySelector('#preview') as HTMLVideoElement).paused);
    const locked = () => phone.page.evaluate(() => window.way.locks.some(({ released }) => !released));
    await phone.page.locator('#dim').tap();
    await untilShown(phone.page, '#dimmed');
    const { width, height } = phone.page.viewportSize() ?? {};
    const box = await phone.page.locator('#dimmed').boundingBox();
    expect(box).toMatchObject({ x: 0, y: 0, width, height });
    const ground = await phone.page
      .locator('#dimmed')
      .evaluate((cover) => getComputedStyle(cover).backgroundColor);
    expect(ground).toBe('rgb(0, 0, 0)');
    expect(await preview()).toBe(true);
    await untilPainted(viewer.page, 15);
    expect(await locked()).toBe(true);
    await phone.page.locator('#dimmed').tap();
    await untilShown(phone.page, '#dimmed', false);
    await until('the preview plays', async () => !(await preview()));
    await untilPainted(viewer.page, 5);
  });

  test('the wake lock is taken again when the page is seen again', async () => {
    const held = () => phone.page.evaluate(() => window.way.locks.filter(({ released }) => !released).length);
    expect(await held()).toBe(1);
    await phone.page.evaluate(() => window.way.show(false));
    await until('the system released it', async () => (await held()) === 0);
    await phone.page.evaluate(() => window.way.show(true));
    await until('it is held again', async () => (await held()) === 1);
    await untilPainted(viewer.page, 3);
  });

  test('quality from the viewer changes the video; what the camera has not is refused in words', async () => {
    await until('the panel is there', () => isShown(viewer.page, '#phone-panel'));
    expect(await isShown(viewer.page, '#phone-torch'), 'no torch is offered').toBe(false);
    expect(await isShown(viewer.page, '#phone-zoom-field'), 'no zoom is offered').toBe(false);
    expect(await isShown(viewer.page, '#phone-flip'), 'no other camera').toBe(false);
    await viewer.page.locator('#phone-quality span', { hasText: 'Saver' }).click();
    await until('the video is small', async () => (await videoWidth(viewer.page)) === 320);
    await until('the phone shows it, too', () => isChosen(phone.page, 'saver'));
    // The clip has 640 columns.
    await viewer.page.locator('#phone-quality span', { hasText: 'Sharp' }).click();
    await untilText(viewer.page, '#phone-note', /does not give such a picture/);
    await untilText(phone.page, '#note', /does not give such a picture/);
    await until('the switch is back', () => isChosen(viewer.page, 'saver'));
    await phone.page.locator('#quality input[value="normal"]').tap();
    await until('the video is as before', async () => (await videoWidth(viewer.page)) === 640);
    await until('the viewer shows it', () => isChosen(viewer.page, 'normal'));
    expect(await textOf(viewer.page, '#phone-note')).toBe('');
    await untilPainted(viewer.page, 3);
  });

  test('the browser ends the camera: boxes come back on the same connection', async () => {
    const { opened } = await settingsOf(phone.page);
    const offers = () => phone.requests.filter((url) => url.includes('/signal')).length;
    await until('no signal is on its way', () => isShown(phone.page, '#seen'));
    const before = offers();
    await takeCamera(phone.page, false);
    await untilBack(viewer.page, 'camera ended');
    expect((await settingsOf(phone.page)).opened).toBeGreaterThan(opened);
    await untilText(phone.page, '#status', /^Live/);
    // Two reports of the camera, lost and found: an offer would bring a dozen signals.
    expect(offers() - before).toBeLessThan(6);
  });

  test('another app has the camera: both pages say so, and go on when it is free', async () => {
    await takeCamera(phone.page, true);
    await untilText(phone.page, '#status', /taken away/);
    await untilText(viewer.page, '#phone-note', /taken away/);
    await untilText(viewer.page, '#status', /No picture/);
    await untilText(phone.page, '#status', /Something else has the camera/);
    await untilText(viewer.page, '#phone-note', /needs you/);
    await giveBack(phone.page);
    await untilBack(viewer.page, 'camera given back by another app');
    await untilText(phone.page, '#status', /^Live/);
    await until('the note is gone', async () => (await textOf(viewer.page, '#phone-note')) === '');
  });

  test('locked and unlocked: a muted camera that unmutes is kept, one that stays silent is opened anew', async () => {
    const mute = (muted: boolean) =>
      phone.page.evaluate((state) => {
        const track = window.way.tracks.at(-1) as MediaStreamTrack;
        // Chromium mutes no fake camera: the state and its event are played, the frames are real.
        Object.defineProperty(track, 'muted', { configurable: true, get: () => state });
        track.dispatchEvent(new Event(state ? 'mute' : 'unmute'));
      }, muted);
    const { opened } = await settingsOf(phone.page);
    await phone.page.evaluate(() => window.way.show(false));
    await mute(true);
    await untilText(phone.page, '#status', /taken away/);
    await mute(false);
    await phone.page.evaluate(() => window.way.show(true));
    await untilPainted(viewer.page, 3);
    await untilText(phone.page, '#status', /^Live/);
    expect((await settingsOf(phone.page)).opened, 'the same track').toBe(opened);

    await phone.page.evaluate(() => window.way.show(false));
    await mute(true);
    await untilText(phone.page, '#status', /taken away/);
    expect((await settingsOf(phone.page)).opened, 'nothing is asked for behind a lock').toBe(opened);
    await phone.page.evaluate(() => window.way.show(true));
    await untilText(phone.page, '#status', /^Live/);
    await untilPainted(viewer.page, 3);
    expect((await settingsOf(phone.page)).opened, 'another track').toBe(opened + 1);
  });

  test('nothing went wrong on either page', () => {
    expect(takeTroubles(viewer)).toEqual([]);
    expect(takeTroubles(phone)).toEqual([]);
  });
});

describe('a phone with two cameras, zoom and torch', () => {
  let browser: Browser;
  let phone: Watched;

  beforeAll(async () => {
    browser = await launchBarePhone(3);
    phone = await openPhone(browser, link, { init: wayIn });
    await grantZoom(phone.page);
    await phone.page.reload({ waitUntil: 'domcontentloaded' });
    await untilPainted(viewer.page, 5);
  });

  afterAll(async () => {
    if (phone) await closePage(phone);
    await browser?.close();
  });

  const untilSet = (what: string, is: (settings: Awaited<ReturnType<typeof settingsOf>>) => boolean) =>
    until(what, async () => is(await settingsOf(phone.page)));

  const pressed = (page: Page, selector: string) =>
    page.evaluate((at) => document.querySelector(at)?.getAttribute('aria-pressed') === 'true', selector);

  test('zoom and torch from the viewer: the camera has them, and both pages show it', async () => {
    await viewer.page.locator('#phone-torch').click();
    await untilSet('the torch is lit', ({ torch }) => torch === true);
    await until(
      'both show the torch',
      async () => (await pressed(phone.page, '#torch')) && (await pressed(viewer.page, '#phone-torch')),
    );
    await viewer.page.locator('#phone-zoom').fill('250');
    await untilSet(
      'the camera zoomed, and the torch is lit still',
      ({ zoom, torch }) => zoom === 250 && torch === true,
    );
    await untilText(phone.page, '#zoom-value', /^2\.5×$/);
    await phone.page.locator('#zoom').fill('120');
    await untilSet('the phone’s own slider works', ({ zoom }) => zoom === 120);
    await untilText(viewer.page, '#phone-zoom-value', /^1\.2×$/);
  });

  test('sharp is sharp on the viewer, and zoom and torch stay', async () => {
    await viewer.page.locator('#phone-quality span', { hasText: 'Sharp' }).click();
    await until('the video is large', async () => (await videoWidth(viewer.page)) === 1280);
    await untilSet('zoom and torch are as they were', ({ zoom, torch }) => zoom === 120 && torch === true);
  });

  test('a viewer that is reloaded knows how the camera is set', async () => {
    await viewer.page.reload({ waitUntil: 'domcontentloaded' });
    await untilBack(viewer.page, 'viewer reloaded');
    await untilText(viewer.page, '#phone-zoom-value', /^1\.2×$/);
    expect(await pressed(viewer.page, '#phone-torch')).toBe(true);
    expect(await isChosen(viewer.page, 'sharp')).toBe(true);
  });

  test('a camera that comes back is set as it was', async () => {
    const { opened } = await settingsOf(phone.page);
    await phone.page.evaluate(() => {
      const track = window.way.tracks.at(-1) as MediaStreamTrack;
      track.stop();
      track.dispatchEvent(new Event('ended'));
    });
    await untilBack(viewer.page, 'camera ended, set as it was');
    await untilSet(
      'another track, with zoom, torch and size',
      (now) => now.opened > opened && now.zoom === 120 && now.torch === true && now.width === 1280,
    );
  });

  test('flip from the viewer, twice at once as well: one camera runs, the other one', async () => {
    const { deviceId: first, opened } = await settingsOf(phone.page);
    await viewer.page.locator('#phone-flip').click();
    await untilSet('the other camera films', ({ deviceId }) => deviceId !== first);
    await until('its torch is out', async () => !(await pressed(viewer.page, '#phone-torch')));
    await untilPainted(viewer.page, 3);
    // Two wishes before the first is done.
    await phone.page.evaluate(() => {
      const flip = document.querySelector('#flip') as HTMLButtonElement;
      flip.click();
      flip.disabled = false;
      flip.click();
    });
    await untilSet('the first camera films again', ({ deviceId }) => deviceId === first);
    await untilPainted(viewer.page, 3);
    const live = await phone.page.evaluate(
      () => window.way.tracks.filter(({ readyState }) => readyState === 'live').length,
    );
    expect(live).toBe(1);
    expect((await settingsOf(phone.page)).opened).toBe(opened + 2);
  });

  test('the other camera does not open: the first one goes on, and both pages say why', async () => {
    const { deviceId: first } = await settingsOf(phone.page);
    await phone.page.evaluate(async () => {
      const running = window.way.tracks.at(-1)?.getSettings().deviceId;
      const devices = await navigator.mediaDevices.enumerateDevices();
      const other = devices.find(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== running);
      window.way.broken = other?.deviceId ?? null;
    });
    await viewer.page.locator('#phone-flip').click();
    await untilText(viewer.page, '#phone-note', /other camera did not open/);
    await untilText(phone.page, '#note', /other camera did not open/);
    await untilText(phone.page, '#status', /^Live/);
    expect((await settingsOf(phone.page)).deviceId).toBe(first);
    await untilPainted(viewer.page, 3);
  });

  test('the browser wants to be asked again: the dimmed screen lights up with a button; allowed, it films on', async () => {
    await phone.page.locator('#dim').tap();
    await untilShown(phone.page, '#dimmed');
    await revokeCamera(phone.page);
    await untilText(phone.page, '#status', /needs a tap/);
    await untilShown(phone.page, '#dimmed', false);
    expect(await isShown(phone.page, '#start')).toBe(true);
    await untilText(viewer.page, '#phone-note', /needs you/);
    await phone.context.grantPermissions(['camera']);
    await untilBack(viewer.page, 'camera allowed again');
    await untilText(phone.page, '#status', /^Live/);
  });

  test('nothing went wrong on either page', () => {
    expect(takeTroubles(viewer)).toEqual([]);
    expect(takeTroubles(phone)).toEqual([]);
  });
});

test('two offers meet: the camera can be set all the same, and comes back', async () => {
  // Whoever filmed before.
  await untilText(viewer.page, '#status', /phone is gone|waiting for a phone/i);
  const permissions = ['camera', 'screen-wake-lock'];
  const phone = await openPhone(session.phones, link, { permissions, init: [wayIn, meetOffers] });
  await untilPainted(viewer.page, 3);
  await phone.page.locator('#quality input[value="saver"]').tap();
  await until('the camera films smaller', async () => (await settingsOf(phone.page)).width === 320);
  await takeCamera(phone.page, false);
  await untilBack(viewer.page, 'camera ended after two offers');
  expect([...takeTroubles(viewer), ...takeTroubles(phone)]).toEqual([]);
  await closePage(phone);
});
