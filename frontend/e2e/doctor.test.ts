// The connection doctor in a real browser, on both pages.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBarePhone } from './harness/chrome';
import { keepPeerConnections, lineOf, openDetails, selectedPair, untilLine } from './harness/doctor';
import { closePage, countSignals, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import { joinLink, SERVER_AWAY, untilPainted, untilText } from './harness/viewer';

let session: Session;
let refusing: Browser;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  const started = [startSession('people.mjpeg'), launchBarePhone(1)] as const;
  [session, refusing] = await Promise.all(started);
  viewer = await openViewer(session.laptop, session.server.viewerUrl);
  await viewer.context.addInitScript(keepPeerConnections);
  await viewer.page.reload({ waitUntil: 'domcontentloaded' });
});

afterAll(async () => {
  await refusing?.close();
  await session?.end();
});

const isOpen = async () => (await viewer.page.locator('#doctor').getAttribute('open')) !== null;

test('a refused camera is red on both pages, with what to do, and the viewer shows it by itself', async () => {
  const refused = await openPhone(refusing, await joinLink(viewer.page), { permissions: [] });
  expect(await isOpen()).toBe(false);
  await refused.page.locator('#start').tap();
  await untilText(refused.page, '#connection-summary', /^1 problem$/);
  await openDetails(refused.page, '#connection');
  for (const { page } of [refused, viewer]) {
    const line = await untilLine(page, 'phone-camera', 'bad', /not allowed/);
    expect(line.remedy).toMatch(/Allow the camera/);
  }
  expect(await isOpen()).toBe(true);
  expect(await lineOf(viewer.page, 'phone-secure')).toMatchObject({ state: 'ok' });
  await closePage(refused);
  await untilLine(viewer.page, 'phone-facts', 'waiting', /none has joined/);
  expect([...takeTroubles(refused), ...takeTroubles(viewer)]).toEqual([]);
});

test('a server that refuses a room is red, and its own words say why', async () => {
  const refused = await openViewer(session.laptop, session.server.viewerUrl);
  const { page } = refused;
  // Its limits do not hold for a viewer on its own machine: the answer is one that others get.
  const json = { error: 'too_many_requests', message: 'too many rooms were asked for' };
  await page.route('**/api/rooms', (asked) => asked.fulfill({ status: 429, json }));
  await page.goto(`${session.server.viewerUrl}?room=new`);
  const line = await untilLine(page, 'viewer-signalling', 'bad', /refuses/);
  expect(line.remedy).toMatch(/^Too many rooms were asked for\. .*by itself/);
  expect(takeTroubles(refused, [/status of 429/])).toEqual([]);
  await closePage(refused);
});

test('a live session is all green, and its figures are those of getStats', async () => {
  phone = await openPhone(session.phones, await joinLink(viewer.page));
  await untilPainted(viewer.page, 10);
  await openDetails(phone.page, '#connection');
  for (const [page, summary] of [
    [viewer.page, '#doctor-summary'],
    [phone.page, '#connection-summary'],
  ] as const) {
    await untilText(page, summary, /^all well$/);
    await untilLine(page, 'pairs', 'ok', /^\d of \d/);
  }
  const own = await selectedPair(viewer.page);
  expect(own?.local).toBe('host');
  await untilLine(viewer.page, 'path', 'ok', new RegExp(`^Straight: host ↔ ${own?.remote} over UDP`));
  await until('the round trip is the browser’s', async () => {
    const [line, real] = [await lineOf(viewer.page, 'round-trip'), await selectedPair(viewer.page)];
    const told = Number.parseFloat(line?.value ?? '');
    return Math.abs(told - (real?.roundTripMs ?? Number.NaN)) <= 1;
  });
  await until('the frame rate is the browser’s', async () => {
    const first = await selectedPair(viewer.page);
    await untilPainted(viewer.page, 20);
    const [line, last] = [await lineOf(viewer.page, 'frames'), await selectedPair(viewer.page)];
    const seconds = ((last?.at ?? 0) - (first?.at ?? 0)) / 1000;
    const real = ((last?.framesDecoded ?? 0) - (first?.framesDecoded ?? 0)) / seconds;
    return Math.abs(Number.parseFloat(line?.value ?? '') - real) < 0.2 * real;
  });
  expect([...takeTroubles(phone), ...takeTroubles(viewer)]).toEqual([]);
});

test('an open panel has the phone’s figures anew, a closed one leaves the phone alone', async () => {
  const [asked, told] = [countSignals(viewer.page, 'ask_facts'), countSignals(phone.page, 'facts')];
  await until('the phone tells of itself again', () => asked() > 0 && told() > 0);
  await untilLine(viewer.page, 'phone-signalling', 'ok', /^open, \d+ ms$/);
  await viewer.page.keyboard.press('d');
  expect(await isOpen()).toBe(false);
  // For longer than an open panel waits. What changes meanwhile the phone tells by itself.
  const last = asked();
  await untilPainted(viewer.page, 45);
  expect(asked()).toBe(last);
});

test('a server that is away is red on both pages, and green when it is back', async () => {
  await session.server.kill();
  await viewer.page.keyboard.press('d');
  for (const [page, id] of [
    [viewer.page, 'viewer-signalling'],
    [phone.page, 'phone-signalling'],
  ] as const) {
    const line = await untilLine(page, id, 'bad', /does not answer/);
    expect(line.remedy).toMatch(/Sightline still runs/);
  }
  expect(await lineOf(viewer.page, 'phone-facts'), 'old news is no news').toMatchObject({ state: 'unknown' });
  await session.server.restart();
  await untilLine(viewer.page, 'viewer-signalling', 'ok', /^open/);
  // Whether its room lives on is another matter: it is not the server that fails it any more.
  await until('the phone’s server answers', async () => {
    const line = await lineOf(phone.page, 'phone-signalling');
    return line !== null && !/does not answer/.test(line.value);
  });
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
});
