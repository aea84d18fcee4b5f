// Phone and laptop cannot reach each other: pictures go through the server, are detected, and their times are true.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchLaptopBehind, launchPhoneBehind } from '../../bench/checks/launcher';
import { buildSkew, measuredSkew, skewed } from '../../bench/checks/skew';
import { compareRelayed } from '../../bench/checks/truth/relayed';
import { type Evidence, witness } from '../../bench/checks/truth/session';
import { PATIENCE_MS } from '../src/phone/relay/posting-rule';
import { keepApart, tellLittle } from './harness/apart';
import { takeCamera, wayIn } from './harness/camera';
import { launchLaptop, launchPhone } from './harness/chrome';
import { expectTrueDrawing } from './harness/drawing';
import { counted } from './harness/figures';
import { GuestNetwork, noNamespaces } from './harness/namespace';
import { closePage, countSignals, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { tallyPeople } from './harness/people';
import { Server } from './harness/server';
import { untilState } from './harness/state';
import { until } from './harness/until';
import { joinLink, paintedCount, switchOverlay, untilPainted, untilText } from './harness/viewer';

let server: Server;
let laptop: Browser;
let phones: Browser;

beforeAll(async () => {
  [server, laptop, phones] = await Promise.all([Server.start(), launchLaptop(), launchPhone('people.mjpeg')]);
});

afterAll(() => Promise.all([laptop?.close(), phones?.close(), server?.stop()]));

const posted = () => counted(server, 'sightline_http_requests_total', 'route="/api/rooms/{room}/relay"');

/** Direct again: the phone posts nothing while many more frames are shown. */
async function untilPostingHasStopped({ page }: Watched): Promise<void> {
  await untilState(page, { connection: 'live', sampler: 'track_processor' });
  await until('no more pictures are posted', async () => {
    const before = await posted();
    await untilPainted(page, 15);
    return (await posted()) === before;
  });
  expect(await counted(server, 'sightline_relay_sockets_open')).toBe(0);
  expect(await page.locator('#relay-badge').isVisible()).toBe(false);
}

async function untilRelayed({ page }: Watched): Promise<void> {
  await untilState(page, { connection: 'relayed', sampler: 'relay' });
  const before = await posted();
  await untilPainted(page, 5);
  expect(await posted(), 'what is posted is counted').toBeGreaterThan(before);
  expect(await counted(server, 'sightline_relay_sockets_open')).toBeGreaterThan(0);
  await until('the badge says so', () => page.locator('#relay-badge').isVisible());
}

/** In so many moments of the clip. */
async function expectPeople({ page }: Watched, moments: number): Promise<void> {
  const tally = await tallyPeople(page, await paintedCount(page), moments);
  // As of direct video: see join.test.ts.
  expect(tally.fewest, 'people found in every single frame').toBeGreaterThanOrEqual(3);
  expect(tally.found / tally.people, JSON.stringify(tally)).toBeGreaterThan(0.6);
  expect(tally.mirrored / tally.people, 'the check can fail').toBeLessThan(0.2);
}

describe('a phone that finds no way to the laptop', () => {
  let viewer: Watched;
  let phone: Watched;

  beforeAll(async () => {
    viewer = await openViewer(laptop, `${server.viewerUrl}?mode=server&threads=1`);
    phone = await openPhone(phones, await joinLink(viewer.page), { init: [wayIn, keepApart] });
  });

  afterAll(() => Promise.all([viewer, phone].filter(Boolean).map(closePage)));

  test('server mode: its pictures are relayed, both pages say so, and people are found where they are', async () => {
    await untilRelayed(viewer);
    await untilText(viewer.page, '#status', /relayed by the server.*cannot reach each other/i);
    await untilText(phone.page, '#status', /live, through the server.*keeps phone and laptop apart/is);
    await untilState(viewer.page, { mode: 'server', engine: 'server' });
    await expectPeople(viewer, 8);
  });

  test('figures are told of the relay, with the camera’s own time', async () => {
    const { metrics, frames } = await viewer.page.evaluate(() => window.sightline.record(4));
    expect(metrics.config).toMatchObject({ transport: 'relay', sampler: 'relay' });
    expect(metrics.capture_clock).toMatchObject({ receive_time: 0, sample_time: 0 });
    expect(metrics.capture_clock.capture_time).toBeGreaterThan(10);
    expect(metrics.clock_error_ms).toBeGreaterThan(0);
    expect(metrics.video_kbps).toBeGreaterThan(500);
    expect(metrics.stages_ms.capture_to_receive?.median).toBeGreaterThan(0);
    expect(metrics.frames.errors).toBe(0);
    for (const { captured, shown } of frames) expect(shown).toBeGreaterThan(captured);
  });

  test('the phone’s panel stays, and the focus in it, while the direct way is tried again', async () => {
    const { page } = viewer;
    const quality = page.locator('#phone-quality input:checked');
    await quality.focus();
    const answered = countSignals(page, 'answer');
    await until('an offer is answered', () => answered() > 0);
    await untilPainted(page, 5);
    expect(await quality.evaluate((choice) => choice === document.activeElement)).toBe(true);
  });

  test('locked for a while and unlocked: pictures are posted again without new patience', async () => {
    const { page } = viewer;
    const asked = countSignals(page, 'relay');
    await phone.page.evaluate(() => window.way.show(false));
    await takeCamera(phone.page, false);
    // In vain, and less and less often: for the next five seconds it does not ask again.
    await until('the viewer has asked twice', () => asked() >= 2);
    const since = Date.now();
    await phone.page.evaluate(() => window.way.show(true));
    await untilPainted(page, 3);
    const took = Date.now() - since;
    console.log(`unlocked while relayed: boxes are back after ${took} ms`);
    expect(took).toBeLessThan(PATIENCE_MS);
    await untilRelayed(viewer);
  });

  test('wasm mode: people are found in relayed pictures without the server, too', async () => {
    await viewer.page.keyboard.press('b');
    await untilState(viewer.page, { connection: 'relayed', mode: 'wasm', detector: { kind: 'ready' } });
    await untilPainted(viewer.page, 3);
    await expectPeople(viewer, 4);
  });

  test('boxes lie right on relayed pictures: Live and Exact', async () => {
    for (const overlay of ['live', 'exact'] as const) {
      await switchOverlay(viewer.page, overlay);
      await untilPainted(viewer.page, 2);
      await expectTrueDrawing(viewer.page, overlay);
    }
  });

  test('the viewer is reloaded: relayed again', async () => {
    await viewer.page.reload({ waitUntil: 'domcontentloaded' });
    await untilPainted(viewer.page, 3);
    await untilRelayed(viewer);
  });

  test('the direct way opens: it is taken back by itself, and posting stops', async () => {
    await phone.page.evaluate(() => {
      window.apart = false;
    });
    await untilPostingHasStopped(viewer);
    await untilText(phone.page, '#status', /straight to the laptop/i);
    expect([...takeTroubles(viewer), ...takeTroubles(phone)]).toEqual([]);
  });
});

describe('a phone whose clock is wrong', () => {
  /** Ms that the phone's clock is ahead. */
  const WRONG = 100_000;
  /** From the drawing of a frame until the page is told of it, in the median, on however busy a machine. */
  const PREVIEW_MS = 300;
  let evidence: Evidence;

  beforeAll(async () => {
    const wrong = await launchLaptopBehind(skewed(buildSkew(), WRONG));
    try {
      evidence = await witness({ laptop, phones: wrong }, server.viewerUrl, {
        mode: 'server',
        seconds: 6,
        plant: null,
        settled: false,
        phoneInit: keepApart,
        look: (page) => measuredSkew(page, WRONG),
      });
    } finally {
      await wrong.close();
    }
  });

  test('relayed frames carry their own boxes', () => {
    const { pairing } = compareRelayed(evidence, WRONG);
    expect(pairing.judged).toBeGreaterThan(20);
    expect(pairing.right).toBe(pairing.judged);
  });

  test('relayed frames are told their time as the pixels show it, within what is told of the clocks', () => {
    const { compared, early, late } = compareRelayed(evidence, WRONG);
    expect(compared).toBeGreaterThan(20);
    expect(early).toBe(0);
    expect(late).toBeLessThan(PREVIEW_MS);
    expect(evidence.metrics.clock_error_ms).toBeLessThan(PREVIEW_MS);
  });

  test('times that are too early, and a clock that was not asked for, would be found out', () => {
    expect(compareRelayed(evidence, WRONG, -PREVIEW_MS).early).toBeGreaterThan(10);
    expect(compareRelayed(evidence, 0).early).toBeGreaterThan(10);
    expect(compareRelayed(evidence, WRONG, WRONG).late).toBeGreaterThan(PREVIEW_MS);
  });
});

const obstacle = noNamespaces();

describe.skipIf(obstacle !== null)(`a phone in a guest network${obstacle ? ` (${obstacle})` : ''}`, () => {
  let network: GuestNetwork;
  let desk: Browser;
  let guests: Browser;
  let viewer: Watched;
  let phone: Watched;

  beforeAll(async () => {
    network = new GuestNetwork(server.port);
    network.closeUp();
    [desk, guests] = await Promise.all([launchLaptop(), launchPhoneBehind(network.behind)]);
    viewer = await openViewer(desk, `${server.viewerUrl}?mode=server&room=new`);
    phone = await openPhone(guests, await joinLink(viewer.page), { init: tellLittle });
  });

  afterAll(async () => {
    await Promise.all([viewer, phone].filter(Boolean).map(closePage));
    await Promise.all([desk?.close(), guests?.close()]);
    network?.remove();
  });

  test('that lets nothing through but the server is relayed', async () => {
    await untilRelayed(viewer);
    const { capture_clock } = await viewer.page.evaluate(() => window.sightline.metrics());
    expect(capture_clock.sample_time, 'this browser does not tell the camera’s time').toBeGreaterThan(0);
    expect(capture_clock.capture_time).toBe(0);
  });

  test('that opens is direct, and one that closes in mid-call is relayed again', async () => {
    network.openUp();
    await untilPostingHasStopped(viewer);
    network.closeUp();
    await untilRelayed(viewer);
    await untilText(phone.page, '#status', /live, through the server/i);
    expect([...takeTroubles(viewer), ...takeTroubles(phone)]).toEqual([]);
  });
});
