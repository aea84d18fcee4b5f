// WebGPU: a software adapter is refused unless asked for, one that is asked for finds what the server finds, and a
// lost device leads back to WASM. The adapter is SwiftShader, which needs seconds for a frame.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import type { Detection } from '../src/protocol/messages';
import { launchSoftwareGpuLaptop } from './harness/chrome';
import { closePage, type OpenOptions, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { BAD_FILES, openTogether, retry, untilBoxes, untilTold } from './harness/trouble';
import { type Corners, iou, mirrored } from './harness/truth';
import { stateOf, textOf, untilPainted, untilText } from './harness/viewer';

let session: Session;
let gpuLaptop: Browser;
let adapter: string | null;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  [session, gpuLaptop] = await Promise.all([startSession('people.mjpeg'), launchSoftwareGpuLaptop()]);
  adapter = await nameOfAdapter();
});

afterAll(() => Promise.all([session?.end(), gpuLaptop?.close()]));

async function nameOfAdapter(): Promise<string | null> {
  const page = await gpuLaptop.newPage();
  await page.goto(session.server.viewerUrl);
  const name = await page.evaluate(async () => {
    type Gpu = { requestAdapter: () => Promise<{ info: { architecture: string } } | null> };
    const found = await (navigator as { gpu?: Gpu }).gpu?.requestAdapter();
    return found?.info.architecture ?? null;
  });
  await page.close();
  return name;
}

const needAdapter = ({ skip }: TestContext) =>
  skip(adapter === null, 'this browser offers no WebGPU adapter, not even a software one');

async function open(laptop: Browser, query: string, phoneOptions: OpenOptions = {}): Promise<void> {
  if (viewer) await Promise.all([viewer, phone].map(closePage));
  ({ viewer, phone } = await openTogether({ ...session, laptop }, query, phoneOptions));
}

/** Runs inside the phone: its camera sees one picture of the clip, for ever. */
function stillPhone(): void {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wishes) => {
    const eye = document.createElement('video');
    eye.muted = true;
    eye.srcObject = await real(wishes);
    await eye.play();
    const picture = await createImageBitmap(eye);
    const canvas = Object.assign(document.createElement('canvas'), {
      width: picture.width,
      height: picture.height,
    });
    setInterval(() => canvas.getContext('2d')?.drawImage(picture, 0, 0), 1000 / 30);
    return canvas.captureStream(30);
  };
}

/** The detections shown last that the model is sure of. */
async function sureOnes(): Promise<Detection[]> {
  const { last } = await stateOf(viewer.page);
  return (last?.detections ?? []).filter(({ score }) => score > 0.6);
}

const corners = ({ xmin, ymin, xmax, ymax }: Detection): Corners => [xmin, ymin, xmax, ymax];

/** How many of these detections the others hold, too. */
const shared = (detections: Detection[], others: Detection[], where = (box: Corners) => box) =>
  detections.filter(({ label, ...box }) =>
    others.some(
      (other) => other.label === label && iou(where(corners({ label, ...box })), corners(other)) > 0.8,
    ),
  ).length;

test('an adapter in software is left alone: WASM is quicker', async (context) => {
  needAdapter(context);
  await open(gpuLaptop, 'mode=wasm&threads=1');
  await untilBoxes(viewer.page, 'wasm');
  await untilText(viewer.page, '[data-reading="detector"]', /^WASM, 1 thread$/);
  expect(
    viewer.requests.filter((url) => url.includes('asyncify')),
    'its runtime is not loaded',
  ).toEqual([]);
  expect(takeTroubles(viewer)).toEqual([]);
});

test('asked for, it finds what the server finds in the same picture', {
  timeout: 240_000,
}, async (context) => {
  needAdapter(context);
  await open(gpuLaptop, 'mode=server&webgpu=software', { init: stillPhone });
  const { page } = viewer;
  // The first seconds of a call are blurred.
  await untilPainted(page, 60);
  const onServer = await sureOnes();
  await page.keyboard.press('b');
  await untilBoxes(page, 'webgpu', 1);
  expect(await textOf(page, '#mode')).toBe('wasm (WebGPU)');
  await untilText(page, '[data-reading="detector"]', /^WebGPU \(.+\)$/);
  const onGpu = await sureOnes();
  const said = JSON.stringify({ onServer, onGpu });
  expect(onServer.length, said).toBeGreaterThan(2);
  expect(shared(onServer, onGpu) / onServer.length, said).toBeGreaterThan(0.7);
  expect(shared(onServer, onGpu, mirrored) / onServer.length, 'the check can fail').toBeLessThan(0.3);
  expect(takeTroubles(viewer)).toEqual([]);
});

test('the device is lost in the middle: said, and WASM goes on', async (context) => {
  needAdapter(context);
  const browser = await gpuLaptop.newBrowserCDPSession();
  await browser.send('Browser.crashGpuProcess');
  await untilTold(viewer.page, /the graphics device was lost|inference failed/);
  expect(await textOf(viewer.page, '#retry')).toBe('Retry with WASM');
  await retry(viewer.page, 'wasm');
  expect(await textOf(viewer.page, '#mode')).toBe('wasm');
  expect(takeTroubles(viewer)).toEqual([]);
});

test('WebGPU where there is no adapter: said, and WASM is offered', async () => {
  await open(session.laptop, 'mode=wasm&engine=webgpu');
  await untilTold(viewer.page, /ONNX Runtime cannot start.*\[webgpu\]/);
  expect(await textOf(viewer.page, '#retry')).toBe('Retry with WASM');
  await retry(viewer.page, 'wasm');
  expect(takeTroubles(viewer, BAD_FILES)).toEqual([]);
});
