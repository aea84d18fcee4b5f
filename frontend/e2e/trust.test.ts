// A phone that trusts this computer's authority is not warned, whatever its leaf names; one that does not, is. And the
// page that gets it there, on a phone's screen.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cameraShowing, launchLaptop, launchWith } from './harness/chrome';
import { lanAddresses } from './harness/lan';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { CLIPS } from './harness/paths';
import { Server } from './harness/server';
import { untilState } from './harness/state';
import { isInstalled, run } from './harness/tools';
import { joinLink, textOf, untilText } from './harness/viewer';

/** Chromium on Linux trusts what is in its user's NSS database, which this program (libnss3-tools) writes. */
const canTrust = process.platform === 'linux' && isInstalled('certutil') && lanAddresses().length > 0;
if (!canTrust)
  console.warn('a trusting phone is not tested: it takes Linux, certutil (libnss3-tools) and a network');
const SCREENSHOTS = process.env.SCREENSHOTS;

let server: Server;
let laptop: Browser;
let viewer: Watched;

beforeAll(async () => {
  [server, laptop] = await Promise.all([Server.start(), launchLaptop()]);
  viewer = await openViewer(laptop, server.viewerUrl);
});

afterAll(() => Promise.all([server?.stop(), laptop?.close()]));

/** The address of the page that plain HTTP serves, as a phone on the network opens it. */
const trustUrl = () => `http://${new URL(server.joinUrl).host}/trust`;

describe.skipIf(!canTrust)('a phone that trusts the authority', () => {
  const home = mkdtempSync(join(tmpdir(), 'sightline-home-'));
  let phones: Browser;

  beforeAll(async () => {
    const database = join(home, '.pki/nssdb');
    mkdirSync(database, { recursive: true });
    const answer = await fetch(new URL('/trust/sightline.crt', trustUrl()));
    const authority = join(home, 'sightline.crt');
    writeFileSync(authority, Buffer.from(await answer.arrayBuffer()));
    run('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
    run('certutil', ['-A', '-d', `sql:${database}`, '-t', 'C,,', '-n', 'sightline', '-i', authority]);
    phones = await phoneOf(home);
  });

  afterAll(async () => {
    await phones?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const phoneOf = (owner: string) =>
    launchWith({ env: { ...process.env, HOME: owner } }, cameraShowing(join(CLIPS, 'people.mjpeg')));
  const careful = { ignoreHTTPSErrors: false };

  test('opens the address of the code without a warning and goes live', async () => {
    const phone = await openPhone(phones, await joinLink(viewer.page), careful);
    const answer = await phone.page.reload();
    expect((await answer?.securityDetails())?.issuer).toMatch(/^Sightline on /);
    await untilText(phone.page, '#status', /live/i);
    await untilState(viewer.page, { connection: 'live' });
    expect(takeTroubles(phone)).toEqual([]);
    await closePage(phone);
  });

  test('needs no new trust for a new leaf', async () => {
    await server.kill();
    rmSync(join(server.stateDir, 'server.pem'));
    await server.restart();
    const phone = await openPhone(phones, await joinLink(viewer.page), careful);
    await untilText(phone.page, '#status', /live/i);
    await closePage(phone);
  });

  test('is a phone that would have been warned', async () => {
    const stranger = mkdtempSync(join(tmpdir(), 'sightline-home-'));
    const untrusting = await phoneOf(stranger);
    const opening = openPhone(untrusting, server.joinUrl, careful);
    await expect(opening).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);
    await untrusting.close();
    rmSync(stranger, { recursive: true, force: true });
  });
});

test('the viewer and the page tell one fingerprint, and the page fits a phone', async () => {
  viewer = await openViewer(laptop, `${server.viewerUrl}?room=new`);
  await joinLink(viewer.page);
  expect(await textOf(viewer.page, '#trust-url')).toBe(trustUrl());
  const fingerprint = await textOf(viewer.page, '#trust-fingerprint');
  expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const phone = await openPhone(laptop, trustUrl());
  expect((await textOf(phone.page, '.fingerprint')).replaceAll(/\s/g, '')).toBe(fingerprint);
  for (const colorScheme of ['light', 'dark'] as const) {
    await phone.page.emulateMedia({ colorScheme });
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, 'nothing sticks out').toBeLessThanOrEqual(0);
    if (SCREENSHOTS)
      await phone.page.screenshot({ path: `${SCREENSHOTS}/trust-${colorScheme}.png`, fullPage: true });
  }
  if (SCREENSHOTS) await viewer.page.screenshot({ path: `${SCREENSHOTS}/trust-viewer.png` });
  // Chrome says of every page by plain HTTP that its isolation counts for nothing.
  expect(takeTroubles(phone, [/Cross-Origin-Opener-Policy header has been ignored/])).toEqual([]);
});

test('the phone’s page leads there and back', async () => {
  const phone = await openPhone(laptop, await joinLink(viewer.page), { permissions: [] });
  const page = phone.page.url();
  await phone.page.locator('#trust-link').tap();
  await phone.page.getByText('Back to the camera').tap();
  await phone.page.waitForURL(page);
  await untilText(phone.page, '#status', /camera/i);
  expect(phone.page.url()).toBe(page);
});
