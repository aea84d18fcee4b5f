// The main job: the QR on the laptop leads a phone here, and people in its picture are found.
import jsqr from 'jsqr';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pixelsOfPicture } from './harness/in-page';
import { lanAddresses } from './harness/lan';
import { openLens, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { tallyPeople } from './harness/people';
import { type Session, startSession } from './harness/session';
import { untilState } from './harness/state';
import { until } from './harness/until';
import { joinLink, stateOf, textOf, untilText } from './harness/viewer';

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?overlay=exact`);
});

afterAll(() => session?.end());

// jsqr is CommonJS: its function is the default export of its default export.
const decodeQr = ((jsqr as unknown as { default?: typeof jsqr }).default ?? jsqr) as typeof jsqr;

async function qrText(page: Page): Promise<string> {
  const png = (await page.locator('#qr').screenshot()).toString('base64');
  const lens = await openLens(session.laptop);
  const { data, width, height } = await lens.evaluate(pixelsOfPicture, png);
  await lens.close();
  return decodeQr(Uint8ClampedArray.from(data), width, height)?.data ?? 'no QR found in the picture';
}

test('the QR holds the very link that is written under it, with https and the LAN address', async () => {
  const link = await joinLink(viewer.page);
  expect(await textOf(viewer.page, '#join-link')).toBe(link);
  expect(await qrText(viewer.page)).toBe(link);
  expect(link, 'the first room is the one that the terminal shows').toBe(session.server.joinUrl);
  const url = new URL(link);
  expect(url.protocol).toBe('https:');
  expect(Number(url.port)).toBe(session.server.port);
  expect(url.pathname).toMatch(/^\/j\/[a-z0-9]{20,}$/);
  const addresses = lanAddresses();
  if (addresses.length > 0) expect(addresses).toContain(url.hostname);
});

test('the copy button copies the link', async () => {
  await viewer.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await viewer.page.bringToFront();
  await viewer.page.locator('#copy-link').click();
  await untilText(viewer.page, '#copy-link', /copied/i);
  expect(await viewer.page.evaluate(() => navigator.clipboard.readText())).toBe(await joinLink(viewer.page));
});

test('a phone that opens the QR’s address goes live after one tap', async () => {
  phone = await openPhone(session.phones, await qrText(viewer.page), { permissions: [] });
  await untilText(viewer.page, '#status', /phone is here/i);
  await phone.context.grantPermissions(['camera']);
  await phone.page.locator('#start').tap();
  await untilText(phone.page, '#status', /live/i);
  await untilText(viewer.page, '#status', /live/i);
  await until('the QR makes room for the video', () => viewer.page.locator('#qr').isHidden());
  expect(await phone.page.evaluate(() => window.isSecureContext)).toBe(true);
});

test('persons are found where they are', async () => {
  const tally = await tallyPeople(viewer.page);
  expect(tally.fewest, 'people found in every single frame').toBeGreaterThanOrEqual(3);
  // The model itself, given the clip's own pixels at this size, finds three in four.
  expect(tally.found / tally.people, JSON.stringify(tally)).toBeGreaterThan(0.6);
  expect(tally.mirrored / tally.people, 'the check can fail').toBeLessThan(0.2);
});

test('the last result is told, in the shape of the contract', async () => {
  await untilState(viewer.page, { mode: 'server', overlay: 'exact', connection: 'live' });
  const { last } = await stateOf(viewer.page);
  expect(last).toMatchObject({
    frame_id: expect.any(Number),
    capture_ts: expect.any(Number),
    recv_ts: expect.any(Number),
    inference_ts: expect.any(Number),
  });
  for (const detection of last?.detections ?? []) {
    const { xmin, ymin, xmax, ymax } = detection;
    for (const part of [xmin, ymin, xmax, ymax]) expect(part >= 0 && part <= 1).toBe(true);
    expect(xmin < xmax && ymin < ymax).toBe(true);
  }
});

test('nothing went wrong on either page', () => {
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
