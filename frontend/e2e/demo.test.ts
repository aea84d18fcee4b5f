// ./start.sh --demo: people are found with no phone and no camera. And the virtual phone itself, from beginning to end.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchLaptop, launchPhone } from './harness/chrome';
import { openIn, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { ROOT } from './harness/paths';
import { tallyPeople } from './harness/people';
import { Server } from './harness/server';
import { until } from './harness/until';
import { joinLink, stateOf, untilPainted, untilText } from './harness/viewer';

const START: [string, ...string[]] = [join(ROOT, 'start.sh'), '--demo', '--no-open'];

let demo: Server;
let laptop: Browser;
let viewer: Watched;

/** What start.sh would build by itself: minutes, unless it is there, as in test.sh. */
const BUILD_MS = 1_200_000;

beforeAll(async () => {
  execFileSync('bash', ['-euc', '. scripts/setup.sh; build_phone'], { cwd: ROOT, stdio: 'ignore' });
  [demo, laptop] = await Promise.all([Server.start({ program: START, flags: [] }), launchLaptop()]);
  viewer = await openViewer(laptop, `${demo.viewerUrl}?overlay=exact`);
}, BUILD_MS);

afterAll(async () => {
  await laptop?.close();
  await demo?.stop();
});

const logged = (pattern: RegExp): Promise<true> =>
  until(`the demo says ${pattern}`, () => pattern.test(demo.log) || null);

test('the first viewer finds the people of the clip', async () => {
  const tally = await tallyPeople(viewer.page);
  expect(tally.found / tally.people).toBeGreaterThan(0.7);
  expect(tally.mirrored / tally.people).toBeLessThan(0.3);
  const { mode, frames } = await stateOf(viewer.page);
  expect({ mode, errors: frames.errors }).toEqual({ mode: 'server', errors: 0 });
  expect(await joinLink(viewer.page), 'the room that the terminal shows').toBe(demo.joinUrl);
  expect(demo.log).toMatch(/Demo: the viewer shows a recorded clip, no camera/);
  expect(demo.log).toMatch(/phone: streaming 640×480 VP8, 30 fps, to /);
});

test('frames tell when they were captured', async () => {
  const timed = async () => {
    const { metrics } = await viewer.page.evaluate(() => window.sightline.record(2));
    return metrics.capture_clock.receive_time === 0 && metrics.capture_clock;
  };
  const clock = await until('every frame of a recording is timed by the phone', timed);
  expect(clock.sample_time).toBe(0);
  expect(clock.capture_time).toBeGreaterThan(10);
});

test('the clip goes on for a viewer that is loaded anew, and for the next one', async () => {
  await viewer.page.reload();
  await untilPainted(viewer.page, 30);
  await viewer.page.close();
  viewer = await openIn(viewer.context, 'next viewer', demo.viewerUrl);
  await untilPainted(viewer.page, 30);
  expect(takeTroubles(viewer)).toEqual([]);
});

test('a real phone takes over, and the server goes on', async () => {
  const phones = await launchPhone('people.mjpeg');
  const phone = await openPhone(phones, demo.joinUrl);
  await untilText(phone.page, '#status', /Another phone is the camera/);
  await phone.page.getByRole('button', { name: 'Use this phone instead' }).click();
  await logged(/phone: another phone took over/);
  await untilText(phone.page, '#status', /Live/);
  await untilPainted(viewer.page, 10);
  await phones.close();
});

test('a port that is taken is told in a line', async () => {
  const second = spawn(START[0], [...START.slice(1), '--port', String(demo.port)], {
    cwd: ROOT,
    env: { ...process.env, MODE: undefined },
  });
  let printed = '';
  second.stderr.on('data', (data: Buffer) => {
    printed += data;
  });
  const [code] = await once(second, 'close');
  expect(printed).toMatch(/sightline: cannot listen on .*--port takes another/);
  expect(code).toBe(1);
});

test('it ends when asked to, phone and all', async () => {
  await viewer.page.close();
  expect(await demo.stop()).toBe(0);
});
