// Wasm mode: this browser finds the people by itself. The server gives it pages and model, and may go then.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricsReport } from '../src/protocol/messages';
import { launchProfile } from './harness/chrome';
import { relabelled } from './harness/faults';
import { closePage, openIn, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { tallyPeople } from './harness/people';
import { type Session, startSession } from './harness/session';
import { untilState } from './harness/state';
import { until } from './harness/until';
import {
  joinLink,
  paintedCount,
  paintedSince,
  SERVER_AWAY,
  stateOf,
  textOf,
  untilPainted,
  untilText,
} from './harness/viewer';

const DRM = '/sys/class/drm';
const hasAmdGraphics = () =>
  existsSync(DRM) && readdirSync(DRM).some((card) => existsSync(`${DRM}/${card}/device/mem_info_vram_total`));
/** Nothing here that the server may take for a GPU: a machine like most. */
const HAS_GPU = process.platform === 'darwin' || existsSync('/dev/nvidia0') || hasAmdGraphics();
const MODEL_OR_RUNTIME = /\.(onnx|wasm)$/;
const RUNTIME_SCRIPT = /\/ort-[^/]*\.mjs$/;

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  // No --mode, and no driver's tools in the PATH: the server chooses by itself.
  const options = HAS_GPU ? { flags: ['--mode', 'wasm'] } : { flags: [], env: { PATH: '' } };
  session = await startSession('people.mjpeg', options);
});

afterAll(() => session?.end());

const untilReady = ({ page }: Watched) =>
  until('the detector is ready', async () => {
    const { detector } = await page.evaluate(() => window.sightline?.state() ?? { detector: null });
    if (detector?.kind === 'failed') throw new Error(detector.message);
    return detector?.kind === 'ready' ? detector : null;
  });

test.skipIf(HAS_GPU)('a server on a machine with no GPU leaves the detecting to the browser', async () => {
  const config = await (await fetch(new URL('/api/config', session.server.viewerUrl))).json();
  expect(config.mode).toBe('wasm');
  expect(session.server.log).toMatch(/wasm.*no GPU found/);
});

test('loading shows how far it is, and ends', async () => {
  const { relay } = session;
  const letTheRestCome = relay.holdHalf(MODEL_OR_RUNTIME);
  const loading = await openViewer(session.laptop, `${relay.url}?threads=1`);
  await untilText(loading.page, '#loading-text', /^Loading the detector: [\d.]+ of [\d.]+ MB$/);
  const bar = loading.page.locator('#loading-bar');
  await until('the bar is at the half', async () => {
    const share = await bar.evaluate((element: HTMLProgressElement) => element.value);
    return share > 0.3 && share < 0.7;
  });
  expect(await bar.isVisible()).toBe(true);
  const { detector } = await stateOf(loading.page);
  letTheRestCome();
  expect((await untilReady(loading)).words).toBe('WASM, 1 thread');
  await until('the bar is gone', async () => !(await bar.isVisible()));
  // Once each: ONNX Runtime asks for its script again, where the cache has not kept it.
  const sizes = new Map(relay.fetched.map(({ path, bytes }) => [path, bytes]));
  const parts = [...sizes].filter(([path]) => MODEL_OR_RUNTIME.test(path) || RUNTIME_SCRIPT.test(path));
  expect(parts).toHaveLength(3);
  const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(total).toBeGreaterThan(20e6);
  expect(detector, 'the size that was told is the true one').toMatchObject({ kind: 'loading', total });
  expect(takeTroubles(loading)).toEqual([]);
  await closePage(loading);
});

test('the next visit takes model and runtime from the browser’s cache', async () => {
  const { relay } = session;
  const folder = mkdtempSync(join(tmpdir(), 'sightline-profile-'));
  /** What a visit has to load; the browser is closed in between. */
  const visit = async () => {
    const before = relay.fetched.length;
    const loading = await openIn(await launchProfile(folder), 'viewer', `${relay.url}?threads=1`);
    await untilReady(loading);
    expect(takeTroubles(loading)).toEqual([]);
    await closePage(loading);
    const fetched = relay.fetched.slice(before);
    expect(fetched.map(({ path }) => path)).toContain('/api/config');
    return fetched.filter(({ path, status }) => MODEL_OR_RUNTIME.test(path) && status !== 304);
  };
  expect(await visit(), 'the check can fail').toHaveLength(2);
  expect(await visit()).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

test('a phone joins, and persons are found where they are', async () => {
  viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?overlay=exact&threads=1`);
  phone = await openPhone(session.phones, await joinLink(viewer.page));
  const tally = await tallyPeople(viewer.page);
  expect(tally.fewest, 'people found in every single frame').toBeGreaterThanOrEqual(3);
  // As much as on the server: see join.test.ts.
  expect(tally.found / tally.people, JSON.stringify(tally)).toBeGreaterThan(0.6);
  expect(tally.mirrored / tally.people, 'the check can fail').toBeLessThan(0.2);
});

test('the page says what is at work', async () => {
  await untilState(viewer.page, {
    mode: 'wasm',
    asked: 'wasm',
    engine: 'wasm',
    overlay: 'exact',
    connection: 'live',
    detector: { kind: 'ready', words: 'WASM, 1 thread' },
    auto: null,
    sessions: 1,
  });
  expect(await textOf(viewer.page, '#mode')).toBe('wasm');
  expect(await textOf(viewer.page, '[data-reading="detector"]')).toBe('WASM, 1 thread');
  expect(await viewer.page.locator('input[name="mode"][value="wasm"]').isChecked()).toBe(true);
});

test('results have the shape of the contract', async () => {
  const { last } = await stateOf(viewer.page);
  if (!last) throw new Error('no result');
  expect(Object.keys(last)).toEqual(
    expect.arrayContaining(['frame_id', 'capture_ts', 'recv_ts', 'inference_ts', 'detections']),
  );
  const { capture_ts, recv_ts, inference_ts } = last;
  for (const time of [capture_ts, recv_ts, inference_ts]) expect(Number.isInteger(time)).toBe(true);
  // Each time is rounded by itself.
  expect(capture_ts).toBeLessThanOrEqual(recv_ts + 1);
  expect(recv_ts).toBeLessThanOrEqual(inference_ts);
  expect(Math.abs(Date.now() - inference_ts)).toBeLessThan(5000);
  for (const { label, score, xmin, ymin, xmax, ymax } of last.detections) {
    expect(label).toEqual(expect.any(String));
    for (const part of [score, xmin, ymin, xmax, ymax]) expect(part >= 0 && part <= 1).toBe(true);
    expect(xmin < xmax && ymin < ymax).toBe(true);
  }
});

/** Both at one moment: between two questions a frame could come. */
const countsNow = () =>
  viewer.page.evaluate(() => {
    const { painted, shown } = window.e2e;
    return { painted: painted.length, shown, ...window.sightline.state().frames };
  });

test('every frame that was answered is painted, once and in its turn', async () => {
  const before = await countsNow();
  await untilPainted(viewer.page, 30);
  const after = await countsNow();
  const more = (name: keyof typeof after) => after[name] - before[name];
  expect(more('answered')).toBe(more('painted'));
  // One frame at most is taken and not answered yet.
  expect(after.sent - after.answered).toBeLessThanOrEqual(1);
  expect(more('displayed'), 'those that the screen was refreshed for').toBe(more('shown'));
  expect(more('shown')).toBeGreaterThan(0);
  expect(after).toMatchObject({ errors: 0, dropped_server: 0 });
  const ids = (await paintedSince(viewer.page, 0)).map(({ result }) => result.frame_id);
  expect(ids).toEqual(ids.map((_, index) => (ids[0] as number) + index));
});

test('the figures are those of a browser that detects by itself', async () => {
  const report: MetricsReport = await viewer.page.evaluate(() => window.sightline.metrics());
  expect(report).toMatchObject({
    mode: 'wasm',
    uplink_kbps: 0,
    downlink_kbps: 0,
    clock_error_ms: null,
    config: { engine: 'wasm', detector: 'WASM, 1 thread' },
    machine: { cross_origin_isolated: true },
  });
  const { infer, encode, uplink, downlink } = report.stages_ms;
  expect({ encode, uplink, downlink }).toEqual({ encode: null, uplink: null, downlink: null });
  const [e2e, worker] = [report.e2e_latency_ms?.median, report.server_latency_ms?.median];
  expect(infer?.median).toBeGreaterThan(1);
  expect(worker).toBeGreaterThanOrEqual(infer?.median as number);
  expect(e2e).toBeGreaterThan(worker as number);
});

test('nothing left the origin, and no frame went to the server', async () => {
  const paths = viewer.requests.map((url) => new URL(url).pathname);
  // Only the worker asks for these: so its requests are seen, too.
  expect(paths).toEqual(expect.arrayContaining([expect.stringMatching(/\.onnx$/)]));
  expect(paths).toEqual(expect.arrayContaining([expect.stringMatching(/\.wasm$/)]));
  expect(viewer.sockets.filter((url) => url.includes('/api/detect'))).toEqual([]);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

/** What becomes of requests by page and worker to a server of another origin. */
async function askElsewhere(watched: Watched, noticed: number) {
  let reached = 0;
  const elsewhere = createServer((_, answer) => {
    reached += 1;
    answer.writeHead(200, { 'cross-origin-resource-policy': 'cross-origin' }).end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  const ask = (address: string) =>
    fetch(address, { mode: 'no-cors' }).then(
      () => 'answered',
      () => 'refused',
    );
  const [worker] = watched.page.workers();
  const answers = [await watched.page.evaluate(ask, url), await worker?.evaluate(ask, url)];
  elsewhere.closeAllConnections();
  elsewhere.close();
  // The worker's requests are told over a connection of their own.
  const told = () => watched.troubles.filter((trouble) => trouble.includes(`left the origin: ${url}`)).length;
  await until(`${noticed} requests are noticed`, () => told() >= noticed);
  const all = told();
  takeTroubles(watched);
  return { answers, reached, noticed: all };
}

test('the page’s policy refuses requests to other origins, by page and worker', async () => {
  expect(await askElsewhere(viewer, 0)).toEqual({ answers: ['refused', 'refused'], reached: 0, noticed: 0 });
});

test('without that policy they are noticed: the check can fail', async () => {
  const { relay, laptop } = session;
  relay.faults.add(/./, relabelled({ 'content-security-policy': null }));
  const open = await openViewer(laptop, `${relay.url}?threads=1`);
  await untilReady(open);
  expect(await askElsewhere(open, 2)).toEqual({ answers: ['answered', 'answered'], reached: 2, noticed: 2 });
  await closePage(open);
  relay.faults.mend();
});

test('the server is killed: detection goes on', async () => {
  await session.server.kill();
  await untilPainted(viewer.page, 30);
  await untilState(viewer.page, { mode: 'wasm', engine: 'wasm', connection: 'live' });
  await untilText(viewer.page, '#status', /^live$/i);
  expect(await viewer.page.locator('#detector-problem').isVisible()).toBe(false);
});

test('with the server still dead, its mode says so, and the browser’s brings the boxes back', async () => {
  const { page } = viewer;
  await page.keyboard.press('s');
  await untilText(page, '#detector-problem', /no connection to the detector/i);
  expect(
    viewer.sockets.some((url) => url.includes('/api/detect')),
    'its sockets are seen',
  ).toBe(true);
  expect((await stateOf(page)).mode).toBe('server');
  const before = await paintedCount(page);
  const start = await page.evaluate(() => performance.now());
  await page.keyboard.press('b');
  await untilPainted(page, 1);
  const [first] = await paintedSince(page, before);
  expect((first?.at ?? Number.NaN) - start, 'ms until the first boxes').toBeLessThan(2000);
  await until('the complaint is gone', async () => !(await page.locator('#detector-problem').isVisible()));
  await untilPainted(page, 10);
  await untilState(page, { mode: 'wasm', engine: 'wasm', sessions: 1 });
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
  expect(takeTroubles(phone, SERVER_AWAY)).toEqual([]);
});
