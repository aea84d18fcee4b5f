// A phone that cannot film says why, and what to do.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBarePhone } from './harness/chrome';
import { openPhone, takeTroubles, type Watched } from './harness/pages';
import { PAGES } from './harness/paths';
import { Server } from './harness/server';
import { until } from './harness/until';
import { textOf, untilText } from './harness/viewer';

let server: Server;
const browsers: Browser[] = [];

beforeAll(async () => {
  server = await Server.start();
});

// Each phone leaves its seat to the next one.
afterEach(() => Promise.all(browsers.splice(0).map((browser) => browser.close())));

afterAll(() => server?.stop());

async function bare(cameras: number, hosts: string[] = []): Promise<Browser> {
  const browser = await launchBarePhone(cameras, hosts);
  browsers.push(browser);
  return browser;
}

const buttonOf = ({ page }: Watched) => page.locator('#start');

test('the camera is refused', async () => {
  const phone = await openPhone(await bare(1), server.joinUrl, { permissions: [] });
  await untilText(phone.page, '#status', /use this phone as a camera/i);
  await buttonOf(phone).tap();
  await untilText(phone.page, '#status', /was not allowed/i);
  expect(await textOf(phone.page, '#status')).toMatch(/allow the camera/i);
  // Allowed after all, in the browser's own menus: it goes on by itself.
  await phone.context.grantPermissions(['camera']);
  await untilText(phone.page, '#status', /waiting for the viewer/i);
  expect(takeTroubles(phone)).toEqual([]);
});

test('there is no camera', async () => {
  const phone = await openPhone(await bare(0), server.joinUrl);
  await untilText(phone.page, '#status', /no camera found/i);
  expect(await textOf(phone.page, '#start')).toMatch(/try again/i);
  expect(takeTroubles(phone)).toEqual([]);
});

test('the link is unknown', async () => {
  const unknown = new URL('/j/aaaaaaaaaaaaaaaaaaaaaaaaaa', server.joinUrl).href;
  const phone = await openPhone(await bare(1), unknown);
  await untilText(phone.page, '#status', /expired/i);
  expect(await textOf(phone.page, '#status')).toMatch(/scan the QR/i);
  expect(takeTroubles(phone, [/status of 404/])).toEqual([]);
});

test('the page came over plain HTTP', async () => {
  const pages = createServer(async ({ url = '' }, answer) => {
    const path = url.startsWith('/j/') ? 'phone.html' : normalize(url);
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.js': 'text/javascript',
      '.css': 'text/css',
      '.svg': 'image/svg+xml',
    };
    answer.setHeader('content-type', types[extname(path)] ?? 'text/plain');
    answer.end(await readFile(join(PAGES, path)).catch(() => ''));
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  const port = (pages.address() as AddressInfo).port;
  const phone = await openPhone(await bare(1, ['phone.test']), `http://phone.test:${port}/j/token`);
  await untilText(phone.page, '#status', /secure address/i);
  expect(await phone.page.locator('#secure-link').getAttribute('href')).toBe(
    `https://phone.test:${port}/j/token`,
  );
  await until('the link can be tapped', () => phone.page.locator('#secure-link').isVisible());
  expect(takeTroubles(phone)).toEqual([]);
  pages.closeAllConnections();
  pages.close();
});

test('plain HTTP by any name but this machine’s own is led to HTTPS', async () => {
  const { hostname, port, pathname } = new URL(server.joinUrl);
  if (['localhost', '127.0.0.1'].includes(hostname)) return;
  const phone = await openPhone(await bare(1), `http://${hostname}:${port}${pathname}`);
  await until('the address is secure', () => phone.page.url() === server.joinUrl);
  expect(await phone.page.evaluate(() => window.isSecureContext)).toBe(true);
});
