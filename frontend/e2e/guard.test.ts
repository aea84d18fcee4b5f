// What pages of somebody else's can do with this server from a visitor's own browser (nothing), and how
// a viewer on another machine shows the access key.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchWith } from './harness/chrome';
import { counted } from './harness/figures';
import { openPage, takeTroubles } from './harness/pages';
import { Server } from './harness/server';
import { untilState } from './harness/state';
import { until } from './harness/until';
import { joinLink, untilText } from './harness/viewer';

const KEY = 'correct-horse+battery';
/** Names that lead to this machine: one that the server knows, and one that it does not. */
const [KNOWN, UNKNOWN] = ['viewer.test', 'evil.test'];

let server: Server;
let browser: Browser;
let foreign: HttpServer;

beforeAll(async () => {
  foreign = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end('<!doctype html><title>a page of somebody else</title><link rel="icon" href="data:,">');
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const maps = [KNOWN, UNKNOWN].map((name) => `MAP ${name} 127.0.0.1`).join(', ');
  [server, browser] = await Promise.all([
    Server.start({ flags: ['--mode', 'server', '--allow-host', KNOWN], env: { ACCESS_KEY: KEY } }),
    launchWith({}, [`--host-resolver-rules=${maps}`]),
  ]);
});

afterAll(async () => {
  foreign?.close();
  await Promise.all([browser?.close(), server?.stop()]);
});

const refused = (reason: string) => counted(server, 'sightline_refusals_total', `reason="${reason}"`);

/** What a page's script comes to see of its tries: a room by `fetch`, with and without CORS, and a WebSocket. */
const tryAll = (page: Page, target: string) =>
  page.evaluate(async (base) => {
    const room = (mode: RequestMode) =>
      fetch(`${base}api/rooms`, { method: 'POST', mode }).then(
        ({ type, status }) => `${type} ${status}`,
        () => 'failed',
      );
    const socket = new Promise<string>((resolve) => {
      const opening = new WebSocket(`${base.replace('http', 'ws')}api/detect`);
      opening.onopen = () => resolve('open');
      opening.onerror = () => resolve('failed');
    });
    return [await room('cors'), await room('no-cors'), await socket];
  }, target);

test('a page of another origin makes no room and opens no detection socket', async () => {
  const { port } = foreign.address() as AddressInfo;
  const before = {
    rooms: await counted(server, 'sightline_rooms_created_total'),
    refused: await refused('foreign_origin'),
  };
  // On this machine, so that nothing but its origin is wrong.
  for (const host of ['localhost', '127.0.0.1']) {
    const { page } = await openPage(browser, 'foreign', `http://${host}:${port}/`);
    expect(await tryAll(page, server.viewerUrl)).toEqual(['failed', 'failed', 'failed']);
    await page.close();
  }
  expect(await counted(server, 'sightline_rooms_created_total')).toBe(before.rooms);
  expect((await refused('foreign_origin')) - before.refused).toBe(6);
  expect(await counted(server, 'sightline_detect_sockets_open')).toBe(0);
});

test('a name of somebody else that leads here shows nothing of ours', async () => {
  for (const scheme of ['http', 'https']) {
    const { page } = await openPage(browser, 'rebound', `${scheme}://${UNKNOWN}:${server.port}/`);
    await untilText(page, 'body', /--allow-host evil\.test/);
    expect(page.url()).toBe(`${scheme}://${UNKNOWN}:${server.port}/`);
    await page.close();
  }
});

test('a viewer on another machine says that a key is needed, takes it from its address, and keeps it', async () => {
  const base = `https://${KNOWN}:${server.port}/`;
  const viewer = await openPage(browser, 'viewer', base);
  const { page } = viewer;
  await untilText(page, '#status', /access key.*#key=/i);
  await page.evaluate(() => location.assign('#key=not-the-right-one'));
  await untilText(page, '#status', /not this server’s/i);
  await page.evaluate((key) => location.assign(`#key=${key}`), KEY);
  await untilText(page, '#status', /waiting for a phone/i);
  await untilState(page, { engine: 'server', detector: { kind: 'ready' } });
  await joinLink(page);
  expect(page.url(), 'the key is on no screen and in no history').toBe(base);
  await page.reload();
  await untilText(page, '#status', /waiting for a phone/i);
  await untilState(page, { detector: { kind: 'ready' } });
  const told = viewer.requests.filter((url) => url.includes('correct-horse'));
  expect(told, 'and in the address of no request').toEqual([]);
  expect(takeTroubles(viewer, [/status of 401/, /WebSocket connection to/])).toEqual([]);
  expect(server.log).not.toContain(KEY);
  await page.close();
  // Another tab begins with nothing: the key was this one's.
  const other = await openPage(browser, 'viewer', `${base}#key=${encodeURIComponent(KEY)}`);
  await untilText(other.page, '#status', /waiting for a phone/i);
  await until('the address is clean', () => other.page.url() === base);
});

test('the viewer on this machine and the phones need no key', async () => {
  const viewer = await openPage(browser, 'viewer', server.viewerUrl);
  const { page } = viewer;
  await untilText(page, '#status', /waiting for a phone/i);
  const link = new URL(await joinLink(page));
  const phone = await openPage(browser, 'phone', `https://${KNOWN}:${server.port}${link.pathname}`);
  await untilText(phone.page, '#status', /use this phone as a camera/i);
  expect(
    [...takeTroubles(viewer), ...takeTroubles(phone)],
    'nor does a policy that no browser knows',
  ).toEqual([]);
});
