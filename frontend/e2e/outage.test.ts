// Ten seconds without network: both pages say so, and detection is back by itself.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchPhoneBehind } from '../../bench/checks/launcher';
import { launchLaptop } from './harness/chrome';
import { GuestNetwork, noNamespaces } from './harness/namespace';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { Server } from './harness/server';
import { until } from './harness/until';
import { joinLink, untilPainted, untilText } from './harness/viewer';

const OUTAGE_MS = 10_000;
/** Three seconds where nothing else runs; a machine that stalls gets more. */
const BACK_MS = 15_000;

const obstacle = noNamespaces();

describe.skipIf(obstacle !== null)(`a phone without network${obstacle ? ` (${obstacle})` : ''}`, () => {
  let server: Server;
  let network: GuestNetwork;
  let laptop: Browser;
  let phones: Browser;
  let viewer: Watched;
  let phone: Watched;

  beforeAll(async () => {
    server = await Server.start();
    network = new GuestNetwork(server.port);
    [laptop, phones] = await Promise.all([launchLaptop(), launchPhoneBehind(network.behind)]);
  });

  afterAll(async () => {
    await Promise.all([viewer, phone].filter(Boolean).map(closePage));
    await Promise.all([laptop?.close(), phones?.close(), server?.stop()]);
    network?.remove();
  });

  /** The length of the outage is its cause, not a guess at when something happens. */
  async function withoutNetwork(meanwhile: () => Promise<void>): Promise<number> {
    const lasts = new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    network.setSilent(true);
    try {
      await Promise.all([lasts, meanwhile()]);
    } finally {
      network.setSilent(false);
    }
    return Date.now();
  }

  /** A frame that was captured after this moment is on the screen with its boxes. */
  async function untilBack(since: number): Promise<void> {
    const captured = () =>
      viewer.page.evaluate(() => window.sightline.state().last?.capture_ts ?? Number.NEGATIVE_INFINITY);
    await until('detection is back', async () => (await captured()) > since, BACK_MS);
    console.log(`back ${Date.now() - since} ms after the network`);
    await untilPainted(viewer.page, 5);
  }

  test.each([
    ['straight to the laptop', false],
    ['through the server', true],
  ])('ten seconds without network, %s', async (_, apart) => {
    if (apart) network.closeUp();
    viewer = await openViewer(laptop, `${server.viewerUrl}?mode=server&room=new`);
    phone = await openPhone(phones, await joinLink(viewer.page));
    const live = apart ? /^live, relayed/i : /^live$/i;
    await untilText(viewer.page, '#status', live);
    await untilPainted(viewer.page, 10);
    const url = phone.page.url();
    const whole = await withoutNetwork(async () => {
      await untilText(viewer.page, '#status', /no picture|reconnecting|waiting|connecting/i, OUTAGE_MS);
      await untilText(phone.page, '#status', /reconnecting|does not answer|connecting/i, OUTAGE_MS);
    });
    await untilBack(whole);
    await untilText(viewer.page, '#status', live);
    await untilText(phone.page, '#status', /^live/i);
    expect(phone.page.url(), 'nobody touched it').toBe(url);
    const cut = [/Failed to load resource/, /ERR_/];
    expect([...takeTroubles(viewer, cut), ...takeTroubles(phone, cut)]).toEqual([]);
    await Promise.all([viewer, phone].map(closePage));
  });
});
