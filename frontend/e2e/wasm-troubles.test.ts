// Wasm mode that cannot start: files that do not come, or not as they should. Each time the page says what is
// wrong, and a retry mends it once the fault is gone.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../src/protocol/messages';
import { cut, type Fault, halved, hanging, missing, relabelled, replaced } from './harness/faults';
import { identityModel } from './harness/onnx';
import { closePage, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { BAD_FILES, openTogether, retry, untilBoxes, untilTold } from './harness/trouble';
import { untilText } from './harness/viewer';

const MODEL = /\/model\.onnx$/;
const MANIFEST = /\/manifest\.json$/;
const RUNTIME = /\.wasm$/;
const RUNTIME_SCRIPT = /\/ort-[^/]*\.mjs$/;
const RUNTIME_CHUNK = /\/runtime-wasm-[^/]*\.js$/;
const WORKER = /\/worker-[^/]*\.js$/;
const EVERYTHING = /./;
const ONE_THREAD = 'mode=wasm&threads=1';

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  ({ viewer, phone } = await openTogether(session, 'mode=server'));
});

afterEach(() => session.relay.faults.mend());

afterAll(() => session?.end());

/** A viewer with nothing cached in the place of the last one: it is known by the phone. */
async function open(query = ONE_THREAD): Promise<void> {
  const storageState = await viewer.context.storageState();
  await closePage(viewer);
  viewer = await openViewer(session.laptop, `${session.relay.url}?${query}`, { storageState });
}

/** What was on its way from the phone to the viewer before. */
const NOBODY_THERE = [/status of 409 .*\/signal/];

const asHtml = relabelled({ 'content-type': 'text/html' });

/** A manifest that says something else of the same model. */
const otherManifest = (change: (manifest: Manifest) => object): Fault =>
  replaced((body) => {
    const manifest: Manifest = JSON.parse(body.toString());
    return JSON.stringify({ ...manifest, ...change(manifest) });
  });

const otherInput = (change: Partial<Manifest['input']>) =>
  otherManifest(({ input }) => ({ input: { ...input, ...change } }));
const otherOutput = (change: object) => otherManifest(({ output }) => ({ output: { ...output, ...change } }));

test.each<[string, RegExp, Fault, RegExp]>([
  ['the model is missing', MODEL, missing, /the model is not there.* 404 to \/models\/model\.onnx/],
  ['the model is cut by the network', MODEL, cut, /the model (could not be fetched|was cut off)/],
  ['the model is half a file', MODEL, halved, /the model cannot be opened/],
  ['the model is a web page', MODEL, asHtml, /the model has the wrong type.* as text\/html/],
  ['the manifest is missing', MANIFEST, missing, /the model’s manifest is not there.* 404/],
  ['the manifest is a web page', MANIFEST, asHtml, /the model’s manifest has the wrong type/],
  ['the manifest is no JSON', MANIFEST, replaced(() => '{"name":'), /manifest is not one that this version/],
  [
    'the manifest lacks its labels',
    MANIFEST,
    otherManifest(() => ({ labels: undefined })),
    /manifest is not/,
  ],
  ['the runtime is missing', RUNTIME, missing, /ONNX Runtime is not there.* 404/],
  ['the runtime is a web page', RUNTIME, asHtml, /ONNX Runtime has the wrong type.* as text\/html/],
  ['the runtime is cut by the network', RUNTIME, cut, /ONNX Runtime (could not be fetched|was cut off)/],
  ['the runtime is half a file', RUNTIME, halved, /ONNX Runtime cannot start/],
  ['the runtime’s script is missing', RUNTIME_SCRIPT, missing, /ONNX Runtime’s script is not there.* 404/],
  ['the worker’s script is missing', WORKER, missing, /detector of this page stopped: it could not start/],
])('%s: said, and mended by a retry', async (_, files, fault, words) => {
  session.relay.faults.add(files, fault);
  await open();
  await untilTold(viewer.page, words);
  session.relay.faults.mend();
  await retry(viewer.page);
  expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
  expect(takeTroubles(phone, NOBODY_THERE)).toEqual([]);
});

const tinyModel = (input: string, output: string, side: number): Fault =>
  replaced(() => identityModel(input, output, [1, 3, side, side]));

test.each<[string, RegExp, Fault]>([
  ['a model of other outputs', MODEL, tinyModel('image', 'boxes', 300)],
  ['a model of smaller pictures', MODEL, tinyModel('image', 'boxes', 64)],
  ['a model of another input', MODEL, tinyModel('pixels', 'boxes', 300)],
  ['a manifest of wider pictures', MANIFEST, otherInput({ width: 320 })],
  ['a manifest of smaller pictures', MANIFEST, otherInput({ width: 224, height: 224 })],
  ['a manifest of another input', MANIFEST, otherInput({ name: 'pixels' })],
  ['a manifest of fewer labels', MANIFEST, otherManifest(({ labels }) => ({ labels: labels.slice(0, 80) }))],
  [
    'a manifest of more labels',
    MANIFEST,
    otherManifest(({ labels }) => ({ labels: [...labels, 'unicorn'] })),
  ],
  ['a manifest of another output', MANIFEST, otherOutput({ logits: 'scores' })],
  [
    'a manifest of another family',
    MANIFEST,
    otherOutput({ kind: 'yolox', predictions: 'logits', strides: [5, 10, 20] }),
  ],
])('model and manifest do not fit, %s: said, and mended by a retry', async (_, files, fault) => {
  session.relay.faults.add(files, fault);
  await open();
  await untilTold(viewer.page, /the model does not fit its manifest/);
  session.relay.faults.mend();
  await retry(viewer.page);
  expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
});

test('with nothing to run here the server still detects, and a retry comes after that, too', async () => {
  session.relay.faults.add(MODEL, missing);
  await open();
  const { page } = viewer;
  await untilTold(page, /the model is not there/);
  await page.locator('input[name="mode"][value="server"]').check({ force: true });
  await untilBoxes(page, 'server');
  await page.keyboard.press('b');
  await untilTold(page, /the model is not there/);
  session.relay.faults.mend();
  await retry(page);
  expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
});

test.each([
  ['model', MODEL, /the model stopped coming/],
  ['runtime’s script', RUNTIME_SCRIPT, /ONNX Runtime’s script stopped coming/],
  ['part of the pages that holds the runtime', RUNTIME_CHUNK, /ONNX Runtime’s script stopped coming/],
])('a download that hangs is given up, and said: the %s', async (_, files, told) => {
  session.relay.faults.add(files, hanging);
  await open();
  const { page } = viewer;
  await untilText(page, '#loading-text', /^Loading the detector: [\d.]+( of [\d.]+)? MB$/);
  await untilTold(page, told);
  session.relay.faults.mend();
  await retry(page);
  expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
});

test('a policy that forbids WebAssembly is named', async () => {
  const { headers } = await fetch(session.relay.url);
  const policy = headers.get('content-security-policy') ?? '';
  const stricter = policy.replace(" 'wasm-unsafe-eval'", '');
  expect(stricter).not.toBe(policy);
  session.relay.faults.add(EVERYTHING, relabelled({ 'content-security-policy': stricter }));
  await open();
  const { page } = viewer;
  await untilTold(page, /may not run WebAssembly.*Content-Security-Policy.*'wasm-unsafe-eval'/);
  await page.keyboard.press('s');
  await untilBoxes(page, 'server');
  expect(takeTroubles(viewer, [...BAD_FILES, /Content Security Policy/])).toEqual([]);
});

test('a page that is not isolated gets one thread, and says so', async () => {
  const bare = { 'cross-origin-opener-policy': null, 'cross-origin-embedder-policy': null };
  session.relay.faults.add(EVERYTHING, relabelled(bare));
  await open('mode=wasm&threads=2');
  const { page } = viewer;
  await untilBoxes(page, 'wasm');
  expect(await page.evaluate(() => [window.crossOriginIsolated, typeof SharedArrayBuffer])).toEqual([
    false,
    'undefined',
  ]);
  await untilText(page, '[data-reading="detector"]', /^WASM, 1 thread \(no shared memory/);
  expect(takeTroubles(viewer)).toEqual([]);
});
