// The main job: the QR on the laptop leads a phone here, and people in its picture are found.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lanAddresses } from './harness/lan';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { tallyPeople } from './harness/people';
import { qrText } from './harness/qr';
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

test('the QR holds the very link that is written under it, with https and the LAN address', async () => {
  const link = await joinLink(viewer.page);
  expect(await textOf(viewer.page, '#join-link')).toBe(link);
  expect(await qrText(session.laptop, viewer.page)).toBe(link);
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
  phone = await openPhone(session.phones, await qrText(session.laptop, viewer.page), { permissions: [] });
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

test('a phone whose owner types the code goes live, and the code is spent', async () => {
  await Promise.all([viewer, phone].map(closePage));
  viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?room=new`);
  const code = await untilText(viewer.page, '#join-code', /^[A-Z0-9]{3} [A-Z0-9]{3}$/);
  expect(await textOf(viewer.page, '#code-left')).toMatch(/^(10:00|9:[0-5]\d)$/);
  const address = await textOf(viewer.page, '#code-address');
  expect(address).toBe(`${new URL(await joinLink(viewer.page)).origin}/j`);

  phone = await openPhone(session.phones, address);
  await untilText(phone.page, '#title', /type the code/i);
  const type = async (text: string, leadsTo: RegExp) => {
    await phone.page.locator('#code').fill(text);
    await Promise.all([phone.page.waitForURL(leadsTo), phone.page.locator('#code').press('Enter')]);
  };
  await type(wrongCodes(code)[0] as string, /\/j\/[A-Z0-9]{6}$/);
  await untilText(phone.page, '#title', /expired or was mistyped/i);
  await type(` ${code.toLowerCase()}-`, /\/j\/[a-z0-9]{20,}$/);
  await untilText(phone.page, '#status', /live/i);
  await untilText(viewer.page, '#status', /live/i);
  expect(phone.page.url()).toBe(await joinLink(viewer.page));
  await viewer.page.locator('#show-qr').click();
  await until('another code', async () => (await textOf(viewer.page, '#join-code')) !== code);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone, [/status of 404/])).toEqual([]);
});

test('who types too many wrong codes is told to wait', async () => {
  const code = await textOf(viewer.page, '#join-code');
  const base = await textOf(viewer.page, '#code-address');
  const guesser = await openPhone(session.phones, base);
  for (const wrong of wrongCodes(code).slice(1, 10)) {
    const answer = await guesser.page.request.get(`${base}/${wrong}`, { maxRedirects: 0 });
    expect(answer.status()).toBe(404);
  }
  // The right one, too: it might be a lucky guess.
  await guesser.page.locator('#code').fill(code);
  const told = guesser.page.waitForURL(/\/j\/[A-Z0-9]{6}$/);
  await Promise.all([told, guesser.page.locator('#code-form button').tap()]);
  await untilText(guesser.page, '#title', /too many wrong codes/i);
  expect(takeTroubles(guesser, [/status of 429/])).toEqual([]);
});

/** Ten that open nothing. */
function wrongCodes(code: string): string[] {
  const others = [...'ACDEFGHJKMN'].filter((symbol) => !code.endsWith(symbol));
  return others.slice(0, 10).map((symbol) => code.replace(/.$/, symbol));
}
