// The viewer's tab is hidden behind another one: detection goes on, and that time is told apart from the rest.
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepApart } from './harness/apart';
import { launchTabs } from './harness/chrome';
import { install } from './harness/in-page';
import { closePage, openPhone, takeTroubles, type Watched } from './harness/pages';
import { openPuppet, type PuppetPage } from './harness/puppets';
import { type Session, startSession } from './harness/session';
import { untilState } from './harness/state';
import { until } from './harness/until';
import { joinLink, stateOf, untilPainted, untilText } from './harness/viewer';

let session: Session;
let tabs: Browser;
let viewer: PuppetPage;
let other: Page;
let phone: Watched;

beforeAll(async () => {
  [session, tabs] = await Promise.all([startSession('people.mjpeg'), launchTabs()]);
  viewer = await openPuppet(tabs, 'viewer', session.server.viewerUrl, { init: install });
  other = await viewer.context.newPage();
  await viewer.page.bringToFront();
  phone = await openPhone(session.phones, await joinLink(viewer.asked));
});

afterAll(async () => {
  await tabs?.close();
  await session?.end();
});

const visibility = () => viewer.page.evaluate(() => document.visibilityState);

async function bring(page: Page, then: DocumentVisibilityState): Promise<void> {
  await page.bringToFront();
  await until(`the viewer is ${then}`, async () => (await visibility()) === then);
}

/** Frames that are answered from now on. */
async function untilAnswered(more: number): Promise<void> {
  const { frames } = await stateOf(viewer.asked);
  await until(`${more} more answers`, async () => {
    return (await stateOf(viewer.asked)).frames.answered >= frames.answered + more;
  });
}

const report = () => viewer.page.evaluate(() => window.sightline.metrics());

test.each(['server', 'wasm'] as const)(
  '%s mode goes on in a hidden tab, and is counted apart',
  async (mode) => {
    await viewer.page.evaluate((wanted) => {
      document.querySelector<HTMLInputElement>(`#detect-mode input[value="${wanted}"]`)?.click();
    }, mode);
    await untilState(viewer.asked, { mode, sampler: 'track_processor', detector: { kind: 'ready' } });
    await untilPainted(viewer.asked, 10);
    expect((await report()).hidden).toEqual({ duration_s: 0, answered: 0 });
    await untilText(viewer.asked, '[data-reading="hidden"]', /^–$/);

    await bring(other, 'hidden');
    const before = (await stateOf(viewer.asked)).frames;
    await untilAnswered(30);
    const { frames } = await stateOf(viewer.asked);
    expect(frames.displayed, 'nobody sees them').toBe(before.displayed);
    expect(frames.errors).toBe(before.errors);

    await bring(viewer.page, 'visible');
    await untilPainted(viewer.asked, 10);
    await untilText(viewer.asked, '[data-reading="hidden"]', /^\d+ s, \d+ frames$/);
    const { hidden, duration_s, processed_fps, e2e_latency_ms, ...rest } = await report();
    expect(hidden?.answered).toBeGreaterThanOrEqual(30);
    expect(rest.frames.answered).toBeGreaterThanOrEqual(rest.frames.displayed + (hidden?.answered ?? 0));
    const seconds = hidden?.duration_s ?? Number.NaN;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(duration_s ?? Number.NaN);
    expect(processed_fps).toBeCloseTo(rest.frames.displayed / ((duration_s ?? Number.NaN) - seconds), 1);
    // What was drawn before the tab came back was not seen for all that time: it is no latency.
    expect(e2e_latency_ms?.p95).toBeLessThan(1000 * seconds);
  },
);

test('what is measured in a hidden tab has frames and no figures of a screen', async () => {
  await bring(other, 'hidden');
  const { metrics } = await viewer.page.evaluate(() => window.sightline.record(2));
  expect(metrics.frames.answered).toBeGreaterThan(0);
  expect(metrics.hidden?.duration_s).toBe(metrics.duration_s);
  expect(metrics).toMatchObject({ processed_fps: null, e2e_latency_ms: null, frames: { displayed: 0 } });
  await bring(viewer.page, 'visible');
  await untilPainted(viewer.asked, 3);
});

test('relayed pictures are detected in a hidden tab, too', async () => {
  await closePage(phone);
  await viewer.page.evaluate(() =>
    document.querySelector<HTMLInputElement>('input[value="server"]')?.click(),
  );
  phone = await openPhone(session.phones, await joinLink(viewer.asked), { init: keepApart });
  await untilState(viewer.asked, { mode: 'server', connection: 'relayed', detector: { kind: 'ready' } });
  await untilPainted(viewer.asked, 5);
  await bring(other, 'hidden');
  const since = await viewer.page.evaluate(() => performance.now());
  await untilAnswered(30);
  const seconds = ((await viewer.page.evaluate(() => performance.now())) - since) / 1000;
  // The timers of a hidden tab would let one through a second.
  expect(seconds).toBeLessThan(20);
  await bring(viewer.page, 'visible');
  await untilPainted(viewer.asked, 3);
});

test('nothing went wrong on either page', () => {
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
