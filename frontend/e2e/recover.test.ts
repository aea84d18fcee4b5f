// Reloads, a second phone, a phone that leaves, a server that dies: what people meet, and how it mends itself.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilBack } from './harness/back';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import { joinLink, SERVER_AWAY, untilPainted, untilText } from './harness/viewer';

let session: Session;
let viewer: Watched;
let phone: Watched;
let link: string;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, session.server.viewerUrl);
  link = await joinLink(viewer.page);
  phone = await openPhone(session.phones, link);
  await untilPainted(viewer.page, 5);
});

afterAll(() => session?.end());

test('the viewer is reloaded: boxes come back in the same room', async () => {
  await viewer.page.reload({ waitUntil: 'domcontentloaded' });
  await untilBack(viewer.page, 'viewer reloaded');
  expect(await joinLink(viewer.page)).toBe(link);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

test('the phone is reloaded: boxes come back without a tap', async () => {
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  await untilBack(viewer.page, 'phone reloaded');
  await untilText(phone.page, '#status', /live/i);
  expect(phone.page.url()).toBe(link);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

/** While a phone asks which room its link opens. */
const LOOK_UP = '**/api/join/*';
const countRequests = ({ requests }: Watched, part: string) =>
  requests.filter((url) => url.includes(part)).length;

test('a phone that finds no server when it joins goes on trying, and is there when the server is', async () => {
  const before = countRequests(phone, '/api/join/');
  await phone.page.route(LOOK_UP, (route) => route.abort());
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  await untilText(phone.page, '#status', /does not answer/i);
  await until('five tries', () => countRequests(phone, '/api/join/') >= before + 5);
  await phone.page.unroute(LOOK_UP);
  await untilBack(viewer.page, 'server found at last');
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone, SERVER_AWAY)).toEqual([]);
});

test('“Try now” while the server is being asked: the phone sits down once', async () => {
  const held: (() => void)[] = [];
  let isAway = true;
  await phone.page.route(LOOK_UP, async (route) => {
    if (isAway) return route.abort();
    await new Promise<void>((resolve) => held.push(resolve));
    // Nobody waits any more for what was asked before.
    await route.continue().catch(() => {});
  });
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  await untilText(phone.page, '#status', /does not answer/i);
  isAway = false;
  await until('a question waits for its answer', () => held.length > 0);
  await phone.page.locator('#start').tap();
  await until('there is another one', () => held.length > 1);
  const before = countRequests(phone, '/events?');
  for (const answer of held) answer();
  await untilBack(viewer.page, 'server asked twice');
  await untilPainted(viewer.page, 30);
  expect(countRequests(phone, '/events?') - before, 'streams of events').toBe(1);
  await phone.page.unroute(LOOK_UP);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone, SERVER_AWAY)).toEqual([]);
});

test('a second phone is told that the room is taken, and may take over', async () => {
  const second = await openPhone(session.phones, link);
  await untilText(second.page, '#status', /another phone/i);
  await untilPainted(viewer.page, 3);
  await second.page.locator('#start').tap();
  await untilText(second.page, '#status', /live/i);
  await untilText(phone.page, '#status', /took over/i);
  await until('the first phone’s camera is off', () =>
    phone.page.evaluate(() => (document.querySelector('#preview') as HTMLVideoElement).srcObject === null),
  );
  await untilPainted(viewer.page, 10);

  await phone.page.locator('#start').tap();
  await untilText(phone.page, '#status', /live/i);
  await untilText(second.page, '#status', /took over/i);
  await untilPainted(viewer.page, 10);
  expect([second, phone, viewer].flatMap((page) => takeTroubles(page))).toEqual([]);
  await closePage(second);
});

test('an older viewer makes room for a newer one', async () => {
  const newer = await viewer.context.newPage();
  await newer.goto(viewer.page.url());
  await untilText(viewer.page, '#status', /another window/i);
  await untilText(newer, '#status', /live/i);
  await newer.close();
  await viewer.page.locator('#take-back').click();
  await untilPainted(viewer.page, 10);
  expect(takeTroubles(viewer)).toEqual([]);
});

test('the phone leaves: the viewer says so, shows the QR and no old picture', async () => {
  await closePage(phone);
  await untilText(viewer.page, '#status', /phone is gone/i);
  await until('the QR is back', () => viewer.page.locator('#qr').isVisible());
  const ink = await viewer.page.evaluate(() => {
    const canvas = document.querySelector('#overlay') as HTMLCanvasElement;
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    return data.some((value) => value !== 0);
  });
  expect(ink, 'the overlay is empty').toBe(false);
  expect(takeTroubles(viewer)).toEqual([]);
  phone = await openPhone(session.phones, link);
  await untilPainted(viewer.page, 5);
});

test('the server dies and comes back: said, and mended in the same room', async () => {
  const { server } = session;
  await server.kill();
  await untilText(viewer.page, 'body', /no connection to the detector/i);
  await server.restart();
  await untilBack(viewer.page, 'server restarted');
  await until('the detector is back', () => viewer.page.locator('#detector-problem').isHidden());
  // Neither page needs anything but its old key: no scan, no tap.
  await viewer.page.reload({ waitUntil: 'domcontentloaded' });
  await untilBack(viewer.page, 'viewer reloaded after the restart');
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  await untilBack(viewer.page, 'phone reloaded after the restart');
  await untilText(phone.page, '#status', /live/i);
  expect(await joinLink(viewer.page)).toBe(link);
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
  expect(takeTroubles(phone, SERVER_AWAY)).toEqual([]);
});

test('the server forgets its rooms: said, and mended in a new one', async () => {
  const { server } = session;
  await server.kill();
  rmSync(join(server.stateDir, 'rooms.json'));
  await server.restart();
  await until('a new room', async () => (await joinLink(viewer.page)) !== link);
  const old = phone;
  link = await joinLink(viewer.page);
  phone = await openPhone(session.phones, link);
  await untilText(phone.page, '#status', /live/i);
  // It has lost its viewer to the new phone, and knows no other way to one.
  await untilText(old.page, '#status', /link has expired/i);
  await untilPainted(viewer.page, 10);
  await closePage(old);
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

test('with no phone there, a dead server is said in the status', async () => {
  const { server } = session;
  await closePage(phone);
  await untilText(viewer.page, '#status', /phone is gone/i);
  await server.kill();
  await untilText(viewer.page, '#status', /unreachable/i);
  await server.restart();
  await untilText(viewer.page, '#status', /waiting for a phone|phone is gone/i);
  expect(await joinLink(viewer.page)).toBe(link);
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
});
