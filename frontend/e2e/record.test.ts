// The record button: figures of a live session, as a file and kept by the server; and the waterfall.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricsReport, RoomCreated } from '../src/protocol/messages';
import type { Recording } from '../src/viewer/recording';
import { openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import { joinLink, stateOf, untilPainted, untilText } from './harness/viewer';

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, session.server.viewerUrl);
});

afterAll(() => session?.end());

const record = (seconds: number): Promise<Recording> =>
  viewer.page.evaluate((length) => window.sightline.record(length), seconds);

test('without a video there is nothing to record, and the page says so', async () => {
  await viewer.page.locator('#record').click();
  await untilText(viewer.page, '#record-note', /Nothing was measured: no video arrives/);
  phone = await openPhone(session.phones, await joinLink(viewer.page));
  await untilPainted(viewer.page, 60);
});

test('a recording counts from nought, and its frames add up', async () => {
  const { metrics, frames, timeline } = await record(3);
  expect(frames.length).toBe(metrics.frames.displayed);
  expect(frames.length).toBeGreaterThan(3);
  const lasted = ((timeline.at(-1)?.at ?? Number.NaN) - (timeline[0]?.at ?? Number.NaN)) / 1000;
  // The 60 and more frames of before are not counted; a busy page hears up to a second late that counts began.
  expect(metrics.frames.sampled).toBeLessThanOrEqual((lasted + 1) * 15);
  expect(timeline[0]?.frames.displayed).toBeLessThanOrEqual(1);
  expect(timeline.at(-1)?.frames).toEqual(metrics.frames);
  for (const { e2e_ms, shown, captured, stages_ms } of frames) {
    expect(e2e_ms).toBeCloseTo(shown - captured);
    // Chromium tells of no arrival for a frame that its video element did not show.
    if (stages_ms.receive_to_sample === null) continue;
    const sum = Object.values(stages_ms).reduce((total: number, ms) => total + (ms ?? 0), 0);
    expect(Math.abs(sum - e2e_ms)).toBeLessThan(2);
  }
  expect(frames.filter(({ stages_ms }) => stages_ms.receive_to_sample !== null).length).toBeGreaterThan(0);
});

test('another detector ends the recording with a reason', async () => {
  const { page } = viewer;
  await page.locator('#record').click();
  await untilText(page, '#record-note', /Measuring: [1-9]\d* of 30 s/);
  await page.keyboard.press('b');
  await untilText(page, '#record-note', /Nothing was measured: another detector/);
  await page.keyboard.press('s');
  await until('the server detects again', async () => {
    const { engine, detector } = await stateOf(page);
    return engine === 'server' && detector?.kind === 'ready';
  });
});

test('the button records, saves a file, and leaves the figures with the server', async () => {
  const { page } = viewer;
  const download = page.waitForEvent('download');
  await page.locator('#record').click();
  await untilText(page, '#record-note', /Measuring: [1-9]\d* of 30 s/);
  await page.keyboard.press('r');
  const file = await (await download).path();
  const saved: MetricsReport = JSON.parse(readFileSync(file, 'utf8'));
  expect(saved).toMatchObject({ mode: 'server', cpu_percent: { server: null, viewer: null, phone: null } });
  expect(saved.frames.displayed).toBeGreaterThan(0);
  await untilText(page, '#record-note', /The server keeps it, too/);
  const room: RoomCreated = JSON.parse(
    await page.evaluate(() => localStorage.getItem('sightline.room') ?? ''),
  );
  const kept = `/api/rooms/${room.room}/metrics?token=${room.viewer_token}`;
  const answer = await page.request.get(new URL(kept, session.server.viewerUrl).href);
  expect(await answer.json()).toEqual(saved);
});

test('the waterfall shows every stage, and is told what server mode does', async () => {
  const { page } = viewer;
  await page.keyboard.press('w');
  await until('all twelve stages have figures', async () => {
    const figures = await page.locator('#waterfall-stages .figures').allInnerTexts();
    return figures.length === 12 && figures.every((text) => /^-?\d+\.\d \/ -?\d+\.\d$/.test(text));
  });
  await page.keyboard.press('w');
  expect(await page.locator('#waterfall-stages').isVisible()).toBe(false);
});

test('nothing went wrong on either page', () => {
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
