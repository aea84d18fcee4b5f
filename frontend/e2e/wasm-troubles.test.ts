// Wasm mode that cannot start: files that do not come, or not as they should. Each time the page says what is
// wrong, and a retry mends it once the fault is gone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../src/protocol/messages';
import { cut, type Fault, halved, hanging, missing, relabelled, replaced } from './harness/faults';
import { identityModel } from './harness/onnx';
import { closePage, takeTroubles, type Watched } from './harness/pages';
import { Relay } from './harness/relay';
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

beforeAll(async () => {
  session = await startSession('people.mjpeg');
});

afterAll(() => session?.end());

type Trouble = { viewer: Watched; phone: Watched; mend: () => void };

/** A way to the server of one's own with this fault in it, so that cases run side by side: mostly they wait. */
async function withFault(
  [files, fault]: [RegExp, Fault],
  body: (trouble: Trouble) => Promise<void>,
  query = ONE_THREAD,
): Promise<void> {
  const relay = await Relay.start(session.server.port);
  relay.faults.add(files, fault);
  try {
    const { viewer, phone } = await openTogether({ ...session, relay }, query);
    await body({ viewer, phone, mend: () => relay.faults.mend() });
    await Promise.all([viewer, phone].map(closePage));
  } finally {
    relay.stop();
  }
}

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

test.concurrent.each<[string, RegExp, Fault, RegExp]>([
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
])('%s: said, and mended by a retry', (_, files, fault, words) =>
  withFault([files, fault], async ({ viewer, phone, mend }) => {
    await untilTold(viewer.page, words);
    mend();
    await retry(viewer.page);
    expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
    expect(takeTroubles(phone)).toEqual([]);
  }),
);

const tinyModel = (input: string, output: string, side: number): Fault =>
  replaced(() => identityModel(input, output, [1, 3, side, side]));

test.concurrent.each<[string, RegExp, Fault]>([
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
])('model and manifest do not fit, %s: said, and mended by a retry', (_, files, fault) =>
  withFault([files, fault], async ({ viewer, mend }) => {
    await untilTold(viewer.page, /the model does not fit its manifest/);
    mend();
    await retry(viewer.page);
    expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
  }),
);

test.concurrent('with nothing to run here the server still detects, and a retry comes after that, too', () =>
  withFault([MODEL, missing], async ({ viewer, mend }) => {
    const { page } = viewer;
    await untilTold(page, /the model is not there/);
    await page.locator('input[name="mode"][value="server"]').check({ force: true });
    await untilBoxes(page, 'server');
    await page.keyboard.press('b');
    await untilTold(page, /the model is not there/);
    mend();
    await retry(page);
    expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
  }));

test.concurrent.each([
  ['model', MODEL, /the model stopped coming/],
  ['runtime’s script', RUNTIME_SCRIPT, /ONNX Runtime’s script stopped coming/],
  ['part of the pages that holds the runtime', RUNTIME_CHUNK, /ONNX Runtime’s script stopped coming/],
])('a download that hangs is given up, and said: the %s', (_, files, told) =>
  withFault([files, hanging], async ({ viewer, mend }) => {
    const { page } = viewer;
    await untilText(page, '#loading-text', /^Loading the detector: [\d.]+( of [\d.]+)? MB$/);
    await untilTold(page, told);
    mend();
    await retry(page);
    expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
  }),
);

test.concurrent('a policy that forbids WebAssembly is named', async () => {
  const { headers } = await fetch(session.server.viewerUrl);
  const policy = headers.get('content-security-policy') ?? '';
  const stricter = policy.replace(" 'wasm-unsafe-eval'", '');
  expect(stricter).not.toBe(policy);
  const strict = relabelled({ 'content-security-policy': stricter });
  await withFault([EVERYTHING, strict], async ({ viewer }) => {
    const { page } = viewer;
    await untilTold(page, /may not run WebAssembly.*Content-Security-Policy.*'wasm-unsafe-eval'/);
    await page.keyboard.press('s');
    await untilBoxes(page, 'server');
    expect(takeTroubles(viewer, [...BAD_FILES, /Content Security Policy/])).toEqual([]);
  });
});

test.concurrent('a page that is not isolated gets one thread, and says so', () => {
  const bare = relabelled({ 'cross-origin-opener-policy': null, 'cross-origin-embedder-policy': null });
  const look = async ({ viewer }: Trouble) => {
    const { page } = viewer;
    await untilBoxes(page, 'wasm');
    expect(await page.evaluate(() => [window.crossOriginIsolated, typeof SharedArrayBuffer])).toEqual([
      false,
      'undefined',
    ]);
    await untilText(page, '[data-reading="detector"]', /^WASM, 1 thread \(no shared memory/);
    expect(takeTroubles(viewer)).toEqual([]);
  };
  return withFault([EVERYTHING, bare], look, 'mode=wasm&threads=2');
});
