// Firefox at either end: as the phone of a Chromium viewer, and as the viewer of a Chromium phone in both modes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MetricsReport, Mode } from '../src/protocol/messages';
import { EVENTS_CUT, launchFirefox, NO_FIREFOX, WITHOUT_NETWORK } from './harness/firefox';
import { install } from './harness/in-page';
import { filmClip } from './harness/page-camera';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { CLIPS } from './harness/paths';
import { type Tally, tallyPeople } from './harness/people';
import { openPuppet, type PuppetPage } from './harness/puppets';
import { type Session, startSession } from './harness/session';
import { untilState } from './harness/state';
import { until } from './harness/until';
import { type Asked, joinLink, paintedCount, untilPainted, untilText } from './harness/viewer';

let session: Session;
let firefox: Browser;

/** Per channel. Two browsers turn YUV into RGB each in its own way, after a lossy codec. */
const SAME_COLOUR = 40;

type Colour = number[];

/** In the lower left corner of the video, far from the time that Firefox's fake camera writes. */
const cornerOf = (page: Asked, video: string): Promise<Colour> =>
  page.evaluate((at) => {
    const context = new OffscreenCanvas(64, 48).getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(document.querySelector(at) as HTMLVideoElement, 0, 0, 64, 48);
    return Array.from(context.getImageData(2, 44, 1, 1).data.slice(0, 3));
  }, video);

const apart = (a: Colour, b: Colour): number =>
  Math.max(...a.map((part, channel) => Math.abs(part - (b[channel] ?? Number.NaN))));

/** The colours of the fake camera go round: each that the phone sees comes to the viewer soon. */
const untilColour = (viewer: Asked, wanted: Colour) =>
  until(`the viewer shows the phone’s colour ${wanted}`, async () => {
    return apart(await cornerOf(viewer, '#video'), wanted) < SAME_COLOUR;
  });

async function tapStart(phone: PuppetPage): Promise<void> {
  // A page that has the permission begins by itself.
  if (!WITHOUT_NETWORK) await phone.page.locator('#start').click();
  await untilText(phone.asked, '#status', /live/i);
}

const untilLive = (viewer: Asked) => untilText(viewer, '#status', /^live$/i);

function expectFound(tally: Tally): void {
  const said = JSON.stringify(tally);
  expect(tally.fewest, 'people found in every single frame').toBeGreaterThanOrEqual(3);
  // As with Chromium at both ends: see join.test.ts.
  expect(tally.found / tally.people, said).toBeGreaterThan(0.6);
  expect(tally.mirrored / tally.people, `the check can fail: ${said}`).toBeLessThan(0.2);
}

const reportOf = (viewer: Asked): Promise<MetricsReport> => viewer.evaluate(() => window.sightline.metrics());

/** Every frame's clock is counted, none is made up, and what was not measured is null. */
function expectHonest(report: MetricsReport, mode: Mode): void {
  const { frames, capture_clock, stages_ms, cpu_percent, processed_fps, e2e_latency_ms } = report;
  const said = JSON.stringify(report);
  expect(report.mode).toBe(mode);
  expect(frames, said).toMatchObject({ errors: 0 });
  const clocks = Object.values(capture_clock).reduce((sum, count) => sum + count, 0);
  expect(clocks, said).toBe(frames.sent);
  expect(capture_clock.receive_time + capture_clock.capture_time, said).toBeGreaterThan(0);
  expect(stages_ms.capture_to_receive === null, said).toBe(capture_clock.capture_time === 0);
  expect(cpu_percent).toEqual({ server: null, viewer: null, phone: null });
  expect(processed_fps, said).toBeGreaterThan(0);
  expect(e2e_latency_ms?.median, said).toBeGreaterThan(report.server_latency_ms?.median as number);
}

describe.skipIf(NO_FIREFOX)(`Firefox${NO_FIREFOX ? ` (skipped: ${NO_FIREFOX})` : ''}`, () => {
  beforeAll(async () => {
    [session, firefox] = await Promise.all([startSession('people.mjpeg'), launchFirefox()]);
  });

  afterAll(async () => {
    await firefox?.close();
    await session?.end();
  });

  describe('as the phone of a Chromium viewer', () => {
    let viewer: Watched;
    let phone: PuppetPage;

    beforeAll(async () => {
      const address = `${session.server.viewerUrl}?overlay=exact`;
      // One end must tell where it is. A phone with the camera's permission does; this one is only not asked for it.
      viewer = await openViewer(session.laptop, address, { permissions: ['camera'] });
    });

    afterAll(() => closePage(viewer));

    test('one tap, and the viewer shows all pixels that its camera sees', async () => {
      phone = await openPuppet(firefox, 'phone', await joinLink(viewer.page));
      await untilText(viewer.page, '#status', /phone is here/i);
      await tapStart(phone);
      await untilLive(viewer.page);
      const first = await cornerOf(phone.asked, '#preview');
      await untilColour(viewer.page, first);
      const second = await until('the camera shows another colour', async () => {
        const colour = await cornerOf(phone.asked, '#preview');
        return apart(colour, first) > 2 * SAME_COLOUR && colour;
      });
      await untilColour(viewer.page, second);
      const size = await viewer.page.evaluate(() => {
        const { videoWidth, videoHeight } = document.querySelector('#video') as HTMLVideoElement;
        return { videoWidth, videoHeight };
      });
      expect(size).toEqual({ videoWidth: 640, videoHeight: 480 });
    });

    test('its frames are answered, and the reload of either page heals', async () => {
      await untilPainted(viewer.page, 5);
      expectHonest(await reportOf(viewer.page), 'server');
      await viewer.page.reload();
      await untilLive(viewer.page);
      await untilPainted(viewer.page, 5);
      await phone.page.reload();
      // Firefox asks for the camera again, unless it was told to remember.
      await tapStart(phone);
      await untilLive(viewer.page);
      await untilPainted(viewer.page, 5);
      expect(takeTroubles(viewer)).toEqual([]);
      expect(takeTroubles(phone, [EVENTS_CUT])).toEqual([]);
      await closePage(phone);
    });

    test('persons are found where they are, by a camera that the page draws itself', async () => {
      const clip = readFileSync(join(CLIPS, 'people.mjpeg')).toString('base64');
      phone = await openPuppet(firefox, 'phone', await joinLink(viewer.page), {
        init: filmClip,
        given: clip,
      });
      const before = await paintedCount(viewer.page);
      await tapStart(phone);
      expectFound(await tallyPeople(viewer.page, before));
      expect(takeTroubles(viewer)).toEqual([]);
      expect(takeTroubles(phone)).toEqual([]);
      await closePage(phone);
    });
  });

  describe('as the viewer of a Chromium phone', () => {
    let viewer: PuppetPage;
    let phone: Watched;

    const openBoth = async () => {
      const address = `${session.server.viewerUrl}?overlay=exact&threads=1`;
      viewer = await openPuppet(firefox, 'viewer', address, { init: install });
      phone = await openPhone(session.phones, await joinLink(viewer.asked));
    };

    afterAll(async () => {
      if (viewer) await closePage(viewer);
      if (phone) await closePage(phone);
    });

    test('server mode: persons are found where they are, on a fallback sampler', async () => {
      await openBoth();
      await untilLive(viewer.asked);
      expectFound(await tallyPeople(viewer.asked));
      await untilState(viewer.asked, { mode: 'server', engine: 'server', sampler: 'video_frame' });
      const report = await reportOf(viewer.asked);
      expectHonest(report, 'server');
      expect(report.clock_error_ms).toBeGreaterThan(0);
      expect(report.video_kbps).toBeGreaterThan(0);
      expect(report.machine).toMatchObject({ cross_origin_isolated: true });
    });

    test('wasm mode: persons are found where they are', async () => {
      await viewer.page.keyboard.press('b');
      await untilState(viewer.asked, { mode: 'wasm', engine: 'wasm', detector: { kind: 'ready' } });
      expectFound(await tallyPeople(viewer.asked, await paintedCount(viewer.asked), 6));
      await untilState(viewer.asked, { mode: 'wasm', sampler: 'video_frame', sessions: 1 });
      const report = await reportOf(viewer.asked);
      expectHonest(report, 'wasm');
      expect(report).toMatchObject({ uplink_kbps: 0, clock_error_ms: null });
      expect(report.stages_ms).toMatchObject({ encode: null, uplink: null, downlink: null });
    });

    test('the last fallback copies pictures, and claims no capture time', async () => {
      await viewer.page.goto(`${viewer.page.url()}&sampler=image_bitmap`, { waitUntil: 'domcontentloaded' });
      await untilLive(viewer.asked);
      await untilPainted(viewer.asked, 10);
      await untilState(viewer.asked, { mode: 'server', sampler: 'image_bitmap' });
      const { frames, capture_clock } = await reportOf(viewer.asked);
      expect(capture_clock).toEqual({ capture_time: 0, receive_time: 0, sample_time: frames.sent });
    });

    test('the reload of either page heals, and nothing went wrong on the way', async () => {
      await viewer.page.reload();
      await untilLive(viewer.asked);
      await untilPainted(viewer.asked, 5);
      await phone.page.reload();
      await untilText(phone.page, '#status', /live/i);
      await untilPainted(viewer.asked, 5);
      await untilState(viewer.asked, { connection: 'live', detector: { kind: 'ready' } });
      expect(takeTroubles(viewer, [EVENTS_CUT])).toEqual([]);
      expect(takeTroubles(phone)).toEqual([]);
    });
  });
});
