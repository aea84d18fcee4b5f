// Exact mode paints the very frame that was inferred; boxes lie where the detections say.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeCounter } from './harness/counter';
import { expectTrueDrawing } from './harness/drawing';
import { cellsOfPictures } from './harness/in-page';
import { openLens, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { jpegSize } from './harness/relay';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import {
  joinLink,
  paintedCount,
  paintedSince,
  type Seen,
  switchOverlay,
  untilPainted,
  untilText,
} from './harness/viewer';

const ENOUGH = 120;

let session: Session;
let viewer: Watched;
let phone: Watched;
let lens: Page;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  lens = await openLens(session.laptop);
  viewer = await openViewer(session.laptop, `${session.relay.url}?overlay=exact`);
  phone = await openPhone(session.phones, await joinLink(viewer.page));
  await until('the first painted frame shows a counter', async () => {
    return (await paintedSince(viewer.page, 0)).some(({ counter }) => counter !== null);
  });
});

afterAll(() => session?.end());

/** The counters in the JPEG pictures that were sent. */
async function sentCounters(ids: number[]): Promise<Map<number, number | null>> {
  const jpegs = ids.map((id) => session.relay.frames.get(id)?.jpeg.toString('base64') ?? '');
  const cells = await lens.evaluate(cellsOfPictures, jpegs);
  return new Map(ids.map((id, at) => [id, decodeCounter(cells[at] ?? [])]));
}

/**
 * Paintings whose picture is not the one sent under the answer's frame_id (moved by `shift` for a check of the check).
 * A picture that was sent too blurred to be read tells nothing.
 */
const mispaired = (painted: Seen[], sent: Map<number, number | null>, shift = 0) =>
  painted.filter(({ result, counter }) => {
    const other = sent.get(result.frame_id + shift);
    return other !== null && other !== counter;
  });

test('the painted frame is the inferred frame, for every result', async () => {
  const from = await paintedCount(viewer.page);
  // Where the video is too blurred to be read, it tells nothing.
  const painted = await until(`${ENOUGH} more paintings with a counter`, async () => {
    const seen = (await paintedSince(viewer.page, from)).filter(({ counter }) => counter !== null);
    return seen.length >= ENOUGH ? seen : null;
  });
  const ids = painted.map(({ result }) => result.frame_id);
  const sent = await sentCounters([...new Set([...ids, ...ids.map((id) => id - 1)])]);

  expect(new Set(painted.map(({ counter }) => counter)).size, 'the clip moves').toBeGreaterThan(30);
  expect(mispaired(painted, sent).map(({ result }) => result.frame_id)).toEqual([]);
  // The same check, given the neighbour's picture, must complain about nearly every one.
  expect(mispaired(painted, sent, -1).length).toBeGreaterThan(0.9 * painted.length);
});

test('the sampler keeps its promises', () => {
  const { relay } = session;
  const frames = [...relay.frames.values()];
  expect(relay.oddities).toEqual([]);
  expect(relay.mostInFlight).toBeLessThanOrEqual(2);
  expect(relay.mostInFlight).toBeGreaterThan(0);
  expect(new Set(frames.map(({ jpeg }) => JSON.stringify(jpegSize(jpeg))))).toEqual(
    new Set([JSON.stringify({ height: 240, width: 320 })]),
  );
  expect(frames.map(({ id }) => id)).toEqual(frames.map((_, at) => at));
  const [first, last] = [frames[0], frames.at(-1)];
  const seconds = ((last?.at ?? 0) - (first?.at ?? 0)) / 1000;
  // The first ones may have got here late: a second more may have been theirs.
  expect(frames.length - 1, `${seconds} s`).toBeLessThanOrEqual(15 * (seconds + 1));
  expect(frames.length - 1, `${seconds} s`).toBeGreaterThan(2 * seconds);
});

test('capture times lie before sending, by a camera’s delay', () => {
  // Not the first ones: while the pages load, the clocks are known less well (and the error that is told is larger).
  const settled = [...session.relay.frames.values()].slice(-50);
  const delays = settled.map(({ at, captureTs }) => at - captureTs);
  expect(Math.min(...delays)).toBeGreaterThan(-5);
  expect(delays.sort((a, b) => a - b)[delays.length >> 1]).toBeLessThan(2000);
});

test('a stalled server is given two frames and no more, and the newest afterwards', async () => {
  const { relay } = session;
  const counts = () => viewer.page.evaluate(() => window.sightline.metrics().frames);
  const before = await counts();
  const held = Date.now();
  relay.hold();
  // Many frames come and go meanwhile: they are dropped here, not queued.
  await until('frames are dropped in the page', async () => {
    const dropped = (await counts()).dropped_client - before.dropped_client;
    return dropped >= 10 && Date.now() - held > 2000;
  });
  const stall = Date.now() - held;
  const firstAfter = relay.frames.size;
  relay.release();
  await until('frames are sent again', () => relay.frames.size > firstAfter + 3);
  await untilPainted(viewer.page, 2);
  expect(relay.mostInFlight).toBe(2);
  const { at = 0, captureTs = 0 } = relay.frames.get(firstAfter) ?? {};
  expect(at - captureTs, `ms from its capture to its sending, after ${stall} ms`).toBeLessThan(stall / 2);
  expect((await counts()).errors).toBe(before.errors);
});

test.each([
  ['exact', 1280, 800],
  ['exact', 1500, 560],
  ['live', 620, 900],
  ['live', 1500, 560],
] as const)('boxes lie where the detections say: %s, %i × %i', async (overlay, width, height) => {
  await viewer.page.setViewportSize({ width, height });
  await switchOverlay(viewer.page, overlay);
  await untilPainted(viewer.page, 2);
  await expectTrueDrawing(viewer.page, overlay);
});

/** The counter in a picture of the stage, where the video should be. */
async function counterOnStage(page: Page): Promise<number | null> {
  const picture = await page.locator('#stage').screenshot();
  const [width, height] = await page.evaluate(() => {
    const { clientWidth, clientHeight } = document.querySelector('#stage') as HTMLElement;
    return [clientWidth, clientHeight] as const;
  });
  const cells = await lens.evaluate(
    async ({ png, area }) => {
      const bytes = Uint8Array.from(atob(png), (char) => char.charCodeAt(0));
      const context = new OffscreenCanvas(area.width, area.height).getContext('2d');
      if (!context) throw new Error('no canvas');
      context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
      const scale = Math.min(area.width / 640, area.height / 480);
      const [w, h] = [640 * scale, 480 * scale];
      return window.e2e.cells(context, {
        x: (area.width - w) / 2,
        y: (area.height - h) / 2,
        width: w,
        height: h,
      });
    },
    { png: picture.toString('base64'), area: { width, height } },
  );
  return decodeCounter(cells);
}

test('in Live the video lies under the overlay, fitted as the boxes are', async () => {
  await until('a counter can be read on the stage', async () => (await counterOnStage(viewer.page)) !== null);
});

test.each(['live', 'exact'] as const)(
  'boxes lie right when the picture fills the stage: %s',
  async (overlay) => {
    const { page } = viewer;
    if ((await page.locator('#fit').getAttribute('aria-pressed')) === 'false')
      await page.locator('#fit').click();
    await switchOverlay(page, overlay);
    await untilPainted(page, 2);
    await expectTrueDrawing(page, overlay);
  },
);

test('nothing went wrong on either page', async () => {
  await untilText(viewer.page, '#status', /live/i);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
